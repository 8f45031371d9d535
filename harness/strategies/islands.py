"""Populations that evolve apart and trade their best at times: the parts of an island model with MAP-Elites maps."""

from __future__ import annotations

import math
from bisect import insort
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest

from harness.strategies.features import Cell, FeatureSpace, drawn
from harness.strategies.history import Attempt, Program, rank, ranked, told

ATTEMPTS_KEPT = 100  # the most that any strategy may tell of


@dataclass(slots=True)
class Island:
    """One population. Everything valid that was made here or migrated here is in it, losing programs too."""

    programs: dict[str, Program]
    migrants: set[str] = field(default_factory=set)  # came from a neighbour: these never travel again
    attempts: list[Attempt] = field(default_factory=list)
    generation: int = 0  # orders of this island that were told
    _ranking: list[Program] | None = None

    @classmethod
    def of(cls, first: Program) -> Island:
        return cls({first.id: first})

    def add(self, program: Program) -> None:
        """Settle a program. One that is here already stays as it is, with its first measurement."""
        if program.id not in self.programs:
            self.programs[program.id] = program
            if self._ranking is not None:
                insort(self._ranking, program, key=rank)

    def ranked(self) -> list[Program]:
        """Best first; not to be changed by who asks."""
        if self._ranking is None or len(self._ranking) != len(self.programs):
            self._ranking = ranked(self.programs.values())
        return self._ranking

    def remember(self, attempt: Attempt) -> None:
        """Note an attempt; of those of long ago nobody is told."""
        self.attempts.append(attempt)
        if len(self.attempts) > 2 * ATTEMPTS_KEPT:
            del self.attempts[:-ATTEMPTS_KEPT]

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
        return drawn(self.ranked(), space.cell)

    def remove(self, program_id: str) -> None:
        gone = self.programs.pop(program_id)
        if self._ranking is not None:
            self._ranking.remove(gone)
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
            del self._programs[max(self._programs.values(), key=rank).id]

    def get(self, program_id: str) -> Program | None:
        return self._programs.get(program_id)


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
    """Where there are more than `limit` programs in all, drop the worst; an island's best always stays.

    Programs that hold a cell go only when no others are left, since the map is what keeps the population varied.
    Whoever must go is looked for among all, so a large population loses a twentieth at once, and then none for a while.
    """
    held = sum(len(island.programs) for island in islands)
    if held <= limit:
        return
    excess = held - (limit - limit // 20)
    for _, island, program_id in nsmallest(excess, _expendable(islands, space), key=lambda found: found[0]):
        island.remove(program_id)


def _expendable(
    islands: Sequence[Island], space: FeatureSpace
) -> Iterator[tuple[tuple[bool, float, int, int], Island, str]]:
    """Each program that may go, with what says how soon."""
    for index, island in enumerate(islands):
        holders = _ids(island.map(space).values())
        for program in island.ranked()[1:]:
            yield (program.id in holders, program.fitness, -program.n, index), island, program.id


def _ids(programs: Iterable[Program]) -> set[str]:
    return {program.id for program in programs}
