"""What is promised is kept: on fresh luck, at the cost that was named, with a deviation that was measured."""

import math
from random import Random

import pytest

from harness import stats
from harness.stats import promise
from harness.stats.promise import Cost
from tests.stats import machines
from tests.stats.test_crowning import duel


def calibrated(rng: Random, deviation: float, kind=machines.normal, pairs: int = 16) -> tuple[stats.NoiseModel, float]:
    logs, noise = kind(rng, deviation), stats.NoiseModel()
    noise.learn([machines.pair(next(logs)) for _ in range(pairs)])
    return noise, promise.cautious(noise.cpu.deviation, noise.cpu.freedom)


def told_as_promised(kind, deviation: float) -> tuple[int, int, int]:
    """Of true differences of 3 %, both ways: how many were told, how many were told the wrong way, how many there were.

    Each is told by series no longer than a fresh calibration of the same machine said.
    """
    right = wrong = tried = 0
    for seed in range(6):
        rng = Random(100 + seed)
        noise, cautious = calibrated(rng, deviation, kind)
        found = promise.cost(0.03, cautious, noise.cpu)
        assert found.pairs is not None
        rule, logs = stats.Rule(stats.duel_alpha(1), found.pairs, gives_up=False), kind(rng, deviation)
        for direction in (1, -1):
            for _ in range(25):
                shown = duel(logs, noise, rule, direction * math.log1p(0.03)).shown
                tried += 1
                right += shown.low > 1.0 if direction > 0 else shown.high < 1.0
                wrong += shown.high < 1.0 if direction > 0 else shown.low > 1.0
    return right, wrong, tried


@pytest.mark.parametrize("kind", [machines.normal, machines.drifting])
@pytest.mark.parametrize("deviation", [0.005, 0.012, 0.03])
def test_three_per_cent_are_told_at_the_cost_that_was_promised(kind, deviation: float) -> None:
    right, wrong, tried = told_as_promised(kind, deviation)
    assert right >= 0.95 * tried and wrong == 0


def test_outliers_that_the_calibration_did_not_see_may_leave_it_open_but_turn_nothing_round() -> None:
    right, wrong, tried = told_as_promised(machines.outliers, 0.012)
    assert 0.3 * tried <= right < 0.95 * tried and wrong == 0


def test_costs_fall_with_the_gain_and_rise_with_the_noise() -> None:
    noise = stats.NoiseModel().cpu
    costs = [promise.cost(gain, 0.02, noise).pairs or 0 for gain in (0.02, 0.03, 0.1)]
    assert costs == sorted(costs, reverse=True) and costs[0] > costs[-1]
    assert (promise.cost(0.03, 0.04, noise).pairs or 0) > costs[1]


@pytest.mark.slow
def test_what_nobody_would_wait_for_is_said_to_be_out_of_reach() -> None:
    assert promise.cost(0.001, 0.3, stats.NoiseModel().cpu) == Cost(0.001, None, None)


def test_the_smallest_gain_is_one_that_the_first_duel_crowns_that_often() -> None:
    noise = stats.NoiseModel().cpu
    smallest = promise.smallest_gain(0.02, noise, 0.8)
    rule, logs = stats.Rule(stats.duel_alpha(1)), machines.normal(Random(5), 0.02)
    won = sum(duel(logs, stats.NoiseModel(), rule, math.log1p(smallest)).won for _ in range(300))
    assert 0.73 * 300 <= won <= 0.9 * 300


def test_a_deviation_from_few_pairs_is_believed_less() -> None:
    assert promise.cautious(0.02, 1000) == pytest.approx(0.02, rel=0.05)
    assert promise.cautious(0.02, 8) > 1.3 * 0.02
    published = math.sqrt(15 / 8.547)  # chi square, 15 degrees of freedom, its 0.1 quantile
    assert promise.cautious(1.0, 15) == pytest.approx(published, rel=0.01)
