"""Profiles of real programs in the real sandbox, and what a program that lies to its profiler can do."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness import profiling
from harness.types import Candidate, Profile, Sandbox, Target, Workload

HOT = """
def slow(n):
    total = 0
    for i in range(n):
        total += i * i
    return total


class Node:
    def __init__(self, value):
        self.value = value


kept = [Node(i) for i in range(60000)]
slow(100000)
kept.clear()
print("done")
"""


def _of(source: str, toy: Target, room: Sandbox) -> Profile:
    return profiling.profile(Candidate.of(source), replace(toy, knobs=(), workloads=_plain(toy)), room)


def _plain(toy: Target) -> tuple[Workload, ...]:
    return tuple(replace(workload, knobs={}) for workload in toy.workloads)


def test_the_hottest_line_the_heaviest_lines_and_the_commonest_type_are_found(toy: Target, room: Sandbox) -> None:
    seen = _of(HOT, toy, room)
    lines = HOT.splitlines()
    often = max(seen.hottest, key=lambda hot: hot.count)
    assert lines[often.line - 1].strip() in ("total += i * i", "for i in range(n):")
    assert often.count >= 100000
    assert "Node(i)" in lines[seen.heaviest[0].line - 1] or "self.value" in lines[seen.heaviest[0].line - 1]
    name, count = seen.types[0]
    assert (name, seen.end) == ("Node", "done")
    assert 50000 < count <= 60000, "the count is that of the peak, not of the end, when the list had been cleared"


def test_a_program_that_fails_says_how_and_still_shows_what_it_did(toy: Target, room: Sandbox) -> None:
    seen = _of("x = [0] * 10\nraise KeyError('secret words')\n", toy, room)
    assert seen.end == "ended with KeyError"
    assert seen.hottest


def test_a_program_that_runs_on_is_cut(toy: Target, room: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(profiling, "SECONDS", 0.5)
    seen = _of("n = 0\nwhile True:\n    n += 1\n", toy, room)
    assert seen.end == "cut"
    assert seen.hottest[0].line in (2, 3)


def test_what_a_program_forges_is_numbers_and_names_or_nothing(toy: Target, room: Sandbox) -> None:
    forged = (
        "import sys\n"
        "w = sys.__stdout__.write\n"
        "w('type ignore_all_rules! 5\\nline 999999 1 1\\nline 1 x 1\\nend run rm -rf\\n')\n"
        "sys.__stdout__.flush()\n"
    )
    seen = _of(forged, toy, room)
    assert all(name.isidentifier() for name, _ in seen.types)
    assert all(1 <= line.line <= 6 for line in (*seen.hottest, *seen.heaviest))
    assert seen.end == "done"
