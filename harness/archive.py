"""The reigning line: who was crowned over whom."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.types import Candidate, Score


@dataclass(frozen=True, slots=True)
class Leader:
    """A crowned candidate. score is the measured one, which others are compared with; whole is that of its whole run,
    which is reported."""

    candidate: Candidate
    score: Score
    whole: Score | None = None

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
    def best(self) -> Leader | None:
        """The incumbent, unless it is the baseline itself."""
        return self._line[-1] if len(self._line) > 1 else None

    def crown(self, candidate: Candidate, score: Score) -> None:
        self._line.append(Leader(candidate, score))

    def confirm(self, whole: Score) -> None:
        self._line[-1] = replace(self._line[-1], whole=whole)

    def dethrone(self) -> None:
        del self._line[-1]
