"""What a comparison is to run, and what is refused before anything is."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from harness.budget import Limit
from harness.compare.plan import Plan, checked, from_json, to_json
from harness.errors import StoreError, UsageError


def plan(**parts: Any) -> Plan:
    own = {"target": "microgpt", "strategies": ("openevolve", "best-of-n", "noop"), "model": "offline"}
    return Plan(**{**own, "seeds": (0, 1, 2), "limit": Limit(evaluations=24), **parts})


def test_seed_by_seed_and_each_strategy_comes_first_in_turn() -> None:
    made = plan().members()
    assert [member.place for member in made] == list(range(1, 10))
    assert [member.seed for member in made] == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [member.strategy for member in made[::3]] == ["openevolve", "best-of-n", "noop"]
    places = Counter((member.strategy, n % 3) for n, member in enumerate(made))
    assert set(places.values()) == {1}, "every strategy at every place of a turn equally often"


def test_all_runs_get_the_same_but_for_strategy_and_seed() -> None:
    made = plan(settings=("openevolve.exploration=0.3",), objective="memory", parallel=3).members()
    assert {member.spec.limit for member in made} == {Limit(evaluations=24)}
    assert {(m.spec.objective, m.spec.parallel, m.spec.model) for m in made} == {("memory", 3, "offline")}
    assert {m.strategy: m.spec.settings for m in made}["openevolve"] == ("exploration=0.3",)
    assert {m.strategy: m.spec.settings for m in made}["noop"] == ()
    assert all((m.spec.seed, m.spec.strategy) == (m.seed, m.strategy) for m in made)


def test_a_plan_is_read_back_as_it_was() -> None:
    made = plan(settings=("noop.n=3",), limit=Limit(seconds=90.5))
    assert from_json(to_json(made)) == made
    with pytest.raises(StoreError, match="seeds"):
        from_json({"strategies": []})


@pytest.mark.parametrize(
    ("parts", "says"),
    [
        ({"limit": Limit()}, "exactly one of --max-evaluations, --max-tokens, --max-usd, --max-time; none was given"),
        ({"limit": Limit(evaluations=3, seconds=9)}, "--max-evaluations and --max-time were given"),
        ({"limit": Limit(usd=0.0)}, "--max-usd 0 would end every run before it began"),
        ({"limit": Limit(seconds=float("inf"))}, "--max-time inf would end"),
        ({"limit": Limit(tokens=3), "model": "openai/x"}, "--max-tokens would never end noop"),
        ({"limit": Limit(usd=3), "strategies": ("gepa", "shinka")}, "--max-usd would never end model offline"),
        ({"strategies": ("noop",)}, "two strategies or more: add --strategy best-of-n"),
        ({"strategies": ("noop", "gepa", "noop")}, "noop is named twice"),
        ({"strategies": ("noop", "gpea")}, "did you mean gepa?"),
        ({"settings": ("exploration=0.3",)}, "write --set STRATEGY.KNOB=VALUE"),
        ({"settings": ("shinka.x=0.3",)}, "unknown strategy in --set 'shinka'"),
        ({"settings": ("openevolve.exploration=3",)}, "strategy openevolve, knob exploration"),
    ],
)
def test_what_would_be_no_fair_comparison_is_refused_in_one_line(parts: dict[str, Any], says: str) -> None:
    with pytest.raises(UsageError) as refused:
        checked(plan(**parts))
    assert says in str(refused.value) and "\n" not in str(refused.value)


def test_a_fair_one_is_not() -> None:
    assert checked(plan()) == plan()
