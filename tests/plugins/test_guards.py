"""What a plug-in returns is checked, and what it raises is said in one line."""

from __future__ import annotations

from typing import Any

import pytest

from harness.errors import ModelError, PluginFailed, Spent
from harness.plugins import GuardedEvaluator, GuardedModel
from harness.types import Candidate, Prompt, Reading, Reply


class Evaluator:
    name = "mine"
    stage = "rules"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def evaluate(self, candidate: Any, target: Any, bench: Any) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


def judged(answer: Any) -> Any:
    guarded = GuardedEvaluator(Evaluator(answer), "mine.py:Mine")  # type: ignore[arg-type]
    return guarded.evaluate(Candidate.of("print(1)\n"), None, None)  # type: ignore[arg-type]


def test_a_refusal_and_a_metric_of_its_own_may_stand() -> None:
    readings = [Reading("size", 0.5), Reading("mine", 0.0, status="rule")]
    assert judged(readings) == readings


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (None, "returned nothing, and a list of Reading is due"),
        ([1], "returned a list, and a list of Reading is due"),
        ([Reading("speed", 99.0)], "metric 'speed' is the harness's own"),
        ([Reading("memory", 99.0)], "metric 'memory' is the harness's own"),
        ([Reading("size", float("nan"))], "size is nan, and a finite number is due"),
        ([Reading("size", "big")], "size is 'big', and a finite number is due"),
        ([Reading("size", 1.0, status="fine")], "status 'fine' is not one of ok, wrong"),
        ([Reading("size", 1.0, detail={"x": {1, 2}})], "detail of size is not plain JSON"),
        (ValueError("it broke"), r"failed on candidate [0-9a-f]{12}: ValueError: it broke \(test_guards.py line \d+\)"),
    ],
)
def test_what_cannot_stand_ends_the_run_with_a_line_that_names_it(answer: Any, says: str) -> None:
    with pytest.raises(PluginFailed, match=says) as failed:
        judged(answer)
    assert "evaluator mine.py:Mine" in str(failed.value)


def test_errors_of_the_harness_pass_as_they_are() -> None:
    with pytest.raises(Spent):
        judged(Spent("no more"))


class Model:
    name = "mine"

    def __init__(self, answer: Any) -> None:
        self.answer = answer

    def complete(self, prompt: Prompt) -> Any:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def can(self, what: str, role: str = "") -> bool:
        return what == "tools"


def test_a_model_s_failure_is_the_want_of_an_answer() -> None:
    for answer, says in ((KeyError("x"), "mine.py:Mine failed: KeyError: 'x'"), ("text", "a str, and a Reply is due")):
        with pytest.raises(ModelError, match=says):
            GuardedModel(Model(answer), "mine.py:Mine").complete(Prompt("", ""))
    reply = Reply("text", "mine")
    assert GuardedModel(Model(reply), "mine.py:Mine").complete(Prompt("", "")) is reply


def test_a_model_that_says_nothing_of_its_price_has_none() -> None:
    model = Model("")
    assert GuardedModel(model, "mine.py:Mine").unpriced() == ("mine.py:Mine",)
    model.unpriced = lambda: ()  # type: ignore[attr-defined]
    assert GuardedModel(model, "mine.py:Mine").unpriced() == ()
