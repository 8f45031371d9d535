"""Texts by content: blobs/<sha256>, written whole or not at all."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from harness.errors import StoreError


class Blobs:
    """A folder of texts named by their SHA-256. A text is on disk, synced, before put returns."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def put(self, text: str) -> str:
        data = text.encode("utf-8", "surrogatepass")
        sha = hashlib.sha256(data).hexdigest()
        if not (self.folder / sha).exists():
            write_whole(self.folder / sha, data)
        return sha

    def get(self, sha: str) -> str:
        path = self.folder / sha
        try:
            data = path.read_bytes()
        except FileNotFoundError:
            raise StoreError(f"blob {sha[:12]} is missing from {self.folder}: restore it or start a new run") from None
        if hashlib.sha256(data).hexdigest() != sha:
            raise StoreError(f"blob {sha[:12]} in {self.folder} has changed: its text no longer matches its name")
        return data.decode("utf-8", "surrogatepass")


def write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a reader, or a crash, sees the old content or the new and nothing between."""
    with NamedTemporaryFile(dir=path.parent, prefix=".tmp-", delete=False) as file:
        try:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            Path(file.name).replace(path)
        except BaseException:
            Path(file.name).unlink(missing_ok=True)
            raise
