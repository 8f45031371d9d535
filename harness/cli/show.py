"""`optimize-run show RUN`: everything about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cli import options

if TYPE_CHECKING:
    from harness.store.runrecord import RunRecord
    from harness.types import JsonObject


def show(
    run: options.Run = "latest",
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Show one run: how it ended, what its best gains, and every candidate that was tried."""
    from harness.report import tables, views
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    form = options.form_of(format_, json)
    if form is options.Form.TABLE:
        options.answer(tables.summary(record))
    candidates = views.shown(record)["candidates"]
    if candidates or form is not options.Form.TABLE:
        options.table(views.CANDIDATES, views.styled(candidates, record.start.unsafe), form, show_json(record))


def show_json(run: RunRecord) -> JsonObject:
    """The document of `show --json`."""
    from harness.report import views

    return views.shown(run)
