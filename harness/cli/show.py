"""`optimize-run show RUN`: everything about one run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.store.runrecord import RunRecord
    from harness.types import JsonObject


def show(
    run: options.Run = "latest",
    candidate: Annotated[
        str | None,
        typer.Option("--candidate", "-c", metavar="ID", help="Everything about one: an id, a unique prefix, or best."),
    ] = None,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Show one run: how it ended, what its best gains, and every candidate that was tried."""
    from harness.report import tables, views
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    form = options.form_of(format_, json)
    if candidate is not None:
        show_candidate(record, candidate, form)
        return
    if form is options.Form.TABLE:
        options.answer(tables.summary(record))
    candidates = views.shown(record)["candidates"]
    if candidates or form is not options.Form.TABLE:
        options.table(views.CANDIDATES, views.styled(candidates, record.start.unsafe), form, show_json(record))


def show_candidate(run: RunRecord, ref: str, form: options.Form) -> None:
    """One candidate: its judgement, its duels, what it changed, and the question and answer that it came from."""
    from harness.report import candidate

    if form not in (options.Form.TABLE, options.Form.JSON):
        raise UsageError("one candidate is shown as a text or, with --json, as a document; it is no table")
    document = candidate.told(run, run.resolve(ref))
    if form is options.Form.JSON:
        options.print_json(document)
    else:
        options.answer(candidate.for_people(document))


def show_json(run: RunRecord) -> JsonObject:
    """The document of `show --json`."""
    from harness.report import views

    return views.shown(run)
