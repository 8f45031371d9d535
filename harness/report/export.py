"""A run's candidates as rows for spreadsheets and programs. The columns' names are kept from version to version."""

from __future__ import annotations

from collections.abc import Mapping

from harness.report.views import interval
from harness.store.runrecord import RunRecord, Tried
from harness.types import JsonObject

COLUMNS: Mapping[str, str] = {
    "run": "the run's id",
    "n": "the order's number, from 1",
    "id": "twelve hex digits that name the program by its text; empty when no program came of the order",
    "parents": "ids of the programs that it was made from, the first one first",
    "operator": "how it was made",
    "status": "ok, wrong, rule, crash, timeout, memory or invalid",
    "stage": "the last stage of the judgement that it reached: rules, short, measure or full",
    "kept": "whether it was crowned, and not dethroned since",
    "best": "whether it is the run's best",
    "fitness": "weighted geometric mean of the two ratios; the baseline has 1; empty unless ok",
    "memory_ratio": "peak memory of the baseline over its own: above 1 is less memory",
    "memory_low": "lower end of the 95 % interval of memory_ratio",
    "memory_high": "upper end of it",
    "candidate_mib": "its peak memory, MiB",
    "baseline_mib": "the baseline's beside it, MiB",
    "speed_ratio": "CPU time of the baseline over its own: above 1 is faster",
    "speed_low": "lower end of the 95 % interval of speed_ratio",
    "speed_high": "upper end of it",
    "candidate_s": "its CPU time, seconds",
    "baseline_s": "the baseline's beside it, seconds",
    "calls": "model calls that it took",
    "tokens_in": "tokens sent, cached ones among them",
    "tokens_cached": "tokens sent that the provider had cached",
    "tokens_out": "tokens received",
    "usd": "dollars; empty when a price is unknown",
    "seconds": "wall time from the request to the judgement's end",
    "evaluations": "judgements that counted against the budget",
    "at": "when it was recorded, seconds since 1970 UTC",
    "note": "what its author said of it, one line",
    "feedback": "what the judge said of a failure, one line",
}
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet takes for the beginning of a formula


def rows(run: RunRecord) -> list[JsonObject]:
    """One row for each candidate, in the order in which they were judged, with exactly the keys of COLUMNS."""
    return [_row(run, tried) for tried in run.tried]


def _row(run: RunRecord, tried: Tried) -> JsonObject:
    score, usage = tried.score, tried.usage
    memory, speed = interval(score, "memory") or {}, interval(score, "speed") or {}
    leader = run.candidate(run.best) if run.best else None
    row = {
        "run": run.start.run,
        "n": tried.n,
        "id": tried.id,
        "parents": list(tried.parents),
        "operator": tried.operator,
        "status": score.status,
        "stage": score.stage,
        "kept": tried.kept,
        "best": tried is leader,
        "fitness": score.fitness if score.status == "ok" else None,
        "memory_ratio": memory.get("ratio"),
        "memory_low": memory.get("low"),
        "memory_high": memory.get("high"),
        "candidate_mib": memory.get("candidate_mib"),
        "baseline_mib": memory.get("baseline_mib"),
        "speed_ratio": speed.get("ratio"),
        "speed_low": speed.get("low"),
        "speed_high": speed.get("high"),
        "candidate_s": speed.get("candidate_s"),
        "baseline_s": speed.get("baseline_s"),
        "calls": usage.calls,
        "tokens_in": usage.tokens_in,
        "tokens_cached": usage.tokens_cached,
        "tokens_out": usage.tokens_out,
        "usd": usage.usd,
        "seconds": usage.seconds,
        "evaluations": usage.evaluations,
        "at": tried.at,
        "note": tried.note,
        "feedback": score.feedback,
    }
    return {key: row[key] for key in COLUMNS}


def for_spreadsheets(row: JsonObject) -> JsonObject:
    """The row with foreign text that no spreadsheet takes for a formula: an apostrophe is put before it."""
    return {key: f"'{value}" if _acts(value) else value for key, value in row.items()}


def _acts(value: object) -> bool:
    return isinstance(value, str) and value.lstrip().startswith(FORMULA)
