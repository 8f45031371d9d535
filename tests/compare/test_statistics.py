"""What is claimed of the statistics, checked: exact values, error rates over simulated comparisons, and the promise."""

from __future__ import annotations

import math
from itertools import combinations
from random import Random

import pytest

from harness.compare import statistics
from harness.compare.statistics import ERROR_RATE, POWER


def counted(ours: list[float], theirs: list[float]) -> float:
    """The rank test by trying every way to split the values."""
    values, size = [*ours, *theirs], len(ours)

    def wins(chosen: tuple[int, ...]) -> float:
        rest = [values[n] for n in range(len(values)) if n not in chosen]
        return sum((values[n] > b) + (values[n] == b) / 2 for n in chosen for b in rest)

    middle = size * len(theirs) / 2
    seen = abs(wins(tuple(range(size))) - middle)
    splits = list(combinations(range(len(values)), size))
    return sum(abs(wins(split) - middle) >= seen for split in splits) / len(splits)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ([1, 2, 3], [4, 5, 6]),
        ([1, 5, 3, 9], [4, 2, 8]),
        ([1, 1, 2, 3], [1, 2, 2, 5]),
        ([1, 1, 1, 1], [2, 3, 4, 5]),
        ([7], [3, 8]),
        ([2, 2, 2], [2, 2, 2]),
    ],
)
def test_the_rank_test_is_exact_with_ties_and_without(ours: list[float], theirs: list[float]) -> None:
    assert statistics.rank_test(ours, theirs) == pytest.approx(counted(ours, theirs))
    assert statistics.rank_test(ours, theirs) == statistics.rank_test(theirs, ours)


def test_three_seeds_can_tell_nothing_and_it_is_known_how_many_can() -> None:
    assert statistics.rank_test([1, 2, 3], [4, 5, 6]) == pytest.approx(0.1)
    assert statistics.least_wins(3, 3, ERROR_RATE) is None
    for pairs in (1, 3, 6, 10, 45):
        n = statistics.seeds_needed(pairs)
        apart = [list(range(m)) for m in (n, n - 1)]
        p = [statistics.rank_test(a, [x + 100 for x in a]) for a in apart]
        assert p[0] <= ERROR_RATE / pairs < p[1]
    assert statistics.seeds_needed(1) == 4


@pytest.mark.parametrize("sizes", [(4, 4), (5, 7), (6, 6)])
def test_the_interval_of_the_ratio_leaves_out_one_exactly_when_the_test_tells(sizes: tuple[int, int]) -> None:
    rng = Random(3)
    told = 0
    for _ in range(300):
        ours = [math.exp(rng.gauss(0.4, 0.4)) for _ in range(sizes[0])]
        theirs = [math.exp(rng.gauss(0, 0.4)) for _ in range(sizes[1])]
        found = statistics.ratio(ours, theirs, ERROR_RATE)
        outside = (found.low or 0) > 1 or (found.high or 2) < 1
        assert outside == (statistics.rank_test(ours, theirs) <= ERROR_RATE)
        told += outside
    assert 0 < told < 300


def test_where_nothing_can_be_told_there_is_no_bound() -> None:
    found = statistics.ratio([3, 4, 5], [1, 1, 1], ERROR_RATE)
    assert (found.value, found.low, found.high) == (4, None, None)


# --- Probability of superiority ---------------------------------------------------------------------------------------


def test_all_wins_leave_the_chance_of_so_many_wins_in_a_row() -> None:
    for n in (3, 6, 10):
        found = statistics.superiority([2] * n, [1] * n, 0.05)
        assert found.value == found.high == 1
        assert (found.low or 0) ** n == pytest.approx(0.025)


def test_ties_count_half_and_the_two_sides_mirror_each_other() -> None:
    assert statistics.superiority([1, 1], [1, 1], 0.05).value == 0.5
    one = statistics.superiority([1, 4, 6, 7], [2, 4, 5], 0.05)
    other = statistics.superiority([2, 4, 5], [1, 4, 6, 7], 0.05)
    assert one.value == pytest.approx(1 - other.value)
    assert one.low == pytest.approx(1 - (other.high or 0))


@pytest.mark.parametrize(
    ("name", "ours", "theirs", "truth"),
    [
        ("the same", lambda r: r.gauss(0, 1), lambda r: r.gauss(0, 1), 0.5),
        ("one always alike", lambda r: 0.0, lambda r: r.gauss(0, 1), 0.5),
        ("few values", lambda r: r.choice((1, 2)), lambda r: r.choice((1, 1, 2)), 1 / 2 + 1 / 12),
        ("far apart", lambda r: r.gauss(1.5, 1), lambda r: r.gauss(0, 1), 0.8556),
    ],
)
def test_the_interval_covers_the_truth_whatever_the_distributions(name, ours, theirs, truth) -> None:
    rng = Random(name)
    covered = 0
    for _ in range(400):
        found = statistics.superiority([ours(rng) for _ in range(5)], [theirs(rng) for _ in range(5)], 0.05)
        covered += (found.low or 0) <= truth <= (found.high or 0)
    assert covered / 400 >= 0.95


def test_the_median_s_interval_says_how_much_it_covers() -> None:
    assert statistics.median_interval([2, 1, 3]).confidence == 0.75
    assert statistics.median_interval([5.0]).confidence == 0.0
    rng = Random(5)
    for n in (3, 6, 9, 15):
        covered, claimed = 0, statistics.median_interval(list(range(n))).confidence
        for _ in range(600):
            found = statistics.median_interval([rng.gauss(0, 1) for _ in range(n)])
            covered += (found.low or 0) <= 0 <= (found.high or 0)
        assert covered / 600 == pytest.approx(claimed, abs=0.04)
        assert n < 6 or claimed >= 0.95


# --- What could have been found ---------------------------------------------------------------------------------------


def test_the_shift_that_is_promised_is_found_as_often_as_promised() -> None:
    for n, rate in ((5, 0.05), (6, 0.05 / 3), (10, 0.05 / 6)):
        shift = statistics.detectable_shift(n, n, rate)
        assert shift is not None
        rng = Random(n)
        found = 0
        for _ in range(400):
            ours = [rng.gauss(shift, 1) for _ in range(n)]
            found += statistics.rank_test(ours, [rng.gauss(0, 1) for _ in range(n)]) <= rate
        assert found / 400 == pytest.approx(POWER, abs=0.06)
    assert statistics.detectable_shift(3, 3, 0.05) is None


def test_more_seeds_find_less_of_a_difference() -> None:
    found = [statistics.detectable_ratio(n, n, 0.1, 0.05 / 3) or math.inf for n in (3, 5, 8, 12, 20)]
    assert found[0] == math.inf and found == sorted(found, reverse=True) and found[-1] > 1


def test_no_spread_below_that_of_a_measurement_is_believed() -> None:
    assert statistics.spread([[2, 2, 2], [3, 3, 3]], 0.04) == 0.04
    assert statistics.spread([[2], [3]], 0.04) == 0.04
    assert statistics.spread([[1, 2, 4], [1, 2, 4]], 0.04) > math.log(2)
