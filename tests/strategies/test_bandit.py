"""The bandit over an ensemble's models: who is asked, by what was gained."""

from __future__ import annotations

from collections import Counter
from random import Random

import pytest

from harness.edits import program_in, render
from harness.models.ensemble import Ensemble, members_of
from harness.models.roles import Roles
from harness.strategies.bandit import ModelBandit
from harness.strategies.shinka import Shinka
from harness.strategies.toy import ToyRun, more_is_better, replay, toy_program, toy_target, toy_values
from harness.types import Candidate, Capability, Prompt, Reply, Usage

TARGET = toy_target()
NAMES = ("dull", "bright")


class Member:
    """A toy model that raises one assignment where it gains, and otherwise adds a line that changes nothing."""

    def __init__(self, name: str, gains: bool) -> None:
        self.name, self.gains = name, gains

    def complete(self, prompt: Prompt) -> Reply:
        source, rng = program_in(prompt.user), Random(prompt.seed)
        values = list(toy_values(source))
        values[rng.randrange(len(values))] += 1
        better = toy_program(values) if self.gains else f"{source}y = {rng.getrandbits(40)}\n"
        return Reply(render(source, better, "a note"), self.name, Usage(calls=1))

    def can(self, what: Capability, role: str = "") -> bool:
        return False


def ensemble() -> Ensemble:
    return Ensemble(
        "e", {"dull": Member("d-1", False), "bright": Member("b-1", True)}, {"dull": 0.9, "bright": 0.1}, seed=0
    )


def made(seed: int, models: tuple[str, ...] = NAMES, **knobs: object) -> Shinka:
    settings = Shinka.Settings(**knobs)  # type: ignore[arg-type]
    baseline = Candidate.of(TARGET.source)
    return Shinka(settings, target=TARGET, seed=seed, evaluations=None, baseline=baseline, models=models)


def run(strategy: Shinka, seed: int, parallel: int = 1) -> ToyRun:
    return ToyRun(strategy, TARGET, more_is_better, seed=seed, parallel=parallel, answer=ensemble().complete).go(40)


def answered(toy: ToyRun) -> Counter[str]:
    return Counter(name for outcome in toy.outcomes()[20:] for name in outcome.models)


def test_the_bandit_finds_the_better_of_two_models() -> None:
    found = Counter[str]()
    for seed in range(8):
        found += answered(run(made(seed), seed, parallel=1 + seed % 3))
    assert found["b-1"] > 2 * found["d-1"], "whatever weight it has, the model that gains is asked more often"


def test_without_the_bandit_models_are_drawn_by_weight() -> None:
    found = answered(run(made(0, bandit=False), 0))
    assert found["d-1"] > found["b-1"]


def test_which_model_is_asked_is_the_same_when_told_again() -> None:
    for parallel in (1, 3):
        toy = run(made(3), 3, parallel)
        assert {order.context["model"] for order in toy.orders() if order.operator != "recommend"} == set(NAMES)
        replay(made(3), toy.transcript)


def test_a_single_model_leaves_no_choice() -> None:
    assert made(0, models=()).bandit is None
    assert made(0, models=("one",)).bandit is None
    assert made(0, models=()).ask().context["model"] == ""


def test_every_member_is_asked_once_before_any_is_asked_again() -> None:
    bandit = ModelBandit(("a", "b", "c"))
    assert [bandit.choose(Random(n)) for n in range(3)] == ["a", "b", "c"]


def test_the_bound_is_the_mean_share_of_the_largest_gain_and_a_bonus() -> None:
    bandit = ModelBandit(("a", "b"), exploration=1.0, epsilon=0.0, decay=1.0)
    for n, gain in enumerate((0.5, 0.0)):
        bandit.told(bandit.choose(Random(n)), gain)
    bandit.told(bandit.choose(Random(9)), 1.0)  # a, asked twice: mean 0.75 of the largest, 1.0
    assert bandit.value("a") == pytest.approx(0.75)
    assert bandit.bound("a") == pytest.approx(0.75 + (2 * 1.0986122887 / 2) ** 0.5)
    assert bandit.bound("b") == pytest.approx((2 * 1.0986122887) ** 0.5)


def test_a_loss_is_no_worse_than_nothing() -> None:
    bandit = ModelBandit(("a", "b"), decay=1.0)
    bandit.told("a", -0.9)
    bandit.told("b", 0.0)
    assert bandit.value("a") == bandit.value("b") == 0.0


def test_the_dearest_loses_a_share_of_its_value_and_an_unknown_price_counts_for_nothing() -> None:
    bandit = ModelBandit(("dear", "cheap", "unknown"), decay=1.0, cost_weight=0.5)
    for name, usd in (("dear", 1.0), ("cheap", 0.1), ("unknown", None)):
        bandit.told(name, 0.2, calls=1, usd=usd)
    assert [bandit.value(name) for name in ("dear", "cheap", "unknown")] == pytest.approx([0.5, 0.95, 1.0])


def test_members_are_those_of_the_runs_own_model() -> None:
    assert members_of(ensemble()) == NAMES
    assert members_of(Roles(ensemble(), {"planner": Member("p", True)})) == NAMES
    assert members_of(Member("m", True)) == ()
