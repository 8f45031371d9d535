"""What the crowning rule can tell on a machine, and at what cost: found by playing the rule, not by a formula.

Ours. Series of normal errors are drawn from a fixed seed and handed to the very rule that a duel uses, so that what is
promised holds for looks, alpha and intervals as they are. The deviation comes from few pairs and may be an
underestimate: promises are made for the upper end of what it may be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from statistics import median

from harness.stats.crowning import MOST_PAIRS, Rule, duel_alpha
from harness.stats.paired import Interval, Noise, interval

SERIES = 400  # played for each question; 95 % of 400 is known to about 1 %
LARGEST = 2000  # pairs beyond which nobody waits
CAUTION = 1.2816  # standard normal quantile of 0.9


@dataclass(frozen=True, slots=True)
class Cost:
    """What telling a true gain takes. pairs: so many suffice as often as was asked for; None: more than LARGEST do.

    usual: the median of pairs after which it is told.
    """

    gain: float  # 0.03: a ratio of 1.03
    pairs: int | None
    usual: int | None


def cautious(deviation: float, freedom: float) -> float:
    """The upper 90 % confidence bound of a standard deviation (chi square, by Wilson and Hilferty's approximation)."""
    part = 2 / (9 * freedom)
    return deviation / math.pow(max(1 - part - CAUTION * math.sqrt(part), 0.1), 1.5)


def power(gain: float, deviation: float, rule: Rule, noise: Noise) -> float:
    """The share of series with this true gain that the rule tells to be better."""
    return sum(told is not None for told in _played(gain, deviation, rule, noise)) / SERIES


def cost(gain: float, deviation: float, noise: Noise, wanted: float = 0.95, alpha: float | None = None) -> Cost:
    """Pairs after which a true gain is told with the wanted power, by a rule that does not give up early."""

    def rule(most: int) -> Rule:
        return Rule(duel_alpha(1) if alpha is None else alpha, most, gives_up=False)

    start = max(3, int((deviation / math.log1p(gain)) ** 2))  # nobody tells with fewer: one standard error
    pairs = _smallest(lambda most: power(gain, deviation, rule(most), noise) >= wanted, start, LARGEST)
    if pairs is None:
        return Cost(gain, None, None)
    told = [count for count in _played(gain, deviation, rule(pairs), noise) if count is not None]
    return Cost(gain, pairs, round(median(told)))


def smallest_gain(deviation: float, noise: Noise, wanted: float, most: int = MOST_PAIRS) -> float:
    """The smallest true gain that the first duel of a run crowns with the wanted power; to a tenth of a per cent."""
    rule = Rule(duel_alpha(1), most)
    thousandths = _smallest(lambda n: power(n / 1000, deviation, rule, noise) >= wanted, 1, 4000)
    return math.inf if thousandths is None else thousandths / 1000


def _played(gain: float, deviation: float, rule: Rule, noise: Noise) -> Iterator[int | None]:
    """After how many pairs each series was told to be better; None: it was not."""
    true, pooled, freedom = math.log1p(gain), noise.deviation, noise.freedom
    for seed in range(SERIES):
        rng = Random(seed)  # the same luck for every question, so that answers are monotonous
        logs: list[float] = []
        verdict: bool | None = None
        for look in rule.looks:
            logs += [rng.gauss(true, deviation) for _ in range(look - len(logs))]
            shown: Interval = interval(logs, pooled, freedom, rule.confidence)
            verdict = rule.verdict(shown, len(logs))
            if verdict is not None:
                break
        yield len(logs) if verdict else None


def _smallest(holds: Callable[[int], bool], low: int, high: int) -> int | None:
    """The smallest number for which something that grows true holds: upwards by half as much again, then between."""
    below, tried = low - 1, low
    while not holds(tried):
        if tried >= high:
            return None
        below, tried = tried, min(high, math.ceil(tried * 1.5))
    while tried - below > 1 and tried - below > tried // 50:
        middle = (below + tried) // 2
        below, tried = (below, middle) if holds(middle) else (middle, tried)
    return tried


def binomial(held: int, tried: int, confidence: float = 0.95) -> tuple[float, float]:
    """The exact (Clopper and Pearson) interval of a share, by bisection to 1e-6; (0, 1) when nothing was tried."""

    def at_most(share: float, most: int) -> float:
        return math.fsum(math.comb(tried, k) * share**k * (1 - share) ** (tried - k) for k in range(most + 1))

    def bisect(below: Callable[[float], bool]) -> float:
        low, high = 0.0, 1.0
        while high - low > 1e-6:
            middle = (low + high) / 2
            low, high = (middle, high) if below(middle) else (low, middle)
        return (low + high) / 2

    tail = (1 - confidence) / 2
    lower = bisect(lambda share: 1 - at_most(share, held - 1) < tail) if held else 0.0
    upper = bisect(lambda share: at_most(share, held) > tail) if held < tried else 1.0
    return lower, upper
