"""`optimize-run best RUN`: the best program, ready to be used."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from harness.cli import options


def best(
    run: options.Run = "latest",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it to this file instead.")] = None,
    runs: options.Runs = None,
    json: options.Json = False,
) -> None:
    """Print the best program of a run; the baseline when nothing was crowned."""
    from harness.report import tables, views
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    id_ = record.resolve("best")
    source = record.source(id_)
    options.alarm(record.start.unsafe)
    options.note(tables.outcome(record))
    if output:
        output.write_bytes(encoded(source))
        options.note(f"written to {output}")
    if json:
        options.print_json(
            {
                "run": record.start.run,
                "unsafe": record.start.unsafe,
                "best": views.shown(record)["best"],
                "id": id_,
                "source": source,
            }
        )
    elif not output:
        write(source)


def encoded(source: str) -> bytes:
    return source.encode("utf-8", "surrogatepass")


def write(source: str) -> None:
    """To a pipe byte for byte; to a terminal without the characters that could act on it."""
    if sys.stdout.isatty():
        from harness.report.text import clean_lines

        print(clean_lines(source), end="")
    else:
        sys.stdout.flush()
        sys.stdout.buffer.write(encoded(source))
        sys.stdout.buffer.flush()
