"""Does the candidate keep the promise? Runs it on a stage's workloads, up to the first that shows a difference."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from statistics import stdev

from harness.stats import t_quantile
from harness.types import Bench, Candidate, Check, Reading, Stage, Statistical, Target


class Equivalence:
    """One reading for each workload of its stage, and for each relation between runs: 1.0 when the promise is kept."""

    name = "equivalence"

    def __init__(self, stage: Stage) -> None:
        self.stage = stage

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]:
        readings = []
        for reading in self._readings(candidate, target, bench):
            readings.append(reading)
            if reading.status != "ok":
                break
        return readings

    def _readings(self, candidate: Candidate, target: Target, bench: Bench) -> Iterator[Reading]:
        checks: list[Check] = []
        for workload in target.workloads:
            if workload.stage == self.stage:
                checks.append(bench.check(candidate, workload))
                yield checks[-1].reading(target.promise.level)
        if self.stage == "short":
            for relation in target.metamorphic:  # a wrong program never comes so far
                yield bench.follow(candidate, relation).reading(target.promise.level)
            if target.promise.statistical is not None:
                yield same_mean(checks, target.promise.statistical)


def same_mean(checks: Sequence[Check], wanted: Statistical) -> Reading:
    """Two one-sided t tests at 5 % (Schuirmann 1987): is the mean last value, over the seeds, within the margin?

    Pairs share seed and input, so it is the mean of their relative differences that is tested. Too few or too scattered
    runs show nothing, and what is not shown is refused.
    """
    pairs = [check.last for check in checks if check.last is not None]
    found = [(seen - expected) / abs(expected) for expected, seen in pairs if expected]
    if len(found) < 2:
        return _mean_reading(False, f"no two values after {wanted.value!r} to compare", {})
    mean = sum(found) / len(found)
    half = t_quantile(0.95, len(found) - 1) * stdev(found) / math.sqrt(len(found))
    equal = -wanted.within < mean - half and mean + half < wanted.within
    words = f"mean last value off by {mean:+.2%} ({mean - half:+.2%} to {mean + half:+.2%}) over {len(found)} seeds"
    said = f"{words}, {'within' if equal else 'not shown to be within'} {wanted.within:.2%}: NOT EQUIVALENT"
    return _mean_reading(equal, said, {"mean": mean, "low": mean - half, "high": mean + half, "within": wanted.within})


def _mean_reading(equal: bool, words: str, figures: dict[str, float]) -> Reading:
    detail = {"workload": "all seeds", "hidden": True, "level": "statistical"}
    return Reading(
        metric="equivalence",
        value=float(equal),
        explanation=words,
        status="ok" if equal else "wrong",
        detail={**detail, **figures, "first_difference": None if equal else words},
    )
