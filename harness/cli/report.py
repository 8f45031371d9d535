"""`optimize-run report RUN`: the run as one page for a browser."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Callable


def report(
    run: options.Run = "latest",
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write it there; default: report.html in the run's folder.")
    ] = None,
    open_: Annotated[bool, typer.Option("--open", help="Show it in a browser.", show_default=False)] = False,
    runs: options.Runs = None,
    json: options.Json = False,
) -> None:
    """Make a report on a run: one offline HTML file with its result, how sure it is, and every candidate."""
    from harness.report.html.run import write
    from harness.store.runs import find

    folder = find(options.runs_root(runs), run)
    path = write(folder, output.expanduser() if output else None)
    if json:
        options.print_json({"run": folder.name, "path": str(path), "bytes": path.stat().st_size})
    else:
        print(path)
    if open_:
        show(path)


def show(path: Path) -> None:
    """In the browser that this user has; says so where there is none."""
    import webbrowser

    if not webbrowser.open(path.resolve().as_uri()):
        options.note(f"no browser could be started: open {path} in one")


def writer() -> Callable[[Path], None]:
    """What a run calls when its books are closed. The page is not worth the run: what prevents it is only said."""

    def write_beside(folder: Path) -> None:
        try:
            from harness.report.html.run import write

            write(folder)
        except Exception as error:  # whatever it is: the run itself is safe, and must end as it would have
            with suppress(OSError):  # nobody reads it
                options.note(f"warning: no report.html was written: {error}; `optimize-run report` tries again")

    return write_beside
