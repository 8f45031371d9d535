"""No sandbox, for who has said `--unsafe-no-sandbox`: the harness's own user, files, network; limits, and no more.

It is here so that what a run costs and how it ends is found out as in any other, and so that every record of such a
run says `none`. Nothing chooses it by itself.
"""

from __future__ import annotations

import os

from harness.sandbox import confine, host, rooms, runner
from harness.types import Job, JobResult, Protection

NAME = "none"


class Unconfined:
    """Runs programs with the user's own rights."""

    def __init__(self, python: str) -> None:
        self._python = python

    def run(self, job: Job) -> JobResult:
        """Raises SandboxError when the work folder cannot be made or the program cannot be started."""
        host.check(job)
        # An interpreter may need to be told where its libraries are; nothing else of the environment is passed on.
        libraries = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
        with rooms.room(job.files, group=None, writable=job.limits.writes_mib > 0, programs=job.programs) as folder:
            recipe = runner.Recipe(
                command=lambda *_: confine.spell(
                    list(host.expand(job.command, host.interpreter(job, self._python))),
                    folder=str(folder),
                    environment={**host.FIXED, **libraries, **(host.BUILDING if job.toolchain else {})},
                ),
                filter=b"",
                uid=None,
                folder=folder,
            )
            return runner.execute(job, recipe)

    def describe(self) -> Protection:
        return Protection(
            backend=NAME,
            covers=("limits: memory, CPU, time and output of the first process",),
            lacks=(
                "everything else: a program can read and change this user's files, keys and processes, use the "
                "network, leave processes and files behind, and hide what it costs in other processes",
            ),
        )
