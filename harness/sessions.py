"""Sessions of coding agents as the journal holds them: long texts as blobs, the rest as it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from harness.store.records import plain, usage_of
from harness.types import JsonObject, Report, Usage

Put = Callable[[str], str]


def told(report: Report, keep_program: Put, put: Put) -> JsonObject:
    """A report as plain JSON. keep_program and put store a text and give its name."""
    return {
        "source": None if report.source is None else keep_program(report.source),
        "notes": put(report.notes),
        "said": put(report.said),
        "transcript": put(report.transcript),
        "usage": plain(report.usage),
        "steps": report.steps,
        "end": report.end,
        "reason": report.reason,
    }


def report_of(data: JsonObject, get: Put) -> Report:
    """The report that `told` made plain. get: a text by its name."""
    return Report(
        source=None if data["source"] is None else get(data["source"]),
        notes=get(data["notes"]),
        said=get(data["said"]),
        transcript=get(data["transcript"]),
        usage=usage_of(data["usage"]),
        steps=data["steps"],
        end=data["end"],
        reason=data["reason"],
    )


def difference(after: Usage, before: Usage) -> Usage:
    """What was spent between two readings of a counter."""
    usd = None if after.usd is None or before.usd is None else after.usd - before.usd
    return replace(
        after,
        calls=after.calls - before.calls,
        tokens_in=after.tokens_in - before.tokens_in,
        tokens_cached=after.tokens_cached - before.tokens_cached,
        tokens_out=after.tokens_out - before.tokens_out,
        usd=usd,
        seconds=after.seconds - before.seconds,
        evaluations=after.evaluations - before.evaluations,
        tokens_written=after.tokens_written - before.tokens_written,
        tokens_reasoning=after.tokens_reasoning - before.tokens_reasoning,
    )
