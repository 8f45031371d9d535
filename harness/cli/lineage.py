"""`optimize-run lineage RUN [CANDIDATE]`: the tree of a run, with the way to a candidate marked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import RenderableType

    from harness.store.runrecord import RunRecord


def lineage(
    run: options.Run = "latest",
    candidate: Annotated[
        str, typer.Argument(help="An id, a unique prefix of one, best or baseline.", show_default="best")
    ] = "best",
    everything: Annotated[bool, typer.Option("--all", help="Draw every valid candidate, however many.")] = False,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Draw a run as a tree, with the way to its best (or to another candidate) marked.

    As CSV and Markdown: the candidates on that way, oldest first.
    """
    from harness.report import tree, views
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    chosen = record.resolve(candidate)
    path = record.lineage(chosen)
    form = options.form_of(format_, json)
    unsafe = record.start.unsafe
    if form is options.Form.TABLE:
        options.answer(drawing(record, chosen, path, everything))
        return
    options.alarm(unsafe)
    steps = views.lineage(record, chosen)
    document = {"run": record.start.run, "candidate": chosen, "lineage": steps, "tree": tree.tree_json(record, path)}
    options.table(views.CANDIDATES, views.styled(steps, unsafe), form, document)


def drawing(run: RunRecord, chosen: str, path: Sequence[str], everything: bool) -> RenderableType:
    """The tree under a heading. Lines that are too long for a terminal are cut, since a tree cannot be wrapped."""
    from rich.text import Text

    from harness.report import tables, text, tree

    steps = text.count(len(path) - 1, "step")
    heading = f"{run.start.run}, target {run.start.target}: {steps} from the untouched program to {chosen} (●)"
    lines = [
        *([Text(tables.UNSAFE, "bold red")] if run.start.unsafe else []),
        Text(text.clean(heading), "bold"),
        Text(""),
        *(Text(line, style) for line, style in tree.drawn(run, path, everything)),
        Text(""),
        Text(tables.tally(run), "dim"),
    ]
    return Text("\n", no_wrap=True, overflow="ellipsis").join(lines)
