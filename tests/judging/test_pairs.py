"""A pair's two programs run at once: played with a sandbox that lets nobody through alone."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from harness.errors import Unrepeatable
from harness.judging.bench import Workbench
from harness.judging.calibration import busy_target
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.private import private_folder
from harness.stats import NoiseModel
from harness.types import Check, Job, JobResult, Pair, Protection

BASE, OTHER, WRONG = "print(1)", "print(1)  # too", "print(2)"


class Gate:
    """A sandbox: once shut, its runs wait for each other in twos. Remembers the jobs in the order of their coming."""

    def __init__(self) -> None:
        self.jobs: list[Job] = []
        self.barrier: threading.Barrier | None = None
        self.prints = {BASE: b"1\n", OTHER: b"1\n", WRONG: b"2\n"}

    def run(self, job: Job) -> JobResult:
        self.jobs.append(job)
        if self.barrier:
            self.barrier.wait(timeout=20)
        source = job.files["candidate.py"].decode()
        said = self.prints[source]
        if job.watch:
            job.watch(said)
        return JobResult(
            end="exit", code=0, reason="", stdout=said, stderr=b"", written={},
            cpu_s={BASE: 2.0, OTHER: 1.0, WRONG: 1.0}[source], wall_s=3.0, peak_mib=10.0,
        )  # fmt: skip

    def describe(self) -> Protection:
        return Protection("gate", (), ())


@pytest.fixture
def gate() -> Gate:
    return Gate()


@pytest.fixture
def bench(gate: Gate) -> Workbench:
    target = replace(busy_target(), source=BASE)
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    bench = Workbench(target, gate, "secret", goldens, Lanes(), NoiseModel())
    bench.golden(target.workloads[0])
    gate.barrier = threading.Barrier(2)
    gate.jobs.clear()
    return bench


@pytest.mark.parametrize("swapped", [False, True])
def test_both_sides_run_at_once_on_one_core(gate: Gate, bench: Workbench, swapped: bool) -> None:
    pair = bench.pair(BASE, OTHER, bench.target.workloads[0], core=0, swapped=swapped)
    assert isinstance(pair, Pair) and (pair.baseline_s, pair.candidate_s) == (2.0, 1.0)
    assert [job.core for job in gate.jobs] == [0, 0]


def test_two_that_share_a_core_are_given_twice_the_time_and_no_more_cpu(gate: Gate, bench: Workbench) -> None:
    bench.pair(BASE, OTHER, bench.target.workloads[0], core=0, swapped=False)
    shared = gate.jobs[0].limits
    gate.barrier = None
    bench.check(OTHER, bench.target.workloads[0], core=0)
    alone = gate.jobs[-1].limits
    assert shared.wall_s == 2 * alone.wall_s and shared.cpu_s == alone.cpu_s


def test_the_side_that_breaks_the_promise_is_named(gate: Gate, bench: Workbench) -> None:
    workload = bench.target.workloads[0]
    for swapped in (False, True):
        found = bench.pair(BASE, WRONG, workload, core=0, swapped=swapped)
        assert isinstance(found, Check) and found.status == "wrong"
        with pytest.raises(Unrepeatable):
            bench.pair(WRONG, OTHER, workload, core=0, swapped=swapped)
