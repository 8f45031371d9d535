"""How a change is written down: as an answer that reads back byte for byte, or as a diff."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher, unified_diff
from functools import lru_cache
from operator import eq

from harness.edits.blocks import runs
from harness.edits.fences import fenced
from harness.edits.reading import apply, one_line
from harness.errors import Unusable

CONTEXT = 3  # lines that a unified diff shows around a change
_HUNK = re.compile(r"([-+])(\d+)")


def render(parent: str, child: str, note: str) -> str:
    """An answer that turns `parent` into `child`: SEARCH/REPLACE blocks, or the whole child where those would not do.

    For any two different texts, apply(render(parent, child, note), parent).source == child.
    """
    head = f"NOTE: {one_line(note)}\n\n"
    whole = f"{head}{fenced(child, verbatim=True)}\n"
    edits = head + "\n".join(_blocks_between(parent.split("\n"), child.split("\n")))
    return edits if len(edits) <= len(whole) and _makes(edits, parent, child) else whole


@lru_cache(maxsize=256)  # the same few programs are shown beside each other again and again
def unified(a: str, b: str, from_: str, to: str) -> str:
    """A unified diff from text `a` to text `b`; empty when they are the same."""
    old, new = _keep_ends(a), _keep_ends(b)
    skipped, left = _alike_around(old, new)
    lines = unified_diff(old[skipped : len(old) - left], new[skipped : len(new) - left], from_, to)
    ended = (line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    return "".join(_moved(line, skipped) if line.startswith("@@") else line for line in ended)


def changed_lines(a: str, b: str) -> int:
    """How many lines go and come between two texts."""
    head = 2  # the lines that name both sides
    return sum(line[:1] in ("+", "-") for line in unified(a, b, "a", "b").splitlines()[head:])


def _alike_around(old: Sequence[str], new: Sequence[str]) -> tuple[int, int]:
    """How many lines at the head and at the tail are the same and no context of a change: comparing costs their square.

    Their number is counted from the ends, so that what is left begins and ends with the context that a diff shows.
    """
    shortest = min(len(old), len(new))
    head = _alike(old, new, shortest)
    tail = _alike(reversed(old), reversed(new), shortest - head)
    return max(head - CONTEXT, 0), max(tail - CONTEXT, 0)


def _alike(old: Iterable[str], new: Iterable[str], most: int) -> int:
    """How many lines are the same, up to the first that is not."""
    return next((n for n, same in enumerate(map(eq, old, new)) if not same or n == most), most)


def _moved(hunk: str, by: int) -> str:
    """A hunk's line with its line numbers so many further down."""
    return _HUNK.sub(lambda found: f"{found[1]}{int(found[2]) + by}", hunk) if by else hunk


def _makes(answer: str, parent: str, child: str) -> bool:
    try:
        return apply(answer, parent).source == child
    except Unusable:  # texts that look like our own marks, for one
        return False


def _blocks_between(old: list[str], new: list[str]) -> Iterator[str]:
    for start, end, new_start, new_end in _hunks(old, new):
        search = "".join(f"{line}\n" for line in old[start:end])
        replace = "".join(f"{line}\n" for line in new[new_start:new_end])
        yield f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


def _hunks(old: list[str], new: list[str]) -> list[tuple[int, int, int, int]]:
    """Ranges of lines in old and new that differ, each widened until its old lines occur once, and never touching."""
    hunks: list[tuple[int, int, int, int]] = []
    for tag, i, j, _, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        start, end = _widened(old, i, j)
        while hunks and hunks[-1][1] >= start:
            before = hunks.pop()
            start, end = min(start, before[0]), max(end, before[1])
        # Between two hunks the texts agree, so that distances there are the same on both sides.
        old_at, new_at = (hunks[-1][1], hunks[-1][3]) if hunks else (0, 0)
        hunks.append((start, end, new_at + start - old_at, m + end - j))
    return hunks


def _widened(lines: list[str], start: int, end: int) -> tuple[int, int]:
    start, end = max(start - 1, 0), min(end + 1, len(lines))
    while len(runs(lines, lines[start:end])) > 1:
        start, end = max(start - 1, 0), min(end + 1, len(lines))
    return start, end


@lru_cache(maxsize=32)  # a program stands beside several others in one prompt
def _keep_ends(text: str) -> tuple[str, ...]:
    *ended, last = text.split("\n")
    return (*(f"{line}\n" for line in ended), *((last,) if last else ()))
