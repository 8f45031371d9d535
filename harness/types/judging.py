"""What an evaluator may use and what it says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from harness.types.loop import Candidate, Reading
from harness.types.running import JobResult
from harness.types.target import Metamorphic, Target, Workload
from harness.types.words import Level, Stage, Status


@dataclass(frozen=True, slots=True)
class Pair:
    """Candidate and baseline run at once on one workload, on one core.

    others: share of the core's time meanwhile that went to neither of the two, nor was idle.
    """

    candidate_s: float
    baseline_s: float
    candidate_mib: float
    baseline_mib: float
    others: float = 0.0


@dataclass(frozen=True, slots=True)
class Check:
    """What a checked run showed. difference is None when the output kept the promise."""

    workload: str
    hidden: bool
    status: Status
    difference: str | None  # safe to show: nothing of a hidden output is in it
    result: JobResult
    stage: Stage = "short"
    last: tuple[float, float] | None = None  # expected and seen: the last value of a statistical promise

    def reading(self, level: Level) -> Reading:
        """This check as one evaluator's word; it never says more than the difference does."""
        where = f"{self.stage} run, {'hidden' if self.hidden else 'public'} workload {self.workload}"
        same = "same output" if level != "statistical" else "like output, which is not the same: NOT EQUIVALENT"
        return Reading(
            metric="equivalence",
            value=float(self.status == "ok"),
            explanation=f"{where}: {self.difference or same}",
            status=self.status,
            detail={
                "workload": self.workload,
                "hidden": self.hidden,
                "level": level,
                "first_difference": self.difference,
            },
        )


@dataclass(frozen=True, slots=True)
class HotLine:
    """A line of a program, how often it ran (or how many blocks it holds), and its share of the whole."""

    line: int
    count: int
    share: float


@dataclass(frozen=True, slots=True)
class Profile:
    """Where time and memory went, on public input. For a model to read: it decides nothing.

    hottest: by time, callees not counted; heaviest: by bytes at the peak; types: how many objects of each there were
    then, of those that the collector knows. end: "done", "cut" when tracing ran out of time, or what went wrong.
    """

    hottest: tuple[HotLine, ...]
    heaviest: tuple[HotLine, ...]
    types: tuple[tuple[str, int], ...]
    traced_mib: float
    end: str


@runtime_checkable
class Bench(Protocol):
    """What an evaluator may use: checked runs on a target's workloads, and the pairs measured so far."""

    def check(self, candidate: Candidate, workload: Workload) -> Check: ...
    def follow(self, candidate: Candidate, relation: Metamorphic) -> Check: ...
    def pairs(self) -> Sequence[Pair]: ...
    def floor_mib(self) -> float: ...
    def spread(
        self,
    ) -> tuple[float, float]: ...  # deviation of one pair's log CPU ratio here, and its degrees of freedom


@runtime_checkable
class Evaluator(Protocol):
    """Judges one aspect at one stage. Returns readings; a reading whose status is not "ok" ends the judgement."""

    name: str
    stage: Stage

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]: ...
