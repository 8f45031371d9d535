"""Texts by content, written whole or not at all: blobs/<sha256>, or blobs/pack where many came at once."""

from __future__ import annotations

import hashlib
import os
from errno import ENOSPC
from pathlib import Path
from threading import get_ident

from harness.errors import StoreError
from harness.store.pack import Pack
from harness.store.syncing import Syncer


class Blobs:
    """A folder of texts named by their SHA-256. A text is written, whole, before put returns; synced too without a
    syncer, which otherwise syncs it before the journal that names it."""

    def __init__(self, folder: Path, syncer: Syncer | None = None) -> None:
        self.folder = folder
        self._syncer = syncer
        self._pack = Pack(folder / "pack")

    def put(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        sha = hashlib.sha256(data).hexdigest()
        if self._pack.holds(sha) or _holds(f"{self.folder}/{sha}", len(data)):
            return sha
        if self._syncer is not None and self._syncer.behind():
            self._pack.put(sha, data)
            self._syncer.packed(self._pack.path, len(data))
            return sha
        path = self.folder / sha
        write_whole(path, data, synced=self._syncer is None)
        if self._syncer is not None:
            self._syncer.text(path)
        return sha

    def close(self) -> None:
        """No file stays open; texts can still be read."""
        self._pack.close()

    def get(self, sha: str) -> str:
        path = self.folder / sha
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            packed = self._pack.get(sha)
            if packed is None:
                words = f"blob {sha[:12]} is missing from {self.folder}: restore it or start a new run"
                raise StoreError(words) from None
            data = packed
        if hashlib.sha256(data).hexdigest() != sha:
            raise StoreError(f"blob {sha[:12]} in {self.folder} has changed: its text no longer matches its name")
        return data.decode("utf-8", "surrogatepass")


def _holds(path: str, size: int) -> bool:
    """Whether a text of this size is there: a machine that loses power may leave an empty file."""
    try:
        return os.stat(path).st_size == size  # noqa: PTH116 - for every text of a run, and a Path takes longer
    except FileNotFoundError:
        return False


def write_whole(path: Path, data: bytes, synced: bool = True) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new and nothing between.

    Raises StoreError, and leaves nothing behind, where it cannot be written. synced: on the disk when it returns.
    """
    fresh = path.with_name(f".tmp-{os.getpid()}-{get_ident()}-{path.name}")
    try:
        file = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            if os.write(file, data) != len(data):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
            if synced:
                os.fsync(file)
        finally:
            os.close(file)
        fresh.replace(path)
    except BaseException as error:
        fresh.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise StoreError(f"cannot write {path}: {error.strerror}; what was there before is intact") from error
        raise
