"""Where a program lies in feature space, and the map of the best program in each cell of it (MAP-Elites)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from typing import Literal

from harness.strategies.history import Program, ranked

Axis = Literal["complexity", "diversity", "fitness", "memory", "speed"]
Cell = tuple[int, ...]


class FeatureSpace:
    """Features of every program seen, scaled between the smallest and the largest seen on each axis, and cut into bins.

    complexity: characters of code. diversity: mean distance to a reference set, the first `references` programs seen.
    fitness, memory, speed: logarithms of the ratios, so that one great gain does not press all others into one bin.
    """

    def __init__(self, axes: tuple[Axis, ...], bins: int, references: int = 20) -> None:
        self._axes = axes
        self._bins = bins
        self._capacity = references
        self._references: dict[str, frozenset[str]] = {}
        self._values: dict[str, list[float]] = {}  # in the order of the axes; small, since it is for every program seen
        self._ranges: dict[Axis, tuple[float, float]] = {}
        self._cells: dict[str, Cell] = {}  # where programs lie as long as no scale moves

    def add(self, program: Program) -> None:
        """Take a program's features; one that is known already changes nothing."""
        if program.id in self._values:
            return
        lines = lines_of(program.source)
        growing = len(self._references) < self._capacity
        if growing:
            self._references[program.id] = lines
        self._values[program.id] = [self._feature(axis, program, lines) for axis in self._axes]
        if growing:
            self._measure_references_again()
        self._widen(self._values.values() if growing else [self._values[program.id]])

    def _widen(self, seen: Iterable[list[float]]) -> None:
        """Bring the scales up to date; where one has moved, so have the cells. Scales only ever widen once the
        references are all there, so a new program is compared with their ends and not with all before it."""
        before, values = dict(self._ranges), list(seen)
        for at, axis in enumerate(self._axes):
            own = [value[at] for value in values]
            known = before.get(axis, ()) if len(values) == 1 else ()
            self._ranges[axis] = min(*own, *known, math.inf), max(*own, *known, -math.inf)
        if self._ranges != before or len(values) > 1:
            self._cells.clear()

    @property
    def cells_known(self) -> int:
        return len(self._cells)

    def forget(self, kept: Iterable[str]) -> None:
        """Where programs lie is drawn anew when it is asked for; only scales outlive them."""
        self._cells = {name: self._cells[name] for name in kept if name in self._cells}

    def cell(self, program: Program) -> Cell:
        """The program's bin on each axis. A program must have been added."""
        found = self._cells.get(program.id)
        if found is None:
            found = self._cells[program.id] = tuple(self._bin(at, program.id) for at in range(len(self._axes)))
        return found

    def coordinates(self, program: Program) -> dict[str, int]:
        """The program's bin by the axis's name."""
        return dict(zip(self._axes, self.cell(program), strict=True))

    def _feature(self, axis: Axis, program: Program, lines: frozenset[str]) -> float:
        if axis == "complexity":
            return float(len(program.source))
        if axis == "diversity":
            return self._diversity(program.id, lines)
        return math.log(max(float(getattr(program, axis)), 1e-9))

    def _diversity(self, program_id: str, lines: frozenset[str]) -> float:
        others = [theirs for other, theirs in self._references.items() if other != program_id]
        return sum(distance(lines, theirs) for theirs in others) / len(others) if others else 0.0

    def _measure_references_again(self) -> None:
        """While the set still grows, every program that was seen is in it, so these are all that can have moved."""
        if "diversity" in self._axes:
            at = self._axes.index("diversity")
            for program_id, lines in self._references.items():
                self._values[program_id][at] = self._diversity(program_id, lines)

    def _bin(self, at: int, program_id: str) -> int:
        low, high = self._ranges[self._axes[at]]
        if high <= low:
            return 0
        share = (self._values[program_id][at] - low) / (high - low)
        return min(int(share * self._bins), self._bins - 1)


def lines_of(source: str) -> frozenset[str]:
    """The distinct lines of a program, layout aside."""
    return frozenset(line for line in map(str.strip, source.splitlines()) if line)


def distance(a: frozenset[str], b: frozenset[str]) -> float:
    """The share of lines that two programs do not have in common (Jaccard): 0 for the same lines, 1 for none shared."""
    shared = len(a & b)
    union = len(a) + len(b) - shared
    return 1.0 - shared / union if union else 0.0


def elites(programs: Iterable[Program], cell_of: Callable[[Program], Cell]) -> dict[Cell, Program]:
    """The best program of each cell."""
    return drawn(ranked(programs), cell_of)


def drawn(programs: Iterable[Program], cell_of: Callable[[Program], Cell]) -> dict[Cell, Program]:
    """The same for programs that come best first. The scale moves, so a map is drawn anew each time."""
    drawn: dict[Cell, Program] = {}
    for program in programs:
        drawn.setdefault(cell_of(program), program)
    return drawn
