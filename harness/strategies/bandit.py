"""Which model of an ensemble is asked: an asymmetric UCB, after the public ShinkaEvolve project.

A model's value is the mean of what its programs gained, as a share of the largest gain seen; a program that gained
nothing, or is not valid, counts as nothing, not as a loss: what matters is who makes leaps at times. To that comes the
upper bound's bonus for what is little tried, and now and then any model is drawn. Old gains fade. How cost counts is
ours: the dearest model loses a share of its value, the others in proportion.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random


@dataclass(slots=True)
class Arm:
    """One model. asked and told fade together with what was gained."""

    asked: float = 0.0  # orders, those in flight too
    told: float = 0.0
    gained: float = 0.0  # sum of relative gains
    calls: int = 0
    usd: float = 0.0


@dataclass(slots=True)
class ModelBandit:
    """Pure: the same calls in the same order choose the same. names: of the members, at least one."""

    names: Sequence[str]
    exploration: float = 1.0  # factor of the bonus
    epsilon: float = 0.2  # chance that any member is drawn
    decay: float = 0.95  # of what is known, at each outcome
    cost_weight: float = 0.25  # share of its value that the dearest member loses
    arms: dict[str, Arm] = field(init=False)
    _largest: float = 0.0  # gain so far

    def __post_init__(self) -> None:
        self.arms = {name: Arm() for name in self.names}

    def choose(self, rng: Random) -> str:
        """The member that the next order asks; it counts as asked from now on."""
        chance, drawn = rng.random(), rng.choice(list(self.names))
        fresh = [name for name in self.names if not self.arms[name].asked]
        name = fresh[0] if fresh else drawn if chance < self.epsilon else max(self.names, key=self.bound)
        self.arms[name].asked += 1
        return name

    def told(self, name: str, gain: float, calls: int = 0, usd: float | None = 0.0) -> None:
        """What came of asking a member. gain: share by which it beat max(parent, baseline), at most 0 where it did not;
        calls and usd: what it cost (None: its price is not known, and does not count)."""
        for arm in self.arms.values():
            arm.asked, arm.told, arm.gained = (x * self.decay for x in (arm.asked, arm.told, arm.gained))
        arm = self.arms[name]
        arm.told += 1
        arm.gained += max(gain, 0.0)
        self._largest = max(self._largest, gain)
        if usd is not None:
            arm.calls, arm.usd = arm.calls + calls, arm.usd + usd

    def bound(self, name: str) -> float:
        """The upper bound by which members are ranked; the first of equals is taken."""
        total = sum(arm.asked for arm in self.arms.values())
        asked = self.arms[name].asked
        return self.value(name) + self.exploration * math.sqrt(2 * math.log(max(total, 1.0)) / asked)

    def value(self, name: str) -> float:
        """0.0 to 1.0: the mean gain of a member, as a share of the largest gain, less what it costs."""
        arm = self.arms[name]
        if not arm.told or not self._largest:
            return 0.0
        return arm.gained / arm.told / self._largest * (1.0 - self.cost_weight * self._dearness(name))

    def _dearness(self, name: str) -> float:
        """Dollars of a call, as a share of those of the dearest member; 0.0 where nothing is paid."""
        prices = {known: arm.usd / arm.calls if arm.calls else 0.0 for known, arm in self.arms.items()}
        return prices[name] / dearest if (dearest := max(prices.values())) else 0.0
