"""The journal: one JSON line an event, appended with one write, by one writer, and synced behind it.

Every line ends with a checksum of what is before it. A line that was torn by a crash is cut off when the journal is
opened for writing; damage anywhere else is named, never repaired. Timestamps are the only thing in it that differs
between two identical runs.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from errno import ENOSPC
from itertools import islice
from pathlib import Path
from threading import Lock
from types import TracebackType
from zlib import crc32

from harness.errors import Locked, StoreError
from harness.store.syncing import Syncer
from harness.types import Event, JsonObject

_SEAL = re.compile(rb',"crc":"([0-9a-f]{8})"\}\n')
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
SEAL_LENGTH = len(',"crc":"01234567"}\n')


def encode(event: Event) -> str:
    record = {"n": event.n, "kind": event.kind, "at": event.at, "data": event.data}
    return _ENCODER.encode(record)


def sealed(line: str) -> bytes:
    """A line as it stands in a journal: with the CRC-32 of its bytes as the last member of its object."""
    body = line.removesuffix("}").encode("utf-8", "surrogatepass")
    return body + b',"crc":"%08x"}\n' % crc32(body)


def read(path: Path) -> Iterator[Event]:
    """Events of a journal, oldest first. A torn last line is passed over; a broken one elsewhere is a StoreError.

    Journals of before there were checksums have none in any line.
    """
    with path.open("rb") as file:
        seal: bool | None = None
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return
            seal = _SEAL.fullmatch(line[-SEAL_LENGTH:]) is not None if seal is None else seal
            yield _decode(line, number, path, seal)


def _decode(line: bytes, number: int, path: Path, seal: bool) -> Event:
    where = f"{path} line {number + 1} is damaged"
    found = _SEAL.fullmatch(line[-SEAL_LENGTH:])
    if bool(found) != seal or (found and int(found[1], 16) != crc32(line[:-SEAL_LENGTH])):
        raise StoreError(f"{where}: its checksum does not match; lines before it are intact")
    try:
        record = json.loads(line)
        event = Event(record["n"], record["kind"], record["at"], record["data"])
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"{where}: not an event; lines before it are intact") from None
    if event.n != number:
        raise StoreError(f"{where}: it is numbered {event.n}, and {number} was due")
    return event


class Journal:
    """The writer of one run's journal. Raises Locked when another process writes it, StoreError on damage."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        self._mutex = Lock()
        self._guard = self._lock(folder / "lock")
        try:
            self._file = self._opened()
            self._cut_torn_line()
            self._found = self._next = sum(1 for _ in read(self.path))
            self._length = self.path.stat().st_size
        except BaseException:
            os.close(self._guard)
            raise
        self._broken = ""
        self.syncer = Syncer(self._file, self.path)

    @property
    def recorded(self) -> tuple[Event, ...]:
        """The events that there were when it was opened, read anew."""
        return tuple(self.past())

    def past(self) -> Iterator[Event]:
        """The same, one at a time."""
        return islice(read(self.path), self._found)

    @staticmethod
    def _lock(path: Path) -> int:
        try:
            guard = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"run folder {path.parent} cannot be written: {error.strerror}") from None
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(guard)
            raise Locked(f"{path.parent} is being written by another process: wait for it, or stop it first") from None
        return guard

    def _opened(self) -> int:
        try:
            return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
        except OSError as error:
            raise StoreError(f"run folder {self.path.parent} cannot be written: {error.strerror}") from None

    def _cut_torn_line(self) -> None:
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.truncate(self.path, whole)

    def append(self, kind: str, data: JsonObject) -> Event:
        """Written when it returns: a kill cannot lose it any more. settle() waits for the disk."""
        with self._mutex:
            event = Event(self._next, kind, round(time.time(), 3), data)
            line = sealed(encode(event))
            if self._broken:
                raise StoreError(self._broken)
            try:
                written = os.write(self._file, line)
                if written != len(line):
                    raise OSError(ENOSPC, os.strerror(ENOSPC))
            except OSError as error:
                self._take_back()
                raise StoreError(f"cannot write {self.path}: {error.strerror}; what was recorded is intact") from error
            self._next += 1
            self._length += len(line)
            self.syncer.event()
            return event

    def settle(self) -> None:
        """All that was recorded, and the texts that it names, on the disk itself."""
        self.syncer.settle()

    def _take_back(self) -> None:
        """Leave no torn or unsure line behind; where even that fails, nothing more is written."""
        try:
            os.ftruncate(self._file, self._length)
        except OSError as error:
            self._broken = (
                f"{self.path} is closed for writing since a failed write could not be undone: {error.strerror}"
            )

    def close(self) -> None:
        self.syncer.close()
        os.close(self._file)
        os.close(self._guard)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
