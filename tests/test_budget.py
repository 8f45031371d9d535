"""Limits, and the words that say which was reached."""

import pytest

from harness.budget import Budget, Limit, duration
from harness.errors import UsageError
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
        (Limit(usd=0.5), Usage(usd=0.5), "$0.5"),
        (Limit(usd=0.5), Usage(usd=None), "a price is unknown, so dollars cannot be counted"),
        (Limit(patience=3), Usage(evaluations=3), "no gain in 3 evaluations"),
    ],
)
def test_each_limit_stops_and_says_so(limit: Limit, usage: Usage, reason: str) -> None:
    budget = Budget(limit)
    assert budget.why_not(0, 0.0, 0.0) is None
    budget.add(usage, crowned=False, fitness=1.0)
    assert budget.why_not(0, 0.0, 0.0) == reason


def test_what_is_in_flight_counts() -> None:
    assert Budget(Limit(evaluations=5)).why_not(5, 0.0, 0.0) == "5 evaluations"
    assert Budget(Limit(evaluations=5)).why_not(4, 0.0, 0.0) is None


def test_time_is_kept_for_the_end() -> None:
    assert Budget(Limit(seconds=100)).why_not(0, 60.0, 30.0) is None
    assert Budget(Limit(seconds=100)).why_not(0, 60.0, 40.0) == "100 s"


def test_a_crowning_resets_patience_and_counts_towards_the_target() -> None:
    budget = Budget(Limit(patience=3, target_score=2.0))
    budget.add(Usage(evaluations=2), crowned=False, fitness=9.0)
    budget.add(Usage(evaluations=1), crowned=True, fitness=1.5)
    assert budget.why_not(0, 0.0, 0.0) is None
    budget.add(Usage(evaluations=1), crowned=True, fitness=2.5)
    assert budget.why_not(0, 0.0, 0.0) == "target score 2 reached"


def test_target_score_alone_does_not_end_a_run() -> None:
    assert not Limit(target_score=3.0).bounded
    assert Limit(seconds=3.0).bounded
