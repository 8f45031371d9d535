"""Programs in prompts: fenced blocks that hold any text, and how they are found again.

A fence marked `verbatim` holds its text exactly: the newline before the closing fence is not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.errors import Unusable

HEADING = "## Current program"
_FENCE = re.compile(r"( {0,3})(`{3,})([^`]*)")


@dataclass(frozen=True, slots=True)
class Fenced:
    info: str
    text: str
    closed: bool


def fence(source: str, language: str = "python") -> str:
    """A fenced block that holds `source` whatever it contains; `program_in` reads it back byte for byte."""
    return fenced(source, source != "" and not source.endswith("\n"), language)


def program_in(user: str) -> str:
    """The program in a prompt: the fenced block after the line `## Current program`. Unusable when there is none."""
    headed = False
    for item in walk(user.split("\n")):
        if isinstance(item, str):
            headed = headed or item.rstrip() == HEADING
        elif headed and item.closed:
            return item.text[:-1] if "verbatim" in item.info.split() else item.text
    raise Unusable(f"the prompt shows no program: expected a fenced block after the line {HEADING!r}")


def walk(lines: Iterable[str]) -> Iterator[str | Fenced]:
    """The lines outside fences as they are, and each fenced block as one, without the indent of its fence."""
    indent, ticks, info, inside = "", "", "", list[str]()
    for line in lines:
        opens = _FENCE.fullmatch(line.rstrip())
        if not ticks and opens:
            indent, ticks, info, inside = opens[1], opens[2], opens[3].strip(), []
        elif not ticks:
            yield line
        elif opens and opens[2].startswith(ticks) and not opens[3]:
            yield Fenced(info, _joined(inside, indent), True)
            ticks = ""
        else:
            inside.append(line)
    if ticks:
        closed = _closed_in_line(inside, ticks)
        yield Fenced(info, _joined(inside if closed is None else closed, indent), closed is not None)


def _joined(lines: list[str], indent: str) -> str:
    if indent and all(line.startswith(indent) for line in lines if line.strip()):
        lines = [line.removeprefix(indent) for line in lines]
    return "".join(f"{line}\n" for line in lines)


def _closed_in_line(lines: list[str], ticks: str) -> list[str] | None:
    """The lines of a fence whose last one ends in the closing ticks, for want of a newline before them."""
    end = next((i for i in range(len(lines) - 1, -1, -1) if lines[i].strip()), None)
    if end is None or not lines[end].rstrip().endswith(ticks):
        return None
    return [*lines[:end], lines[end].rstrip().removesuffix(ticks)]


def is_fence(line: str) -> bool:
    return _FENCE.fullmatch(line.rstrip()) is not None


def fenced(source: str, verbatim: bool, language: str = "python") -> str:
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", source)), default=0))
    return f"{ticks}{language} verbatim\n{source}\n{ticks}" if verbatim else f"{ticks}{language}\n{source}{ticks}"
