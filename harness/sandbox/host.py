"""What of this machine every backend needs: an interpreter, whom programs run as, a cache, and jobs that can be run."""

from __future__ import annotations

import os
import pwd
import threading
from collections.abc import Iterator
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import rooms, staging
from harness.types import Job

PYTHON = "{python}"  # the word of a command that stands for the interpreter and its flags
PYTHON_FLAGS = ("-u", "-s", "-S", "-P", "-B", "-X", "utf8")
TO_BECOME = 1 << 0 | 1 << 6 | 1 << 7  # CAP_CHOWN, CAP_SETGID, CAP_SETUID
FIXED = {"PYTHONHASHSEED": "0"}  # the environment of every program, besides what its interpreter needs
# That of a compiler: plain messages, its own files in the work folder, its tools where systems keep them.
BUILDING = {"LC_ALL": "C", "TMPDIR": ".", "PATH": "/usr/bin:/bin"}
UNUSED_UIDS = range(59_000, 60_000)  # between the ranges that distributions give to people and to services


class Host:
    """Shared by the runs of one sandbox; safe to use from several threads.

    uid: whom programs run as when the harness is root; None when they run as the harness's own user, as they also do
    for a root that may not become another user, as in some containers.
    """

    def __init__(self, python: str, cache: Path, uid: int | None) -> None:
        self.python = python
        self.cache = cache
        self.uid = uid
        self._stages: dict[tuple[str, ...], staging.Stage] = {}  # by interpreter and modules
        self._staging = threading.Lock()

    @classmethod
    def of(cls, python: str) -> Host:
        """Raises SandboxError when no user is free or no cache can be made. Removes what killed harnesses left."""
        uid = _unused_uid() if os.geteuid() == 0 else None
        if uid is not None and not _can_become(uid):
            uid = None
        rooms.sweep(uid)
        return cls(python, _cache(shared=uid is not None), uid)

    @property
    def caveats(self) -> tuple[str, ...]:
        """What a sandbox here lacks, for its description."""
        bound = os.geteuid() == 0 and self.uid is None
        return ("a user of its own: this root may not become another one, so programs run as it",) if bound else ()

    def stage(self, job: Job) -> staging.Stage | None:
        """The job's interpreter, or this host's own, with the job's modules; None for a job that needs neither."""
        if PYTHON not in job.command:
            return None
        python, modules = interpreter(job, self.python), sorted(set(job.imports))
        with self._staging:
            if (key := (python, *modules)) not in self._stages:
                self._stages[key] = staging.stage(python, modules, self.cache)
            return self._stages[key]


def check(job: Job) -> None:
    """Raises SandboxError for a job that no backend could run."""
    if not job.command:
        raise SandboxError("a job has no command: give one such as ('{python}', 'program.py')")
    # Not the cores of this process: the harness may keep itself off the cores that it times on.
    if job.core is not None and not 0 <= job.core < (os.cpu_count() or 1):
        raise SandboxError(f"core {job.core} cannot be used: this machine has cores 0 to {(os.cpu_count() or 1) - 1}")


def interpreter(job: Job, own: str) -> str:
    """The path of what `{python}` stands for in a job."""
    return job.python.path if job.python else own


def expand(command: tuple[str, ...], program: str) -> Iterator[str]:
    """The command with `{python}` replaced by the interpreter and its flags."""
    for word in command:
        if word == PYTHON:
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


def _can_become(uid: int) -> bool:
    """Whether root here is one that may change users and owners, and has that user at all; see user_namespaces(7)."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        maps = [Path(f"/proc/self/{kind}_map").read_text(encoding="utf-8") for kind in ("uid", "gid")]
    except OSError:
        return True  # no such system: what cannot be done will say so when it is tried
    held = next(int(line.split()[1], 16) for line in status.splitlines() if line.startswith("CapEff:"))
    ranges = [[tuple(map(int, line.split())) for line in text.splitlines()] for text in maps]
    mapped = all(any(first <= uid < first + count for first, _, count in lines) for lines in ranges)
    return mapped and held & TO_BECOME == TO_BECOME


def _cache(*, shared: bool) -> Path:
    """Where stages are kept. shared: another user must be able to read them, so not below a private home."""
    if not shared:
        home = os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()
        return staging.private_folder(Path(home) / "optimize-run", 0o700)
    parents = (Path("/var/cache"), Path("/var/tmp"))
    parent = next((place for place in parents if os.access(place, os.W_OK)), parents[-1])
    return staging.private_folder(parent / "optimize-run", 0o755)
