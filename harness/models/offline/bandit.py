"""What pays where: a bandit whose arms are operators, and under each its sites; learnt from the attempts of a prompt.

An arm's chance of winning is Beta(1 + won, 1 + lost), and is drawn from that, so that what is little known is tried too
(Thompson 1933). Who was tried in company shares the win or the loss. Everything is read anew from the prompt: the same
prompt and seed give the same draw, on whatever machine and after whatever crash.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random

from harness.models.offline.attempts import Attempt

FAILED = 1.5  # losses that a rewrite counts which did not keep the promise


@dataclass(frozen=True, slots=True)
class Belief:
    """won, lost: attempts, as shares. best: the highest fitness it was part of; tries, kept: whole attempts."""

    won: float = 0.0
    lost: float = 0.0
    tries: int = 0
    kept: int = 0
    best: float | None = None

    @property
    def mean(self) -> float:
        return (1.0 + self.won) / (2.0 + self.won + self.lost)

    def drawn(self, rng: Random) -> float:
        """A factor on a weight: 1.0 when nothing is known, and on average above it for what wins."""
        return 2.0 * rng.betavariate(1.0 + self.won, 1.0 + self.lost) if self.tries else 1.0


def belief(attempts: Iterable[Attempt], operator: str, tag: str = "") -> Belief:
    """What attempts say of an operator; of one site of it where its tag is given."""
    found = Belief()
    for attempt in attempts:
        if tag in attempt.tags if tag else operator in attempt.names:
            found = _after(found, attempt)
    return found


def _after(found: Belief, attempt: Attempt) -> Belief:
    share = 1.0 / len(attempt.names)
    kept = attempt.verdict == "kept"
    lost = 0.0 if kept else share * (FAILED if attempt.verdict == "failed" else 1.0)
    ratios = [ratio for ratio in (found.best, attempt.ratio) if ratio is not None]
    return Belief(
        found.won + (share if kept else 0.0),
        found.lost + lost,
        found.tries + 1,
        found.kept + kept,
        max(ratios, default=None),
    )


def learnt(attempts: Sequence[Attempt], names: Iterable[str]) -> str:
    """A clause on what is known of operators, or nothing: `fuse-products kept 2 of 2, best 4.73x`."""
    parts = []
    for name in dict.fromkeys(names):
        known = belief(attempts, name)
        if known.tries:
            best = f", best {known.best:.2f}x" if known.best is not None else ""
            parts.append(f"{name} kept {known.kept} of {known.tries}{best}")
    return f" (before: {'; '.join(parts)})" if parts else ""
