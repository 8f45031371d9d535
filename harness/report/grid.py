"""One table, four forms: for people (rich), and as JSON, CSV or Markdown for programs and pages.

A column knows its key, its title and how a person reads its values; programs get the values themselves.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from harness.report import text

if TYPE_CHECKING:
    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.table import Table
    from rich.text import Text

UNBOUNDED = 10_000  # characters
Records = Sequence[Mapping[str, Any]]
# What some hosts make a link of by itself, and the @ that tells a person of it: taken apart by a space.
LIVELY = re.compile(r"(?i)\b[a-z]+:/|\bwww\.|(?<!\w)@[a-z0-9]")


def as_written(value: Any) -> str:
    return "-" if value is None else str(value)


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    title: str
    show: Callable[[Any], str] = as_written
    justify: Literal["left", "right"] = "left"


@dataclass(frozen=True, slots=True)
class Fitting:
    """A table where its longest words fit; in a terminal that is too narrow for them, a record below the other."""

    table: Table
    stacked: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        needed = self.table.__rich_measure__(console, options.update(max_width=UNBOUNDED)).minimum
        yield self.table if needed <= options.max_width else self.stacked


def rich_table(columns: Sequence[Column], records: Records, title: str = "") -> Fitting:
    """For people. Values are shown as text: markup and control characters in them do nothing."""
    return Fitting(_table(columns, records, title), _stacked(columns, records, title))


def _stacked(columns: Sequence[Column], records: Records, title: str) -> Text:
    from rich.text import Text

    told = Text(f"{text.clean(title)}\n" if title else "")
    for record in records:
        cells = [(column.title, text.clean(column.show(record[column.key]))) for column in columns]
        said = "; ".join(f"{name}: {shown}" for name, shown in cells if shown)
        told.append(f"\n{said}\n", str(record.get("style", "")))
    return told


def _table(columns: Sequence[Column], records: Records, title: str) -> Table:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(text.clean(title)) if title else None, box=box.SIMPLE_HEAD, title_justify="left", pad_edge=False
    )
    for column in columns:
        table.add_column(column.title, justify=column.justify, no_wrap=column.justify == "right", overflow="fold")
    for record in records:
        style = record.get("style", "")
        table.add_row(*(Text(text.clean(column.show(record[column.key]))) for column in columns), style=style)
    return table


def as_json(document: Any) -> str:
    """One JSON document; pure ASCII, so that nothing in it can act on a terminal."""
    return json.dumps(document, indent=2, allow_nan=False)


def as_csv(columns: Sequence[Column], records: Records) -> str:
    """The raw values under the keys; None is an empty field."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow([column.key for column in columns])
    for record in records:
        writer.writerow([_plain(record[column.key]) for column in columns])
    return out.getvalue().rstrip("\n")


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return text.clean(value) if isinstance(value, str) else value


def as_markdown(columns: Sequence[Column], records: Records) -> str:
    """What a person would read, as a table for a page."""
    rule = ["---:" if column.justify == "right" else "---" for column in columns]
    body = [[escaped(column.show(record[column.key])) for column in columns] for record in records]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [[column.title for column in columns], rule, *body])


def escaped(shown: str) -> str:
    """Text that can neither end its cell nor act as HTML, a link or a call to somebody."""
    cleaned = text.clean(shown)
    for mark in "\\|<>[]`*_":
        cleaned = cleaned.replace(mark, f"\\{mark}")
    return LIVELY.sub(lambda found: f"{found[0][:-1]} {found[0][-1]}", cleaned)
