"""The reigning line: who was crowned over whom, and the Pareto front of everything that was measured right."""

from __future__ import annotations

from dataclasses import dataclass

from harness.types import Candidate, Score


@dataclass(frozen=True, slots=True)
class Leader:
    """A crowned candidate. fitness is the measured one, over the baseline's."""

    candidate: Candidate
    score: Score
    confirmed: bool = False

    @property
    def fitness(self) -> float:
        return self.score.fitness or 1.0


class Throne:
    """The baseline, then everyone who was crowned; the last is the incumbent. Who fails its whole run falls."""

    def __init__(self, baseline: Candidate) -> None:
        self._line = [Leader(baseline, Score("ok", 1.0), confirmed=True)]

    @property
    def incumbent(self) -> Leader:
        return self._line[-1]

    @property
    def best(self) -> Leader | None:
        """The incumbent, unless it is the baseline itself."""
        return self._line[-1] if len(self._line) > 1 else None

    def crown(self, candidate: Candidate, score: Score) -> None:
        self._line.append(Leader(candidate, score))

    def confirm(self, score: Score) -> None:
        self._line[-1] = Leader(self._line[-1].candidate, score, confirmed=True)

    def dethrone(self) -> None:
        del self._line[-1]


class ParetoFront:
    """Candidates that no other beats in memory and speed at once."""

    def __init__(self) -> None:
        self._members: dict[str, tuple[float, float]] = {}

    def add(self, candidate: Candidate, score: Score) -> None:
        memory, speed = score.ratio("memory"), score.ratio("speed")
        if memory is None or speed is None or self._dominated(memory, speed):
            return
        self._members = {k: (m, s) for k, (m, s) in self._members.items() if not (memory >= m and speed >= s)}
        self._members[candidate.id] = (memory, speed)

    def _dominated(self, memory: float, speed: float) -> bool:
        return any(m >= memory and s >= speed for m, s in self._members.values())

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self._members)
