"""The journal: one JSON line an event, appended with one write and one fsync, by one writer.

A line that was torn by a crash is cut off when the journal is opened for writing; damage anywhere else is named, never
repaired. Timestamps are the only thing in it that differs between two identical runs.
"""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from types import TracebackType

from harness.errors import Locked, StoreError
from harness.types import Event, JsonObject


def encode(event: Event) -> str:
    record = {"n": event.n, "kind": event.kind, "at": event.at, "data": event.data}
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def read(path: Path) -> Iterator[Event]:
    """Events of a journal, oldest first. A torn last line is passed over; a broken one elsewhere is a StoreError."""
    with path.open("rb") as file:
        for number, line in enumerate(file):
            if not line.endswith(b"\n"):
                return
            yield _decode(line, number, path)


def _decode(line: bytes, number: int, path: Path) -> Event:
    try:
        record = json.loads(line)
        event = Event(record["n"], record["kind"], record["at"], record["data"])
    except (ValueError, KeyError, TypeError):
        raise StoreError(f"{path} line {number + 1} is damaged: not an event; lines before it are intact") from None
    if event.n != number:
        raise StoreError(f"{path} line {number + 1} is damaged: it is numbered {event.n}, and {number} was due")
    return event


class Journal:
    """The writer of one run's journal. Raises Locked when another process writes it, StoreError on damage."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "events.jsonl"
        self._mutex = Lock()
        self._guard = self._lock(folder / "lock")
        self._cut_torn_line()
        self.recorded = tuple(read(self.path)) if self.path.exists() else ()
        self._next = len(self.recorded)
        self._length = self.path.stat().st_size if self.path.exists() else 0
        self._broken = ""
        self._file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    @staticmethod
    def _lock(path: Path) -> int:
        guard = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(guard)
            raise Locked(f"{path.parent} is being written by another process: wait for it, or stop it first") from None
        return guard

    def _cut_torn_line(self) -> None:
        if not self.path.exists():
            return
        data = self.path.read_bytes()
        whole = data.rfind(b"\n") + 1
        if whole != len(data):
            os.truncate(self.path, whole)

    def append(self, kind: str, data: JsonObject) -> Event:
        """On disk when it returns."""
        with self._mutex:
            event = Event(self._next, kind, round(time.time(), 3), data)
            line = (encode(event) + "\n").encode("utf-8", "surrogatepass")
            if self._broken:
                raise StoreError(self._broken)
            try:
                written = os.write(self._file, line)
                if written != len(line):
                    raise OSError(28, "no space left on the device")
                os.fsync(self._file)
            except OSError as error:
                self._take_back()
                raise StoreError(f"cannot write {self.path}: {error.strerror}; what was recorded is intact") from error
            self._next += 1
            self._length += len(line)
            return event

    def _take_back(self) -> None:
        """Leave no torn or unsure line behind; where even that fails, nothing more is written."""
        try:
            os.ftruncate(self._file, self._length)
        except OSError as error:
            self._broken = (
                f"{self.path} is closed for writing since a failed write could not be undone: {error.strerror}"
            )

    def close(self) -> None:
        os.close(self._file)
        os.close(self._guard)

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
