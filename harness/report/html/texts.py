"""Many texts in little room: a table of distinct lines, and every text as ranges of it.

Prompts, replies and diffs of one run are mostly the same lines over and over: the program's. The composition is ours;
deflate does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from harness.report.html.page import visible
from harness.types import JsonObject

ROOM = 4_000_000  # bytes of distinct lines: even if none of it could be deflated, the page stays under 6 MB
LONGEST = 400_000  # characters of one text; a longer one is for `show`, not for a page


@dataclass
class Texts:
    """Collects texts until there is no more room. Their unseen characters are spelt out as they come in."""

    room: int = ROOM
    _numbers: dict[str, int] = field(default_factory=dict)
    _lines: list[str] = field(default_factory=list)
    _ranges: list[list[int]] = field(default_factory=list)
    _known: dict[str, int | None] = field(default_factory=dict)

    def add(self, text: str) -> int | None:
        """The text's number in the document, or None when it was left out to keep the page small."""
        if text in self._known:
            return self._known[text]
        lines = text.split("\n")
        fresh = {line for line in lines if line not in self._numbers}
        cost = sum(len(line.encode("utf-8", "replace")) + 4 for line in fresh)
        if cost > self.room or len(text) > LONGEST:
            self._known[text] = None
            return None
        self.room -= cost
        self._ranges.append(self._ranged(lines))
        self._known[text] = len(self._ranges) - 1
        return len(self._ranges) - 1

    @property
    def left_out(self) -> int:
        """How many texts there was no room for."""
        return sum(number is None for number in self._known.values())

    def _ranged(self, lines: list[str]) -> list[int]:
        """start, length, start, length, ... of consecutive numbers in the table."""
        ranges: list[int] = []
        for line in lines:
            number = self._number(line)
            if ranges and number == ranges[-2] + ranges[-1]:
                ranges[-1] += 1
            else:
                ranges += [number, 1]
        return ranges

    def _number(self, line: str) -> int:
        number = self._numbers.setdefault(line, len(self._lines))
        if number == len(self._lines):
            self._lines.append(visible(line))
        return number

    def document(self) -> JsonObject:
        return {"lines": self._lines, "texts": self._ranges}
