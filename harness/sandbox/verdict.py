"""How a run ended, from what the launcher reported and what the harness itself stopped it for."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
from dataclasses import dataclass
from typing import Literal

from harness.errors import SandboxError
from harness.types import Limits

End = Literal["exit", "signal", "timeout", "memory", "output", "writes", "watch"]

REFUSED_MEMORY = re.compile(
    rb"^(MemoryError\b.*|Fatal Python error: .*(no memory|out of memory|memory allocation failed|MemoryError).*"
    rb"|.*(failed to map segment|[Cc]annot allocate memory).*)$",
    re.MULTILINE,
)

# A file of the work folder that was to be run, and could not be: what made it is to blame, not the sandbox.
NO_PROGRAM = re.compile(rb"^(?:bwrap: execvp \./|launcher: \[Errno \d+\] [^'\n]*: '\./)", re.MULTILINE)
NOT_RUN = 126  # as a shell has it
TOO_LARGE = f"OSError: [Errno {errno.EFBIG}]".encode()  # one file that passed RLIMIT_FSIZE
LIMIT_SLACK = 0.75  # the kernel enforces RLIMIT_CPU by counting ticks, and reports a finer count that may be lower


@dataclass(frozen=True, slots=True)
class Ending:
    """end and code as in JobResult; reason is one line."""

    end: End
    code: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What the launcher saw. status: as wait4 gave it for the room's maker. program: its word on the program inside."""

    status: int
    cpu_s: float
    peak_mib: float
    wall_s: float
    program: int | None  # exit code, 128 + signal; None: the program was never started, or killed by the harness


def parse_report(data: bytes, stderr: bytes) -> Report:
    """Read the launcher's report. Raises SandboxError when there is none: the launcher itself was killed."""
    line, _, announced = data.partition(b"\n")
    fields = line.split()
    if len(fields) != 4:
        raise SandboxError(f"the launcher of a run died without a report: {_last_line(stderr) or 'no message'}")
    status, cpu, peak_kib, wall = fields
    return Report(int(status), float(cpu), int(peak_kib) / 1024, float(wall), _program_code(announced))


def ending(stopped: Ending | None, report: Report, limits: Limits, stderr: bytes) -> Ending:
    """stopped: why the harness ended the run, if it did. Raises SandboxError when the room could not be made."""
    if stopped is not None:
        return stopped
    code = os.waitstatus_to_exitcode(report.status)
    if code < 0:
        return _by_signal(-code, report, limits)
    if report.program is None and NO_PROGRAM.search(stderr):
        return Ending("exit", NOT_RUN, "the kernel does not take it for a program")
    if report.program is None:
        raise SandboxError(f"the sandbox could not be set up: {_last_line(stderr) or f'exit code {code}'}")
    # The room's maker passes a death by signal N on as exit code 128 + N.
    if 128 < report.program <= 128 + signal.SIGRTMAX:
        return _by_signal(report.program - 128, report, limits)
    if report.program and REFUSED_MEMORY.search(_tail(stderr)):
        return Ending("memory", report.program, f"needed more than the {limits.memory_mib} MiB allowed")
    if report.program and limits.writes_mib and _tail(stderr).startswith(TOO_LARGE):
        return Ending("writes", report.program, f"wrote more than the {limits.writes_mib} MiB allowed")
    return Ending("exit", report.program, f"exit code {report.program}")


def _by_signal(number: int, report: Report, limits: Limits) -> Ending:
    if number == signal.SIGSYS:
        return Ending("signal", number, "killed for a system call that the sandbox forbids")
    if number in (signal.SIGKILL, signal.SIGXCPU) and report.cpu_s >= limits.cpu_s * LIMIT_SLACK:
        return Ending("timeout", number, f"used more than the {limits.cpu_s:g} s of CPU time allowed")
    if number == signal.SIGKILL:
        return Ending("signal", number, "killed from outside; perhaps the machine ran out of memory")
    names = {int(known): known.name for known in signal.Signals}
    return Ending("signal", number, f"killed by {names.get(number, f'signal {number}')}")


def _program_code(announced: bytes) -> int | None:
    """The exit code in bubblewrap's status lines, which it writes only for a program that was really started."""
    for line in announced.splitlines():
        try:
            found = json.loads(line)
        except ValueError:
            continue  # a line cut short by a kill
        if isinstance(found, dict) and "exit-code" in found:
            return int(found["exit-code"])
    return None


def _tail(stderr: bytes) -> bytes:
    """The last line, with a fatal error's line if the interpreter died of one."""
    lines = stderr.strip().splitlines()
    return b"\n".join([*(line for line in lines if line.startswith(b"Fatal Python error")), *lines[-1:]])


def _last_line(stderr: bytes) -> str:
    lines = stderr.decode(errors="replace").strip().splitlines()
    return lines[-1][:300] if lines else ""
