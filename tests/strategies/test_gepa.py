"""gepa: fronts, parents in proportion to them, reflection and the gate before a measurement."""

from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

import pytest

from harness.edits import program_in, render
from harness.errors import Unusable
from harness.strategies.gepa import Gepa, front_counts, vector
from harness.strategies.toy import Answer, Landscape, ToyTools, failed, more_is_better, ok, toy_program, toy_target
from harness.types import Candidate, Order, Outcome, Prompt, Reading, Reply, Score, Usage

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


def made(**knobs: Any) -> Gepa:
    return Gepa(Gepa.Settings(**knobs), target=TARGET, seed=0, evaluations=None, baseline=BASELINE)


def told(strategy: Gepa, n: int, score: Score) -> Candidate:
    order = strategy.ask()
    candidate = Candidate.of(toy_program([n]), order.parents, "a note")
    strategy.tell(Outcome(order, candidate, score, Usage()))
    return candidate


def parents(strategy: Gepa, draws: int = 1000) -> Counter[str]:
    return Counter(strategy.ask().parents[0] for _ in range(draws))


# --- Fronts -----------------------------------------------------------------------------------------------------------


def test_a_program_counts_once_for_each_front() -> None:
    vectors = {"base": {}, "lean": {"m": 3.0, "s": 1.0}, "fast": {"m": 1.0, "s": 5.0}}
    assert front_counts(vectors, 0.0) == {"lean": 1, "fast": 1}
    assert front_counts({**vectors, "both": {"m": 3.0, "s": 5.0}}, 0.0) == {"both": 2}


def test_dominated_programs_and_those_on_no_front_are_left_out() -> None:
    vectors = {
        "a": {"m": 3.0, "s": 1.0},
        "b": {"m": 2.0, "s": 2.0},
        "c": {"m": 1.0, "s": 3.0},
        "d": {"m": 2.0, "s": 1.9},
    }
    assert front_counts(vectors, 0.0) == {"a": 1, "c": 1}


def test_noise_does_not_push_a_program_off_a_front() -> None:
    vectors = {"a": {"m": 2.00, "s": 1.0}, "b": {"m": 1.98, "s": 1.5}}
    assert front_counts(vectors, 0.02) == {"a": 1, "b": 2}
    assert front_counts(vectors, 0.0) == {"a": 1, "b": 1}


def test_before_anything_is_measured_the_baseline_is_the_front() -> None:
    assert front_counts({"base": {}}, 0.02) == {"base": 1}


def test_the_baseline_stays_while_nothing_beats_it() -> None:
    strategy = made()
    told(strategy, 1, ok(0.5, 0.5, 0.5))
    assert set(parents(strategy)) == {BASELINE.id}


def test_an_instance_is_an_objective_on_a_workload() -> None:
    readings = (
        Reading("memory", 2.0, detail={"workload": "a"}),
        Reading("memory", 3.0, detail={"workload": "b"}),
        Reading("speed", 4.0),
        Reading("equivalence", 1.0),
    )
    assert vector(Score("ok", 2.5, readings)) == {"memory/a": 2.0, "memory/b": 3.0, "speed/": 4.0}


def test_parents_are_drawn_in_proportion_to_their_fronts() -> None:
    strategy = made(tolerance=0.1)
    first = told(strategy, 1, ok(1.7, 3.0, 1.0))
    second = told(strategy, 2, ok(2.4, 2.9, 2.0))
    drawn = parents(strategy, 3000)
    assert set(drawn) == {first.id, second.id}
    assert abs(drawn[second.id] - 2000) < 4 * (3000 * 2 / 9) ** 0.5


def test_an_invalid_program_is_on_no_front() -> None:
    strategy = made()
    told(strategy, 1, failed("crash"))
    assert set(parents(strategy, 50)) == {BASELINE.id}
    assert strategy.ask().context["attempts"][0]["status"] == "crash"


# --- Reflection and the gate ------------------------------------------------------------------------------------------

WRONG, RIGHT = toy_program([9] * 8), toy_program([1] * 8)


def nines_are_wrong(source: str) -> Score:
    return failed("wrong", "step 3 differs") if "9" in source else more_is_better(source)


def tools(*programs: str, landscape: Landscape = nines_are_wrong) -> ToyTools:
    return ToyTools(Random("0/1"), TARGET, {BASELINE.id: BASELINE.source}, answers(*programs), landscape, [])


def answers(*programs: str) -> Answer:
    left = list(programs)

    def answer(prompt: Prompt) -> Reply:
        return Reply(render(program_in(prompt.user), left.pop(0), "because of the nines"), "toy")

    return answer


def first_order(**knobs: Any) -> tuple[Gepa, Order]:
    strategy = made(**knobs)
    return strategy, strategy.ask()


def test_a_right_program_passes_the_gate_at_once() -> None:
    strategy, order = first_order()
    used = tools(RIGHT)
    assert strategy.propose(order, used).source == RIGHT
    assert len(used.prompts) == 1
    assert "## Reflect first" in used.prompts[0].user
    assert "whole new program" in used.prompts[0].system


def test_a_wrong_program_is_mended_with_the_verdict_in_sight() -> None:
    strategy, order = first_order()
    used = tools(WRONG, RIGHT)
    assert strategy.propose(order, used).source == RIGHT
    again = used.prompts[1].user.removeprefix(used.prompts[0].user)
    assert "Verdict: wrong" in again
    assert "> step 3 differs" in again
    assert "+x0 = 9" in again
    assert program_in(used.prompts[1].user) == BASELINE.source


def test_what_stays_wrong_is_not_measured() -> None:
    strategy, order = first_order(repairs=2)
    used = tools(WRONG, toy_program([9]), WRONG)
    with pytest.raises(Unusable, match=r"trial: wrong: because of the nines \(step 3 differs\)"):
        strategy.propose(order, used)
    assert len(used.prompts) == 3


def test_without_repairs_the_first_answer_decides() -> None:
    strategy, order = first_order(repairs=0)
    with pytest.raises(Unusable):
        strategy.propose(order, tools(WRONG, RIGHT))


def test_the_parents_traces_are_shown() -> None:
    strategy = made()
    best = told(strategy, 1, ok(2.0, feedback="Most memory: line 1."))
    order = strategy.ask()
    assert order.parents == (best.id,)
    used = tools(RIGHT)
    used.sources = {**used.sources, best.id: best.source}
    strategy.propose(order, used)
    assert "> Most memory: line 1." in used.prompts[0].user
