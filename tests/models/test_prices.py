"""What tokens cost, and when nobody knows."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.models.prices import Counts, Prices

TODAY = date(2026, 11, 21)
OWN = """
[[price]]
models = ["openai/gpt-x"]
since = 2026-01-01
input = 2
output = 10
cached = 0.5

[[price]]
models = ["openai/gpt-x"]
since = 2026-06-01
upto = 1000
input = 1
output = 10

[[price]]
models = ["openai/gpt-x"]
since = 2026-06-01
input = 3
output = 30

[[price]]
models = ["anthropic/claude-opus-5"]
since = 2020-01-01
input = 0
output = 0
"""


@pytest.fixture
def own(tmp_path: Path) -> Prices:
    (tmp_path / "prices.toml").write_text(OWN)
    return Prices.load(tmp_path / "prices.toml")


@pytest.mark.parametrize(
    ("counts", "on", "usd"),
    [
        (Counts(1000, 0, 0, 100), date(2026, 3, 1), (1000 * 2 + 100 * 10) / 1e6),
        (Counts(1000, 400, 0, 100), date(2026, 3, 1), (600 * 2 + 400 * 0.5 + 100 * 10) / 1e6),
        (Counts(1000, 0, 5, 100), date(2026, 3, 1), None),  # nobody says what writing a cache costs
        (Counts(1000, 0, 0, 100), TODAY, (1000 * 1 + 100 * 10) / 1e6),
        (Counts(1001, 0, 0, 100), TODAY, (1001 * 3 + 100 * 30) / 1e6),
        (Counts(1000, 0, 0, 100), date(2025, 12, 31), None),
    ],
)
def test_a_price_is_that_of_the_day_and_of_the_prompts_length(
    own: Prices, counts: Counts, on: date, usd: float | None
) -> None:
    assert own.cost("openai/gpt-x", counts, on) == (None if usd is None else pytest.approx(usd))


def test_a_dated_name_costs_what_the_plain_one_does(own: Prices) -> None:
    counts = Counts(10, 0, 0, 10)
    for name in ("openai/gpt-x-2026-05-05", "openai/gpt-x-20260505"):
        assert own.cost(name, counts, TODAY) == own.cost("openai/gpt-x", counts, TODAY) is not None


def test_a_table_of_ones_own_goes_first(own: Prices) -> None:
    counts = Counts(1_000_000 // 10, 0, 0, 0)
    assert own.cost("anthropic/claude-opus-5", counts, TODAY) == 0.0
    assert Prices.load().cost("anthropic/claude-opus-5", counts, TODAY) == pytest.approx(0.5)


@pytest.mark.parametrize("model", ["openai/nobody", "openai-compatible/gpt-6-sol"])
def test_an_unknown_price_is_none(own: Prices, model: str) -> None:
    assert own.cost(model, Counts(1, 0, 0, 1), TODAY) is None


def test_a_prompt_longer_than_any_tier_has_no_price(tmp_path: Path) -> None:
    price = 'models = ["m"]\nsince = 2026-01-01\ninput = 1\noutput = 1\nupto = 9\n'
    (tmp_path / "prices.toml").write_text(f"[[price]]\n{price}")
    prices = Prices.load(tmp_path / "prices.toml")
    assert prices.cost("m", Counts(9, 0, 0, 1), TODAY) is not None
    assert prices.cost("m", Counts(10, 0, 0, 1), TODAY) is None


def test_tokens_of_reasoning_are_paid_once_as_a_part_of_the_answer(own: Prices) -> None:
    with_thought, without = Counts(10, 0, 0, 100, 60), Counts(10, 0, 0, 100)
    assert own.cost("openai/gpt-x", with_thought, TODAY) == own.cost("openai/gpt-x", without, TODAY)


def test_every_built_in_price_names_its_source() -> None:
    (built_in,) = Prices.load().tables
    assert all(price.source.startswith("https://") and price.since <= TODAY for price in built_in)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[price", "cannot be used"),
        ("[[price]]\nsince = 2026-01-01\ninput = 1\noutput = 1", "names its models"),
        ('[[price]]\nmodels = ["m"]\ninput = 1\noutput = 1', "lacks 'since'"),
        ('[[price]]\nmodels = ["m"]\nsince = "soon"\ninput = 1\noutput = 1', "write a date"),
        ('[[price]]\nmodels = ["m"]\nsince = 2026-01-01\ninput = -1\noutput = 1', "input = -1"),
        ('[[price]]\nmodels = ["m"]\nsince = 2026-01-01\ninput = 1\noutput = 1\ncahced = 1', "'cahced' is not known"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "prices.toml").write_text(text)
    with pytest.raises(UsageError, match=words):
        Prices.load(tmp_path / "prices.toml")
