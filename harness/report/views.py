"""Runs as plain JSON in the shapes that DESIGN.md fixes, and the columns that show them to people."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

from harness.report import text
from harness.report.grid import Column
from harness.report.times import times
from harness.stats import fitness
from harness.store.rows import Row, fitness_error
from harness.store.runrecord import RunRecord, Tried
from harness.types import JsonObject, Objective, Reading, Score

LEADERBOARD = (
    Column("rank", "#", justify="right"),
    Column("run", "run"),
    Column("strategy", "strategy"),
    Column("model", "model"),
    Column("seed", "seed", justify="right"),
    Column("fitness", "fitness", text.times, "right"),
    Column("interval", "95 %"),
    Column("memory_ratio", "memory", text.times, "right"),
    Column("speed_ratio", "speed", text.times, "right"),
    Column("evaluations", "evals", text.count, "right"),
    Column("calls", "calls", text.count, "right"),
    Column("tokens", "tokens", text.count, "right"),
    Column("usd", "cost", text.money, "right"),
    Column("seconds", "time", text.duration, "right"),
    Column("best_id", "best"),
    Column("machine", "machine"),
    Column("interpreter", "interpreter"),
    Column("at", "started (UTC)", text.when),
    Column("unsafe", "sandbox", lambda unsafe: "UNSAFE: none" if unsafe else "yes"),
)
BOUNDS = tuple(f"{metric}_{side}" for metric in ("fitness", "memory", "speed") for side in ("low", "high"))
WIDE = ("seed", "calls", "tokens", "machine", "interpreter", "at")  # asked for by programs and pages
RUNS = (
    Column("run", "run"),
    Column("status", "status"),
    Column("target", "target"),
    Column("strategy", "strategy"),
    Column("model", "model"),
    Column("fitness", "fitness", text.times, "right"),
    Column("memory_ratio", "memory", text.times, "right"),
    Column("speed_ratio", "speed", text.times, "right"),
    Column("evaluations", "evals", text.count, "right"),
    Column("usd", "cost", text.money, "right"),
    Column("seconds", "time", text.duration, "right"),
    Column("at", "started (UTC)", text.when),
    Column("unsafe", "sandbox", lambda unsafe: "UNSAFE: none" if unsafe else "yes"),
)


def ratio_or_dash(value: float | None) -> str:
    return "-" if value is None else text.times(value)


CANDIDATES = (
    Column("n", "#", justify="right"),
    Column("id", "id"),
    Column("operator", "operator"),
    Column("status", "status"),
    Column("fitness", "fitness", ratio_or_dash, "right"),
    Column("memory_ratio", "memory", ratio_or_dash, "right"),
    Column("speed_ratio", "speed", ratio_or_dash, "right"),
    Column("kept", "kept", lambda kept: "kept" if kept else ""),
    Column("note", "note"),
)


def leaderboard(rows: Iterable[Row], objective: Objective | None = None) -> list[JsonObject]:
    """Rows by rank. objective: judge all by these weights, not each by its own.

    A rank is one more than the number of runs whose 95 % interval of fitness lies wholly above this one's. So runs that
    are not told apart from anything above them share a rank, and no run is ranked below one that it was not told apart
    from by somebody. "Not told apart" is no chain: of three runs the outer two may be told apart, and only they are.
    """
    records = [_judged(asdict(row), objective) for row in rows]
    lows = sorted(record["fitness_low"] for record in records)
    for record in records:
        record["rank"] = 1 + len(lows) - bisect_right(lows, record["fitness_high"])
    records.sort(key=lambda record: (record["rank"], -record["fitness"], record["at"], record["run"]))
    return [alarmed(record) for record in records]


def _judged(record: JsonObject, objective: Objective | None) -> JsonObject:
    """A row with its fitness by these weights, and how the interval is shown."""
    if objective:
        bounds = [(record[f"{metric}_low"], record[f"{metric}_high"]) for metric in ("memory", "speed")]
        spread = math.exp(fitness_error(bounds[0], bounds[1], objective))
        reached = fitness(record["memory_ratio"], record["speed_ratio"], objective)
        record |= {"fitness": reached, "fitness_low": reached / spread, "fitness_high": reached * spread}
    shown = text.bounds(record["fitness"], record["fitness_low"], record["fitness_high"])
    return record | {"interval": shown.strip("()")}


def rows_json(records: Iterable[JsonObject]) -> list[JsonObject]:
    """The rows of `leaderboard --json`: the columns' keys in their order, with the bounds as numbers."""
    keys = [*(column.key for column in LEADERBOARD if column.key != "interval"), *BOUNDS]
    return [{key: record[key] for key in keys} for record in records]


def alarmed(record: JsonObject) -> JsonObject:
    """A run that had no sandbox is shown in red wherever it is shown."""
    return {**record, "style": "red" if record["unsafe"] else ""}


def unremarkable(records: Iterable[JsonObject]) -> tuple[str, ...]:
    """Columns that a terminal goes without, unless they have something to say."""
    return () if any(record["unsafe"] for record in records) else ("unsafe",)


def listing(rows: Iterable[Row]) -> list[JsonObject]:
    """Every run, as given, with what `list` tells of it."""
    return [{key: value for key, value in asdict(row).items() if key not in ("folder", "machine")} for row in rows]


def shown(run: RunRecord) -> JsonObject:
    """The document of `show --json`."""
    return {
        "run": run.start.run,
        "target": run.start.target,
        "strategy": run.start.strategy,
        "model": run.start.model,
        "status": run.status,
        "sandbox": run.start.sandbox.get("backend"),
        "unsafe": run.start.unsafe,
        "plugins": list(run.start.plugins),
        "budget": run.start.budget,
        "usage": asdict(run.usage),
        "times": asdict(times(run)),
        "baseline": _baseline(run),
        "best": _best(run),
        "lineage": list(run.lineage()),
        "candidates": [candidate(tried) for tried in run.tried],
    }


def candidate(tried: Tried) -> JsonObject:
    score = tried.score
    return {
        "id": tried.id,
        "n": tried.n,
        "parents": list(tried.parents),
        "operator": tried.operator,
        "note": tried.note,
        "status": score.status,
        "fitness": score.fitness if score.status == "ok" else None,
        "memory_ratio": score.ratio("memory"),
        "speed_ratio": score.ratio("speed"),
        "kept": tried.kept,
    }


def lineage(run: RunRecord, id_: str) -> list[JsonObject]:
    """The candidates from the baseline to id_, oldest first; the baseline is order None."""
    return [_ancestor(run, ancestor) for ancestor in run.lineage(id_)]


def _ancestor(run: RunRecord, id_: str) -> JsonObject:
    found = None if id_ == run.start.baseline_id else run.candidate(id_)
    if found:
        return candidate(found)
    first: JsonObject = {"id": id_, "n": None, "parents": [], "operator": "baseline", "note": "", "status": "ok"}
    return first | {"fitness": 1.0, "memory_ratio": 1.0, "speed_ratio": 1.0, "kept": True}


def _baseline(run: RunRecord) -> JsonObject:
    measured = asdict(run.baseline) if run.baseline else {}
    keys = ("memory_mib", "cpu_s", "floor_mib", "spread", "warnings")
    return {"id": run.start.baseline_id} | {key: measured.get(key) for key in keys}


def _best(run: RunRecord) -> JsonObject | None:
    leader = run.leader
    if leader is None:
        return None
    verdicts = [confirm.ok for confirm in run.confirms if confirm.candidate == leader.id]
    return {
        **candidate(leader),
        "memory": interval(leader.score, "memory"),
        "speed": interval(leader.score, "speed"),
        "confirmed": verdicts[-1] if verdicts else None,
        "path": str(run.folder / f"best{run.start.suffix}"),
    }


def interval(score: Score, metric: str) -> JsonObject | None:
    """A metric's ratio with its bounds and, in absolute units, the two sides of it."""
    found = measured(score, metric)
    return {"ratio": found.value, "low": found.low, "high": found.high, **found.detail} if found else None


def measured(score: Score | None, metric: str) -> Reading | None:
    """A metric's reading, when the score as a whole is one that counts."""
    return score.reading(metric) if score and score.status == "ok" else None


def style(record: JsonObject, unsafe: bool) -> dict[str, Any]:
    """The record with the style of its line: what was kept stands out, what failed steps back, no sandbox is red."""
    look = "bold" if record["kept"] else "" if record["status"] == "ok" else "dim"
    return {**record, "style": f"{look} red".strip() if unsafe else look}


def styled(records: Sequence[JsonObject], unsafe: bool = False) -> list[JsonObject]:
    return [style(record, unsafe) for record in records]
