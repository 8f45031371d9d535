"""Many texts in one file: what a run writes when a file for each is more than the disk keeps up with.

A text is a line `<sha256> <bytes>`, the bytes, and a line feed; texts are only ever appended, each with one write.
What a kill tore at the end is passed over by readers and cut off by the next writer. Where a byte was flipped, the
texts before and after it can still be read.
"""

from __future__ import annotations

import os
import re
from errno import ENOSPC
from pathlib import Path
from threading import Lock

from harness.errors import StoreError

HEAD = re.compile(rb"([0-9a-f]{64}) ([0-9]{1,12})\n")
LONGEST_HEAD = 64 + 1 + 12 + 1
STEP = 1 << 20  # bytes that are searched at once for the next text behind a damaged place


class Pack:
    """Read by anybody at any time; written by one process, from its first put on. Thread-safe."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[bytes, int] = {}  # where a text's line begins, by its SHA-256
        self._length = 0  # bytes of whole texts, as far as was looked
        self._file: int | None = None  # once it is written to
        self._mutex = Lock()

    def get(self, sha: str) -> bytes | None:
        """The bytes filed under a name, unchecked; None when there are none."""
        with self._mutex:
            place = self._place(sha)
        if place is None:
            return None
        with self.path.open("rb", buffering=0) as file:
            found = _head(file.fileno(), place)
            return os.pread(file.fileno(), found[0], found[1]) if found else b""

    def holds(self, sha: str) -> bool:
        with self._mutex:
            return self._place(sha) is not None

    def put(self, sha: str, data: bytes) -> None:
        """Written when it returns. Raises StoreError, and leaves nothing behind, where it cannot be written."""
        record = b"%b %d\n%b\n" % (sha.encode(), len(data), data)
        with self._mutex:
            try:
                file = self._opened()
                if os.write(file, record) != len(record):
                    raise OSError(ENOSPC, os.strerror(ENOSPC))
            except OSError as error:
                if self._file is not None:
                    os.ftruncate(self._file, self._length)
                raise StoreError(f"cannot write {self.path}: {error.strerror}; what was there is intact") from error
            self._places[bytes.fromhex(sha)] = self._length
            self._length += len(record)

    def close(self) -> None:
        """Whoever puts a text after this opens it again."""
        with self._mutex:
            if self._file is not None:
                os.close(self._file)
            self._file = None

    def _place(self, sha: str) -> int | None:
        name = bytes.fromhex(sha)
        if name not in self._places and self._file is None:
            self._look_on()
        return self._places.get(name)

    def _opened(self) -> int:
        """For writing; what a kill tore is cut off first."""
        if self._file is None:
            self._look_on()
            self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            os.ftruncate(self._file, self._length)
        return self._file

    def _look_on(self) -> None:
        """Take in what was appended since the last look."""
        try:
            size = self.path.stat().st_size
        except FileNotFoundError:
            return
        if size == self._length:
            return
        with self.path.open("rb", buffering=0) as opened:
            file, at = opened.fileno(), self._length
            while at < size:
                found = _head(file, at)
                end = sum(found) + 1 if found else size + 1
                if found and end <= size and os.pread(file, 1, end - 1) == b"\n":
                    self._places[bytes.fromhex(os.pread(file, 64, at).decode())] = at
                    at = self._length = end
                else:
                    at = _next_head(file, at + 1, size)


def _head(file: int, place: int) -> tuple[int, int] | None:
    """Length and first byte of the text whose line begins at a place; None where no such line is."""
    found = HEAD.match(os.pread(file, LONGEST_HEAD, place))
    return (int(found[2]), place + found.end()) if found else None


def _next_head(file: int, place: int, size: int) -> int:
    """Where the next text begins behind a damaged place; the size when there is none."""
    while place < size:
        found = re.search(rb"(?<=\n)" + HEAD.pattern, os.pread(file, STEP + LONGEST_HEAD, place))
        if found:
            return place + found.start()
        place += STEP
    return size
