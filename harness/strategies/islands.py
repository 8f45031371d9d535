"""Populations that evolve apart and trade their best at times: the parts of an island model with MAP-Elites maps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from harness.strategies.features import Cell, FeatureSpace, elites
from harness.strategies.history import Attempt, Program, ranked, told


@dataclass(slots=True)
class Island:
    """One population. Everything valid that was made here or migrated here is in it, losing programs too."""

    programs: dict[str, Program]
    migrants: set[str] = field(default_factory=set)  # came from a neighbour: these never travel again
    attempts: list[Attempt] = field(default_factory=list)
    generation: int = 0  # orders of this island that were told

    @classmethod
    def of(cls, first: Program) -> Island:
        return cls({first.id: first})

    def add(self, program: Program) -> None:
        """Settle a program. One that is here already stays as it is, with its first measurement."""
        self.programs.setdefault(program.id, program)

    def ranked(self) -> list[Program]:
        return ranked(self.programs.values())

    def top(self, share: float) -> list[Program]:
        """The best `share` of the island, at least one program, best first."""
        best = self.ranked()
        return best[: max(1, math.floor(len(best) * share))]

    def told(self, *, best: int, latest: int) -> list[Attempt]:
        """What made the island's `best` best programs, then its `latest` attempts, oldest first; each once."""
        finest = [told(program) for program in self.ranked()[:best] if program.n]
        shown = {attempt.n for attempt in finest}
        return finest + [
            attempt for attempt in self.attempts[max(len(self.attempts) - latest, 0) :] if attempt.n not in shown
        ]

    def map(self, space: FeatureSpace) -> dict[Cell, Program]:
        return elites(self.programs.values(), space.cell)

    def remove(self, program_id: str) -> None:
        del self.programs[program_id]
        self.migrants.discard(program_id)


class EliteArchive:
    """The best programs of all islands, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._programs: dict[str, Program] = {}

    def __contains__(self, program_id: str) -> bool:
        return program_id in self._programs

    def add(self, program: Program) -> None:
        """Take a program if there is room or it is better than the worst, which then goes."""
        if program.id in self._programs:
            return
        self._programs[program.id] = program
        if len(self._programs) > self._size:
            del self._programs[ranked(self._programs.values())[-1].id]


def neighbours(index: int, count: int) -> list[int]:
    """The islands on both sides in a ring; one when there are two, none when there is one."""
    return [i for i in dict.fromkeys(((index + 1) % count, (index - 1) % count)) if i != index]


def migrate(islands: Sequence[Island], share: float) -> list[tuple[str, int]]:
    """Copy the best `share` of every island to both neighbours; return who went where.

    All leave before any arrives. What came as a migrant stays, and a program is never copied to where it already is.
    """
    leaving = [[p for p in island.top(share) if p.id not in island.migrants] for island in islands]
    moved = []
    for home, travellers in enumerate(leaving):
        for there in neighbours(home, len(islands)):
            for program in travellers:
                if program.id in islands[there].programs:
                    continue
                islands[there].add(program)
                islands[there].migrants.add(program.id)
                moved.append((program.id, there))
    return moved


def prune(islands: Sequence[Island], space: FeatureSpace, limit: int) -> None:
    """Drop the worst programs until at most `limit` are left in all; an island's best always stays.

    Programs that hold a cell go only when no others are left, since the map is what keeps the population varied.
    """
    excess = sum(len(island.programs) for island in islands) - limit
    if excess <= 0:
        return
    for island, program in _expendable(islands, space)[:excess]:
        island.remove(program.id)


def _expendable(islands: Sequence[Island], space: FeatureSpace) -> list[tuple[Island, Program]]:
    candidates: list[tuple[bool, float, int, int]] = []
    programs: list[tuple[Island, Program]] = []
    for index, island in enumerate(islands):
        holders = _ids(island.map(space).values())
        for program in island.ranked()[1:]:
            candidates.append((program.id in holders, program.fitness, -program.n, index))
            programs.append((island, program))
    order = sorted(range(len(programs)), key=candidates.__getitem__)
    return [programs[i] for i in order]


def _ids(programs: Iterable[Program]) -> set[str]:
    return {program.id for program in programs}
