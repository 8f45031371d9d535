"""The crowning rule: when a series of pairs is told from nothing, with an error rate that is stated.

Two-fold Bonferroni: over the looks of one duel, and by alpha spending 6 / (pi**2 k**2) over the duels of a run, whose
sum over all k is one. Each look asks a t interval of the series' own pairs. Under "no difference" the log ratio of a
pair is symmetrical about 0 whatever the machine does, since both programs run at once and take turns in beginning; and
for symmetrical errors with heavy tails the t interval errs on the safe side (Efron 1969, JASA 64, 1278).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.stats.paired import Interval

FAMILY = 0.05  # the error rate of all duels of a run together
FIRST_LOOK = 3  # pairs; with fewer, a series knows nothing of its own spread
GROWTH = 1.5  # from look to look
MOST_PAIRS = 15  # what a run spends on one duel
MINIMUM_GAIN = 0.01  # a duel whose estimate falls below this is given up: a comment can move as much about in memory
SIMPLER_MARGIN = 0.02  # of fitness: what a simpler program may lose at most, and is shown not to, to take a crown over


def duel_alpha(nth: int, family: float = FAMILY) -> float:
    """The error rate of the nth duel (1, 2, ...): over any number of duels they sum to the family's."""
    return family * 6 / (math.pi * nth) ** 2


@dataclass(frozen=True, slots=True)
class Rule:
    """alpha: the chance that a program that is no better is told to be (and, of one that is no worse, to be worse).

    most: pairs after which a series ends undecided. gives_up: whether it ends as soon as it shows no gain worth having,
    as a duel does; otherwise it goes on until the difference is told, in either direction. margin: what may be lost; a
    series with one asks whether a program is no worse than that (non-inferiority), at the same error rate.
    """

    alpha: float
    most: int = MOST_PAIRS
    gives_up: bool = True
    margin: float = 0.0

    @property
    def looks(self) -> tuple[int, ...]:
        """Counts of pairs after which the series is looked at: 3, 5, 8, 12, then half as many again, up to most."""
        found = [min(FIRST_LOOK, self.most)]
        while found[-1] < self.most:
            found.append(min(math.ceil(found[-1] * GROWTH), self.most))
        return tuple(found)

    @property
    def confidence(self) -> float:
        """Of the two-sided interval at each look."""
        return 1 - 2 * self.alpha / len(self.looks)

    def verdict(self, shown: Interval, pairs: int) -> bool | None:
        """True: better, or no worse than the margin. False: not shown to be (worse, given up, or out of pairs).
        None: another look."""
        bar = 1.0 - self.margin
        if self.gives_up and shown.value < bar + MINIMUM_GAIN:
            return False
        if shown.low > bar:
            return True
        return False if pairs >= self.most or shown.high < bar else None


def may_be_as_good(gain: Interval) -> bool:
    """Whether a simpler program's measured fitness over the incumbent's leaves it possible that nothing is lost."""
    return gain.high >= 1.0 - SIMPLER_MARGIN


def worth_a_duel(gain: Interval) -> bool:
    """Whether a measured gain over the incumbent deserves a duel: more than a hair and than half its half-width."""
    half_width = math.log(gain.high / gain.low) / 2
    return math.log(gain.value) > max(math.log1p(MINIMUM_GAIN), half_width / 2)
