"""Whole runs on machines of every kind, played with the rule itself: how often is nothing taken for something?

The rule is played as a run plays it: three pairs measure a candidate, a duel is fought where that looks promising, and
what every series shows of the machine's noise is learnt.
"""

from collections.abc import Callable, Iterator
from random import Random
from typing import NamedTuple

import pytest

from harness import stats
from harness.types import Pair
from tests.stats import machines
from tests.stats.machines import SPEED

RUNS = 60
CANDIDATES = 40


class Told(NamedTuple):
    won: bool
    shown: stats.Interval


def take(logs: Iterator[float], n: int) -> list[Pair]:
    return [machines.pair(next(logs)) for _ in range(n)]


def duel(logs: Iterator[float], noise: stats.NoiseModel, rule: stats.Rule, gain: float = 0.0) -> Told:
    pairs: list[Pair] = []
    for look in rule.looks:
        pairs += [machines.pair(next(logs) + gain) for _ in range(look - len(pairs))]
        shown = noise.gain(pairs, SPEED, rule.confidence)
        verdict = rule.verdict(shown, len(pairs))
        if verdict is not None:
            noise.learn(pairs)
            return Told(verdict, shown)
    raise AssertionError("a duel ends at its last look")


def play_run(logs: Iterator[float]) -> tuple[int, int]:
    """How many of CANDIDATES that differ in nothing were crowned, and how many intervals held 1.0."""
    noise, crowned, covered, duels = stats.NoiseModel(), 0, 0, 0
    for _ in range(CANDIDATES):
        pairs = take(logs, 3)
        noise.learn(pairs)
        gain = noise.gain(pairs, SPEED)
        covered += gain.low <= 1.0 <= gain.high
        if stats.worth_a_duel(gain):
            duels += 1
            crowned += duel(logs, noise, stats.Rule(stats.duel_alpha(duels))).won
    return crowned, covered


KINDS: dict[str, Callable[[Random], Iterator[float]]] = {
    **{f"normal {n} %": lambda rng, n=n: machines.normal(rng, n / 100) for n in (1, 2, 3, 5, 7, 9)},
    **{f"outliers {n} %": lambda rng, n=n: machines.outliers(rng, n / 100) for n in (1, 3, 9)},
    "one pair in five is an outlier": lambda rng: machines.outliers(rng, 0.02, 0.2),
    "drifting 3 %": lambda rng: machines.drifting(rng, 0.03),
    "becoming noisy": lambda rng: machines.becoming_noisy(rng, 0.09),
    "bursts": lambda rng: machines.bursts(rng, 0.015),
}


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_is_not_taken_for_something(kind: str) -> None:
    """Fewer than one run in twenty crowns any of its 40 candidates, and 93 % of the 95 % intervals hold the truth."""
    runs = [play_run(KINDS[kind](Random(seed))) for seed in range(RUNS)]
    assert sum(crowned > 0 for crowned, _ in runs) <= 0.05 * RUNS
    assert sum(covered for _, covered in runs) >= 0.93 * RUNS * CANDIDATES


@pytest.mark.parametrize("kind", KINDS)
def test_one_duel_keeps_the_error_rate_of_the_first(kind: str) -> None:
    """Where each candidate has a duel, with the largest alpha that there is and a noise model that knows nothing."""
    rule, logs = stats.Rule(stats.duel_alpha(1)), KINDS[kind](Random(7))
    crowned = sum(duel(logs, stats.NoiseModel(), rule).won for _ in range(600))
    assert crowned <= rule.alpha * 600


def test_a_machine_that_has_been_still_for_long_may_become_noisy() -> None:
    noise, rng, rule = stats.NoiseModel(), Random(2), stats.Rule(stats.duel_alpha(1))
    for _ in range(100):
        noise.learn(take(machines.normal(rng, 0.01), 3))
    assert sum(duel(machines.normal(rng, 0.09), noise, rule).won for _ in range(300)) <= rule.alpha * 300


@pytest.mark.parametrize("deviation", [0.01, 0.03])
def test_a_gain_far_above_the_noise_is_crowned(deviation: float) -> None:
    logs, rule = machines.normal(Random(3), deviation), stats.Rule(stats.duel_alpha(20))
    assert all(duel(logs, stats.NoiseModel(), rule, 0.4).won for _ in range(100))


def test_error_rates_of_all_duels_sum_to_the_familys() -> None:
    assert sum(stats.duel_alpha(n) for n in range(1, 100_000)) == pytest.approx(0.05, rel=1e-3)


def test_looks_end_where_they_should() -> None:
    assert stats.Rule(0.03).looks == (3, 5, 8, 12, 15)
    assert stats.Rule(0.03, most=3).looks == (3,)
    assert stats.Rule(0.03, most=40).looks == (3, 5, 8, 12, 18, 27, 40)


def test_a_duel_is_given_up_when_the_estimate_shows_no_gain_worth_having() -> None:
    def verdict(value: float, low: float, pairs: int, gives_up: bool = True) -> bool | None:
        return stats.Rule(0.03, 15, gives_up).verdict(stats.Interval(value, low, value**2 / low), pairs)

    assert verdict(1.001, 0.99, 3) is False
    assert verdict(1.001, 0.99, 3, gives_up=False) is None
    assert verdict(1.05, 0.99, 5) is None
    assert verdict(1.05, 0.99, 15) is False
    assert verdict(1.05, 1.01, 5) is True
    assert verdict(1.004, 1.001, 15) is False, "surely above nothing, and not worth having: a layout may do that"
    assert verdict(1.004, 1.001, 15, gives_up=False) is True
    assert verdict(0.95, 0.92, 5, gives_up=False) is False, "told to be worse: no more pairs are needed"
