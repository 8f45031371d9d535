"""SEARCH/REPLACE blocks: read from an answer, put in their place in a program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise

from harness.errors import Unusable

_SEARCH = re.compile(r"\s*<{5,9}\s*SEARCH\b.*")
_DIVIDER = re.compile(r"\s*={7}\s*")
_REPLACE = re.compile(r"\s*>{5,9}\s*REPLACE\b.*")


@dataclass(frozen=True, slots=True)
class Block:
    number: int
    search: list[str]
    replace: list[str]


@dataclass(frozen=True, slots=True)
class _Splice:
    start: int
    end: int
    lines: list[str]
    number: int


def edit_blocks(lines: list[str]) -> tuple[list[Block], list[str]]:
    """The SEARCH/REPLACE blocks of an answer, and the lines around them."""
    found: list[Block] = []
    prose: list[str] = []
    into = prose
    for line in lines:
        mark = _mark(line)
        number = len(found) + (into is prose)
        at = "outside" if into is prose else "search" if into is found[-1].search else "replace"
        if (at, mark) == ("outside", "search"):
            found.append(Block(number, [], []))
            into = found[-1].search
        elif (at, mark) == ("search", "divider"):
            into = found[-1].replace
        elif (at, mark) == ("replace", "replace"):
            into = prose
        elif mark and (at, mark) != ("outside", "divider"):
            raise Unusable(
                f"edit {number}: {line.strip()!r} is out of place; a block is <<<<<<< SEARCH, =======, "
                ">>>>>>> REPLACE, once each, in that order (give the whole program when it has such lines itself)"
            )
        else:
            into.append(line)
    if into is not prose:
        raise Unusable(f"edit {len(found)}: the answer ends before its >>>>>>> REPLACE line; was it cut off?")
    return found, prose


def spliced(blocks: Sequence[Block], parent: str) -> str:
    lines = parent.split("\n")
    splices = sorted((_place(block, lines) for block in blocks), key=lambda s: (s.start, s.end))
    for before, after in pairwise(splices):
        if after.start < before.end:
            first, second = sorted((before.number, after.number))
            raise Unusable(f"edits {first} and {second} change the same lines: make one block of them")
    for splice in reversed(splices):
        lines[splice.start : splice.end] = splice.lines
    source = "\n".join(lines)
    return source if parent.endswith("\r") else source.removesuffix("\r")  # the last line had no end


def _mark(line: str) -> str:
    forms = (("search", _SEARCH), ("divider", _DIVIDER), ("replace", _REPLACE))
    return next((name for name, form in forms if form.fullmatch(line)), "")


def _place(block: Block, lines: list[str]) -> _Splice:
    """Where a block goes: as it stands, else but for white space at line ends, else but for one constant indent."""
    number, search = block.number, [line.rstrip() for line in block.search]
    if not any(search) and any(line.strip() for line in lines):
        raise Unusable(
            f"edit {number}: its SEARCH is empty; copy the lines to be replaced, or the line before the new ones"
        )
    if exact := runs(lines, block.search):
        return _trimmed(number, _only(number, exact), block.search, block.replace, block.replace)
    stripped, replace = [line.rstrip() for line in lines], _with_line_ends_of(lines, block.replace)
    if loose := runs(stripped, search):
        return _trimmed(number, _only(number, loose), search, replace, [line.rstrip() for line in replace])
    if shifts := {i: shift for i in range(len(lines)) if (shift := _shift(search, stripped[i : i + len(search)]))}:
        start = _only(number, list(shifts))
        replace = _shifted(number, replace, *shifts[start])
        there = stripped[start : start + len(search)]
        return _trimmed(number, start, there, replace, [line.rstrip() for line in replace])
    raise Unusable(f"edit {number}: {_nearest(search, stripped)}; copy the SEARCH lines from the current program")


def runs(lines: list[str], wanted: list[str]) -> list[int]:
    size = len(wanted)
    return [i for i in range(len(lines) - size + 1) if lines[i : i + size] == wanted]


def _only(number: int, starts: list[int]) -> int:
    if len(starts) > 1:
        where = ", ".join(str(i + 1) for i in starts[:5])
        raise Unusable(
            f"edit {number}: its SEARCH matches {len(starts)} times (at lines {where}); add lines until it is one"
        )
    return starts[0]


def _trimmed(number: int, start: int, old: list[str], new: list[str], keys: list[str]) -> _Splice:
    """Leave out the lines at both ends that stay as they are, so that blocks may share their context."""
    first = _common(old, keys)
    last = _common(old[first:][::-1], keys[first:][::-1])
    return _Splice(start + first, start + len(old) - last, new[first : len(new) - last], number)


def _shift(search: list[str], there: list[str]) -> tuple[str, str] | None:
    """The white space to add to and to take from each line of `search` so that it reads as `there`."""
    first = next(i for i, line in enumerate(search) if line)
    if len(there) < len(search) or not there[first]:
        return None
    excess = len(there[first]) - len(search[first])
    add, take = there[first][: max(excess, 0)], search[first][: max(-excess, 0)]
    fits = not (add + take).strip() and all(
        (add + line.removeprefix(take) == other and line.startswith(take)) if line else not other
        for line, other in zip(search, there, strict=True)
    )
    return (add, take) if fits else None


def _shifted(number: int, lines: list[str], add: str, take: str) -> list[str]:
    if not all(line.startswith(take) for line in lines if line.strip()):
        raise Unusable(
            f"edit {number}: SEARCH and REPLACE are indented otherwise than the current program; copy its indent"
        )
    return [add + line.removeprefix(take) if line.strip() else line for line in lines]


def _with_line_ends_of(lines: list[str], new: list[str]) -> list[str]:
    end = "\r" if uses_crlf(lines) else ""
    return [line.rstrip("\r") + end for line in new]


def uses_crlf(lines: list[str]) -> bool:
    return 2 * sum(line.endswith("\r") for line in lines) >= len(lines) > 1


def _nearest(search: list[str], lines: list[str]) -> str:
    """Why `search` was not found: where it agrees longest, or else the line that resembles its first."""
    wanted, there = [line.strip() for line in search], [line.strip() for line in lines]
    wanted = wanted[next(i for i, line in enumerate(wanted) if line) :]
    agree, start = max((_common(wanted, there[i:]), -i) for i in range(len(there)))
    at = agree - start
    begins = f"its SEARCH, which begins {wanted[0][:80]!r}, matches nowhere"
    if agree and agree < len(wanted) and at < len(there):
        return (
            f"{begins}: it agrees up to line {at}, but line {at + 1} is {there[at][:80]!r}, not {wanted[agree][:80]!r}"
        )
    near = get_close_matches(wanted[0], there, n=1, cutoff=0.5)
    return f"{begins}: the nearest is line {there.index(near[0]) + 1}, {near[0][:80]!r}" if near else begins


def _common(a: list[str], b: list[str]) -> int:
    return next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
