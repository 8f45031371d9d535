"""Programs in prompts: fenced blocks that hold any text, and how they are found again.

A fence marked `verbatim` holds its text exactly: the newline before the closing fence is not part of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.errors import Unusable

HEADING = "## Current program"
_FENCE = re.compile(r" {0,3}(`{3,})([^`]*)")


@dataclass(frozen=True, slots=True)
class Fenced:
    info: str
    text: str
    closed: bool


def fence(source: str) -> str:
    """A fenced block that holds `source` whatever it contains; `program_in` reads it back byte for byte."""
    return fenced(source, verbatim=source != "" and not source.endswith("\n"))


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
    """The lines outside fences as they are, and each fenced block as one."""
    ticks, info, inside = "", "", list[str]()
    for line in lines:
        opens = _FENCE.fullmatch(line.rstrip())
        if not ticks and opens:
            ticks, info, inside = opens[1], opens[2].strip(), []
        elif not ticks:
            yield line
        elif opens and opens[1].startswith(ticks) and not opens[2]:
            yield Fenced(info, "".join(f"{text}\n" for text in inside), True)
            ticks = ""
        else:
            inside.append(line)
    if ticks:
        yield Fenced(info, "".join(f"{text}\n" for text in inside), False)


def is_fence(line: str) -> bool:
    return _FENCE.fullmatch(line.rstrip()) is not None


def fenced(source: str, verbatim: bool) -> str:
    ticks = "`" * max(3, 1 + max(map(len, re.findall("`+", source)), default=0))
    return f"{ticks}python verbatim\n{source}\n{ticks}" if verbatim else f"{ticks}python\n{source}{ticks}"
