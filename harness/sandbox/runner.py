"""Runs one command through the launcher and watches over it: output, time, writes. The same for every backend.

A backend says how a room is made (Recipe); everything that is measured, read and ended is done here.
"""

from __future__ import annotations

import os
import resource
import selectors
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import rooms
from harness.sandbox.verdict import Ending, ending, parse_report
from harness.types import Job, JobResult, Limits

KEPT_STDERR = 8192
DESCRIPTORS = 32
STACK_BYTES = 8 << 20
GRACE_S = 5.0  # for the launcher to report once its run was ended
WRITES_POLL_S = 0.02
NO_RANDOMIZE = 0x0040000  # ADDR_NO_RANDOMIZE of personality(2)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a backend runs a job.

    command(filter_fd, status_fd) is the whole command line, a tool's or one of confine.spell. The seccomp filter is
    read from the first descriptor; a tool says `"child-pid"` and `"exit-code"` as JSON lines on the second.
    """

    command: Callable[[int, int], list[str]]
    filter: bytes
    uid: int | None
    folder: Path


def execute(job: Job, recipe: Recipe) -> JobResult:
    """Run a job to its end and account for it. Raises SandboxError when the room could not be made."""
    look = _writes_gauge(recipe.folder, job.limits)
    with _launched(job, recipe) as run:
        stopped = _supervise(run, job, look)
        report = parse_report(bytes(run.report), bytes(run.stderr))
        verdict = ending(stopped, report, job.limits, bytes(run.stderr))
    over = look()  # once more, now that nobody can write
    if over and verdict.end in ("exit", "signal"):
        verdict = over
    limit = 0 if over or verdict.end == "writes" else job.limits.writes_mib << 20
    return JobResult(
        end=verdict.end,
        code=verdict.code,
        reason=verdict.reason,
        stdout=bytes(run.stdout),
        stderr=bytes(run.stderr),
        written=rooms.written(recipe.folder, job.files, limit) if limit else {},
        cpu_s=report.cpu_s,
        wall_s=report.wall_s,
        peak_mib=report.peak_mib,
    )


def _writes_gauge(folder: Path, limits: Limits) -> Callable[[], Ending | None]:
    """A look at whether more was written than is allowed, beyond what lay in the folder from the start."""
    if not limits.writes_mib:
        return lambda: None
    most = rooms.size(folder) + (limits.writes_mib << 20)

    def look() -> Ending | None:
        try:
            if rooms.size(folder) <= most:
                return None
        except rooms.TooDeep:
            return Ending("writes", 9, f"made folders nested deeper than {rooms.MAX_DEPTH}")
        return Ending("writes", 9, f"wrote more than the {limits.writes_mib} MiB allowed")

    return look


# --- Starting ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Run:
    """A run under way. Nobody but the thread that started it touches it."""

    process: subprocess.Popen[bytes]
    lifeline: int  # closing it ends the run
    sources: Mapping[int, bytearray] = field(default_factory=dict)  # descriptor to read -> where what it says goes
    stdout: bytearray = field(default_factory=bytearray)
    stderr: bytearray = field(default_factory=bytearray)
    report: bytearray = field(default_factory=bytearray)
    total: int = 0

    def end(self) -> None:
        if self.lifeline >= 0:
            os.close(self.lifeline)
            self.lifeline = -1


@contextmanager
def _launched(job: Job, recipe: Recipe) -> Iterator[_Run]:
    """Start the launcher; on the way out nothing of the run is left, whatever happened."""
    pipes = [os.pipe() for _ in range(6)]
    (life_in, life_out), (out_in, out_out), (err_in, err_out), (rep_in, rep_out), status, (sieve, sieve_in) = pipes
    ends = {end for pipe in pipes for end in pipe}
    try:
        os.write(sieve_in, recipe.filter)  # about 1 KiB: always fits a pipe
        ends.remove(sieve_in)
        os.close(sieve_in)
        with _fixed_layout():
            process = subprocess.Popen(
                _launcher(job, recipe, status, rep_out) + recipe.command(sieve, status[1]),
                stdin=life_in,
                stdout=out_out,
                stderr=err_out,
                pass_fds=(*status, rep_out, sieve),
                env={name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ},
                start_new_session=True,  # a Ctrl-C at the terminal is the harness's to answer
            )
        run = _Run(process, life_out)
        run.sources = {out_in: run.stdout, err_in: run.stderr, rep_in: run.report}
        ends -= {life_out, *run.sources}
    finally:
        for end in ends:
            os.close(end)
    try:
        yield run
    finally:
        _bury(run)


def _launcher(job: Job, recipe: Recipe, status: tuple[int, int], report: int) -> list[str]:
    script = str(Path(__file__).with_name("launcher.py"))
    uid = -1 if recipe.uid is None else recipe.uid
    core = -1 if job.core is None else job.core
    return [
        *(sys.executable, "-I", "-S", script),
        *map(str, (uid, core, *status, report)),
        ",".join(f"{name}={value}" for name, value in _resource_limits(job.limits).items()),
    ]


def _resource_limits(limits: Limits) -> dict[str, int]:
    """Soft and hard alike: a first process of a PID namespace ignores SIGXCPU, and the hard limit kills it."""
    return {
        **({} if sys.platform == "darwin" else {"RLIMIT_AS": limits.memory_mib << 20}),  # macOS does not enforce it
        "RLIMIT_CPU": max(1, -int(-limits.cpu_s // 1)),
        # One byte over the limit, so that a single file that reaches it is seen to have passed it.
        "RLIMIT_FSIZE": (limits.writes_mib << 20) + 1 if limits.writes_mib else 0,
        "RLIMIT_NOFILE": DESCRIPTORS,
        "RLIMIT_CORE": 0,
        "RLIMIT_MEMLOCK": 0,
        "RLIMIT_STACK": min(STACK_BYTES, _hard_stack()),
    }


def _hard_stack() -> int:
    hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
    return STACK_BYTES if hard == resource.RLIM_INFINITY else hard


@contextmanager
def _fixed_layout() -> Iterator[None]:
    """What this thread spawns meanwhile has no address randomisation, so that memory is the same run for run.

    personality(2) belongs to the thread and is inherited by what it spawns: other threads see nothing of it. Where it
    is refused (some containers) runs still work, with a little more noise.
    """
    if not sys.platform.startswith("linux"):
        yield
        return
    import ctypes

    libc = ctypes.CDLL(None)
    before = libc.personality(0xFFFFFFFF)
    libc.personality(before | NO_RANDOMIZE)
    try:
        yield
    finally:
        libc.personality(before)


# --- Watching ---------------------------------------------------------------------------------------------------------


def _supervise(run: _Run, job: Job, look: Callable[[], Ending | None]) -> Ending | None:
    """Read until everything has been said. look: is too much written? Returns why the run was ended from here."""
    deadline = time.monotonic() + job.limits.wall_s
    next_look = time.monotonic() + WRITES_POLL_S if job.limits.writes_mib else float("inf")
    stopped: Ending | None = None
    with selectors.DefaultSelector() as selector:
        for source in run.sources:
            selector.register(source, selectors.EVENT_READ)
        while selector.get_map():
            found: Ending | None = None
            for key, _ in selector.select(max(0.0, min(deadline, next_look) - time.monotonic())):
                chunk = os.read(key.fd, 65536)
                if not chunk:
                    selector.unregister(key.fd)
                elif run.sources[key.fd] is run.report:
                    run.report += chunk
                elif stopped is None and found is None:
                    found = _take(run, key.fd, chunk, job)
            now = time.monotonic()
            if stopped is not None and now >= deadline:
                raise SandboxError("a run was ended and its launcher did not report: the machine is too busy")
            if found is None and now >= deadline:
                found = Ending("timeout", 9, f"ran longer than the {job.limits.wall_s:g} s allowed")
            if found is None and now >= next_look:
                found = look()
                next_look = now + max(WRITES_POLL_S, 10 * (time.monotonic() - now))
            if found is not None:
                stopped, deadline, next_look = found, _end(run), float("inf")
    return stopped


def _end(run: _Run) -> float:
    """End a run; returns by when the launcher must have reported."""
    run.end()
    return time.monotonic() + GRACE_S


def _take(run: _Run, source: int, chunk: bytes, job: Job) -> Ending | None:
    """Keep what came. Returns why the run must end, if it must."""
    kept = run.sources[source]
    room_left = job.limits.output_bytes - run.total
    run.total += len(chunk)
    if kept is run.stderr:
        kept += chunk
        del kept[:-KEPT_STDERR]
    else:
        kept += chunk[: max(0, room_left)]
        reason = job.watch(chunk) if job.watch else None
        if reason is not None:
            return Ending("watch", 9, reason)
    if len(chunk) > room_left:
        return Ending("output", 9, f"printed more than the {job.limits.output_bytes} bytes allowed")
    return None


def _bury(run: _Run) -> None:
    """After a report this finds the launcher gone or going; after an error it ends the run first."""
    run.end()
    try:
        run.process.wait(GRACE_S)
    except subprocess.TimeoutExpired:
        run.process.kill()  # the room dies with its parent
        run.process.wait()
    finally:
        for source in run.sources:
            with suppress(OSError):
                os.close(source)
