"""What the harness must know of a language in order to judge programs that are written in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from harness.types import Knob


class Language(Protocol):
    """Reads and rewrites texts; runs nothing. How a program is started is the judge's affair (judging.launching)."""

    name: str
    suffix: str  # of a program's file
    nothing: str  # a program that does nothing: what it uses is the floor under every other
    compiled: bool
    command: tuple[str, ...]  # how a program is started where a target does not say
    knobs: tuple[str, ...]  # the kinds of knob that it has

    def complaint(self, source: str) -> str | None:
        """Why a text is no program, in one line, as far as that can be told without running anything."""
        ...

    def locate(self, source: str, knobs: Sequence[Knob]) -> list[str]:
        """One-line complaints about knobs that are missing, changed or there more than once."""
        ...

    def turn(self, source: str, knobs: Sequence[Knob], settings: Mapping[str, str]) -> str:
        """The program with each knob named in settings turned. Raises BadTarget, UnknownName."""
        ...

    def nudged(self, source: str, call: str, towards: str) -> str:
        """The program with every result of a call moved by an ulp towards "inf" or "-inf". Raises BadTarget."""
        ...
