"""What an operator is, and how its rewrite is put into the text: splices, so that untouched code keeps every byte."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from harness.models.offline.program import Program


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """Bytes start..end of a program give way to text. start == end inserts."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Site:
    """A place where an operator's precondition has been proved, and the rewrite there. where: a short stable name."""

    operator: str
    where: str
    note: str
    splices: tuple[Splice, ...]

    @property
    def tag(self) -> str:
        """What names the rewrite in a note: `[operator@where]`, with neither spaces nor brackets in it."""
        where = re.sub(r"[^\w.,*<>=+-]", "", self.where)[:40]
        return f"[{self.operator}@{where}]" if where else f"[{self.operator}]"


class Operator(Protocol):
    """One general rewrite of Python programs that keeps what they print.

    claim: one line; before, after: the doc example; theme: what it works on; goes_with: themes that it may need.
    """

    @property
    def name(self) -> str: ...
    @property
    def theme(self) -> str: ...
    @property
    def claim(self) -> str: ...
    @property
    def before(self) -> str: ...
    @property
    def after(self) -> str: ...
    @property
    def goes_with(self) -> tuple[str, ...]: ...

    def sites(self, program: Program) -> list[Site]:
        """Every place where the precondition is proved; where it cannot be, the operator declines."""
        ...


def apply(program: Program, site: Site) -> str:
    """The program's text after the rewrite. ValueError when splices overlap, which is a fault of the operator."""
    parts: list[bytes] = []
    at = 0
    for splice in _in_order(site.splices):
        if splice.start < at:
            raise ValueError(f"{site.tag}: overlapping splices at byte {splice.start}; an operator must not make any")
        parts += [program.data[at : splice.start], splice.text.encode()]
        at = splice.end
    return b"".join([*parts, program.data[at:]]).decode()


def _in_order(splices: Sequence[Splice]) -> list[Splice]:
    """By place; of lines put in at one place, those of the inner block first."""
    return sorted(splices, key=lambda s: (s.start, s.end, len(s.text.lstrip(" \t")) - len(s.text)))


def with_all(sites: list[Site], note: str) -> list[Site]:
    """The sites, and before them one that does all of them at once. For rewrites that cannot disturb each other."""
    if len(sites) < 2:
        return sites
    splices = tuple(dict.fromkeys(splice for site in sites for splice in site.splices))  # an import is put in once
    return [Site(sites[0].operator, "all", note, splices), *sites]
