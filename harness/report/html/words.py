"""The sentences of the report: what got better, by how much, how sure that is, and what it cost."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from harness.report import tables, text
from harness.report.html.page import visible
from harness.report.tables import METRICS
from harness.report.views import measured
from harness.store.runrecord import RunRecord
from harness.types import JsonObject, Reading


def headline(run: RunRecord) -> str:
    """`microgpt: 1.31x less memory and 3.06x faster`."""
    readings = _readings(run)
    if not readings:
        return f"{run.start.target}: no improvement" + ("" if run.status != "running" else " so far")
    parts = [text.phrase(reading.metric, reading.value) for reading in readings if abs(reading.value - 1) >= 0.005]
    return f"{run.start.target}: {text.listed(parts) or 'no difference that shows'}"


def unfinished(run: RunRecord) -> str:
    """What to do about a run that did not come to its end; empty for one that did."""
    again = f"`optimize-run resume {run.start.run}` goes on where it was"
    match run.status:
        case "done":
            return ""
        case "running":
            return "The run is still under way: this page shows it as it was when the page was made."
        case "failed":
            return f"The run failed: {run.reason}. {again}, once that is put right."
        case "interrupted":
            return f"The run was stopped before its end. {again}."
        case _:
            return f"The run's process was killed. What it had recorded is here; {again}."


def _readings(run: RunRecord) -> list[Reading]:
    score = run.leader.score if run.leader else None
    return [reading for metric, *_ in METRICS if (reading := measured(score, metric))]


def confirmed(run: RunRecord) -> bool:
    return any(confirm.candidate == run.best and confirm.ok for confirm in run.confirms)


def certainty(run: RunRecord) -> Iterator[str]:
    """How sure the result is, one sentence at a time."""
    readings = _readings(run)
    if not readings:
        yield tables.verdict(run)
        return
    yield from (bounded(reading) for reading in readings)
    yield "Such an interval holds the true ratio in 95 of 100 measurements."
    if confirmed(run):
        yield (
            "These figures are from a last measurement, made after the program had been chosen: luck in the choice is "
            "not in them. Before it, the whole program ran at full length, on hidden and on public input, and kept its "
            "promise."
        )
    else:
        yield (
            "Not confirmed: the whole program has not been run at full length, and these figures are the ones it was "
            "chosen by, which flatter it."
        )
    won = [crown for crown in run.crowns if crown.candidate == run.best and crown.crowned]
    if won:
        did = (
            "It is a simpler form of the best before it and held its own"
            if won[-1].margin
            else "It beat the best before it"
        )
        yield (
            f"{did} in fresh processes: {won[-1].explanation}. All {len(run.crowns):,} duels of "
            "this run together crown a program that is no better in at most 5 of 100 runs."
        )


def bounded(reading: Reading) -> str:
    """A ratio with its interval as a sentence; it says when the interval leaves open whether there is a difference."""
    name = {"memory": "Peak memory", "speed": "CPU time"}.get(reading.metric, reading.metric)
    why = f"; {reading.explanation}." if reading.explanation else "."
    if reading.low is None or reading.high is None:
        return f"{name}: {text.phrase_of(reading)}; it has no interval{why}"
    if reading.low <= 1.0 <= reading.high:
        low, high = text.phrase(reading.metric, reading.low), text.phrase(reading.metric, reading.high)
        return f"{name}: no difference is shown; anything from {low} to {high} is possible{why}"
    return f"{name}: {text.phrase_of(reading)}{why}"


def rows(run: RunRecord) -> list[JsonObject]:
    """The table on top: baseline, best, and the ratio between them with its interval as a bar."""
    score = run.leader.score if run.leader else None
    readings = [reading for metric, *_ in METRICS if (reading := measured(score, metric))]
    made = []
    for metric, title, unit, show in METRICS:
        reading = measured(score, metric)
        detail = reading.detail if reading else {}
        first = run.baseline and (run.baseline.memory_mib if metric == "memory" else run.baseline.cpu_s)
        made.append(
            {
                "title": title,
                "before": show(detail.get(f"baseline_{unit}", first)),
                "after": show(detail.get(f"candidate_{unit}")),
                "ratio": text.phrase_of(reading) if reading else "-",
                "bar": bar(reading, readings),
            }
        )
    return made


def bar(reading: Reading | None, all_: Sequence[Reading]) -> JsonObject | None:
    """An interval on a log axis from 0 to 100 that has the baseline and all_ intervals on it; None without one."""
    if reading is None or not reading.low or not reading.high:
        return None
    left = min(1.0, *(other.low for other in all_ if other.low)) / 1.05
    right = max(1.0, *(other.high for other in all_ if other.high)) * 1.05

    def at(ratio: float) -> float:
        return round(100 * math.log(ratio / left) / math.log(right / left), 2)

    low, high = at(reading.low), at(reading.high)
    return {
        "one": at(1.0),
        "low": low,
        "width": round(max(high - low, 1.2), 2),
        "lost": reading.value < 1,
    }


def steps(run: RunRecord) -> list[JsonObject]:
    """Every kept step in the order of the crowns: what it did, and what the best was worth then."""
    made = []
    for position, tried in enumerate(run.tried):
        if tried.kept and tried.score.fitness is not None:
            note = visible(" ".join(tried.note.split())) or "no note was left"
            readings = [reading for metric, *_ in METRICS if (reading := measured(tried.score, metric))]
            made.append(
                {
                    "position": position,
                    "fitness": text.times(tried.score.fitness),
                    "note": note,
                    "ratios": text.listed([text.phrase_of(reading) for reading in readings]),
                    "best": tried.id == run.best,
                }
            )
    return made


def all_warnings(run: RunRecord) -> list[tuple[str, int]]:
    """Every warning, with how many scores carry it (0: it is about the run). Those that differ in figures are one."""
    found: dict[str, tuple[str, int]] = {}
    for warning in run.baseline.warnings if run.baseline else ():
        found[_kind(warning)] = (warning, 0)
    for score in [tried.score for tried in run.tried] + [confirm.score for confirm in run.confirms]:
        for warning in score.warnings:
            found[_kind(warning)] = (warning, found.get(_kind(warning), ("", 0))[1] + 1)
    return list(found.values())


def _kind(warning: str) -> str:
    return re.sub(r"\d[\d.,]*", "0", warning)
