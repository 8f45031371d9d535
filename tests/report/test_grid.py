"""One table in four forms."""

import csv
import io
import json

import pytest
from rich.console import Console

from harness.report import grid, text
from harness.report.grid import Column

COLUMNS = (Column("name", "who"), Column("ratio", "ratio", text.times, "right"), Column("note", "note"))
HOSTILE = "[red]bold[/red] :skull: | </td><script> \x1b[31m[link=http://x]\nnext"
RECORDS = [
    {"name": "a", "ratio": 2.0, "note": None},
    {"name": "b", "ratio": 12.81, "note": HOSTILE},
]


def drawn(renderable: object, width: int = 200) -> str:
    out = io.StringIO()
    Console(file=out, force_terminal=True, width=width, color_system="truecolor").print(renderable)
    return out.getvalue()


def test_people_see_formats_and_programs_see_values() -> None:
    assert "12.8x" in drawn(grid.rich_table(COLUMNS, RECORDS))
    read = list(csv.DictReader(io.StringIO(grid.as_csv(COLUMNS, RECORDS))))
    assert [row["ratio"] for row in read] == ["2.0", "12.81"]
    assert read[0]["note"] == ""


def test_in_a_narrow_terminal_no_value_is_lost_and_none_acts() -> None:
    shown = drawn(grid.rich_table(COLUMNS, [*RECORDS, {"name": "c" * 20, "ratio": 3.0, "note": ""}]), width=30)
    assert f"who: {'c' * 20};" in shown and "ratio: 12.8x" in shown
    assert "[red]bold[/red]" in shown and "\x1b[31m" not in shown and "\x1b]8" not in shown
    assert "\u2500" in drawn(grid.rich_table(COLUMNS, RECORDS), width=60)


def test_markup_and_escapes_in_a_cell_are_letters() -> None:
    shown = drawn(grid.rich_table(COLUMNS, RECORDS))
    assert "[red]bold[/red] :skull:" in shown
    assert "\x1b[31m" not in shown and "\x1b]8" not in shown
    assert "\x1b" not in grid.as_csv(COLUMNS, RECORDS)


def test_a_markdown_cell_cannot_end_its_row_or_act() -> None:
    lines = grid.as_markdown(COLUMNS, RECORDS).split("\n")
    assert lines[:2] == ["| who | ratio | note |", "| --- | ---: | --- |"]
    assert len(lines) == 4
    assert r"\|" in lines[3] and r"\<script\>" in lines[3] and r"\[link=http: //x\]" in lines[3]


@pytest.mark.parametrize(
    ("foreign", "shown"),
    [
        ("see http://x.test/a", "see http: //x.test/a"),
        ("HTTPS://x.test", "HTTPS: //x.test"),
        ("www.x.test", "www .x.test"),
        ("thanks @somebody and (@team/all)", "thanks @ somebody and (@ team/all)"),
        ("drop-dead@all", "drop-dead@all"),
    ],
)
def test_foreign_text_makes_no_link_and_calls_nobody(foreign: str, shown: str) -> None:
    """On a page of a host that makes links of bare addresses and tells whoever is named after an @."""
    assert grid.escaped(foreign) == shown


def test_json_is_one_document_of_plain_ascii() -> None:
    shown = grid.as_json({"note": HOSTILE + "\x9b\u202e"})
    assert shown.isascii() and "\x1b" not in shown
    assert json.loads(shown)["note"] == HOSTILE + "\x9b\u202e"


def test_a_style_of_a_record_is_its_lines() -> None:
    assert "\x1b[31m" in drawn(grid.rich_table(COLUMNS, [{**RECORDS[0], "style": "red"}]))
