"""Frozen records to plain JSON and back, for the journal."""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

from harness.types import HotLine, JsonObject, Order, Profile, Reading, Score, Usage


def plain(record: Any) -> JsonObject:
    """A frozen record as JSON; tuples become lists. What it holds of plain JSON is shared, not copied."""
    return _plain(record)  # type: ignore[no-any-return]


def _plain(value: Any) -> Any:
    kind = type(value)
    if kind in _ATOMS:
        return value
    if kind is dict:
        return {key: _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [_plain(item) for item in value]
    if kind in _names or is_dataclass(value):
        names = _names.get(kind) or _names.setdefault(kind, tuple(field.name for field in fields(kind)))
        return {name: _plain(getattr(value, name)) for name in names}
    return value


_ATOMS = frozenset({str, int, float, bool, type(None)})
_names: dict[type, tuple[str, ...]] = {}  # of the fields of each kind of record met so far


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
