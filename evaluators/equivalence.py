"""Does the candidate keep the promise? Runs it on a stage's workloads, up to the first that shows a difference."""

from __future__ import annotations

from collections.abc import Iterator

from harness.types import Bench, Candidate, Reading, Stage, Target


class Equivalence:
    """One reading for each workload of its stage: 1.0 when the output is equivalent at the target's level, else 0.0."""

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
        for workload in target.workloads:
            if workload.stage == self.stage:
                yield bench.check(candidate, workload).reading(target.promise.level)
