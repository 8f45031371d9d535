"""Who uses which stage, and what becomes of those that nobody uses: the cache of stages stays small.

A stage in use is held by a shared lock on its folder, gone with its process however that ends. Whoever clears away
takes the lock for itself first, then the name, then the content: nobody can be left with half a stage.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

KEPT = 32  # stages; most share their binaries, so each is a few MB
UNUSED_S = 30 * 24 * 3600.0
DAY_S = 24 * 3600.0
SETTLED_S = 3600.0  # a binary without a stage that is older than this is not one that is just being placed
DRAFT, LEAVING = ".draft-", ".leaving-"


class Lease:
    """A stage that stays as long as this object does."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __del__(self) -> None:
        with suppress(OSError):
            os.close(self._descriptor)


def lease(folder: Path) -> Lease | None:
    """Hold a folder; None when it is not there, or was cleared away meanwhile."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        return None
    held = Lease(descriptor)
    fcntl.flock(descriptor, fcntl.LOCK_SH)
    with suppress(FileNotFoundError):
        found = os.fstat(descriptor)
        if os.path.samestat(found, folder.stat()):
            if time.time() - found.st_mtime > DAY_S:
                os.utime(folder)  # used: what is oldest goes first
            return held
    return None


def prune(cache: Path) -> None:
    """Clear away stages that are not in use and are old or too many, binaries that no stage shows, and old drafts."""
    stages, objects = cache / "stages", cache / "objects"
    by_age = sorted(_entries(stages), key=lambda entry: -entry[1].st_mtime)
    named = [(path, found) for path, found in by_age if not path.name.startswith(".")]
    for place, (path, found) in enumerate(named):
        if place >= KEPT or time.time() - found.st_mtime > UNUSED_S:
            _remove(path)
    for path, found in (*by_age, *_entries(objects)):
        if path.name.startswith((DRAFT, LEAVING)) and time.time() - found.st_mtime > DAY_S:
            _delete(path)
    for path, found in _entries(objects):
        if not path.name.startswith(".") and found.st_nlink == 1 and time.time() - found.st_ctime > SETTLED_S:
            _delete(path)


def _remove(folder: Path) -> None:
    """Unless somebody holds it."""
    with _held_alone(folder) as alone:
        if alone:
            leaving = folder.with_name(f"{LEAVING}{folder.name}-{os.getpid()}")
            folder.rename(leaving)
            _delete(leaving)


@contextmanager
def _held_alone(folder: Path) -> Iterator[bool]:
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except FileNotFoundError:
        yield False
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Another may have cleared it away, and a third made it anew, between the open and the lock.
        yield folder.exists() and os.path.samestat(os.fstat(descriptor), folder.stat())
    except BlockingIOError:
        yield False
    finally:
        os.close(descriptor)


def _entries(folder: Path) -> list[tuple[Path, os.stat_result]]:
    found = []
    with suppress(FileNotFoundError):
        for path in folder.iterdir():
            with suppress(FileNotFoundError):
                found.append((path, path.lstat()))
    return found


def _delete(path: Path) -> None:
    """What another has deleted first is deleted."""
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)
