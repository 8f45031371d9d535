"""From finished runs to what can be said of their strategies: standings, pairs, and what more seeds would buy."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import combinations
from statistics import median
from typing import Literal

from harness.compare import statistics
from harness.compare.entries import Entry, shared_unit
from harness.compare.plan import CONTROL, Unit
from harness.compare.statistics import ERROR_RATE, Bounds
from harness.errors import UsageError

NOISE = "noop"
CURVE_POINTS = 60
MORE_SEEDS = (5, 6, 8, 10, 15, 20)
Verdict = Literal["beats", "cannot tell"]


@dataclass(frozen=True, slots=True)
class Standing:
    """One strategy. Gains are medians over its runs, (fitness - 1) for what was spent; None: not known, or none spent.

    area: the geometric mean of the best so far over the budget. curve: (spent, lowest, median, highest) over runs.
    """

    name: str
    entries: tuple[Entry, ...]
    median: Bounds
    spent: float | None
    area: float | None
    gain_per_evaluation: float | None
    gain_per_1k_tokens: float | None
    gain_per_dollar: float | None
    usd_known: bool
    curve: tuple[tuple[float, float, float, float], ...]

    @property
    def values(self) -> list[float]:
        return [entry.fitness for entry in self.entries]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two strategies; ours did no worse in the median. p: as if this were the only pair; needed: for all together.

    superiority: probability that a run of ours ends better. detectable: the factor that these seeds would have found;
    None when no factor would have been, or when all runs ended alike, so that the spread between seeds is not known.
    """

    ours: str
    theirs: str
    p: float
    needed: float
    superiority: Bounds
    ratio: Bounds
    detectable: float | None

    @property
    def verdict(self) -> Verdict:
        return "beats" if self.p <= self.needed and self.superiority.value > 0.5 else "cannot tell"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a set of finished runs tells. horizon: the budget in unit that curves run to. more: what seeds would buy,
    as (seeds a strategy, the largest factor over pairs that they find)."""

    title: str
    target: str
    objective: str
    unit: Unit
    horizon: float
    unequal: str  # empty when every run had the same budget
    standings: tuple[Standing, ...]  # best median first
    pairs: tuple[Pair, ...]
    seeds_needed: int
    more: tuple[tuple[int, float], ...]
    remarks: tuple[str, ...]

    @property
    def seeds(self) -> int:
        """The runs of the strategy that has fewest."""
        return min(len(standing.entries) for standing in self.standings)

    @property
    def against_control(self) -> list[tuple[str, bool]]:
        """Each strategy that was compared with best-of-n, but for the other control; and whether it was shown to
        beat it."""
        met = [
            pair for pair in self.pairs if CONTROL in (pair.ours, pair.theirs) and NOISE not in (pair.ours, pair.theirs)
        ]
        return [
            (pair.ours, pair.verdict == "beats") if pair.theirs == CONTROL else (pair.theirs, False) for pair in met
        ]


def compare(entries: Sequence[Entry], title: str) -> Comparison:
    """Raises UsageError when the runs are not of one kind."""
    _refuse_unlike(entries)
    unit = shared_unit(entries)
    horizon = _horizon(entries, unit)
    groups = _grouped(entries)
    if len(groups) < 2:
        raise UsageError(f"only one strategy is among these runs ({next(iter(groups))}): name runs of two or more")
    standings = sorted(
        (_standing(name, group, unit, horizon) for name, group in groups.items()),
        key=lambda standing: (-standing.median.value, standing.name),
    )
    pairs, more = _pairs(standings)
    return Comparison(
        title=title, target=entries[0].start.target, objective=entries[0].start.objective.name,
        unit=unit, horizon=horizon, unequal=_unequal(entries), standings=tuple(standings), pairs=pairs,
        seeds_needed=statistics.seeds_needed(len(pairs)), more=more, remarks=tuple(_remarks(entries, standings)),
    )  # fmt: skip


# --- Which runs may stand side by side --------------------------------------------------------------------------------


def _refuse_unlike(entries: Sequence[Entry]) -> None:
    first = entries[0].start
    for other in (entry.start for entry in entries[1:]):
        if other.target != first.target:
            raise UsageError(f"run {other.run} is on target {other.target}, {first.run} on {first.target}: not alike")
        if other.baseline_id != first.baseline_id:
            raise UsageError(f"run {other.run} began with another program than {first.run}: their gains are not alike")
        if other.objective != first.objective:
            raise UsageError(
                f"run {other.run} had objective {other.objective.name}, {first.run} {first.objective.name}: not alike"
            )
    names = [entry.start.run for entry in entries]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise UsageError(f"run {doubled[0]} is named twice")


def _grouped(entries: Sequence[Entry]) -> dict[str, list[Entry]]:
    """By strategy; told apart further by model and knobs where one strategy had several."""
    groups: dict[str, list[Entry]] = {}
    models = {entry.start.model for entry in entries}
    for entry in entries:
        name = entry.start.strategy + (f" with {entry.start.model}" if len(models) > 1 else "")
        turned = _turned(entry, entries)
        groups.setdefault(f"{name} ({', '.join(turned)})" if turned else name, []).append(entry)
    return groups


def _turned(entry: Entry, entries: Sequence[Entry]) -> list[str]:
    """The knobs that were not the same in all runs of this strategy."""
    alike = [other.start.settings for other in entries if other.start.strategy == entry.start.strategy]
    own = entry.start.settings
    return [f"{knob}={own[knob]}" for knob in own if any(other.get(knob) != own[knob] for other in alike)]


def _horizon(entries: Sequence[Entry], unit: Unit) -> float:
    limits = [entry.start.budget.get(unit) for entry in entries]
    given = [float(limit) for limit in limits if limit is not None]
    return min(given) if len(given) == len(entries) else min(entry.spent(unit) or 0.0 for entry in entries)


def _unequal(entries: Sequence[Entry]) -> str:
    """The budgets, when they were not all the same."""
    budgets = [{k: v for k, v in entry.start.budget.items() if v is not None} for entry in entries]
    if all(budget == budgets[0] for budget in budgets):
        return ""
    said = dict.fromkeys(", ".join(f"{value:g} {key}" for key, value in budget.items()) for budget in budgets)
    return "; ".join(said)


def _remarks(entries: Sequence[Entry], standings: Sequence[Standing]) -> list[str]:
    remarks = []
    if len({entry.row.machine for entry in entries}) > 1:
        remarks.append("the runs were made on different machines")
    if len(found := sorted({entry.start.runs_on for entry in entries})) > 1:
        remarks.append(f"the runs were made on different interpreters ({', '.join(found)}), and ratios are within one")
    if len({entry.start.version for entry in entries}) > 1:
        remarks.append("the runs were made by different versions of optimize-run")
    for standing in standings:
        seeds = [entry.start.seed for entry in standing.entries]
        if len(set(seeds)) < len(seeds):
            remarks.append(f"{standing.name} ran more than once with one seed: such runs may repeat each other")
    if any(entry.start.unsafe for entry in entries):
        remarks.append("UNSAFE: some of these runs had no sandbox")
    return remarks


# --- Strategies, and pairs of them ------------------------------------------------------------------------------------


def _standing(name: str, entries: Sequence[Entry], unit: Unit, horizon: float) -> Standing:
    return Standing(
        name=name,
        entries=tuple(entries),
        median=statistics.median_interval([entry.fitness for entry in entries]),
        spent=_middle([entry.spent(unit) for entry in entries]),
        area=_middle([entry.area(unit, horizon) for entry in entries]),
        gain_per_evaluation=_gain(entries, lambda e: e.usage.evaluations),
        gain_per_1k_tokens=_gain(entries, lambda e: (e.usage.tokens_in + e.usage.tokens_out) / 1000),
        gain_per_dollar=_gain(entries, lambda e: e.usage.usd),
        usd_known=all(entry.usage.usd is not None for entry in entries),
        curve=_band(entries, unit, horizon),
    )


def _gain(entries: Sequence[Entry], cost: Callable[[Entry], float | None]) -> float | None:
    return _middle([(entry.fitness - 1) / paid if (paid := cost(entry)) else None for entry in entries])


def _middle(values: Sequence[float | None]) -> float | None:
    """The median; None as soon as one value is not known, since leaving it out would choose."""
    known = [value for value in values if value is not None]
    return median(known) if known and len(known) == len(values) else None


def _band(entries: Sequence[Entry], unit: Unit, horizon: float) -> tuple[tuple[float, float, float, float], ...]:
    points = int(horizon) if unit == "evaluations" and 1 <= horizon <= 2 * CURVE_POINTS else CURVE_POINTS
    places = [horizon * n / points for n in range(points + 1)]
    curves = [entry.best_at(unit, places) for entry in entries]
    known = [curve for curve in curves if curve is not None]
    if len(known) < len(curves):
        return ()
    return tuple(
        (place, min(column), median(column), max(column))
        for place, column in zip(places, zip(*known, strict=True), strict=True)
    )


def _pairs(standings: Sequence[Standing]) -> tuple[tuple[Pair, ...], tuple[tuple[int, float], ...]]:
    """All pairs, and the largest factor among them that each number of seeds would find."""
    drawn = list(combinations(standings, 2))
    rate = ERROR_RATE / len(drawn)
    spreads = [_spread(ours, theirs) for ours, theirs in drawn]
    pairs = tuple(_pair(*sides, rate, spread) for sides, spread in zip(drawn, spreads, strict=True))
    seeds = min(len(standing.entries) for standing in standings)
    widest = max(spreads)
    more = [(n, statistics.detectable_ratio(n, n, widest, rate)) for n in MORE_SEEDS if n > seeds and widest > 0]
    return pairs, tuple((n, factor) for n, factor in more if factor is not None)


def _spread(ours: Standing, theirs: Standing) -> float:
    """Between seeds, of the log result; 0 when all runs ended as they began, which says nothing of it."""
    measured = [entry.deviation for entry in (*ours.entries, *theirs.entries) if entry.deviation > 0]
    return statistics.spread([ours.values, theirs.values], median(measured) if measured else 0.0)


def _pair(ours: Standing, theirs: Standing, rate: float, spread: float) -> Pair:
    sizes = len(ours.entries), len(theirs.entries)
    return Pair(
        ours=ours.name,
        theirs=theirs.name,
        p=statistics.rank_test(ours.values, theirs.values),
        needed=rate,
        superiority=statistics.superiority(ours.values, theirs.values, rate),
        ratio=statistics.ratio(ours.values, theirs.values, rate),
        detectable=statistics.detectable_ratio(*sizes, spread, rate) if spread > 0 else None,
    )
