"""`optimize-run export RUN`: every candidate of a run, one row each, under column names that stay."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options


class ExportForm(StrEnum):
    """What programs read."""

    CSV = "csv"
    JSON = "json"


def export(
    run: options.Run = "latest",
    format_: Annotated[ExportForm, typer.Option("--format", "-f", help="How to write the rows.")] = ExportForm.CSV,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead.")] = None,
    columns: Annotated[
        bool, typer.Option("--columns", help="Say what the columns mean, and nothing else.", show_default=False)
    ] = False,
    runs: options.Runs = None,
    json: options.Json = False,
) -> None:
    """Write all candidates of a run as CSV or JSON, one row each. What the columns mean: --columns.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it; JSON has it as it was.
    """
    from harness.report import export as exported
    from harness.report import grid
    from harness.store.runs import find, load

    form = ExportForm.JSON if json else format_
    if columns:
        _explain(form)
        return
    record = load(find(options.runs_root(runs), run))
    rows = exported.rows(record)
    if form is ExportForm.JSON:
        document = grid.as_json({"run": record.start.run, "rows": rows})
    else:
        shown = [exported.for_spreadsheets(row) for row in rows]
        document = grid.as_csv([grid.Column(key, key) for key in exported.COLUMNS], shown)
    if output:
        output.write_text(document + "\n", encoding="utf-8")
        options.note(f"{len(rows)} candidates written to {output}")
    else:
        print(document)


def _explain(form: ExportForm) -> None:
    from harness.report import grid
    from harness.report.export import COLUMNS

    if form is ExportForm.JSON:
        options.print_json(dict(COLUMNS))
        return
    lines = [{"column": name, "meaning": meaning} for name, meaning in COLUMNS.items()]
    options.answer(grid.rich_table([grid.Column("column", "column"), grid.Column("meaning", "meaning")], lines))
