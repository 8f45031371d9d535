"""The macOS backend: Apple's `sandbox-exec` with a profile that allows what is named, and rlimits. NOT TESTED.

It was written without a Mac to try it on: only its profile is checked, as a text. Like every backend it is used only
after it has run a tiny program, and `optimize-run doctor` attacks it for real.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import confine, host, rooms, runner
from harness.types import Job, JobResult, Protection

NAME = "sandbox-exec"
TOOL = Path("/usr/bin/sandbox-exec")

# In Apple's Scheme. What is not allowed is denied; a denied call fails with EPERM and does not kill.
PROFILE = """\
(version 1)
(deny default)
(allow process-exec (subpath (param "PYTHON")))
(allow file-read* (subpath (param "PYTHON")) (subpath (param "BOX")) (subpath "/usr/lib") (subpath "/System/Library"))
(allow file-read* (literal "/") (literal "/dev/null") (literal "/dev/random") (literal "/dev/urandom"))
(allow file-read-metadata)
(allow sysctl-read)
(allow signal (target self))
"""
WRITING = '(allow file-write* (subpath (param "BOX")))\n'


class SandboxExec:
    """Sandbox by sandbox-exec. Every run has a work folder of its own."""

    def __init__(self, python: str) -> None:
        self._python = python

    def run(self, job: Job) -> JobResult:
        """Raises SandboxError when the work folder cannot be made or the program cannot be started."""
        host.check(job)
        with rooms.room(job.files, group=None, writable=job.limits.writes_mib > 0) as folder:
            recipe = runner.Recipe(
                command=lambda *_: command(job, host.interpreter(job, self._python), folder),
                filter=b"",
                uid=None,
                folder=folder,
            )
            return runner.execute(job, recipe)

    def describe(self) -> Protection:
        return Protection(
            backend=f"{NAME} (NOT TESTED)",
            covers=(
                "files: a program can open its own work folder, its interpreter and the system's libraries",
                "writing: nothing is writable, unless the target allows it; then only the work folder, up to its limit",
                "network: none",
                "processes: it can start none, and signal none but itself",
                "environment and keys: emptied before the program starts",
                "limits: CPU, time, output, descriptors",
            ),
            lacks=(
                "a trial: this backend was written without a Mac; believe it as far as the attacks of doctor go",
                "a limit on memory, which macOS does not enforce",
                "a standard library of its own: every module of the interpreter can be imported",
                "an end with the harness when its launcher is killed by kill -9",
                "bugs in the kernel, and side channels; Apple calls sandbox-exec deprecated",
            ),
        )


def profile(writable: bool) -> str:
    return PROFILE + WRITING if writable else PROFILE


def command(job: Job, python: str, folder: Path) -> list[str]:
    """The command line of a job whose work folder is given, for the launcher."""
    program = os.path.realpath(python)
    places = {"PYTHON": os.path.realpath(Path(program).parents[1]), "BOX": os.path.realpath(folder)}
    return confine.spell(
        [
            *(str(TOOL), "-p", profile(job.limits.writes_mib > 0)),
            *(word for name, path in places.items() for word in ("-D", f"{name}={path}")),
            *host.expand(job.command, program),
        ],
        folder=str(folder),
        environment=host.FIXED,
    )


def candidates(python: str) -> Iterator[SandboxExec]:
    """The one there is. Raises SandboxError where there is no such tool."""
    if sys.platform != "darwin" or not TOOL.exists():
        raise SandboxError(f"{TOOL} is not there: it is a part of macOS")
    if os.geteuid() == 0:
        raise SandboxError("as root nothing would keep a program from root's rights: run as an ordinary user")
    yield SandboxExec(python)
