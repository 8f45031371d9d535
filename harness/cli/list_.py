"""`optimize-run list`: every run there is, newest first."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options


def list_(
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only the newest so many.")] = None,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """List all runs, newest first, with what each came to."""
    from harness.report import views
    from harness.store.index import view

    root, form = options.runs_root(runs), options.form_of(format_, json)
    seen = view(root)
    for fault in seen.faults:
        options.note(f"left out: {fault}")
    if not seen.rows and form is options.Form.TABLE:
        options.note(f"no runs in {root} yet: start one with `optimize-run microgpt`")
        return
    records = views.listing(seen.rows[:limit])
    shown, narrow = [views.alarmed(record) for record in records], views.unremarkable(records)
    options.table(views.RUNS, shown, form, records, narrow=narrow)
