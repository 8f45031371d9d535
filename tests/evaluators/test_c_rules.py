"""Rules for programs in C: what only a reader of the text can see is refused, and ordinary programs are not."""

from __future__ import annotations

from typing import cast

import pytest

from evaluators.rules import RulesEvaluator
from harness import targets
from harness.types import Bench, Candidate, Reading, Target

MAIN = "int main(void)\n{\n"


@pytest.fixture(scope="module")
def target() -> Target:
    return targets.load("microgpt-c")


def read(source: str, target: Target) -> Reading:
    return RulesEvaluator().evaluate(Candidate.of(source), target, cast(Bench, None))[0]


def test_the_untouched_program_keeps_its_rules(target: Target) -> None:
    assert read(target.source, target).status == "ok"


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("#include <sys/socket.h>", "#include <sys/socket.h> is not allowed"),
        ('#include "input.txt"', "is not allowed; allowed: <assert.h>"),
        ('#embed "input.txt"', "`#embed` is not allowed"),
        ("#define TEXT(x) #x", "make texts of names"),
        ("#define JOIN(x, y) x ## y", "make texts of names"),
        ('__asm__(".incbin \\"input.txt\\"");', "`__asm__` is not allowed"),
        ("const char *name = __FILE__;", "`__FILE__` is not allowed"),
        ('FILE *f = fopen("golden.txt", "r");', "`fopen` may only read an input"),
        ('FILE *f = fopen("input.txt", "w");', "`fopen` may only read an input"),
        (f'char *s = "{"a" * 150}"\n"{"b" * 150}";', "a string of 300 characters"),
        (f"int t[] = {{{', '.join('x' * 66)}}};", "more than 64 elements"),
        (f"int t = {' + '.join('7' * 900)};", "numeric constants in all"),
        ("%:include <stdio.h>", "write the sign itself"),
        ('char *s = "never closed;', "is never closed"),
    ],
)
def test_what_breaks_a_rule_is_refused_with_the_rule(target: Target, line: str, says: str) -> None:
    reading = read(target.source.replace(MAIN, f"{line}\n{MAIN}"), target)
    assert reading.status in ("rule", "invalid") and says in reading.explanation, reading.explanation


@pytest.mark.parametrize(
    "line",
    [
        '#pragma GCC optimize("O3")',
        'static int fd(void) { return open("input.txt", O_RDONLY); }',
        "static int t[64] = {1, 2, 3}; /* __asm__ in a comment */",
        "#include <immintrin.h>",
    ],
)
def test_what_a_faster_program_needs_is_allowed(target: Target, line: str) -> None:
    reading = read(target.source.replace(MAIN, f"{line}\n{MAIN}"), target)
    assert reading.status == "ok", reading.explanation
