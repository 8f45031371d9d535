"""Untrusted text in a prompt."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from harness.strategies.quoting import fenced, middle_cut, one_line, quoted, shortened, whole_lines


@given(st.text(), st.integers(1, 400))
def test_one_line_is_one_short_printable_line(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert len(line) <= limit
    assert len(line.splitlines()) <= 1
    assert "`" not in line
    assert line.isprintable()


def test_tags_and_ordinary_code_survive() -> None:
    note = "break the cycle [break-cycle@visit]; if a >= b == c: x <<= 1 # ok"
    assert one_line(note) == note


def test_markers_do_not() -> None:
    assert one_line("a <<<<<<< SEARCH b ======= c >>>>>>> REPLACE EVOLVE-BLOCK-END") == "a SEARCH b c REPLACE"


@given(st.text(max_size=300))
def test_a_quotation_marks_every_line(text: str) -> None:
    assert all(line.startswith(">") for line in quoted(text, 1000).splitlines())


@given(st.text(alphabet="`ab\n~", max_size=100))
def test_a_fence_is_longer_than_what_it_holds(text: str) -> None:
    first, *inside, last = fenced(text, "diff").split("\n")
    assert first == f"{last}diff"
    assert not any(last in line for line in inside)


@given(st.text(max_size=500), st.integers(2, 200))
def test_a_middle_cut_keeps_both_ends(text: str, limit: int) -> None:
    cut = middle_cut(text, limit)
    if len(text.encode("utf-8", "replace")) <= limit:
        assert cut == text.encode("utf-8", "replace").decode()
    else:
        assert len(cut.encode()) <= limit + 40
        assert "bytes left out" in cut


@given(st.lists(st.text(alphabet="ab", max_size=9), max_size=20), st.integers(0, 60))
def test_whole_lines_cuts_between_lines(lines: list[str], limit: int) -> None:
    text = "".join(f"{line}\n" for line in lines)
    kept = whole_lines(text, limit).splitlines()
    if len(text) > limit:
        assert kept[-1] == f"[{len(lines) - len(kept) + 1} more lines]"
        assert kept[:-1] == lines[: len(kept) - 1]
    else:
        assert kept == lines


def test_shortened_says_that_it_was() -> None:
    assert shortened("abcdef", 4) == "abc…"
    assert shortened("abcd", 4) == "abcd"
