"""Phrases: what a person reads must say what was measured, and foreign text must do nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report import text
from harness.types import Usage


@pytest.mark.parametrize(
    ("metric", "numbers", "words"),
    [
        ("memory", (3.1, 3.08, 3.12), "3.10x less memory (3.08-3.12)"),
        ("speed", (12.8, 12.1, 13.4), "12.8x faster (12.1-13.4)"),
        ("speed", (1.0, 0.97, 1.03), "1.00x faster (0.97-1.03)"),
        ("speed", (0.8, 0.75, 0.85), "1.25x slower (1.18-1.33)"),
        ("memory", (0.5, 0.4, 0.6), "2.00x more memory (1.67-2.50)"),
        ("speed", (250.0, 240.4, 260.0), "250x faster (240-260)"),
        ("memory", (2.0, None, None), "2.00x less memory"),
        ("energy", (2.0, 1.9, 2.1), "2.00x better energy (1.90-2.10)"),
    ],
)
def test_a_ratio_in_words(metric: str, numbers: tuple[float, float, float], words: str) -> None:
    assert text.phrase(metric, *numbers) == words


@pytest.mark.parametrize(
    ("value", "shown"),
    [(1.0, "1.00x"), (9.994, "9.99x"), (9.996, "10.0x"), (99.94, "99.9x"), (99.96, "100x"), (1234.5, "1,234x")],
)
def test_three_digits_that_mean_something(value: float, shown: str) -> None:
    assert text.times(value) == shown


@pytest.mark.parametrize(
    ("usd", "shown"),
    [(None, "cost unknown"), (0.0, "$0.00"), (0.0123, "$0.012"), (0.1, "$0.10"), (1234.5, "$1,234.50")],
)
def test_money(usd: float | None, shown: str) -> None:
    assert text.money(usd) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0.0 s"), (4.24, "4.2 s"), (59.96, "1 min 00 s"), (200, "3 min 20 s"), (3720, "1 h 02 min")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert text.duration(seconds) == shown


def test_costs_leave_out_what_was_not_spent() -> None:
    assert text.cost(Usage(1, 0, 0, 0, 0.0, 3.0, 2)) == "2 evaluations, 1 call, 3.0 s"
    assert text.cost(Usage(2, 900, 0, 100, None, 3.0, 1)) == "1 evaluation, 2 calls, 1,000 tokens, cost unknown, 3.0 s"


def test_control_characters_are_gone_and_lines_are_one() -> None:
    assert text.clean("\x1b[2J\x1b]0;pwned\x07a\nb\x9b31m \u202eevil\u200b \ud800") == "[2J]0;pwneda b31m evil "


def test_a_program_keeps_its_lines_and_tabs() -> None:
    assert text.clean_lines("if x:\n\ty = '\x1b[31m'\r\n") == "if x:\n\ty = '[31m'\n"


@given(st.text(st.characters(codec=None)))
def test_clean_text_can_always_be_shown(foreign: str) -> None:
    cleaned = text.clean(foreign)
    cleaned.encode("utf-8")
    assert not any(ord(c) < 32 or 127 <= ord(c) < 160 for c in cleaned)
