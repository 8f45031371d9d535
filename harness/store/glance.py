"""The row of a finished run from the few lines of its journal that decide it: its start, its end, and its confirmation.

A journal is long and a leaderboard wants little of it. Where a run is anything but plainly finished (no end, resumed,
torn, numbered wrongly, its best not confirmed) there is no answer here, and the whole journal has to be read. Damage in
lines that a row does not need is not noticed here: whoever reads the run itself is told.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.errors import StoreError
from harness.store.fold import JOURNAL, Fold
from harness.store.rows import Row, row
from harness.types import Event, Score

RESUME, CONFIRM, CROWNED = b'"kind":"resume"', b'"kind":"confirm"', b'"crowned":true'  # as the journal writes them


def glance(folder: Path) -> Row | None:
    """The row, the same as that of the whole record; None when only reading all of it can tell."""
    data = (folder / JOURNAL).read_bytes()
    if not data.endswith(b"\n") or RESUME in data:
        return None
    try:
        return _finished(folder.name, data)
    except (ValueError, KeyError, TypeError, StoreError):
        return None  # whoever reads it whole says what is wrong, and in which line


def _finished(folder: str, data: bytes) -> Row | None:
    fold = Fold()
    first, last = _line(data, 0), _line(data, len(data) - 2)
    if first.n != 0 or last.kind != "end" or last.n + 1 != data.count(b"\n"):
        return None
    fold.take(first)
    fold.take(last)
    if fold.start is None or fold.end is None:
        return None
    best, score = last.data["best"], None
    if best is None and CROWNED in data:
        return None
    if best is not None:
        score = _confirmed(best, data)
        if score is None:
            return None
    usage = replace(fold.end.usage, seconds=round(fold.seconds, 3))
    return row(fold.start, folder, fold.end.status, usage, best, score)


def _confirmed(best: str, data: bytes) -> Score | None:
    """The score that the best was confirmed with last; None unless it is the last that was confirmed of anybody."""
    for event in _backwards(data, CONFIRM):
        if event.kind == "confirm":
            fold = Fold()
            fold.take(event)
            found = fold.confirms[0]
            return found.score if found.ok and found.candidate == best and found.score.fitness is not None else None
    return None


def _backwards(data: bytes, mark: bytes) -> Iterator[Event]:
    """The lines that hold a mark, last first."""
    place = data.rfind(mark)
    while place >= 0:
        yield _line(data, place)
        place = data.rfind(mark, 0, data.rfind(b"\n", 0, place) + 1)


def _line(data: bytes, place: int) -> Event:
    """The event whose line holds this place."""
    start = data.rfind(b"\n", 0, place) + 1
    record: dict[str, Any] = json.loads(data[start : data.index(b"\n", place)])
    return Event(record["n"], record["kind"], record["at"], record["data"])
