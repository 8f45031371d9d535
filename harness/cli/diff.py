"""`optimize-run diff RUN`: what changed, as a unified diff."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from harness.cli import options

A_CANDIDATE = "An id, a unique prefix of one, best or baseline."


def diff(
    run: options.Run = "latest",
    old: Annotated[str, typer.Argument(help=A_CANDIDATE)] = "baseline",
    new: Annotated[str, typer.Argument(help=A_CANDIDATE)] = "best",
    runs: options.Runs = None,
    json: options.Json = False,
) -> None:
    """Show what a run changed: from the baseline to its best, or between any two candidates."""
    from harness.edits import unified
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    before, after = record.resolve(old), record.resolve(new)
    changes = unified(record.source(before), record.source(after), f"{before}.py", f"{after}.py")
    options.alarm(record.start.unsafe)
    if json:
        options.print_json({"run": record.start.run, "from": before, "to": after, "diff": changes})
        return
    if record.best is None and "best" in (old, new):
        options.note("nothing was crowned in this run: the baseline is its best")
    if changes:
        show(changes)
    else:
        options.note(f"no difference between {before} and {after}")


def show(changes: str) -> None:
    """To a terminal in colour and harmless; to a pipe as it is, so that `patch` takes it."""
    if not sys.stdout.isatty():
        sys.stdout.write(changes)
        return
    from rich.text import Text

    from harness.report.text import clean_lines

    styles = {"+": "green", "-": "red", "@": "cyan"}
    lines = clean_lines(changes).rstrip("\n").split("\n")
    options.answer(Text("\n").join(Text(line, styles.get(line[:1], "")) for line in lines))
