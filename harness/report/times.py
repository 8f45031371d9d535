"""Where a run's wall time went, for the end of a run, `show` and the report; and how busy its timed lanes were."""

from __future__ import annotations

from dataclasses import dataclass

from harness.report import text
from harness.report.html.spans import Spans
from harness.store import journal
from harness.store.fold import JOURNAL
from harness.store.runrecord import RunRecord

ON_A_LANE = ("baseline", "measure", "duel", "full")  # stages that keep a timed lane busy from begin to end


@dataclass(frozen=True, slots=True)
class Times:
    """stages: seconds by stage, of all workers together; idle is when nothing was under way. busy: share of the lanes'
    wall time in which something was timed there, None for a run that does not say how many it had."""

    stages: dict[str, float]
    busy: float | None


def times(run: RunRecord, spans: Spans | None = None) -> Times:
    """spans: what its journal was read into; read here if it was not."""
    if spans is None:
        spans = Spans()
        for event in journal.read(run.folder / JOURNAL):
            spans.take(event)
    stages = {stage: round(seconds, 3) for stage, seconds in spans.by_stage(run.usage.seconds).items()}
    there = (run.start.lanes or 0) * run.usage.seconds
    timed = sum(stages.get(stage, 0.0) for stage in ON_A_LANE)
    return Times(stages, min(timed / there, 1.0) if there else None)


def told(found: Times) -> str:
    """`model 12.0 s, measure 2 min 5 s, idle 0.4 s; timed lanes busy 93% of the run`."""
    stages = ", ".join(f"{text.clean(stage)} {text.duration(seconds)}" for stage, seconds in found.stages.items())
    return stages + (f"; {busy}" if (busy := lanes(found)) else "")


def lanes(found: Times) -> str:
    return "" if found.busy is None else f"timed lanes busy {found.busy:.0%} of the run"
