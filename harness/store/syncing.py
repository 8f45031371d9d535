"""Write-behind: what was written reaches the disk itself in the background, in the order in which it was written.

A process that is killed loses nothing that it has written, since the system has it; only a machine that loses power
can, and then what was written in the last moments. So nobody waits for the disk but where a result leaves the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Condition, Thread

from harness.errors import StoreError

MOST_WAITING = 64  # texts; more than these wait for the disk to keep up


class Syncer:
    """Syncs files, then the journal that names them, on its own thread. What fails is raised to whoever is next."""

    def __init__(self, journal: int, name: Path) -> None:
        """journal: a file descriptor; name: its path, for words."""
        self._journal = journal
        self._name = name
        self._wake = Condition()
        self._texts: list[Path] = []
        self._written = 0
        self._synced = 0
        self._failure = ""
        self._closing = False
        self._thread = Thread(target=self._work, name="syncer", daemon=True)
        self._thread.start()

    def text(self, path: Path) -> None:
        """A file was written. Waits where the disk is far behind."""
        with self._wake:
            self._texts.append(path)
            self._written += 1
            self._wake.notify_all()
            self._wake.wait_for(lambda: len(self._texts) < MOST_WAITING or bool(self._failure))
        self._complain()

    def event(self) -> None:
        """The journal was written to."""
        with self._wake:
            self._written += 1
            self._wake.notify_all()
        self._complain()

    def settle(self) -> None:
        """Wait until all that was written is on the disk. Raises StoreError when it cannot be brought there."""
        with self._wake:
            due = self._written
            self._wake.wait_for(lambda: self._synced >= due or bool(self._failure))
        self._complain()

    def close(self) -> None:
        with self._wake:
            self._closing = True
            self._wake.notify_all()
        self._thread.join()

    def _complain(self) -> None:
        if self._failure:
            raise StoreError(self._failure)

    def _work(self) -> None:
        while True:
            with self._wake:
                self._wake.wait_for(lambda: self._written > self._synced or self._closing)
                if self._written == self._synced:
                    return
                texts, self._texts, due = self._texts, [], self._written
            try:
                for path in texts:
                    _sync(path)
                os.fsync(self._journal)
            except OSError as error:
                self._fail(f"cannot bring {self._name} and its texts to the disk: {error.strerror}")
                return
            with self._wake:
                self._synced = due
                self._wake.notify_all()

    def _fail(self, words: str) -> None:
        with self._wake:
            self._failure = words
            self._wake.notify_all()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
