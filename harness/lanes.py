"""Cores: some are lanes, on which nothing runs but what is being timed; one is spare, for screening and golden runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue


class Lanes:
    """With one core the spare one and the only lane are the same."""

    def __init__(self, count: int | None = None) -> None:
        self.cores = cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
        self.spare: int = cores[0]
        measured = cores[1:] or cores
        self.measured = tuple(measured[: count or len(measured)])
        self._free: SimpleQueue[int] = SimpleQueue()
        for core in self.measured:
            self._free.put(core)

    @contextmanager
    def kept_clear(self) -> Iterator[None]:
        """Keep this thread, and those that it starts, off the lanes: what is timed there shares its core with nothing
        of ours."""
        others = set(self.cores) - set(self.measured)
        if not others or not hasattr(os, "sched_setaffinity"):
            yield
            return
        os.sched_setaffinity(0, others)
        try:
            yield
        finally:
            os.sched_setaffinity(0, self.cores)

    @contextmanager
    def take(self) -> Iterator[int]:
        """A lane of one's own; waits for one."""
        core = self._free.get()
        try:
            yield core
        finally:
            self._free.put(core)
