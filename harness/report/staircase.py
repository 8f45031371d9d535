"""The best so far, evaluation by evaluation, as a staircase of block characters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from harness.report.text import times

BLOCKS = " ▁▂▃▄▅▆▇█"


def climb(fitness: Sequence[float | None]) -> list[float]:
    """The best so far after each outcome, from 1.0, given what each crowned outcome reached (None: not crowned)."""
    best, line = 1.0, [1.0]
    for value in fitness:
        best = value if value is not None else best
        line.append(best)
    return line


def staircase(levels: Sequence[float], width: int = 60, height: int = 5) -> list[str]:
    """Lines of text, top first: levels (ratios from 1.0 up) on a log scale, the top one labelled with its ratio."""
    shown = _fitted(levels, width)
    top = max(*shown, 1.0 + 1e-9)
    eighths = [max(1, round(8 * height * math.log(max(level, 1.0)) / math.log(top))) for level in shown]
    rows = []
    for row in range(height - 1, -1, -1):
        rows.append("".join(BLOCKS[min(max(full - 8 * row, 0), 8)] for full in eighths).rstrip())
    label = times(max(shown))
    return [f"{label if row == 0 else '':>8} {line}" for row, line in enumerate(rows)]


def _fitted(levels: Sequence[float], width: int) -> list[float]:
    """At most width columns; each shows the last level of its share, so that the newest is always seen."""
    if len(levels) <= width:
        return list(levels)
    return [levels[math.ceil((column + 1) * len(levels) / width) - 1] for column in range(width)]
