"""Cores: some are lanes, on which nothing runs but what is being timed; one is spare, for screening and golden runs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue


class Lanes:
    """With one core the spare one and the only lane are the same."""

    def __init__(self, count: int | None = None, nth: int | None = None) -> None:
        """nth: only this one of them, for whoever shares the machine with others that have one each."""
        self.cores = cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
        self.spare: int = cores[0]
        measured = cores[1:] or cores
        self.all_measured = tuple(measured[: count or len(measured)])
        self.measured = self.all_measured if nth is None else self.all_measured[nth : nth + 1]
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


def workers(lanes: int | None) -> int:
    """So many that every lane has somebody who is timed, and one more is written or screened meanwhile."""
    return len(Lanes(lanes).measured) + 1


class CoreWatch:
    """What a core did since this was made, from the kernel's own account (/proc/stat, in ticks of 10 ms)."""

    def __init__(self, core: int) -> None:
        self._core = core
        self._before = _busy_and_total(core)

    def others_share(self, own_s: float) -> float:
        """Share of the core's time that went to others than those who used own_s CPU seconds of it, other processes
        or the machine's host; 0.0 where the kernel does not say."""
        if self._before is None or (now := _busy_and_total(self._core)) is None:
            return 0.0
        busy, total = (after - before for before, after in zip(self._before, now, strict=True))
        return min(1.0, max(0.0, busy - own_s) / total) if total > 0 else 0.0


def _busy_and_total(core: int) -> tuple[float, float] | None:
    """Seconds that a core was not idle (taken by the host included), and all its seconds, since the machine started."""
    try:
        lines = Path("/proc/stat").read_text(encoding="ascii").splitlines()
    except OSError:
        return None
    fields = next((line.split()[1:9] for line in lines if line.startswith(f"cpu{core} ")), None)
    if fields is None:
        return None
    ticks = [int(field) / os.sysconf("SC_CLK_TCK") for field in fields]
    return sum(ticks) - ticks[3] - ticks[4], sum(ticks)  # all but idle and waiting for a disk
