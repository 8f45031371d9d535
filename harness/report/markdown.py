"""The end of a run as Markdown, for the summary of a pipeline or a comment on a change."""

from __future__ import annotations

from harness.report import text
from harness.report.grid import Column, as_markdown, escaped
from harness.report.tables import METRICS, UNSAFE, heading, outcome, remarks
from harness.report.views import measured
from harness.store.runrecord import RunRecord

COLUMNS = (
    Column("what", ""),
    Column("baseline", "baseline", justify="right"),
    Column("best", "best", justify="right"),
    Column("ratio", "ratio with 95 % interval"),
)


def summary(run: RunRecord) -> str:
    """What `tables.summary` tells people; foreign text in it can act neither as Markdown nor as HTML."""
    alarm = [f"**{UNSAFE}**", ""] if run.start.unsafe else []
    lines = [f"- {escaped(line)}" for line in remarks(run)]
    head = ["### optimize-run", "", f"**{escaped(outcome(run))}**", "", *alarm, escaped(heading(run)), ""]
    return "\n".join([*head, as_markdown(COLUMNS, rows(run)), "", *lines, ""])


def rows(run: RunRecord) -> list[dict[str, str]]:
    """Memory, speed and fitness of the baseline and the best, as people read them, by the keys of COLUMNS."""
    score = run.leader.score if run.leader else None
    rows = []
    for metric, title, unit, show in METRICS:
        reading = measured(score, metric)
        detail = reading.detail if reading else {}
        alone = {"mib": run.baseline.memory_mib, "s": run.baseline.cpu_s}[unit] if run.baseline else None
        row = {"what": title, "baseline": show(detail.get(f"baseline_{unit}", alone))}
        best, ratio = (show(detail.get(f"candidate_{unit}")), text.phrase_of(reading)) if reading else ("-", "-")
        rows.append({**row, "best": best, "ratio": ratio})
    reached = text.times(score.fitness) if score and score.fitness else "-"
    return [*rows, {"what": "fitness", "baseline": "1.00x", "best": reached, "ratio": ""}]
