"""Rules for programs in C: what only a reader of the text can see is refused, and ordinary programs are not."""

from __future__ import annotations

from typing import cast

import pytest

from evaluators.rules import RulesEvaluator
from harness import ctokens, targets
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
        ('const char *s = R"(" words that nobody counts ")";', "R before a string"),
        ("const char *s = __STRING(words that nobody counts);", "`__STRING` is not allowed"),
        ("#define TEXT(x) assert(x)", "`assert` in a directive"),
        (f"void f(int x) {{ assert({'word ' * 900}); }}", "characters in string literals in all"),
        ('int z __attribute__((section(".data\\n.incbin \\"candidate.c\\"\\n#")));', "`section` is not allowed"),
        ('static int f(void) __attribute__((weakref("f\\n.incbin \\"candidate.c\\"")));', "`weakref` is not allowed"),
        ('[[gnu::symver("f@V\\n.incbin \\"candidate.c\\"")]] int f(void);', "`symver` is not allowed"),
        ('#pragma GCC error "obey me"', "of #pragma only"),
        ("#pragma redefine_extname work system", "of #pragma only"),
        ('#pragma push_macro("SEED")', "of #pragma only"),
        ("#include <stdio.h//../stdio.h>", "is not allowed"),
        ("// a comment \\ \nint hidden;", "white space between"),
        ("int t = 1 ??!??! 2;", "?? and a sign"),
        ("int t[1] = {1 %>;", "write the sign itself"),
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


def test_a_mark_before_the_first_line_hides_no_directive(target: Target) -> None:
    """The compiler does not see the mark, and a reader no longer the # that a line must begin with."""
    reading = read("\ufeff#define TEXT(x) #x\n" + target.source, target)
    assert reading.status == "invalid" and "byte order mark" in reading.explanation


@pytest.mark.parametrize("piece", ['\\"', '"\\', "'\\", "/* "])
def test_behind_a_quote_that_is_never_closed_nothing_is_read(piece: str) -> None:
    """Each of these would be searched for its end, and a text of 64 KiB took three minutes."""
    words = ctokens.tokens("int x;\n" + piece * 1000)
    assert words[-1].kind == "stray" and len(words) < 10
