"""Where the time of a judgement goes: seconds by stage, for the journal.

The judge calls `lap` where a stage ends; whoever asked for the judgement reads the sum. The two are apart by several
calls that have no business with clocks, so that the stopwatch is the thread's own rather than an argument of each.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar


class Laps:
    """A stopwatch. seconds: wall time by stage, so far."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.monotonic()

    def lap(self, stage: str) -> None:
        """What passed since the last lap belongs to this stage."""
        now = time.monotonic()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self._last, 3)
        self._last = now

    def told(self, seconds: Mapping[str, float]) -> None:
        """Somebody else took these, since the last lap; what they leave of the time until now was waiting for them."""
        self.lap("wait")
        for stage, took in seconds.items():
            self.seconds[stage] = round(self.seconds.get(stage, 0.0) + took, 3)
            self.seconds["wait"] = round(max(0.0, self.seconds["wait"] - took), 3)


_RUNNING: ContextVar[Laps | None] = ContextVar("laps", default=None)


@contextmanager
def taken(rest: str) -> Iterator[Laps]:
    """Time what is done inside, in this thread. rest: the stage of what follows the last lap."""
    laps = Laps()
    token = _RUNNING.set(laps)
    try:
        yield laps
    finally:
        _RUNNING.reset(token)
        laps.lap(rest)


def lap(stage: str) -> None:
    """A stage ended here. Nothing happens where nobody takes the time."""
    running = _RUNNING.get()
    if running is not None:
        running.lap(stage)


def told(seconds: Mapping[str, float]) -> None:
    """Stages that were taken elsewhere, as on another machine. Nothing happens where nobody takes the time."""
    running = _RUNNING.get()
    if running is not None:
        running.told(seconds)
