"""Work folders: one for each run, never shared, never left behind; and what a program wrote into its own.

A folder that a stranger could write to is read with care: links are never followed, only plain files are read, and
names nested deeper than MAX_DEPTH count as an attack on whoever has to walk them.
"""

from __future__ import annotations

import fcntl
import os
import stat
import tempfile
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath

from harness.errors import SandboxError

MAX_DEPTH = 32
PREFIX = "optimize-run-"
STALE_S = 60.0  # an unlocked room younger than this may be one that is just being made
ENTRY_COST = 4096  # bytes that each name counts for, so that empty files and folders are not free


@contextmanager
def room(
    files: Mapping[str, bytes], *, group: int | None, writable: bool, programs: Collection[str] = ()
) -> Iterator[Path]:
    """A fresh folder holding files, removed on the way out whatever happened. programs: those that can be run.

    group: the unused id that the program will run as when the harness is root; None when it runs as the harness's user.
    """
    names = [_checked(name) for name in files]
    outer = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_base(group)))
    lock = os.open(outer, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)  # gone with this process, however it ends: see sweep
        yield _furnished(outer, dict(zip(names, files.values(), strict=True)), group, writable, programs)
    finally:
        remove(outer)
        os.close(lock)


def sweep(group: int | None) -> None:
    """Remove rooms that harnesses of this user left behind when they were killed."""
    for path in _base(group).glob(f"{PREFIX}????????"):
        with suppress(OSError):  # someone else's, just removed, or in use
            handle = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                found = os.fstat(handle)
                if found.st_uid == os.geteuid() and time.time() - found.st_mtime > STALE_S:
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    remove(path)
            finally:
                os.close(handle)


def _furnished(
    outer: Path, files: Mapping[str, bytes], group: int | None, writable: bool, programs: Collection[str]
) -> Path:
    inner = outer / "box"
    try:
        inner.mkdir(mode=0o700)
        for name, content in files.items():
            (inner / name).parent.mkdir(parents=True, exist_ok=True)
            (inner / name).write_bytes(content)
        _hand_over(outer, inner, group, writable)
        for name in programs:
            (inner / name).chmod(0o550)
    except OSError as error:
        raise SandboxError(f"a work folder could not be filled ({error}): full disk, or two names alike?") from None
    return inner


def size(folder: Path) -> int:
    """Bytes that a folder holds, each name counted as ENTRY_COST at least. Safe while a program is still writing."""
    return sum(max(found.st_size, found.st_blocks * 512, ENTRY_COST) for _, found in _entries(folder))


def written(folder: Path, given: Mapping[str, bytes], limit: int) -> dict[str, bytes]:
    """Every plain file that is new or differs from what was given, up to limit bytes in all; links are left out."""
    result: dict[str, bytes] = {}
    for name, found in _entries(folder):
        if not stat.S_ISREG(found.st_mode) or found.st_size > limit:
            continue
        if not found.st_mode & stat.S_IRUSR:
            (folder / name).chmod(0o600)
        content = _read(folder / name)
        if given.get(name) != content:
            result[name] = content
            limit -= len(content)
    return dict(sorted(result.items()))


def remove(outer: Path) -> None:
    """Remove a room of any depth and any modes, without following links and without recursion.

    Each folder found is first moved up to the top, so that no path ever grows long.
    """
    pending = [Path(entry.path) for entry in _listing(outer)]
    count = 0
    while pending:
        current = pending.pop()
        for entry in _listing(current):
            if entry.is_dir(follow_symlinks=False):
                count += 1
                below = Path(entry.path)
                below.chmod(0o700)  # without its write bit a folder cannot be moved
                pending.append(below.rename(outer / str(count)))
            else:
                Path(entry.path).unlink()
        current.rmdir()
    outer.rmdir()


def _checked(name: str) -> str:
    path = PurePosixPath(name)
    if not path.name or "\0" in name or path.is_absolute() or ".." in path.parts or str(path) != name:
        raise SandboxError(f"the file name {name!r} leaves the work folder: use a plain relative name")
    return name


def _base(group: int | None) -> Path:
    """Where work folders are made. Of several places, the first whose parents the program's user may pass."""
    places = [Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")]
    return next((place for place in places if group is None or reachable(place)), places[0])


def reachable(path: Path) -> bool:
    """Whether every user may get to (and, if it is a file, run) what is at path."""
    return all(step.stat().st_mode & stat.S_IXOTH for step in (path, *path.resolve().parents))


def _hand_over(outer: Path, inner: Path, group: int | None, writable: bool) -> None:
    """Let the program's user in, and nobody else: others of this machine must not read hidden inputs."""
    if group is None:
        return
    os.chown(outer, 0, group)
    outer.chmod(0o710)
    for path in (inner, *inner.rglob("*")):
        os.chown(path, group if writable else 0, group)
        path.chmod((0o770 if writable else 0o750) if path.is_dir() else (0o660 if writable else 0o640))


def _entries(folder: Path) -> Iterator[tuple[str, os.stat_result]]:
    """(relative name, lstat) of everything below a folder; what vanishes meanwhile is left out."""
    pending = [""]
    while pending:
        parent = pending.pop()
        if parent.count("/") > MAX_DEPTH:
            raise TooDeep
        with suppress(FileNotFoundError, NotADirectoryError):
            for entry in _listing(folder / parent):
                name = f"{parent}{entry.name}"
                with suppress(FileNotFoundError):
                    yield name, entry.stat(follow_symlinks=False)
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{name}/")


def _listing(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, also when its maker has made it unreadable to hide something."""
    try:
        entries = os.scandir(folder)
    except PermissionError:
        folder.chmod(0o700)
        entries = os.scandir(folder)
    with entries:
        return list(entries)


class TooDeep(Exception):
    """Folders nested deeper than MAX_DEPTH."""


def _read(path: Path) -> bytes:
    """A plain file's content; opened so that a link is refused and a pipe does not block."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read()
