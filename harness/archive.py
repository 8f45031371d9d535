"""The reigning line: who was crowned over whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.types import Candidate, Score


@dataclass(frozen=True, slots=True)
class Leader:
    """A crowned candidate. score is the measured one, which others are compared with; whole is that of its whole run,
    which is reported. simpler_than: the one crowned for its gain, where this is a form of it with less changed: what a
    still simpler one must be no worse than, so that losses too small to be told do not add up."""

    candidate: Candidate
    score: Score
    whole: Score | None = None
    simpler_than: Candidate | None = None

    @property
    def confirmed(self) -> bool:
        return self.whole is not None

    @property
    def fitness(self) -> float:
        return self.score.fitness or 1.0


class Throne:
    """The baseline, then everyone who was crowned; the last is the incumbent. Who fails its whole run falls."""

    def __init__(self, baseline: Candidate) -> None:
        score = Score("ok", 1.0)
        self._line = [Leader(baseline, score, whole=score)]

    @property
    def incumbent(self) -> Leader:
        return self._line[-1]

    @property
    def baseline(self) -> Candidate:
        return self._line[0].candidate

    @property
    def confirmed_fitness(self) -> float:
        """Of the latest whose whole run is known, the baseline at the least, as it was measured before."""
        return next(leader.fitness for leader in reversed(self._line) if leader.confirmed)

    @property
    def best(self) -> Leader | None:
        """The incumbent, unless it is the baseline itself."""
        return self._line[-1] if len(self._line) > 1 else None

    def crown(self, candidate: Candidate, score: Score, simpler_than: Candidate | None = None) -> None:
        self._line.append(Leader(candidate, score, simpler_than=simpler_than))

    def confirm(self, whole: Score) -> None:
        self._line[-1] = replace(self._line[-1], whole=whole)

    def dethrone(self, candidate: Candidate) -> None:
        """It falls, and with it whoever was crowned over it."""
        at = next(n for n, leader in enumerate(self._line) if n and leader.candidate.id == candidate.id)
        del self._line[at:]
