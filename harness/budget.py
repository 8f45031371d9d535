"""What a run may spend, checked before each spend with what is in flight counted."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import UsageError
from harness.types import Usage

_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """None: no limit. seconds is wall time; patience is evaluations without a crowning; target_score is a fitness."""

    evaluations: int | None = None
    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    target_score: float | None = None
    patience: int | None = None

    @property
    def bounded(self) -> bool:
        """Whether anything here ends a run by itself."""
        ends = (self.evaluations, self.calls, self.tokens, self.usd, self.seconds, self.patience)
        return any(limit is not None for limit in ends)


class Budget:
    """Keeps count. why_not answers why another order may not start, or None when it may."""

    def __init__(self, limit: Limit) -> None:
        self.limit = limit
        self.spent = Usage()
        self.since_crowning = 0
        self.best_fitness = 1.0

    def add(self, usage: Usage, crowned: bool, fitness: float | None) -> None:
        self.spent = self.spent + usage
        self.since_crowning = 0 if crowned else self.since_crowning + usage.evaluations
        if crowned and fitness is not None:
            self.best_fitness = max(self.best_fitness, fitness)

    def why_not(self, in_flight: int, elapsed: float, reserve: float) -> str | None:
        """in_flight orders will each cost an evaluation and a call or more; reserve seconds are kept for the end."""
        limit, spent = self.limit, self.spent
        if limit.target_score is not None and self.best_fitness >= limit.target_score:
            return f"target score {limit.target_score:g} reached"
        if limit.patience is not None and self.since_crowning >= limit.patience:
            return f"no gain in {self.since_crowning} evaluations"
        if limit.evaluations is not None and spent.evaluations + in_flight >= limit.evaluations:
            return f"{limit.evaluations} evaluations"
        if limit.calls is not None and spent.calls + in_flight >= limit.calls:
            return f"{limit.calls} model calls"
        if limit.tokens is not None and spent.tokens_in + spent.tokens_out >= limit.tokens:
            return f"{limit.tokens} tokens"
        if limit.usd is not None and (spent.usd is None or spent.usd >= limit.usd):
            return f"${limit.usd:g}" if spent.usd is not None else "a price is unknown, so dollars cannot be counted"
        if limit.seconds is not None and elapsed + reserve >= limit.seconds:
            return f"{limit.seconds:g} s"
        return None


def duration(text: str) -> float:
    """Seconds from 90, 90s, 8m, 1h30m."""
    match = _DURATION.fullmatch(text.strip())
    if not text.strip() or match is None:
        raise UsageError(f"duration {text!r} is not understood: write 90, 90s, 8m or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
