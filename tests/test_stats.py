"""The statistics that decide whether a difference is one."""

import math
from random import Random

import pytest

from harness import stats
from harness.types import Objective, Pair


@pytest.mark.parametrize(
    ("p", "freedom", "expected"),
    [(0.975, 5, 2.5706), (0.975, 1, 12.7062), (0.95, 10, 1.8125), (0.999, 3, 10.2145), (0.975, 1e7, 1.95996)],
)
def test_t_quantile_agrees_with_published_tables(p: float, freedom: float, expected: float) -> None:
    assert stats.t_quantile(p, freedom) == pytest.approx(expected, rel=1e-4)


def test_quantile_and_cdf_are_inverse() -> None:
    for freedom in (2.0, 4.5, 30.0):
        assert stats.t_cdf(stats.t_quantile(0.99, freedom), freedom) == pytest.approx(0.99, abs=1e-8)
        assert stats.t_cdf(-1.3, freedom) == pytest.approx(1 - stats.t_cdf(1.3, freedom))


def pairs_with(rng: Random, n: int, gain: float, noise: float) -> list[Pair]:
    return [
        Pair(
            candidate_s=math.exp(rng.gauss(0, noise / math.sqrt(2))) / gain,
            baseline_s=math.exp(rng.gauss(0, noise / math.sqrt(2))),
            candidate_mib=50.0,
            baseline_mib=50.0,
        )
        for _ in range(n)
    ]


SPEED = Objective(name="speed", memory=0.0, speed=1.0)


@pytest.mark.parametrize("noise", [0.01, 0.03, 0.08])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(noise: float) -> None:
    rng = Random(1)
    covered = 0
    for _ in range(300):
        model = stats.NoiseModel.fresh()
        for _ in range(10):
            model.learn(pairs_with(rng, 3, 1.0, noise))
        gain = model.gain(pairs_with(rng, 3, 1.25, noise), SPEED)
        covered += gain.low <= 1.25 <= gain.high
    assert covered >= 0.92 * 300


def crowned(rng: Random, gain: float, noise: float, nth: int, model: stats.NoiseModel) -> bool:
    alpha = stats.duel_alpha(nth)
    pairs: list[Pair] = []
    for look in stats.LOOKS:
        pairs += pairs_with(rng, look - len(pairs), gain, noise)
        shown = model.gain(pairs, SPEED, 1 - 2 * alpha / len(stats.LOOKS))
        verdict = stats.duel_verdict(shown, stats.fitness_logs(pairs, SPEED), SPEED)
        if verdict is not None:
            return verdict
    raise AssertionError("a duel ends at its last look")


def quiet_machine(rng: Random) -> stats.NoiseModel:
    """A noise model that has seen a hundred series with a spread of 2 %."""
    model = stats.NoiseModel.fresh()
    for _ in range(100):
        model.learn(pairs_with(rng, 3, 1.0, 0.02))
    return model


@pytest.mark.parametrize("noise", [0.02, 0.04, 0.06, 0.09])
def test_noise_is_not_crowned_even_when_a_quiet_machine_has_just_become_noisy(noise: float) -> None:
    """The first duel of a run has alpha 0.03, so that 600 of them may crown 18 and, with three deviations, 30."""
    rng = Random(2)
    model = quiet_machine(rng)
    assert sum(crowned(rng, 1.0, noise, 1, model) for _ in range(600)) <= 30


@pytest.mark.parametrize("noise", [0.01, 0.03])
def test_a_gain_far_above_the_noise_is_crowned(noise: float) -> None:
    rng = Random(3)
    assert all(crowned(rng, 1.5, noise, 20, stats.NoiseModel.fresh()) for _ in range(100))


def test_a_gain_of_a_tenth_is_mostly_seen() -> None:
    rng = Random(4)
    assert sum(crowned(rng, 1.1, 0.03, 2, quiet_machine(rng)) for _ in range(100)) >= 90


def test_error_rates_of_all_duels_sum_to_the_familys() -> None:
    assert sum(stats.duel_alpha(n) for n in range(1, 100_000)) == pytest.approx(0.05, rel=1e-3)


def test_fitness_is_the_weighted_geometric_mean() -> None:
    assert stats.fitness(4.0, 1.0, Objective()) == pytest.approx(2.0)
    assert stats.fitness(4.0, 9.0, Objective(name="memory", memory=1.0, speed=0.0)) == pytest.approx(4.0)


def test_a_duel_is_given_up_when_the_estimate_shows_no_gain() -> None:
    def verdict(value: float, low: float, pairs: int) -> bool | None:
        return stats.duel_verdict(stats.Interval(value, low, 2 * value - low), [math.log(value)] * pairs, SPEED)

    assert verdict(1.001, 0.99, 2) is False
    assert verdict(1.05, 0.99, 4) is None
    assert verdict(1.05, 0.99, 15) is False
    assert verdict(1.05, 1.01, 4) is True
    assert verdict(1.05, 1.01, 2) is None, "two pairs decide only what leaves no doubt"
    assert verdict(1.5, 1.2, 2) is True
