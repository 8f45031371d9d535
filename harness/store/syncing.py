"""Write-behind: what was written reaches the disk itself in the background, in the order in which it was written.

A process that is killed loses nothing that it has written, since the system has it; only a machine that loses power
can, and then what was written in the last moments. So nobody waits for the disk but where a result leaves the process.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Condition, Lock, Thread

from harness.errors import StoreError

GATHERED_S = 0.01  # what is written meanwhile goes to the disk together, unless somebody waits for it
MANY_WAITING = 16  # texts that are files of their own; what comes while so many wait belongs into one file
MOST_WAITING = 256 << 20  # bytes of a pack; whoever writes more than these waits for the disk to keep up


class Syncer:
    """Syncs files, then the journal that names them, on its own thread. What fails is raised to whoever is next."""

    def __init__(self, journal: int, name: Path) -> None:
        """journal: a file descriptor; name: its path, for words."""
        self._journal = journal
        self._name = name
        self._mutex = Lock()
        self._wake = Condition(self._mutex)  # something was written, and nothing was before
        self._urgent = Condition(self._mutex)  # somebody waits, or the end has come
        self._progress = Condition(self._mutex)
        self._texts: list[Path] = []
        self._packs: set[Path] = set()
        self._bytes = 0  # written to those, and not yet on the disk
        self._written = 0
        self._synced = 0
        self._awaited = 0
        self._failure = ""
        self._closing = False
        self._resting = False
        self._thread = Thread(target=self._work, name="syncer", daemon=True)
        self._thread.start()

    def behind(self) -> bool:
        """Whether the disk does not keep up with a file for each text."""
        return len(self._texts) >= MANY_WAITING

    def text(self, path: Path) -> None:
        """A file was written."""
        with self._mutex:
            self._texts.append(path)
            self._wake_up()
        self._complain()

    def packed(self, pack: Path, size: int) -> None:
        """So many bytes were appended to a file of many texts. Waits where the disk is far behind."""
        with self._mutex:
            self._packs.add(pack)
            self._bytes += size
            self._wake_up()
            self._progress.wait_for(lambda: self._bytes < MOST_WAITING or bool(self._failure))
        self._complain()

    def event(self) -> None:
        """The journal was written to."""
        with self._mutex:
            self._wake_up()
        self._complain()

    def settle(self) -> None:
        """Wait until all that was written is on the disk. Raises StoreError when it cannot be brought there."""
        with self._mutex:
            due = self._awaited = self._written
            self._urgent.notify()
            self._progress.wait_for(lambda: self._synced >= due or bool(self._failure))
        self._complain()

    def close(self) -> None:
        with self._mutex:
            self._closing = True
            self._urgent.notify()
            self._wake.notify()
        self._thread.join()

    def _wake_up(self) -> None:
        """Only who rests is woken: whoever writes much should not pay for it each time."""
        self._written += 1
        if self._resting:
            self._wake.notify()

    def _complain(self) -> None:
        if self._failure:
            raise StoreError(self._failure)

    def _work(self) -> None:
        while True:
            with self._mutex:
                self._resting = True
                self._wake.wait_for(lambda: self._written > self._synced or self._closing)
                self._resting = False
                if self._written == self._synced:
                    return
                self._urgent.wait_for(lambda: self._closing or self._awaited > self._synced, GATHERED_S)
                texts, self._texts, due = self._texts, [], self._written
                packs, self._packs, size = self._packs, set(), self._bytes
            try:
                for path in (*texts, *packs):
                    _sync(path)
                os.fsync(self._journal)
            except OSError as error:
                self._fail(f"cannot bring {self._name} and its texts to the disk: {error.strerror}")
                return
            with self._mutex:
                self._synced = due
                self._bytes -= size
                self._progress.notify_all()

    def _fail(self, words: str) -> None:
        with self._mutex:
            self._failure = words
            self._progress.notify_all()


def _sync(path: Path) -> None:
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
