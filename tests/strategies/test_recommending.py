"""shinka's look back: every few programs the model sums up what was tried, and each prompt shows one thing of it."""

from __future__ import annotations

import json

from harness.strategies.shinka import Shinka
from harness.strategies.toy import ToyRun, more_is_better, one_change, replay, toy_target
from harness.types import Candidate, Prompt, Reply, Usage

TARGET = toy_target()
SAID = [f"try thing {n}" for n in range(7)]


def made(**knobs: int) -> Shinka:
    baseline = Candidate.of(TARGET.source)
    return Shinka(Shinka.Settings(**knobs), target=TARGET, seed=0, evaluations=None, baseline=baseline)


def answer(prompt: Prompt) -> Reply:
    if prompt.schema is None:
        return one_change(prompt)
    return Reply(json.dumps({"recommendations": SAID[:5]}), "toy", Usage(calls=1))


def run(strategy: Shinka, orders: int, *, able: bool = True) -> ToyRun:
    capabilities = frozenset({"schema"} if able else ())
    return ToyRun(strategy, TARGET, more_is_better, answer=answer, capabilities=capabilities).go(orders)  # type: ignore[arg-type]


def test_a_summary_comes_after_so_many_programs_and_is_shown_from_then_on() -> None:
    toy = run(made(recommend_every=4), 14)
    assert [order.n for order in toy.orders() if order.operator == "recommend"] == [5, 10]
    shown = [order.context["recommendation"] for order in toy.orders() if order.operator != "recommend"]
    assert set(shown[:4]) == {""}
    assert set(shown[4:]) <= set(SAID[:5])
    assert len(set(shown[4:])) > 1
    assert "what was recommended last time" in [p.user for p in toy.prompts if p.schema][1].lower()
    assert any("try thing" in p.user for p in toy.prompts if p.schema is None)


def test_a_summary_makes_no_program_and_costs_no_evaluation() -> None:
    outcome = next(o for o in run(made(recommend_every=4), 14).outcomes() if o.order.operator == "recommend")
    assert (outcome.candidate, outcome.score.status, outcome.usage.evaluations) == (None, "none", 0)


def test_a_model_that_fills_no_schema_is_not_asked() -> None:
    toy = run(made(recommend_every=4), 14, able=False)
    summary = next(o for o in toy.outcomes() if o.order.operator == "recommend")
    assert summary.usage.calls == 0
    assert {o.context["recommendation"] for o in toy.orders() if o.operator != "recommend"} == {""}


def test_a_summary_that_cannot_be_read_leaves_the_last_one() -> None:
    strategy = made(recommend_every=4)
    run(strategy, 6)
    broken = ToyRun(
        strategy, TARGET, answer=lambda p: one_change(p) if p.schema is None else Reply("no", "toy"),
        capabilities=frozenset({"schema"}),
    )  # fmt: skip
    broken.sources |= {p.id: p.source for island in strategy.islands for p in island.programs.values()}
    broken.go(6)
    assert any(o.order.operator == "recommend" and o.score.status == "invalid" for o in broken.outcomes())
    assert strategy._recommendations == SAID[:5]


def test_no_summary_where_none_is_wanted() -> None:
    assert all(order.operator != "recommend" for order in run(made(recommend_every=0), 20).orders())


def test_it_is_the_same_when_told_again() -> None:
    replay(made(recommend_every=4), run(made(recommend_every=4), 14).transcript)
