"""Paired log ratios: their intervals, and this machine's spread, pooled over every series that was measured.

The composition is ours, the pieces are textbook: Student's t on paired log ratios, a pooled variance with a weak prior.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Lock

from harness.stats.student import t_quantile
from harness.types import Objective, Pair

CONFIDENCE = 0.95
PRIOR_FREEDOM = 4.0  # how many observations the prior is worth
PRIOR_CPU = 0.02  # one pair's log CPU ratio when both programs cost about the same: see docs/measurement.md
PRIOR_APART = 0.06  # and when they do not, so that the dearer one runs part of its time alone
PRIOR_MEMORY = 0.003  # peak memory wanders by 0.1 to 0.6 %
APART = 0.25  # log ratio from which two programs no longer cost about the same
ROUGH_CPU = 0.09  # log ratio of two runs one after the other, on a machine with other work


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
    p, n = 0.5 + confidence / 2, len(logs)
    mean = sum(logs) / n
    half = t_quantile(p, _coarse(freedom)) * deviation
    if n >= 3:
        own = math.sqrt(sum((x - mean) ** 2 for x in logs) / (n - 1))
        half = max(half, t_quantile(p, n - 1) * own)
    half /= math.sqrt(n)
    return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def _coarse(freedom: float) -> float:
    """Rounded down, which errs on the safe side, so that quantiles are looked up and not worked out each time."""
    return float(freedom // 10 * 10 if freedom > 40 else max(1, freedom // 1))


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
    """The spreads together, and what they make of a fitness. cpu: of pairs whose sides cost about the same."""

    cpu: Noise = field(default_factory=lambda: Noise(PRIOR_CPU))
    apart: Noise = field(default_factory=lambda: Noise(PRIOR_APART))
    memory: Noise = field(default_factory=lambda: Noise(PRIOR_MEMORY))

    def learn(self, pairs: Sequence[Pair]) -> None:
        """Take in a series of like pairs."""
        if pairs:
            self.of_cpu(pairs).learn(cpu_logs(pairs))
            self.memory.learn(memory_logs(pairs))

    def of_cpu(self, pairs: Sequence[Pair]) -> Noise:
        """The spread that such pairs have."""
        logs = cpu_logs(pairs)
        return self.apart if logs and abs(sum(logs) / len(logs)) > APART else self.cpu

    def gain(
        self, pairs: Sequence[Pair], objective: Objective, confidence: float = CONFIDENCE, doubt: float = 1.0
    ) -> Interval:
        """The fitness ratio that these pairs show, second side over first, with its interval.

        doubt: how many times the usual spread is to be reckoned with.
        """
        of_memory, of_speed = weights(objective)
        cpu = self.of_cpu(pairs)
        deviation = doubt * math.hypot(of_memory * self.memory.deviation, of_speed * cpu.deviation)
        freedom = cpu.freedom if of_speed else self.memory.freedom
        return interval(fitness_logs(pairs, objective), deviation, freedom, confidence)
