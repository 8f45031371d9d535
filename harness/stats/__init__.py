"""When a difference is a difference: paired log ratios and their intervals, the crowning rule, and what it costs."""

from harness.stats.crowning import FAMILY, MINIMUM_GAIN, MOST_PAIRS, Rule, duel_alpha, worth_a_duel
from harness.stats.paired import (
    CONFIDENCE,
    PRIOR_CPU,
    PRIOR_FREEDOM,
    PRIOR_MEMORY,
    ROUGH_CPU,
    Interval,
    Noise,
    NoiseModel,
    cpu_logs,
    fitness,
    fitness_logs,
    interval,
    memory_logs,
    weights,
)
from harness.stats.student import t_cdf, t_quantile

__all__ = [
    "CONFIDENCE",
    "FAMILY",
    "MINIMUM_GAIN",
    "MOST_PAIRS",
    "PRIOR_CPU",
    "PRIOR_FREEDOM",
    "PRIOR_MEMORY",
    "ROUGH_CPU",
    "Interval",
    "Noise",
    "NoiseModel",
    "Rule",
    "cpu_logs",
    "duel_alpha",
    "fitness",
    "fitness_logs",
    "interval",
    "memory_logs",
    "t_cdf",
    "t_quantile",
    "weights",
    "worth_a_duel",
]
