"""The bench: runs programs on a target's workloads, every run checked against its golden trace while it runs.

What is timed is what is checked: a pair's candidate run is compared line by line like any other.
"""

from __future__ import annotations

import builtins
import platform
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from threading import Lock

from harness import knobs, workloads
from harness.errors import BaselineError, Unrepeatable
from harness.goldens import Goldens, content_key
from harness.lanes import Lanes
from harness.stats import NoiseModel
from harness.traces import Comparison, Trace, split_lines
from harness.types import Candidate, Check, Job, JobResult, Limits, Pair, Sandbox, Status, Target, Workload

PROGRAM = "candidate.py"
SLOWER_ALLOWED = 3.0  # a candidate may take this many times the baseline's CPU time, and then some
WALL_ALLOWED = 6.0  # times that on the wall clock: only a sleeper takes so long, unless the machine is overloaded
_FRAME = re.compile(r'File "[^"]*' + re.escape(PROGRAM) + r'", line (\d{1,6})\b')
SHIPPED_ON = "Linux x86_64"  # shipped traces were made there; the last digits of a mathematical library may differ
ROUGHNESS = 3.0  # how much less a ratio is sure when its two runs were not side by side
SIGSYS = 31
TRACEBACK = b"Traceback (most recent call last):"


class Workbench:
    """Shared by all judgements of a run of the harness. secret draws the hidden inputs."""

    def __init__(
        self, target: Target, sandbox: Sandbox, secret: str, goldens: Goldens, lanes: Lanes, noise: NoiseModel
    ) -> None:
        self.target = target
        self.lanes = lanes
        self.noise = noise
        self._sandbox = sandbox
        self._secret = secret
        self._goldens = goldens
        self._drawn: dict[str, workloads.Drawn] = {}
        self._drawing = Lock()
        # Where nothing is hidden, telling what was expected would be telling the answer.
        self._secretive = not any(workload.hidden for workload in target.workloads)

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
        if workload.golden and f"{platform.system()} {platform.machine()}" == SHIPPED_ON:
            return self._shipped(workload)
        source = knobs.turn(self.target.source, self.target.knobs, drawn.settings)
        return self._goldens.get(self._key(workload), lambda: self._make_golden(source, drawn.files, workload, core))

    def known_seconds(self, workload: Workload) -> float:
        """CPU seconds of the untouched program on a workload; waits for nothing: 0.0 while they are not known."""
        known = self._goldens.peek(self._key(workload))
        return known.cpu_s if known else 0.0

    def _key(self, workload: Workload) -> str:
        drawn = self.drawn(workload)
        source = knobs.turn(self.target.source, self.target.knobs, drawn.settings)
        return content_key(self._job(source, drawn.files, self.target.limits, None))

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
        if result.code != 0 and (self.target.knobs or TRACEBACK in result.stderr):
            raise BaselineError(
                f"the untouched program fails on workload {workload.name}: {_tail(result)} (it sees its own text and "
                f"{', '.join(sorted(files)) or 'no other file'})"
            )
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
        comparison = Comparison(golden, self.target.promise, self._secretive or workload.hidden)
        job = self._job(turned, drawn.files, self._limits(golden), core)
        result = self._sandbox.run(replace(job, watch=comparison.feed))
        difference = comparison.finish(result)
        status, difference = _verdict(result, golden, difference, turned)
        return Check(workload.name, workload.hidden, status, difference, result)

    def _limits(self, golden: Trace) -> Limits:
        limits = self.target.limits
        allowed = SLOWER_ALLOWED * golden.cpu_s + 5
        return replace(limits, cpu_s=min(limits.cpu_s, allowed), wall_s=min(limits.wall_s, WALL_ALLOWED * allowed))

    def pair(self, first: str, second: str, workload: Workload, core: int, swapped: bool) -> Pair | Check:
        """Two programs side by side on one core; a Check when the second does not keep the promise.

        The first (baseline or incumbent) was right before: if it is not now, it does not repeat itself.
        """
        if swapped:
            theirs = self.check(second, workload, core)
            return self.completed(first, theirs, workload, core) if theirs.status == "ok" else theirs
        mine = self._sure(first, workload, core)
        theirs = self.check(second, workload, core)
        return pair_of(mine, theirs) if theirs.status == "ok" else theirs

    def completed(self, first: str, theirs: Check, workload: Workload, core: int) -> Pair:
        """A pair of a run that is there already and one of the first program, made now."""
        return pair_of(self._sure(first, workload, core), theirs)

    def _sure(self, source: str, workload: Workload, core: int) -> Check:
        check = self.check(source, workload, core)
        if check.status != "ok":
            raise Unrepeatable(
                f"the program that is compared with does not repeat itself on workload {workload.name}: "
                f"{check.difference}"
            )
        return check


def pair_of(mine: Check, theirs: Check) -> Pair:
    """Baseline (or incumbent) first, candidate second."""
    one, two = mine.result, theirs.result
    return Pair(candidate_s=two.cpu_s, baseline_s=one.cpu_s, candidate_mib=two.peak_mib, baseline_mib=one.peak_mib)


def _verdict(result: JobResult, golden: Trace, difference: str | None, program: str) -> tuple[Status, str | None]:
    """What a run's end and its output together mean; the words are safe to show."""
    if result.end in ("timeout", "memory"):
        return ("timeout" if result.end == "timeout" else "memory"), result.reason
    if result.end == "signal":
        return ("rule" if result.code == SIGSYS else "crash"), result.reason
    if result.end in ("output", "writes"):
        return "wrong", result.reason
    if result.end == "exit" and result.code != golden.code:
        words = exception_of(result, program)
        return "crash", f"{words} ({difference})" if difference else words
    return ("wrong", difference) if difference else ("ok", None)


def exception_of(result: JobResult, program: str = "") -> str:
    """Type and line of the exception that ended a program; nothing that the program could have put there itself.

    Only a traceback's last line is read, only a builtin exception is named, and only a line that the program has.
    """
    text = result.stderr.decode("utf-8", "replace")
    last = text.strip().rpartition("\n")[2].partition(":")[0].strip()
    named = getattr(builtins, last, None)
    if TRACEBACK not in result.stderr:
        return f"ended with exit code {result.code}"
    name = last if isinstance(named, type) and issubclass(named, BaseException) else "an exception of its own"
    lines = [int(number) for number in _FRAME.findall(text)]
    inside = lines and 1 <= lines[-1] <= program.count("\n") + 1
    return f"ended with {name} at line {lines[-1]}" if inside else f"ended with {name}"


def _tail(result: JobResult) -> str:
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return " ".join(lines[-1:])[:300]


class CandidateBench:
    """What the evaluators of one judgement see: the Bench of the vocabulary."""

    def __init__(self, workbench: Workbench, core: int) -> None:
        self._workbench = workbench
        self.core = core
        self.measured: list[Pair] = []
        self.rough = False  # the baseline's side was not run beside the candidate's

    def check(self, candidate: Candidate, workload: Workload) -> Check:
        return self._workbench.check(candidate.source, workload, self.core)

    def pairs(self) -> Sequence[Pair]:
        return tuple(self.measured)

    def floor_mib(self) -> float:
        return self._workbench.floor_mib

    def spread(self) -> tuple[float, float]:
        noise = self._workbench.noise.cpu
        return noise.deviation * (ROUGHNESS if self.rough else 1.0), noise.freedom
