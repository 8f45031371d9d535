"""Frozen records to plain JSON and back, for the journal."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from harness.types import HotLine, JsonObject, Order, Profile, Reading, Score, Usage


def plain(record: Any) -> JsonObject:
    """A frozen record as JSON; tuples become lists."""
    return _listed(asdict(record))  # type: ignore[no-any-return]


def _listed(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_listed(item) for item in value]
    return value


def score_of(data: JsonObject) -> Score:
    readings = tuple(Reading(**{**reading, "samples": tuple(reading["samples"])}) for reading in data["readings"])
    return Score(**{**data, "readings": readings, "warnings": tuple(data["warnings"])})


def profile_of(data: JsonObject) -> Profile:
    hottest, heaviest = (tuple(HotLine(**line) for line in data[key]) for key in ("hottest", "heaviest"))
    types = tuple((name, count) for name, count in data["types"])
    return Profile(hottest, heaviest, types, data["traced_mib"], data["end"])


def usage_of(data: JsonObject) -> Usage:
    return Usage(**data)


def order_of(data: JsonObject) -> Order:
    return Order(data["n"], data["operator"], tuple(data["parents"]), data["context"])
