"""A comparison as one page: what was shown, how each strategy climbed with what it spent, and both tables."""

from __future__ import annotations

from collections.abc import Sequence

from harness.compare.entries import Entry
from harness.compare.results import Comparison
from harness.report import comparison, text
from harness.report.grid import Column
from harness.report.html.page import document, render
from harness.types import JsonObject

TITLES = {"evaluations": "evaluations", "tokens": "tokens", "usd": "dollars", "seconds": "wall time in seconds"}


def page_of(result: Comparison) -> str:
    """The whole page; it needs nothing but itself."""
    columns = comparison.shown_columns(result)
    body = render(
        "comparison.html.j2",
        result=result,
        heading=comparison.heading(result),
        findings=list(comparison.findings(result)),
        reading=comparison.READING,
        unknown=[standing.name for standing in result.standings if not standing.curve],
        standings=_table(columns, comparison.standings(result)),
        pairs=_table(comparison.PAIRS, comparison.pairs(result)),
        runs=[_run(standing.name, entry) for standing in result.standings for entry in standing.entries],
    )
    return document(
        title=f"Strategies on {result.target}", body=body, scripts=["comparison.js"], data=_data(result), charts=True
    )


def _table(columns: Sequence[Column], records: list[JsonObject]) -> JsonObject:
    """Heads and rows of cells, each cell as (text, whether it is a number)."""
    return {
        "heads": [(column.title, column.justify == "right") for column in columns],
        "rows": [[(column.show(record[column.key]), column.justify == "right") for column in columns]
                 for record in records],
    }  # fmt: skip


def _run(name: str, entry: Entry) -> JsonObject:
    row = entry.row
    shown = {
        "fitness": text.times(row.fitness),
        "interval": text.bounds(row.fitness, row.fitness_low, row.fitness_high),
    }
    return {"strategy": name, "seed": row.seed, "run": row.run, **shown}


def _data(result: Comparison) -> JsonObject:
    """What the script draws: for each strategy its median and the band from its lowest to its highest run."""
    return {
        "unit": TITLES[result.unit],
        "horizon": result.horizon,
        "curves": [
            {"name": standing.name, "points": [list(point) for point in standing.curve]}
            for standing in result.standings
            if standing.curve
        ],
    }
