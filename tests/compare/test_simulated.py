"""Whole comparisons of simulated runs: strategies that are secretly one, and strategies that differ as promised."""

from __future__ import annotations

import math
from collections.abc import Callable
from random import Random

import pytest

from harness.compare.entries import Entry
from harness.compare.results import Comparison, compare
from harness.compare.statistics import POWER
from tests.compare.entries import entry

COMPARISONS = 200


def group(strategy: str, values: list[float]) -> list[Entry]:
    return [entry(strategy, seed, value) for seed, value in enumerate(values)]


def simulated(rng: Random, draw: Callable[[Random], float], seeds: int, shifts: tuple[float, ...]) -> Comparison:
    """One comparison of as many strategies as there are shifts, each the same draws times its own factor."""
    entries = []
    for place, shift in enumerate(shifts):
        entries += group(f"s{place}", [draw(rng) * shift for _ in range(seeds)])
    return compare(entries, "simulated")


def smooth(rng: Random) -> float:
    return math.exp(abs(rng.gauss(0.5, 0.2)))


def plateaus(rng: Random) -> float:
    """Most runs end on one of a few programs, some with nothing."""
    return rng.choice((1.0, 1.0, 1.6, 1.6, 1.6, 2.4))


def heavy(rng: Random) -> float:
    return min(rng.paretovariate(1.2), 50.0)


SETTINGS = [(draw, *size) for draw in (smooth, plateaus, heavy) for size in ((2, 4), (3, 6), (5, 8))]


def wrongly_told_apart(draw: Callable[[Random], float], strategies: int, seeds: int) -> int:
    """Of COMPARISONS comparisons of one strategy with itself, those in which any pair was told apart."""
    rng = Random(f"{draw.__name__}/{strategies}")
    wrong = 0
    for _ in range(COMPARISONS):
        result = simulated(rng, draw, seeds, (1.0,) * strategies)
        assert result.seeds >= result.seeds_needed, "a comparison that can tell nothing cannot be wrong either"
        wrong += any(pair.verdict == "beats" for pair in result.pairs)
    return wrong


def test_strategies_that_are_secretly_one_are_told_apart_in_no_more_than_5_of_100() -> None:
    wrong = {f"{d.__name__} {k} x {n}": wrongly_told_apart(d, k, n) for d, k, n in SETTINGS}
    assert sum(wrong.values()) / (COMPARISONS * len(SETTINGS)) <= 0.05
    worst = 0.05 + 2.6 * math.sqrt(0.05 * 0.95 / COMPARISONS)  # what chance makes of a true 5 % in one of them
    assert max(wrong.values()) / COMPARISONS <= worst, wrong


def test_seeds_that_strategies_share_make_them_no_more_different() -> None:
    """The same seed makes the same strategy do much the same: results of one seed go together."""
    rng = Random(9)
    wrong = 0
    for _ in range(COMPARISONS):
        shared = [smooth(rng) for _ in range(6)]
        entries = [e for s in "abc" for e in group(s, [x * math.exp(rng.gauss(0, 0.05)) for x in shared])]
        wrong += any(pair.verdict == "beats" for pair in compare(entries, "simulated").pairs)
    assert wrong / COMPARISONS <= 0.05


@pytest.mark.parametrize("seeds", [5, 8])
def test_a_difference_of_the_size_that_the_answer_names_is_found_as_often_as_it_says(seeds: int) -> None:
    """Each comparison makes its own promise from the spread that it saw; a second one puts it to the test."""
    rng = Random(seeds)
    found = 0
    for _ in range(COMPARISONS):
        promise = simulated(rng, smooth_log, seeds, (1.0, 1.0, 1.0)).pairs[0].detectable
        assert promise is not None and promise > 1
        result = simulated(rng, smooth_log, seeds, (promise, 1.0, 1.0))
        found += any(p.verdict == "beats" and {p.ours, p.theirs} == {"s0", "s1"} for p in result.pairs)
    assert found / COMPARISONS >= POWER


def smooth_log(rng: Random) -> float:
    return math.exp(rng.gauss(1.0, 0.15))


def test_a_table_of_many_pairs_is_no_lottery() -> None:
    """Without the correction for all pairs together this would be wrong far more often than 5 times in 100."""
    rng = Random(2)
    alone = 0
    for _ in range(100):
        result = simulated(rng, smooth, 8, (1.0,) * 5)
        alone += any(pair.p <= 0.05 for pair in result.pairs)
    assert alone / 100 > 0.15
