"""The bench: runs programs on a target's workloads, every run checked against its golden trace while it runs.

What is timed is what is checked: a pair's candidate run is compared line by line like any other.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock

from harness import knobs, workloads
from harness.errors import BaselineError
from harness.goldens import Goldens, content_key
from harness.lanes import Lanes
from harness.stats import NoiseModel
from harness.traces import Comparison, Trace, split_lines
from harness.types import Candidate, Check, Job, JobResult, Limits, Pair, Sandbox, Status, Target, Workload

PROGRAM = "candidate.py"
SLOWER_ALLOWED = 3.0  # a candidate may take this many times the baseline's CPU time, and then some
_EXCEPTION = re.compile(
    r"^(?:[A-Za-z_][\w.]*\.)?([A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Iteration))\b", re.MULTILINE
)
_FRAME = re.compile(rf'File "[^"]*{re.escape(PROGRAM)}", line (\d+)')
SIGSYS = 31


class Workbench:
    """Shared by all judgements of a run of the harness. secret draws the hidden inputs."""

    def __init__(
        self, target: Target, sandbox: Sandbox, secret: str, goldens: Goldens, lanes: Lanes, noise: NoiseModel
    ) -> None:
        self.target = target
        self.lanes = lanes
        lanes.keep_clear()
        self.noise = noise
        self._sandbox = sandbox
        self._secret = secret
        self._goldens = goldens
        self._drawn: dict[str, workloads.Drawn] = {}
        self._drawing = Lock()

    def drawn(self, workload: Workload) -> workloads.Drawn:
        with self._drawing:
            if workload.name not in self._drawn:
                self._drawn[workload.name] = workloads.draw(workload, self.target, self._secret)
            return self._drawn[workload.name]

    @cached_property
    def floor_mib(self) -> float:
        """What the interpreter takes with nothing to do."""
        result = self._sandbox.run(self._job("", {}, self.target.limits, self.lanes.spare))
        if result.end != "exit" or result.code != 0:
            raise BaselineError(
                f"the interpreter does not start in the sandbox: {result.reason} {_tail(result)}".strip()
            )
        return result.peak_mib

    def golden(self, workload: Workload, core: int | None = None) -> Trace:
        """The untouched program's trace; made on the first call, from the cache afterwards."""
        drawn = self.drawn(workload)
        if workload.golden:
            return self._shipped(workload)
        source = knobs.turn(self.target.source, self.target.knobs, drawn.settings)
        return self._goldens.get(self._key(workload), lambda: self._make_golden(source, drawn.files, workload, core))

    def known_seconds(self, workload: Workload) -> float:
        """CPU seconds of the untouched program on a workload; waits for nothing: 0.0 while they are not known."""
        known = self._goldens.peek(self._key(workload))
        return known.cpu_s if known else 0.0

    def _key(self, workload: Workload) -> str:
        drawn = self.drawn(workload)
        return content_key(knobs.turn(self.target.source, self.target.knobs, drawn.settings), drawn.files)

    def _shipped(self, workload: Workload) -> Trace:
        text = (self.target.folder / workload.golden).read_bytes()
        return Trace(tuple(split_lines(text)), 0, b"", {}, cpu_s=float("inf"), peak_mib=float("inf"))

    def _make_golden(self, source: str, files: Mapping[str, bytes], workload: Workload, core: int | None) -> Trace:
        job = self._job(source, files, self.target.limits, self.lanes.spare if core is None else core)
        result = self._sandbox.run(job)
        if result.end != "exit":
            raise BaselineError(
                f"the untouched program does not finish on workload {workload.name}: {result.reason}. {_tail(result)}"
            )
        if result.code != 0 and self.target.knobs:
            raise BaselineError(f"the untouched program fails on workload {workload.name}: {_tail(result)}")
        return Trace.of(result)

    def _job(self, source: str, files: Mapping[str, bytes], limits: Limits, core: int | None) -> Job:
        return Job(
            command=tuple(part.replace("{program}", PROGRAM) for part in self.target.command),
            files={**files, PROGRAM: source.encode()},
            imports=self.target.rules.imports,
            limits=limits,
            core=core,
        )

    def check(self, source: str, workload: Workload, core: int) -> Check:
        """Run a program on a workload, stopped at the first difference."""
        drawn = self.drawn(workload)
        golden = self.golden(workload)
        turned = knobs.turn(source, self.target.knobs, drawn.settings)
        comparison = Comparison(golden, self.target.promise, workload.hidden)
        job = self._job(turned, drawn.files, self._limits(golden), core)
        result = self._sandbox.run(replace(job, watch=comparison.feed))
        difference = comparison.finish(result)
        status, difference = _verdict(result, golden, difference)
        return Check(workload.name, workload.hidden, status, difference, result)

    def _limits(self, golden: Trace) -> Limits:
        limits = self.target.limits
        allowed = SLOWER_ALLOWED * golden.cpu_s + 5
        return replace(limits, cpu_s=min(limits.cpu_s, allowed), wall_s=min(limits.wall_s, 2 * allowed + 10))

    def pair(self, first: str, second: str, workload: Workload, core: int, swapped: bool) -> Pair | Check:
        """Two programs side by side on one core; a Check when the second does not keep the promise.

        The first (baseline or incumbent) was right before: if it is not now, it does not repeat itself.
        """
        if swapped:
            theirs, mine = self.check(second, workload, core), None
        else:
            mine = self.check(first, workload, core)
            theirs = self.check(second, workload, core)
        if theirs.status != "ok":
            return theirs
        mine = mine or self.check(first, workload, core)
        if mine.status != "ok":
            raise BaselineError(
                f"the program that is compared with does not repeat itself on workload {workload.name}: "
                f"{mine.difference}"
            )
        one, two = mine.result, theirs.result
        return Pair(candidate_s=two.cpu_s, baseline_s=one.cpu_s, candidate_mib=two.peak_mib, baseline_mib=one.peak_mib)


def _verdict(result: JobResult, golden: Trace, difference: str | None) -> tuple[Status, str | None]:
    """What a run's end and its output together mean; the words are safe to show."""
    if result.end in ("timeout", "memory"):
        return ("timeout" if result.end == "timeout" else "memory"), result.reason
    if result.end == "signal":
        return ("rule" if result.code == SIGSYS else "crash"), result.reason
    if result.end in ("output", "writes"):
        return "wrong", result.reason
    if result.end == "exit" and result.code != golden.code:
        return "crash", f"{exception_of(result)} ({difference})" if difference else exception_of(result)
    return ("wrong", difference) if difference else ("ok", None)


def exception_of(result: JobResult) -> str:
    """Type and line of the exception that ended a program; never its message, which may carry hidden input."""
    text = result.stderr.decode("utf-8", "replace")
    names, lines = _EXCEPTION.findall(text), _FRAME.findall(text)
    if not names:
        return f"ended with exit code {result.code}"
    return f"ended with {names[-1]} at line {lines[-1]}" if lines else f"ended with {names[-1]}"


def _tail(result: JobResult) -> str:
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return " ".join(lines[-1:])[:300]


class CandidateBench:
    """What the evaluators of one judgement see: the Bench of the vocabulary."""

    def __init__(self, workbench: Workbench, core: int) -> None:
        self._workbench = workbench
        self.core = core
        self.measured: list[Pair] = []

    def check(self, candidate: Candidate, workload: Workload) -> Check:
        return self._workbench.check(candidate.source, workload, self.core)

    def pairs(self) -> Sequence[Pair]:
        return tuple(self.measured)

    def floor_mib(self) -> float:
        return self._workbench.floor_mib

    def spread(self) -> tuple[float, float]:
        return self._workbench.noise.cpu.deviation, self._workbench.noise.cpu.freedom
