import math
from random import Random

import pytest

from harness import stats
from harness.types import Objective
from tests.stats import machines
from tests.stats.machines import SPEED


@pytest.mark.parametrize("deviation", [0.01, 0.03, 0.08])
@pytest.mark.parametrize("gain", [1.1, 3.0])
def test_the_interval_covers_the_truth_about_as_often_as_it_says(deviation: float, gain: float) -> None:
    rng, covered = Random(1), 0
    for _ in range(300):
        noise = stats.NoiseModel()
        logs = (log + math.log(gain) for log in machines.normal(rng, deviation))
        for _ in range(10):
            noise.learn([machines.pair(next(logs)) for _ in range(3)])
        shown = noise.gain([machines.pair(next(logs)) for _ in range(3)], SPEED)
        covered += shown.low <= gain <= shown.high
    assert covered >= 0.93 * 300


def test_a_pair_that_stands_alone_is_believed_less_when_there_is_doubt() -> None:
    noise = stats.NoiseModel()
    sure, unsure = (noise.gain([machines.pair(0.1)], SPEED, doubt=doubt) for doubt in (1.0, 3.0))
    assert math.log(unsure.high / unsure.low) == pytest.approx(3 * math.log(sure.high / sure.low))


def test_the_spread_of_far_pairs_is_kept_apart() -> None:
    noise = stats.NoiseModel()
    near = noise.cpu.deviation
    noise.learn([machines.pair(1.0 + wobble) for wobble in (-0.3, 0.0, 0.3)])
    assert noise.cpu.deviation == near and noise.apart.deviation > near


def test_fitness_is_the_weighted_geometric_mean() -> None:
    assert stats.fitness(4.0, 1.0, Objective()) == pytest.approx(2.0)
    assert stats.fitness(4.0, 9.0, Objective(name="memory", memory=1.0, speed=0.0)) == pytest.approx(4.0)
