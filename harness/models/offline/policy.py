"""Which operators to try: drawn from a seed, leaning to what has done well and to pairs that belong together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from random import Random

from harness.models.offline.attempts import Attempt, losers
from harness.models.offline.bandit import belief
from harness.models.offline.rewriting import Operator, Site

COUNTS = (1, 2, 3, 4, 5, 6)
CHANCES = (0.36, 0.26, 0.14, 0.1, 0.07, 0.07)
MOST = 12  # rewrites of a reply that makes all that fit at once; what does not pay is taken out later
ALL_AT_ONCE = 0.7  # chance of such a reply while nothing is known; the more attempts there were, the less
ON_PURPOSE = 0.35  # chance that a pair of operators that lost alone is put together
PAIRED = 3.0  # an operator whose theme goes with one that was drawn
MUTUAL = 12.0  # two themes that each say so of the other
ONE_IS_ENOUGH = frozenset({"collector"})  # themes whose operators stand in each other's way
RIVAL = 0.02
MILDER = frozenset({"collector-threshold", "collector-freeze", "collect-when-quiet"})  # than to turn the collector off
OPENERS = {
    "fusing": 16.0,
    "lifetime": 4.0,
    "collector": 4.0,
    "iteration": 1.5,
}  # themes that most often matter in Python programs


def plan(rng: Random, known: Sequence[Operator], attempts: Sequence[Attempt]) -> tuple[int, Iterator[Operator]]:
    """How many rewrites to make, and the operators to try in turn; each is named at most once."""
    pair = _pair_on_purpose(rng, known, attempts)
    if pair is not None:
        return 2, iter([*pair, *_drawn(rng, known, attempts, pair)])
    if rng.random() < ALL_AT_ONCE / (1 + len(attempts)):
        return MOST, _drawn(rng, known, attempts, ())
    return rng.choices(COUNTS, CHANCES)[0], _drawn(rng, known, attempts, ())


def _drawn(
    rng: Random, known: Sequence[Operator], attempts: Sequence[Attempt], first: Sequence[Operator]
) -> Iterator[Operator]:
    drawn = list(first)
    left = [operator for operator in known if operator not in drawn]
    while left:
        weights = [_weight(rng, operator, drawn, attempts) for operator in left]
        chosen = rng.choices(left, weights)[0]
        left.remove(chosen)
        drawn.append(chosen)
        yield chosen


def _weight(rng: Random, operator: Operator, drawn: Sequence[Operator], attempts: Sequence[Attempt]) -> float:
    opens = 1.0 if operator.name in MILDER else OPENERS.get(operator.theme, 1.0)
    weight = opens * belief(attempts, operator.name).drawn(rng)
    if operator.theme in ONE_IS_ENOUGH and any(operator.theme == other.theme for other in drawn):
        return weight * RIVAL
    return weight * max((_affinity(operator, other) for other in drawn), default=1.0)


def _affinity(one: Operator, other: Operator) -> float:
    if one.theme != other.theme and one.theme in other.goes_with and other.theme in one.goes_with:
        return MUTUAL
    return PAIRED if goes_together(one, other) else 1.0


def goes_together(one: Operator, other: Operator) -> bool:
    return one.theme in other.goes_with or other.theme in one.goes_with


def _pair_on_purpose(
    rng: Random, known: Sequence[Operator], attempts: Sequence[Attempt]
) -> tuple[Operator, Operator] | None:
    """Two operators that each lost alone, belong together, and have not been together yet."""
    lost = losers(attempts)
    met = [attempt.names for attempt in attempts]
    pairs = [
        (a, b)
        for a, b in combinations([o for o in known if o.name in lost], 2)
        if goes_together(a, b) and not any({a.name, b.name} <= names for names in met)
    ]
    if not pairs or rng.random() > ON_PURPOSE:
        return None
    return rng.choice(pairs)


def choose(rng: Random, sites: Sequence[Site], attempts: Sequence[Attempt]) -> Site:
    """One of an operator's sites: the one that does all of them more often, and what won here before."""
    return rng.choices(sites, [_chance(rng, site, attempts) for site in sites])[0]


def _chance(rng: Random, site: Site, attempts: Sequence[Attempt]) -> float:
    return (4.0 if site.where == "all" else 1.0) * belief(attempts, site.operator, site.tag).drawn(rng)
