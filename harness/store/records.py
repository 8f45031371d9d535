"""Frozen records to plain JSON and back, for the journal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, is_dataclass
from operator import attrgetter
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
        return {key: item if type(item) in _ATOMS else _plain(item) for key, item in value.items()}
    if kind is list or kind is tuple:
        return [item if type(item) in _ATOMS else _plain(item) for item in value]
    if kind not in _kinds and not is_dataclass(value):
        return value
    names, values = _kinds.get(kind) or _kinds.setdefault(kind, _fields_of(kind))
    items = zip(names, values(value), strict=True)
    return {name: item if type(item) in _ATOMS else _plain(item) for name, item in items}


def _fields_of(kind: type) -> tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]:
    """The names of a record's fields, and what reads them all at once."""
    names = tuple(field.name for field in fields(kind))
    if len(names) > 1:
        return names, attrgetter(*names)
    return names, lambda value: tuple(getattr(value, name) for name in names)


_ATOMS = frozenset({str, int, float, bool, type(None)})
_kinds: dict[type, tuple[tuple[str, ...], Callable[[Any], tuple[Any, ...]]]] = {}  # of records met so far


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
