"""Machines that do not exist: what one pair's log CPU ratio would be on each, from a seeded source of luck."""

import math
from collections.abc import Iterator
from itertools import count
from random import Random

from harness.types import Objective, Pair

SPEED = Objective(name="speed", memory=0.0, speed=1.0)


def pair(log: float) -> Pair:
    """A pair whose second side is better by this log ratio of CPU time."""
    return Pair(candidate_s=math.exp(-log), baseline_s=1.0, candidate_mib=50.0, baseline_mib=50.0)


def normal(rng: Random, deviation: float) -> Iterator[float]:
    while True:
        yield rng.gauss(0, deviation)


def outliers(rng: Random, deviation: float, often: float = 0.05) -> Iterator[float]:
    """Now and then one side takes 20 to 50 % longer."""
    for log in normal(rng, deviation):
        yield log + (rng.choice((-1, 1)) * math.log1p(rng.uniform(0.2, 0.5)) if rng.random() < often else 0.0)


def drifting(rng: Random, deviation: float) -> Iterator[float]:
    """The machine slows down and recovers in waves; what a pair feels of it changes sides with who begins."""
    for n, log in zip(count(), normal(rng, deviation), strict=False):
        yield log + (-1) ** n * deviation / 2 * math.sin(n / 20)


def becoming_noisy(rng: Random, deviation: float) -> Iterator[float]:
    """Still at first, and after 100 pairs as noisy as this."""
    for n, log in zip(count(), normal(rng, 1.0), strict=False):
        yield log * (0.01 if n < 100 else deviation)


def bursts(rng: Random, deviation: float) -> Iterator[float]:
    """Long stretches of stillness, and stretches six times as noisy."""
    for n, log in zip(count(), normal(rng, deviation), strict=False):
        yield log * (6 if n // 25 % 4 == 3 else 1)
