"""Options that several commands share, and the two ways out: people's answers and programs' documents on stdout."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.report.grid import Column
    from harness.types import JsonObject


class Form(StrEnum):
    """How a table is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MD = "md"


Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.", show_default=False)]
Format = Annotated[Form, typer.Option("--format", "-f", help="How to write the table.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Only the start and the end.", show_default=False)]
Runs = Annotated[
    Path | None,
    typer.Option(
        "--runs", envvar="OPTIMIZE_RUN_RUNS", help="The folder of all runs.", show_default="runs", metavar="FOLDER"
    ),
]
Sandbox = Annotated[
    str | None,
    typer.Option(
        "--sandbox",
        metavar="NAME",
        help="This one and no other: bubblewrap, landlock, sandbox-exec, or your own as FILE.py:NAME.",
        show_default="the best that works here",
    ),
]
Python = Annotated[
    str | None,
    typer.Option(
        "--python",
        metavar="VERSION | PATH",
        help="What runs the program and every candidate: 3.13, python3.13 or a path.",
        show_default="the interpreter of optimize-run itself",
    ),
]
UnsafeNoSandbox = Annotated[
    bool,
    typer.Option(
        "--unsafe-no-sandbox",
        help="Let candidates run with your own rights: your files, keys, network.",
        show_default=False,
    ),
]
Run = Annotated[
    str,
    typer.Argument(metavar="RUN", help="An id, a unique prefix of one, a path, or latest.", show_default="latest"),
]


def runs_root(runs: Path | None) -> Path:
    """The folder of all runs: as asked for, else `runs` in the working folder."""
    return (runs or Path("runs")).expanduser()


def absolute_if_path(target: str) -> str:
    """A target as it was named; where that is a path, so that it is found from any folder."""
    path = Path(target).expanduser()
    return str(path.resolve()) if path.exists() and ("/" in target or path.suffix) else target


def interpreter(python: str | None) -> str | None:
    """The path of an interpreter as it was named, so that it is found again from anywhere. Raises UsageError."""
    from harness.sandbox import interpreters

    return interpreters.find(python).path if python else None


def moment(said: str) -> float:
    """Seconds since the epoch from a day in UTC (2026-03-01), or from so long ago (90s, 12h, 7d). Raises UsageError."""
    import re
    import time
    from datetime import UTC, datetime

    from harness.errors import UsageError

    if ago := re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", said.strip()):
        return time.time() - float(ago[1]) * {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}[ago[2]]
    try:
        when = datetime.fromisoformat(said.strip())
    except ValueError:
        raise UsageError(
            f"time {said!r} is not understood: write a day, 2026-03-01, or so long ago, 12h or 7d"
        ) from None
    return (when if when.tzinfo else when.replace(tzinfo=UTC)).timestamp()


def load_dotenv() -> None:
    """Keys from `.env` in the working folder; what the environment already has goes first."""
    from dotenv import load_dotenv as load

    load(Path(".env"))


def installed_version() -> str:
    from importlib.metadata import version

    return version("optimize-run")


def answer(renderable: RenderableType) -> None:
    """An answer for people, on stdout. Into a pipe it is as wide as it needs to be, and without colours."""
    from rich.console import Console
    from rich.measure import Measurement

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        unbound = console.options.update(width=1000, max_width=1000)
        console.width = min(max(Measurement.get(console, unbound, renderable).maximum, 80), 1000)
    console.print(renderable)


def print_json(document: Any) -> None:
    """One JSON document on stdout."""
    from harness.report.grid import as_json

    print(as_json(document))


def note(line: str) -> None:
    """A word to people, on stderr; foreign text in it is made harmless."""
    from harness.report.text import clean

    print(clean(line), file=sys.stderr)


def alarm(unsafe: bool) -> None:
    """In red on stderr, wherever something of a run is shown that had no sandbox."""
    if unsafe:
        from rich.console import Console
        from rich.text import Text

        from harness.report.tables import UNSAFE

        Console(stderr=True, highlight=False, soft_wrap=True).print(Text(UNSAFE, "bold red"))


def table(
    columns: Sequence[Column],
    records: Sequence[JsonObject],
    form: Form,
    document: Any,
    *,
    title: str = "",
    narrow: Sequence[str] = (),
) -> None:
    """A table in the form that was asked for. document: what JSON gets; narrow: keys that a terminal goes without."""
    from harness.report import grid

    match form:
        case Form.JSON:
            print_json(document)
        case Form.CSV:
            print(grid.as_csv(columns, records))
        case Form.MD:
            print(grid.as_markdown(columns, records))
        case Form.TABLE:
            answer(grid.rich_table([c for c in columns if c.key not in narrow], records, title))


def form_of(form: Form, json: bool) -> Form:
    """--json is short for --format json."""
    return Form.JSON if json else form
