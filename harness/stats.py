"""When a difference is a difference: paired log ratios, a pooled noise estimate, intervals and the crowning rule.

The composition is ours, the pieces are textbook: Student's t on paired log ratios, a pooled variance with a weak prior,
Bonferroni over looks, and alpha spending 6 / (pi**2 k**2) over duels, whose sum over all k is one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import stdev
from threading import Lock

from harness.types import Objective, Pair

CONFIDENCE = 0.95
PRIOR_FREEDOM = 4.0  # how many observations the prior is worth
PRIOR_CPU = 0.03  # one pair's log CPU ratio; measured 3 to 9 % on shared machines, 2 % on quiet ones
PRIOR_MEMORY = 0.003  # peak memory wanders by 0.1 to 0.6 %


def t_cdf(t: float, freedom: float) -> float:
    """P(T <= t) of Student's t, by the regularized incomplete beta function."""
    tail = 0.5 * _beta_regularized(freedom / 2, 0.5, freedom / (freedom + t * t))
    return 1 - tail if t >= 0 else tail


def t_quantile(p: float, freedom: float) -> float:
    """The t with P(T <= t) = p, for 0.5 <= p < 1, by bisection to 1e-9."""
    low, high = 0.0, 1.0
    while t_cdf(high, freedom) < p:
        high *= 2
    while high - low > 1e-9 * max(1.0, high):
        middle = (low + high) / 2
        low, high = (middle, high) if t_cdf(middle, freedom) < p else (low, middle)
    return high


def _beta_regularized(a: float, b: float, x: float) -> float:
    if x <= 0 or x >= 1:
        return float(x >= 1)
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _beta_fraction(a, b, x) / a
    return 1 - front * _beta_fraction(b, a, 1 - x) / b


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Lentz's continued fraction of the incomplete beta function."""
    tiny = 1e-300
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > tiny else tiny)
    value = d
    for m in range(1, 400):
        for numerator in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + numerator * d
            d = 1 / (d if abs(d) > tiny else tiny)
            c = 1 + numerator / c
            c = c if abs(c) > tiny else tiny
            value *= c * d
        if abs(c * d - 1) < 1e-14:
            break
    return value


@dataclass(frozen=True, slots=True)
class Interval:
    """A ratio with its bounds, all as plain ratios (not logs)."""

    value: float
    low: float
    high: float


class Noise:
    """This machine's run-to-run spread, learnt from every series of like measurements; safe to share between threads.

    Keeps the pooled sum of squares of log ratios about each series' own mean, on top of a weak prior.
    """

    def __init__(self, prior: float) -> None:
        self._floor = prior / 3
        self._freedom = PRIOR_FREEDOM
        self._squares = PRIOR_FREEDOM * prior * prior
        self._lock = Lock()

    def learn(self, logs: Sequence[float]) -> None:
        if len(logs) < 2:
            return
        mean = sum(logs) / len(logs)
        with self._lock:
            self._squares += sum((x - mean) ** 2 for x in logs)
            self._freedom += len(logs) - 1

    @property
    def freedom(self) -> float:
        return self._freedom

    @property
    def deviation(self) -> float:
        """Standard deviation of one log ratio; never below a third of the prior, however still a machine has been."""
        return max(math.sqrt(self._squares / self._freedom), self._floor)


def interval(logs: Sequence[float], deviation: float, freedom: float, confidence: float = CONFIDENCE) -> Interval:
    """The mean of log ratios as a ratio, with a two-sided t interval.

    The wider of two: with this machine's pooled deviation, and with the series' own, whose few degrees of freedom are
    its own too. A machine that has just become noisy is thus noticed by the series itself.
    """
    p = 0.5 + confidence / 2
    half = t_quantile(p, freedom) * deviation
    if len(logs) >= 3:
        half = max(half, t_quantile(p, len(logs) - 1) * stdev(logs))
    mean = sum(logs) / len(logs)
    half /= math.sqrt(len(logs))
    return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def cpu_logs(pairs: Sequence[Pair]) -> list[float]:
    """log(baseline / candidate) of the CPU time of each pair."""
    return [math.log(p.baseline_s / p.candidate_s) for p in pairs]


def memory_logs(pairs: Sequence[Pair]) -> list[float]:
    """log(baseline / candidate) of the peak memory of each pair."""
    return [math.log(p.baseline_mib / p.candidate_mib) for p in pairs]


def weights(objective: Objective) -> tuple[float, float]:
    """Of memory and speed; they sum to one."""
    total = objective.memory + objective.speed
    return objective.memory / total, objective.speed / total


def fitness(memory: float, speed: float, objective: Objective) -> float:
    """Weighted geometric mean of the two ratios; 1.0 is the baseline."""
    of_memory, of_speed = weights(objective)
    return math.exp(of_memory * math.log(memory) + of_speed * math.log(speed))


def fitness_logs(pairs: Sequence[Pair], objective: Objective) -> list[float]:
    """log fitness of each pair's second side over its first."""
    of_memory, of_speed = weights(objective)
    return [of_memory * m + of_speed * s for m, s in zip(memory_logs(pairs), cpu_logs(pairs), strict=True)]


@dataclass(frozen=True, slots=True)
class NoiseModel:
    """The two spreads together, and what they make of a fitness."""

    cpu: Noise
    memory: Noise

    @classmethod
    def fresh(cls) -> NoiseModel:
        return cls(Noise(PRIOR_CPU), Noise(PRIOR_MEMORY))

    def learn(self, pairs: Sequence[Pair]) -> None:
        self.cpu.learn(cpu_logs(pairs))
        self.memory.learn(memory_logs(pairs))

    def gain(self, pairs: Sequence[Pair], objective: Objective, confidence: float = CONFIDENCE) -> Interval:
        """The fitness ratio that these pairs show, second side over first, with its interval."""
        of_memory, of_speed = weights(objective)
        deviation = math.hypot(of_memory * self.memory.deviation, of_speed * self.cpu.deviation)
        freedom = self.cpu.freedom if of_speed else self.memory.freedom
        return interval(fitness_logs(pairs, objective), deviation, freedom, confidence)


# --- The crowning rule ------------------------------------------------------------------------------------------------

LOOKS = (2, 4, 7, 11, 15)  # pairs after which a duel may be decided; the first only if no pair leaves a doubt
MINIMUM_GAIN = 0.01  # a duel whose estimate falls below this is given up
WIDE_CPU = 0.18  # log ratio of CPU time beyond which a single pair leaves no doubt: twice the noisiest machine's spread
WIDE_MEMORY = 0.03


def duel_alpha(nth: int, family: float = 0.05) -> float:
    """The error rate of the nth duel (1, 2, ...): over any number of duels they sum to the family's."""
    return family * 6 / (math.pi * nth) ** 2


def worth_a_duel(gain: Interval) -> bool:
    """Whether a measured gain over the incumbent deserves a duel: more than a hair and than half its half-width."""
    half_width = math.log(gain.high / gain.low) / 2
    return math.log(gain.value) > max(math.log1p(MINIMUM_GAIN), half_width / 2)


def duel_verdict(gain: Interval, logs: Sequence[float], objective: Objective) -> bool | None:
    """True: crown; False: give up; None: another look.

    gain: at confidence 1 - 2 alpha / len(LOOKS); logs: each pair's log fitness ratio, whose mean is in gain.
    """
    if len(logs) == LOOKS[0]:
        memory, speed = weights(objective)
        sure = min(logs) > memory * WIDE_MEMORY + speed * WIDE_CPU
        return True if sure and gain.low > 1.0 else None if gain.value >= 1 + MINIMUM_GAIN else False
    if gain.low > 1.0:
        return True
    if gain.value < 1 + MINIMUM_GAIN or len(logs) >= LOOKS[-1]:
        return False
    return None
