"""The untouched program: its inputs as drawn, its golden traces, and how far its own runs are apart."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from threading import Lock

from harness import languages, workloads
from harness.errors import BaselineError
from harness.judging import bands
from harness.judging.goldens import Goldens, content_key
from harness.judging.lanes import Lanes
from harness.judging.launching import BUILT, Launching, NotBuilt, program_name
from harness.judging.traces import Trace, split_lines
from harness.judging.verdicts import TRACEBACK, tail
from harness.types import Job, JobResult, Limits, Sandbox, Target, Workload

SHIPPED_ON = "Linux x86_64"  # shipped traces were made there; the last digits of a mathematical library may differ


def public_twin(workload: Workload) -> Workload:
    """The same settings on the input that everybody knows: what a program does wrong there may be told in full."""
    settings = {label: value for label, value in workload.knobs.items() if value != "random"}
    return replace(workload, name=f"{workload.name}-public", hidden=False, generator="file", knobs=settings, golden="")


class Reference:
    """One for each run of the harness. secret draws the hidden inputs. Thread-safe."""

    def __init__(self, target: Target, sandbox: Sandbox, secret: str, goldens: Goldens, lanes: Lanes) -> None:
        self.target = target
        self.bands: dict[str, float] = {}  # by workload, where the program does not repeat itself
        self.secret = secret
        self._sandbox = sandbox
        self.launching = Launching(target, sandbox)
        self._goldens = goldens
        self._lanes = lanes
        self._drawn: dict[str, workloads.Drawn] = {}
        self._drawing = Lock()

    def drawn(self, workload: Workload) -> workloads.Drawn:
        with self._drawing:
            if workload.name not in self._drawn:
                self._drawn[workload.name] = workloads.draw(workload, self.target, self.secret)
            return self._drawn[workload.name]

    @cached_property
    def floor_mib(self) -> float:
        """What the interpreter takes with nothing to do."""
        nothing = languages.of(self.target).nothing
        result = self._sandbox.run(self.job(nothing, {}, self.target.limits, self._lanes.spare))
        if result.end != "exit" or result.code != 0:
            raise BaselineError(
                f"the interpreter does not start in the sandbox: {result.reason} {tail(result)}".strip()
            )
        return result.peak_mib

    def golden(self, workload: Workload, core: int | None = None) -> Trace:
        """The trace on a workload; made on the first call, from the cache afterwards."""
        if workload.golden and f"{platform.system()} {platform.machine()}" == SHIPPED_ON and not self.bands:
            return self._shipped(workload)
        trace = self._goldens.get(self._key(workload), lambda: self._made(workload, core))
        if trace.band:
            self.bands[workload.name] = trace.band
        return trace

    def known_seconds(self, workload: Workload) -> float:
        """CPU seconds of the untouched program on a workload; waits for nothing: 0.0 while they are not known."""
        known = self._goldens.peek(self._key(workload))
        return known.cpu_s if known else 0.0

    def widen(self, workload: Workload, core: int) -> None:
        """Measure how far its own runs are apart, and keep it with the trace. Raises BaselineError if too far."""
        first = self.golden(workload, core)
        self._goldens.replace(self._key(workload), self._banded(first, bands.RUNS, workload, core))

    def job(self, source: str, files: Mapping[str, bytes], limits: Limits, core: int | None) -> Job:
        """Raises NotBuilt."""
        return self.launching.job(source, files, limits, core)

    def _key(self, workload: Workload) -> str:
        return content_key(self._own_job(workload, None))

    def _own_job(self, workload: Workload, core: int | None) -> Job:
        drawn = self.drawn(workload)
        source = self.turned(self.target.source, drawn.settings)
        try:
            return self.job(source, drawn.files, self.target.limits, core)
        except NotBuilt as error:
            raise BaselineError(f"the untouched program {error}") from None

    def turned(self, source: str, settings: Mapping[str, str]) -> str:
        """A program with knobs turned."""
        return languages.of(self.target).turn(source, self.target.knobs, settings)

    def trace_of(self, source: str, workload: Workload, core: int) -> Trace:
        """The trace of another program of ours, already turned, on a workload's input."""
        job = self.job(source, self.drawn(workload).files, self.target.limits, core)
        if self.target.language == "python":  # what moves weights needs `math`, whatever the target allows
            job = replace(job, imports=(*job.imports, "math"))
        return self._traced(job, workload)

    def _shipped(self, workload: Workload) -> Trace:
        text = (self.target.folder / workload.golden).read_bytes()
        return Trace(tuple(split_lines(text)), 0, b"", {}, cpu_s=float("inf"), peak_mib=float("inf"))

    def _made(self, workload: Workload, core: int | None) -> Trace:
        """One run; several where another workload has shown that the program does not repeat itself."""
        trace = self._run(workload, core)
        return self._banded(trace, bands.WHOLE_RUNS, workload, core) if self.bands else trace

    def _banded(self, first: Trace, runs: int, workload: Workload, core: int | None) -> Trace:
        more = [self._run(workload, core) for _ in range(runs - 1)]
        return replace(first, band=bands.band_of([first, *more], f"workload {workload.name}"))

    def _run(self, workload: Workload, core: int | None) -> Trace:
        return self._traced(self._own_job(workload, self._lanes.spare if core is None else core), workload)

    def _traced(self, job: Job, workload: Workload) -> Trace:
        result = self._sandbox.run(job)
        if result.end != "exit":
            raise BaselineError(
                f"the untouched program does not finish on workload {workload.name}: {result.reason}. {tail(result)}"
            )
        if _failed(result, self.target):
            raise BaselineError(
                f"the untouched program fails on workload {workload.name}: {tail(result)} (it sees its own text and "
                f"{', '.join(sorted(job.files.keys() - {program_name(self.target), BUILT})) or 'no other file'})"
            )
        return Trace.of(result)


def _failed(result: JobResult, target: Target) -> bool:
    """A program on its own may well end with a code of its own; one with knobs is known to end with 0."""
    return result.code != 0 and bool(target.knobs or TRACEBACK in result.stderr)
