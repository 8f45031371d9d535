"""The Linux backend for where user namespaces are refused, as in most containers: Landlock, seccomp, rlimits.

Landlock (Linux 5.13) keeps a process from files, and by now from sockets and signals, without any privilege. It does
not know chmod, chown, utime or unix sockets, so the seccomp allow-list is compulsory. The program is started by the
launcher itself (confine.py), which kills it directly; there is one process and there can be no other.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import confine, host, rooms, runner, seccomp, staging
from harness.sandbox.host import Host
from harness.types import Job, JobResult, Protection

NAME = "landlock"
SECOND_WALLS = {4: "TCP (Linux 6.7)", 5: "devices (6.10)", 6: "signals and abstract sockets (6.12)"}  # by ABI


class Landlock:
    """Sandbox by Landlock and seccomp. Safe to use from several threads; every run has a room of its own."""

    def __init__(self, at: Host, abi: int) -> None:
        """abi: the version of Landlock's ABI that this kernel speaks, 1 or more."""
        self._host = at
        self._abi = abi

    def run(self, job: Job) -> JobResult:
        """Run a job in a room that only it can open. Raises SandboxError when there can be no room."""
        host.check(job)
        writable = job.limits.writes_mib > 0
        if writable and not self._confines_truncation:
            raise SandboxError(
                f"this target's program writes files, and Landlock ABI {self._abi} cannot keep it from emptying other "
                "files: Linux 6.2 or newer is needed, or bubblewrap"
            )
        stage = self._host.stage(job)
        kind = (writable, job.toolchain is not None)
        with rooms.room(job.files, group=self._host.uid, writable=writable, programs=job.programs) as folder:
            recipe = runner.Recipe(
                command=lambda sieve, _: self._command(job, stage, folder, sieve, self._filters[kind].pid_at),
                filter=self._filters[kind].code,
                uid=self._host.uid,
                folder=folder,
            )
            return runner.execute(job, recipe)

    def describe(self) -> Protection:
        missing = [wall for since, wall in SECOND_WALLS.items() if self._abi < since]
        return Protection(
            backend=f"{NAME} (ABI {self._abi})",
            covers=(
                "files: a program can open its own work folder and the modules it may import, nothing else",
                "writing: nothing is writable, unless the target allows it; then only the work folder, up to its limit",
                "network: none, not even the loopback; no sockets of any kind",
                "processes: it can signal, trace or read none but itself, and it can start none",
                "environment and keys: emptied before the program starts",
                "kernel: calls outside an allow-list kill the program; no new privileges",
                "limits: memory, CPU, time, output, descriptors; everything dies with the harness, even by kill -9",
                *(["user: runs as an unused user, not as root"] if self._host.uid is not None else []),
            ),
            lacks=(
                *self._host.caveats,
                "bugs in the kernel",
                "side channels: timing, caches, how busy the machine is",
                "names: whether a file or a process exists, with its size, owner and times, can be asked, where links "
                "lead, and where its own folder and interpreter lie; no content",
                "memory that the kernel uses for the program, and pages of files it may write",
                *([f"a second wall besides seccomp for {', '.join(missing)}"] if missing else []),
                *([] if self._confines_truncation else ["programs that write files (Linux 6.2): they are refused"]),
            ),
        )

    @property
    def _confines_truncation(self) -> bool:
        return self._abi >= confine.TRUNCATE_SINCE

    @cached_property
    def _filters(self) -> dict[tuple[bool, bool], seccomp.Filter]:
        truncation = self._confines_truncation
        return {
            (writable, building): seccomp.compile_filter(
                writable, shared_processes=True, truncation=truncation, building=building
            )
            for writable, building in ((False, False), (True, False), (True, True))
        }

    def _command(self, job: Job, stage: staging.Stage | None, folder: Path, sieve: int, pid_at: int) -> list[str]:
        program, environment = stage.in_place() if stage else ("", host.BUILDING if job.toolchain else {})
        writable = bool(job.limits.writes_mib)
        shown = [] if stage is None else [str(stage.folder), *([] if stage.loader is None else [stage.loader[1]])]
        shown += job.toolchain.shown if job.toolchain else ()
        return confine.spell(
            list(host.expand(job.command, program)),
            folder=str(folder),
            environment={**host.FIXED, **environment},
            readable=shown if writable else [*shown, str(folder)],
            writable=[str(folder)] if writable else [],
            sieve=sieve,
            pid_at=pid_at,
        )


def candidates(python: str) -> Iterator[Landlock]:
    """The one there is. Raises SandboxError where the kernel has none; it is not known to work before it has run."""
    abi = confine.abi()
    if abi == 0:
        raise SandboxError(
            "this kernel has no Landlock, or refuses it: Linux 5.13 or newer is needed, with lsm=landlock"
        )
    yield Landlock(Host.of(python), abi)
