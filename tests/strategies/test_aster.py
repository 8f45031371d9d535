"""The traits that give `aster` its name: areas, handoffs, clusters, rounds; on toy worlds whose answers are known."""

from __future__ import annotations

from typing import Any

from harness.strategies.aster import Aster
from harness.strategies.planning import AREAS
from harness.strategies.toy import Landscape, ToyRun, failed, more_is_better, ok, one_change, toy_target, toy_values
from harness.types import Candidate, Outcome, Prompt, Reply

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


def made(evaluations: int | None = None, **knobs: Any) -> Aster:
    settings = Aster.Settings(**knobs)
    return Aster(settings, target=TARGET, seed=0, evaluations=evaluations, baseline=BASELINE)


def run(strategy: Aster, landscape: Landscape = more_is_better, *, orders: int = 60, parallel: int = 1) -> ToyRun:
    return ToyRun(strategy, TARGET, landscape, parallel=parallel).go(orders)


def of_kind(toy: ToyRun, operator: str) -> list[Outcome]:
    return [outcome for outcome in toy.outcomes() if outcome.order.operator == operator]


def test_a_round_is_a_plan_and_then_its_workers_side_by_side() -> None:
    toy = run(made(iterations=3, workers=3), parallel=8)
    operators = [order.operator for order in toy.orders() if order.operator != "branch"]
    assert operators == ["plan", "work", "work", "work"] * 3
    assert all(outcome.score.status == "none" for outcome in of_kind(toy, "plan"))


def test_the_areas_of_a_round_are_distinct() -> None:
    toy = run(made(iterations=4, workers=3))
    plans = [outcome.handoff["briefs"] for outcome in of_kind(toy, "plan")]
    for briefs in plans:
        assert len({brief["surface_area"] for brief in briefs}) == len(briefs) == 3


def test_an_area_that_gains_nothing_twice_is_exhausted_and_dropped() -> None:
    strategy = made(iterations=8, workers=2, stale_rounds=0)
    toy = run(strategy, lambda _: failed("wrong"))
    tried = [outcome.order.context["brief"]["surface_area"] for outcome in of_kind(toy, "work")]
    assert max(tried.count(area) for area in tried) == 2
    assert {area.status for area in strategy.areas.values()} == {"exhausted"}


def test_a_worker_spends_no_more_than_its_brief_allows_and_the_run_no_more_than_its_budget() -> None:
    for left in (1, 2, 5, 7, 16):
        toy = run(made(evaluations=left, evals_per_worker=3), parallel=4)
        spent = [outcome.usage.evaluations for outcome in of_kind(toy, "work")]
        assert max(spent) <= 3
        assert sum(spent) <= left


def test_a_worker_builds_on_what_it_measured_and_hands_over_the_harness_numbers() -> None:
    toy = run(made(iterations=1, workers=1, evals_per_worker=4))
    (outcome,) = of_kind(toy, "work")
    assert outcome.candidate is not None
    assert outcome.candidate.source.count("= 1") >= 2, "edits were stacked within one shift"
    assert outcome.handoff["gain"] == outcome.score.fitness
    assert outcome.handoff["area"] == outcome.order.context["brief"]["surface_area"]


def test_every_program_that_a_worker_measured_is_kept_and_may_be_branched_from() -> None:
    strategy = made(iterations=2, workers=1, evals_per_worker=4, stale_rounds=0)
    toy = run(strategy, lambda source: ok(1.0 - sum(toy_values(source)) / 10))
    branches = of_kind(toy, "branch")
    assert branches and all(o.candidate and o.usage.calls == o.usage.evaluations == 0 for o in branches)
    first = of_kind(toy, "work")[0]
    assert len(first.handoff["branches"]) == first.usage.evaluations - 1, "what lost is there too"
    assert {o.candidate.id for o in branches if o.candidate} <= set(strategy._programs)
    plans = [o for o in toy.orders() if o.operator == "plan"]
    assert plans[1].context["valid"] == 1 + first.usage.evaluations, "the next plan sees them all"


def test_what_one_worker_learnt_reaches_the_next_round() -> None:
    toy = run(made(iterations=2, workers=1, stale_rounds=0), lambda _: failed("wrong", "line 3 differs"))
    second = of_kind(toy, "work")[1]
    assert second.order.context["learnings"]
    assert all("wrong" in words for words in second.order.context["learnings"])


def test_it_ends_when_two_rounds_changed_nothing() -> None:
    toy = run(made(iterations=8), lambda _: failed("crash"))
    assert len(of_kind(toy, "plan")) == 2


def test_a_round_that_gains_nothing_but_brings_a_new_elite_is_no_standstill() -> None:
    toy = run(made(iterations=4), lambda source: ok(1.0 - sum(toy_values(source)) / 100))
    assert len(of_kind(toy, "plan")) > 2
    assert not any(outcome.score.fitness and outcome.score.fitness > 1 for outcome in of_kind(toy, "work"))


def test_it_ends_when_every_area_is_exhausted() -> None:
    strategy = made(iterations=50, stale_rounds=40)
    toy = run(strategy, lambda _: failed("crash"))
    assert len(of_kind(toy, "work")) == 2 * len(AREAS)
    assert strategy.ask() is None


def test_later_rounds_start_from_other_clusters_too_and_every_third_joins_two_gains() -> None:
    toy = run(made(iterations=6, workers=2, stale_rounds=0, evals_per_worker=2))
    works = of_kind(toy, "work")
    assert any(len(outcome.order.parents) == 2 for outcome in works[4:6]), "no graft in the third round"
    later = [outcome.order.parents[0] for outcome in works[2:]]
    assert len(set(later)) > 1


def test_no_cluster_is_ever_empty() -> None:
    strategy = made(iterations=6, workers=3)
    run(strategy)
    assert all(strategy.clusters)
    assert len(strategy.clusters) >= 2


def test_a_worker_mends_what_was_refused_within_its_shift() -> None:
    asked: list[Prompt] = []

    def answer(prompt: Prompt) -> Reply:
        asked.append(prompt)
        return one_change(prompt)

    verdicts = iter([failed("wrong", "line 2 differs")] * 2)
    landscape: Landscape = lambda source: next(verdicts, None) or more_is_better(source)  # noqa: E731
    ToyRun(made(iterations=1, workers=1), TARGET, landscape, answer=answer).go(2)
    assert "Your last program was tried and refused" in asked[1].user
    assert "line 2 differs" in asked[1].user
