"""Limits, and the words that say which was reached."""

import pytest

from harness.budget import Budget, Limit, duration
from harness.errors import Spent, UsageError
from harness.types import Usage


@pytest.mark.parametrize(
    ("text", "seconds"), [("90", 90), ("90s", 90), ("8m", 480), ("1h30m", 5400), ("1.5h", 5400), ("2m5s", 125)]
)
def test_durations(text: str, seconds: float) -> None:
    assert duration(text) == seconds


@pytest.mark.parametrize("text", ["", "m", "8 minutes", "-5", "1d", "30m1h"])
def test_durations_that_are_not(text: str) -> None:
    with pytest.raises(UsageError, match="write 90, 90s, 8m or 1h30m"):
        duration(text)


@pytest.mark.parametrize(
    ("limit", "usage", "reason"),
    [
        (Limit(evaluations=5), Usage(evaluations=5), "5 evaluations"),
        (Limit(calls=5), Usage(calls=5), "5 model calls"),
        (Limit(tokens=100), Usage(tokens_in=60, tokens_out=40), "100 tokens"),
        (Limit(tokens=100), Usage(tokens_in=30, tokens_out=21), "100 tokens"),  # another like it would pass the limit
        (Limit(usd=0.5), Usage(usd=0.5), "$0.5"),
        (Limit(usd=0.5), Usage(usd=0.26), "$0.5"),
        (Limit(usd=0.5), Usage(usd=None), "a price is unknown, so dollars cannot be counted"),
        (Limit(patience=3), Usage(evaluations=3), "no gain in 3 evaluations"),
    ],
)
def test_each_limit_stops_and_says_so(limit: Limit, usage: Usage, reason: str) -> None:
    budget = Budget(limit)
    assert budget.why_not() is None
    budget.start(0)
    budget.add(0, usage, crowned=False)
    assert budget.why_not() == reason


def test_less_than_a_limit_does_not_stop() -> None:
    limit = Limit(evaluations=5, calls=5, tokens=100, usd=0.5, patience=5)
    budget = Budget(limit)
    budget.add(0, Usage(evaluations=4, calls=4, tokens_in=30, tokens_out=20, usd=0.25), crowned=False)
    assert budget.why_not() is None


@pytest.mark.parametrize("limit", [Limit(evaluations=5), Limit(calls=5), Limit(patience=5)])
def test_what_is_in_flight_counts(limit: Limit) -> None:
    budget = Budget(limit)
    for n in range(4):
        budget.start(n)
    assert budget.why_not() is None
    budget.start(4)
    assert budget.why_not() is not None


def test_what_an_order_in_flight_has_used_already_counts() -> None:
    budget = Budget(Limit(tokens=100, usd=1.0))
    budget.start(0)
    budget.claim(0, "calls")
    budget.use(0, Usage(calls=1, tokens_out=90, usd=0.1))
    assert budget.why_not() is None
    budget.use(0, Usage(calls=1, tokens_out=10, usd=0.1))
    assert budget.why_not() == "100 tokens"


def test_an_order_s_first_call_is_its_own_and_further_ones_only_where_there_are_more() -> None:
    budget = Budget(Limit(calls=3))
    budget.start(0)
    budget.start(1)
    budget.claim(0, "calls")
    budget.claim(0, "calls")
    with pytest.raises(Spent, match="the budget is spent: 3 model calls"):
        budget.claim(0, "calls")
    budget.claim(1, "calls")


def test_time_is_kept_for_the_end() -> None:
    assert Budget(Limit(seconds=100), used_s=60.0).why_not(reserve=30.0) is None
    assert Budget(Limit(seconds=100), used_s=60.0).why_not(reserve=40.0) == "100 s"


def test_a_crowning_resets_patience_and_only_a_confirmed_score_reaches_the_target() -> None:
    budget = Budget(Limit(patience=3, target_score=2.0))
    budget.add(0, Usage(evaluations=2), crowned=False)
    budget.add(1, Usage(evaluations=1), crowned=True)
    assert budget.why_not() is None
    budget.confirmed = 2.5
    assert budget.why_not() == "target score 2 reached"


def test_target_score_alone_does_not_end_a_run() -> None:
    assert not Limit(target_score=3.0).bounded
    assert Limit(seconds=3.0).bounded
