"""When not to believe a number: what is said of it, and what is not said of a good one."""

import pytest

from harness.judging import scoring
from harness.types import Objective, Pair, Reading, Score

SPEED = Objective(name="speed", memory=0.0, speed=1.0)


def score(value: float, low: float, high: float) -> Score:
    readings = (Reading("memory", 1.0, low=1.0, high=1.0), Reading("speed", value, low=low, high=high))
    return Score("ok", value, readings)


@pytest.mark.parametrize(
    ("measured", "spread", "others", "says"),
    [
        (score(1.5, 1.45, 1.55), 0.01, 0.0, ()),
        (score(1.5, 1.45, 1.55), 0.07, 0.0, ("this machine is noisy: one pair's CPU ratio varies by 7.0%",)),
        (score(1.05, 0.98, 1.12), 0.01, 0.0, ("too noisy for the gain shown: 1.050x (0.98",)),
        (score(1.004, 0.98, 1.02), 0.01, 0.0, ()),
        (score(1.5, 1.45, 1.55), 0.01, 0.4, ("other work took 40% of the core that was timed",)),
    ],
)
def test_each_doubt_is_said_when_there_is_one(
    measured: Score, spread: float, others: float, says: tuple[str, ...]
) -> None:
    pairs = [Pair(1.0, 1.0, 50.0, 50.0, others)] * 3
    said = scoring.doubts(measured, pairs, spread, SPEED)
    assert len(said) == len(says)
    assert all(line.startswith(start) for line, start in zip(said, says, strict=True))
