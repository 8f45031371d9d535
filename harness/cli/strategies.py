"""`optimize-run strategies [NAME]`: the ways to search, and the knobs that `--set` turns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.types import JsonObject


def strategies(
    name: Annotated[str | None, typer.Argument(help="Show the knobs of this one.")] = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """List the strategies, or the knobs of one with their defaults."""
    from harness.report.grid import Column

    form = options.form_of(format_, json)
    if name:
        knobs = knobs_of(name)
        columns = (Column("name", "knob"), Column("default", "default"), Column("description", "what it does"))
        options.table(columns, knobs, form, {"strategy": name, "knobs": knobs}, title=f"{name}: --set KNOB=VALUE")
        return
    records = [described(known) for known in names()]
    columns = (Column("name", "strategy"), Column("summary", "what it is"), Column("source", "after"))
    options.table(columns, records, form, records)


def names() -> tuple[str, ...]:
    from harness.registry import strategy_names

    return strategy_names()


def described(name: str) -> JsonObject:
    from harness.errors import BadPlugin
    from harness.registry import strategy_class

    try:
        strategy = strategy_class(name)
    except BadPlugin as error:  # an installed one that is broken hides none of the others
        return {"name": name, "summary": f"cannot be used: {error}", "source": ""}
    summary, source = (getattr(strategy, key, "") for key in ("summary", "source"))
    return {"name": name, "summary": summary, "source": source}


def knobs_of(name: str) -> list[JsonObject]:
    """The fields of a strategy's settings. Raises UnknownName."""
    from harness.registry import strategy_class

    schema = strategy_class(name).Settings.model_json_schema().get("properties", {})
    return [
        {"name": knob, "default": facts.get("default"), "description": facts.get("description", "")} | bounds(facts)
        for knob, facts in schema.items()
    ]


def bounds(facts: dict[str, Any]) -> JsonObject:
    """What JSON schema knows of a knob's range."""
    low = facts.get("minimum", facts.get("exclusiveMinimum"))
    high = facts.get("maximum", facts.get("exclusiveMaximum"))
    return {"type": facts.get("type"), "minimum": low, "maximum": high, "choices": facts.get("enum")}
