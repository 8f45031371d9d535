"""`optimize-run lineage RUN [CANDIDATE]`: from the baseline to a candidate, step by step."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options


def lineage(
    run: options.Run = "latest",
    candidate: Annotated[
        str, typer.Argument(help="An id, a unique prefix of one, best or baseline.", show_default="best")
    ] = "best",
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Show how a run came to its best (or to another candidate): every ancestor, oldest first."""
    from harness.report import views
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    chosen = record.resolve(candidate)
    steps = views.lineage(record, chosen)
    form = options.form_of(format_, json)
    document = {"run": record.start.run, "candidate": chosen, "lineage": steps}
    unsafe = record.start.unsafe
    options.alarm(unsafe)
    rows, title = views.styled(steps, unsafe), f"lineage of {chosen} on {record.start.target}"
    options.table(views.CANDIDATES, rows, form, document, title=title, narrow=["kept"])
