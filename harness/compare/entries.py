"""Finished runs as entries of a comparison: where each ended, what it spent, and its best along the way."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from harness.compare.plan import OPTIONS, Unit
from harness.errors import UsageError
from harness.store import journal
from harness.store.fold import JOURNAL, Fold
from harness.store.rows import Row, row_of
from harness.store.runrecord import RunRecord, Start
from harness.types import Event, Usage

NORMAL_95 = 1.96


@dataclass(frozen=True, slots=True)
class Step:
    """A new best, and what had been spent when it was told."""

    spent: Usage
    best: float

    def at(self, unit: Unit) -> float | None:
        return amount(self.spent, unit)


@dataclass(frozen=True, slots=True)
class Entry:
    """One finished run. curve: its best so far, from the first crowning; never above what it was confirmed with."""

    start: Start
    row: Row
    usage: Usage
    curve: tuple[Step, ...]

    @property
    def fitness(self) -> float:
        return self.row.fitness

    @property
    def deviation(self) -> float:
        """Standard deviation of the log fitness as its own measurement claims it; 0 where the baseline stands."""
        return math.log(self.row.fitness_high / self.row.fitness_low) / (2 * NORMAL_95)

    def spent(self, unit: Unit) -> float | None:
        return amount(self.usage, unit)

    def best_at(self, unit: Unit, amounts: Iterable[float]) -> list[float] | None:
        """The best so far after each amount of a budget; None when what was spent is not known."""
        places = [step.at(unit) for step in self.curve]
        known = [place for place in places if place is not None]
        if len(known) < len(places):
            return None
        levels = [1.0, *(step.best for step in self.curve)]
        return [levels[bisect_right(known, amount)] for amount in amounts]

    def area(self, unit: Unit, horizon: float) -> float | None:
        """The geometric mean of the best so far over the whole budget: 1.0 for no gain, the end's for one at once."""
        places = [step.at(unit) for step in self.curve]
        total, before, level = 0.0, 0.0, 1.0
        for place, step in zip(places, self.curve, strict=True):
            if place is None:
                return None
            reached = min(place, horizon)
            total += (reached - before) * math.log(level)
            before, level = reached, step.best
        total += (horizon - before) * math.log(level)
        return math.exp(total / horizon) if horizon > 0 else None


def amount(usage: Usage, unit: Unit) -> float | None:
    """How much of a unit was spent; None when a price was unknown."""
    return float(usage.tokens_in + usage.tokens_out) if unit == "tokens" else getattr(usage, unit)


def read_entry(folder: Path) -> Entry:
    """A finished run. Raises UsageError for one that is not, StoreError for a damaged one."""
    events = tuple(journal.read(folder / JOURNAL))
    fold = Fold()
    for event in events:
        fold.take(event)
    record = fold.record(folder, "killed")
    if record.status != "done":
        raise UsageError(
            f"run {record.start.run} is not finished ({record.status}): finish it with "
            f"`optimize-run resume {record.start.run}`, or leave it out"
        )
    return Entry(record.start, row_of(record), record.usage, tuple(_curve(record, events)))


def _curve(record: RunRecord, events: Iterable[Event]) -> Iterable[Step]:
    """A step for each candidate that was crowned and never fell."""
    confirmed = {c.candidate: c.score.fitness for c in record.confirms if c.ok and c.score.fitness}
    kept = {tried.n: tried for tried in record.tried if tried.kept}
    ceiling = (record.leader.score.fitness if record.leader else None) or 1.0
    best = 1.0
    for n, spent in _spending(events):
        if tried := kept.get(n):
            level = min(confirmed.get(tried.id or "", tried.score.fitness or 1.0), ceiling)
            level = ceiling if tried.id == record.best else level
            if level > best:
                best = level
                yield Step(spent, best)


def _spending(events: Iterable[Event]) -> Iterable[tuple[int, Usage]]:
    """Each outcome's order with what had been spent until then; seconds are those in which somebody worked."""
    clock, last, spent = 0.0, 0.0, Usage()
    for event in events:
        clock += event.at - last if last and event.kind != "resume" else 0.0
        last = event.at
        if event.kind == "outcome":
            usage = Usage(**event.data["usage"])
            spent += usage
            yield (
                event.data["n"],
                Usage(
                    spent.calls,
                    spent.tokens_in,
                    spent.tokens_cached,
                    spent.tokens_out,
                    spent.usd,
                    clock,
                    spent.evaluations,
                ),
            )


def shared_unit(entries: Iterable[Entry]) -> Unit:
    """The budget that all these runs were limited by, evaluations when there is none."""
    budgets = [entry.start.budget for entry in entries]
    return next((unit for unit in OPTIONS if all(b.get(unit) is not None for b in budgets)), "evaluations")
