"""What a few seeds can tell about two strategies, and what they cannot. Exact where it can be, and never optimistic.

A value is the fitness that one run ended with. Whether two strategies differ is asked of an exact rank test, which
assumes nothing but that the runs of one and the same strategy could have come in any order; by how much, of intervals
that need no shape of the distribution. All pairs of a comparison share one error rate of 5 % (Bonferroni), so that a
table of many strategies is no lottery. What single measurements claim of their own error says nothing of what another
seed would have found, and so it is used for one thing only: as the least spread that is believed.

Sources: Mann and Whitney 1947 with ties at their mid-ranks; Vargha and Delaney 2000 for the probability that one beats
another; Hoeffding 1963 for its interval; Hodges and Lehmann 1963 for the ratio; Wilson and Hilferty 1931 for chi
squared. The composition, and the difference that could have been found, are ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from random import Random
from statistics import NormalDist, median, variance

ERROR_RATE = 0.05  # of all pairs of a comparison together
POWER = 0.8  # chance of finding a difference of the size that is promised
CAUTION = 0.8  # one-sided confidence at which the spread is taken from above: few seeds often show too little of it
DRAWS = 1000  # simulated pairs of strategies behind the size that could be found
MOST_SEEDS = 100


@dataclass(frozen=True, slots=True)
class Bounds:
    """A value with its interval; None: this side cannot be bounded by so few runs. confidence: of the interval."""

    value: float
    low: float | None
    high: float | None
    confidence: float


# --- Are they the same strategy? --------------------------------------------------------------------------------------


def rank_test(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The exact two-sided p of the rank-sum test: how often runs of one strategy, split at random into groups of these
    sizes, would differ by so much. Ties share their mid-rank, and the count is over what was really seen."""
    ranks = _doubled_ranks([*ours, *theirs])
    seen, size = sum(ranks[: len(ours)]), len(ours)
    counts = _rank_sums(tuple(sorted(ranks)), size)
    middle = size * (len(ranks) + 1)
    far = sum(count for total, count in counts.items() if abs(total - middle) >= abs(seen - middle))
    return far / math.comb(len(ranks), size)


def _doubled_ranks(values: Sequence[float]) -> list[int]:
    """Mid-ranks times two, so that they are whole."""
    ordered = sorted(values)
    first = {value: place for place, value in reversed(list(enumerate(ordered)))}
    last = {value: place for place, value in enumerate(ordered)}
    return [first[value] + last[value] + 2 for value in values]


@lru_cache(maxsize=256)
def _rank_sums(ranks: tuple[int, ...], size: int) -> dict[int, int]:
    """How many of all choices of `size` ranks have each sum."""
    ways: list[dict[int, int]] = [{0: 1}] + [{} for _ in range(size)]
    for rank in ranks:
        for chosen in range(size, 0, -1):
            for total, count in ways[chosen - 1].items():
                ways[chosen][total + rank] = ways[chosen].get(total + rank, 0) + count
    return ways[size]


@lru_cache(maxsize=256)
def least_wins(ours: int, theirs: int, error_rate: float) -> int | None:
    """Of the ours * theirs meetings of two groups of runs without ties, the least that must be won for the rank test to
    tell them apart; None when winning all of them would not do."""
    counts = _rank_sums(tuple(range(2, 2 * (ours + theirs) + 1, 2)), ours)
    tail, needed = 0, None
    for wins in range(ours * theirs, -1, -1):
        tail += counts[2 * wins + ours * (ours + 1)]
        if 2 * tail / math.comb(ours + theirs, ours) > error_rate:
            return needed
        needed = wins
    return needed


def seeds_needed(pairs: int, error_rate: float = ERROR_RATE) -> int:
    """The least number of seeds a strategy with which any difference can be shown, when so many pairs are compared."""
    return next(n for n in range(2, MOST_SEEDS) if least_wins(n, n, error_rate / pairs) is not None)


# --- By how much? -----------------------------------------------------------------------------------------------------


def ratio(ours: Sequence[float], theirs: Sequence[float], error_rate: float) -> Bounds:
    """By what factor one strategy's results exceed another's: the median over all meetings, and the interval that goes
    with the rank test. Values are above 0."""
    factors = sorted(a / b for a in ours for b in theirs)
    wins = least_wins(len(ours), len(theirs), error_rate)
    if wins is None:
        return Bounds(median(factors), None, None, 1 - error_rate)
    place = len(factors) - wins  # so many meetings may be lost and the test still tells
    return Bounds(median(factors), factors[place], factors[-1 - place], 1 - error_rate)


def superiority(ours: Sequence[float], theirs: Sequence[float], error_rate: float) -> Bounds:
    """The probability that a run of one strategy ends better than one of another, a tie counted half.

    The interval holds for any two distributions, ties and all, and however few the runs: wins are at least as
    concentrated as those of min(len) independent meetings (Hoeffding 1963, sections 2 and 5).
    """
    won = sum((a > b) + (a == b) / 2 for a in ours for b in theirs)
    share, n = won / (len(ours) * len(theirs)), min(len(ours), len(theirs))
    low = _lower_bound(share, n, error_rate / 2)
    high = 1 - _lower_bound(1 - share, n, error_rate / 2)
    return Bounds(share, low, high, 1 - error_rate)


@lru_cache(maxsize=1024)
def _lower_bound(share: float, n: int, tail: float) -> float:
    """The least probability that leaves a share as large as this one with a chance of `tail`, by bisection."""
    low, high = 0.0, share
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _chance(share, n, middle) < tail else (low, middle)
    return low


def _chance(share: float, n: int, p: float) -> float:
    """A bound on P(mean >= share) of n independent values in [0, 1] with mean p: E(f) / f for the best convex f."""
    point = [math.comb(n, k) * p**k * (1 - p) ** (n - k) for k in range(n + 1)]
    excess = (
        sum(point[k] * (k - corner) for k in range(corner + 1, n + 1)) / (n * share - corner)
        for corner in range(math.ceil(n * share))
    )
    return min(excess, default=1.0)


def median_interval(values: Sequence[float], error_rate: float = ERROR_RATE) -> Bounds:
    """The median and the narrowest pair of order statistics that covers the true one; with fewer than six values that
    is the lowest and the highest, and the confidence says how little that is worth."""
    ordered, n = sorted(values), len(values)
    best = 0
    while best + 1 < (n - 1) / 2 and _covers(best + 1, n) >= 1 - error_rate:
        best += 1
    return Bounds(median(ordered), ordered[best], ordered[-1 - best], _covers(best, n))


def _covers(place: int, n: int) -> float:
    return 1 - 2 * sum(math.comb(n, k) for k in range(place + 1)) / 2**n if n > 1 else 0.0


# --- What could have been found? --------------------------------------------------------------------------------------


def spread(groups: Sequence[Sequence[float]], floor: float) -> float:
    """The standard deviation of the log result from seed to seed, pooled over strategies and taken from above.

    floor: that of a single measurement of a result, below which no spread is believed.
    """
    logs = [[math.log(value) for value in group] for group in groups if len(group) > 1]
    freedom = sum(len(group) - 1 for group in logs)
    if not freedom:
        return floor
    pooled = sum((len(group) - 1) * variance(group) for group in logs) / freedom
    return max(math.sqrt(pooled * freedom / _chi_squared(1 - CAUTION, freedom)), floor)


def _chi_squared(p: float, freedom: int) -> float:
    part = 2 / (9 * freedom)
    return float(freedom * (1 - part + NormalDist().inv_cdf(p) * math.sqrt(part)) ** 3)


@lru_cache(maxsize=256)
def detectable_shift(ours: int, theirs: int, error_rate: float) -> float | None:
    """The difference, in standard deviations, that the rank test finds with a chance of POWER; None: no difference.

    Seeded simulation of bell-shaped groups. Each pair of groups is told apart from the shift on at which the needed
    number of meetings is won, so one sort a pair answers for all shifts.
    """
    wins = least_wins(ours, theirs, error_rate)
    if wins is None:
        return None
    rng = Random(f"{ours}/{theirs}")
    shifts = []
    for _ in range(DRAWS):
        left = [rng.gauss(0, 1) for _ in range(ours)]
        right = [rng.gauss(0, 1) for _ in range(theirs)]
        shifts.append(sorted(b - a for a in left for b in right)[wins - 1])
    return max(sorted(shifts)[math.ceil(POWER * DRAWS) - 1], 0.0)


def detectable_ratio(ours: int, theirs: int, deviation: float, error_rate: float) -> float | None:
    """The factor between two strategies' results that so many runs of each find with a chance of POWER."""
    shift = detectable_shift(ours, theirs, error_rate)
    return None if shift is None else math.exp(shift * deviation)
