"""The text of a drafted target.toml: any name and any argument comes back as it was."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from harness.drafting import toml
from harness.drafting.toml import Sheet, Suggestion
from harness.types import Limits

SHEET = Sheet(
    name="mine",
    program="mine.py",
    command=("{python}", "{program}"),
    imports=("math",),
    inputs=(),
    level="exact",
    limits=Limits(),
)
texts = st.text(st.characters(blacklist_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(st.lists(texts, max_size=30), st.lists(texts, max_size=4, unique=True))
def test_whatever_is_written_is_read_back(words: list[str], inputs: list[str]) -> None:
    from dataclasses import replace

    sheet = replace(SHEET, command=tuple(words), inputs=tuple(inputs), program="a b.py")
    read = tomllib.loads(toml.render(sheet))
    assert read["command"] == words and read["rules"]["inputs"] == inputs
    assert list(read["workloads"][0].get("files", {})) == inputs


def test_a_programs_name_can_neither_leave_its_comment_nor_break_the_file() -> None:
    from dataclasses import replace

    name = 'a\n\nname = "x"\n[rules]\x1b[31m\x7f.py'
    read = tomllib.loads(toml.render(replace(SHEET, program=name)))
    assert (read["name"], read["program"]) == ("mine", name)


def test_no_line_is_too_long_and_prose_stays_prose() -> None:
    text = toml.render(SHEET)
    assert max(map(len, text.splitlines())) <= 120
    assert all(line.startswith("# ") for line in text.splitlines() if line.startswith("#"))


def test_what_is_switched_off_is_no_part_of_the_file_until_it_is_switched_on() -> None:
    from dataclasses import replace

    settings_ = '[[workloads]]\nname = "other"\nstage = "short"'
    text = toml.render(replace(SHEET, suggestions=(Suggestion(what="Another one: why.", settings=settings_),)))
    assert len(tomllib.loads(text)["workloads"]) == 1
    assert [w["name"] for w in tomllib.loads(toml.uncommented(text))["workloads"]] == ["public", "other"]
