"""Two lines, and what a promise says about them."""

import pytest

from harness.judging import differences
from harness.types import Promise, Statistical

TOLERANT = Promise(level="tolerant", rtol=1e-12)
LIKE = Promise(level="statistical", statistical=Statistical(value="loss", each=0.2, free=("sample ",)))


def kind(line: str, expected: str, promise: Promise = TOLERANT, band: float = 0.0) -> str | None:
    found = differences.of_lines(line.encode(), expected.encode(), promise, band)
    return found and found.kind


def test_the_smallest_wrong_thing_is_seen_and_another_order_of_a_sum_is_not() -> None:
    assert kind("loss 3.4204060219995105", "loss 3.4204060219995110") is None
    assert kind("loss 3.4204060219995105", "loss 3.4204060226835917") == "a number"  # 2e-10: single precision


def test_a_band_is_wider_and_allows_for_rounding() -> None:
    assert kind("loss 3.36605", "loss 3.36601") == "a number"
    assert kind("loss 3.36602", "loss 3.36601", band=1e-9) is None, "one unit of the last digit"
    assert kind("loss 3.36603", "loss 3.36601", band=1e-9) == "a number"
    assert kind("loss 3.36601000000000004", "loss 3.36601000000000001", band=1e-13) is None
    assert kind("loss 3.36601000004000004", "loss 3.36601000000000001", band=1e-13) == "a number"


@pytest.mark.parametrize("band", [0.0, 1e-6])
def test_text_and_whole_numbers_have_no_band(band: float) -> None:
    assert kind("docs: 5", "docs: 6", band=band) == "a whole number"
    assert kind("sample 1: anna", "sample 1: anne", band=band) == "text"


def test_a_statistical_promise_is_about_numbers_and_what_is_not_free() -> None:
    assert kind("step 1 | loss 3.0", "step 1 | loss 3.4", LIKE) is None
    assert kind("step 1 | loss 3.0", "step 1 | loss 3.9", LIKE) == "a number"
    assert kind("step 1 | loss nan", "step 1 | loss 3.9", LIKE) == "a number that is not finite"
    assert kind("step 2 | loss 3.4", "step 1 | loss 3.4", LIKE) == "a whole number"
    assert kind("step 1 : loss 3.4", "step 1 | loss 3.4", LIKE) == "text"
    assert kind("sample 1: anna", "sample 1: kamon", LIKE) is None
    assert kind("nothing", "sample 1: kamon", LIKE) == "text"


def test_divergence_is_the_widest_and_none_where_more_than_numbers_differ() -> None:
    one, other = [b"a 1.0\n", b"b 2.00000002\n"], [b"a 1.00000001\n", b"b 2.0\n"]
    assert differences.divergence(one, other) == pytest.approx(1e-8)
    assert differences.divergence(one, one) == 0.0
    assert differences.divergence(one, other[:1]) is None
    assert differences.divergence([b"x 1.5"], [b"y 1.5"]) is None


def test_the_last_value_after_words() -> None:
    lines = [b"step 1 | loss 3.5\r", b"step 2 | loss 2.5e-01\r", b"sample 1: loss\n"]
    assert differences.last_value(lines, "| loss") == 0.25
    assert differences.last_value(lines, "gain") is None
