"""Duels: two programs at once on one core, in fresh processes, until the rule has decided."""

from __future__ import annotations

from dataclasses import dataclass

from harness import stats
from harness.errors import Unrepeatable
from harness.judging.bench import Workbench
from harness.types import Candidate, Check, Pair, Workload

EVEN = stats.Interval(1.0, 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Duel:
    """Candidate against incumbent in fresh processes. ratio: fitness of the candidate over that of the incumbent, with
    the interval that decided.

    fallen: what the incumbent did wrong, if it was the one that broke the promise.
    """

    won: bool
    ratio: stats.Interval
    pairs: int
    alpha: float
    explanation: str
    fallen: str | None = None


def fight(
    bench: Workbench, workload: Workload, candidate: Candidate, incumbent: Candidate, rule: stats.Rule, core: int
) -> Duel:
    """Pairs until the rule decides. Raises Unrepeatable when the baseline, as the incumbent, breaks its own promise."""
    pairs: list[Pair] = []
    try:
        won = _decided(bench, workload, candidate, incumbent, rule, core, pairs)
    except Unrepeatable as error:
        if incumbent.source == bench.target.source:
            raise
        return Duel(False, EVEN, len(pairs), rule.alpha, f"the incumbent fell: {error}", fallen=str(error))
    if isinstance(won, Check):
        return Duel(False, EVEN, len(pairs), rule.alpha, f"broke the promise in the duel: {won.difference}")
    shown = bench.noise.gain(pairs, bench.target.objective, rule.confidence)
    bench.noise.learn(pairs)
    words = f"{shown.value:.3f}x the incumbent's fitness ({shown.low:.3f}-{shown.high:.3f}) in {len(pairs)} pairs"
    return Duel(won, shown, len(pairs), rule.alpha, words)


def _decided(
    bench: Workbench,
    workload: Workload,
    candidate: Candidate,
    incumbent: Candidate,
    rule: stats.Rule,
    core: int,
    pairs: list[Pair],
) -> bool | Check:
    for look in rule.looks:
        while len(pairs) < look:
            pair = bench.pair(incumbent.source, candidate.source, workload, core, swapped=len(pairs) % 2 == 1)
            if isinstance(pair, Check):
                return pair
            pairs.append(pair)
        verdict = rule.verdict(bench.noise.gain(pairs, bench.target.objective, rule.confidence), len(pairs))
        if verdict is not None:
            return verdict
    raise AssertionError("unreachable: the last look decides")
