"""Areas to improve."""

from __future__ import annotations

from harness.strategies.advice import areas_to_improve
from harness.strategies.history import Attempt, Program
from harness.types import Objective, Status

BASELINE = Program("base", "x = 1\n" * 10, 1.0, 1.0, 1.0)


def program(fitness: float = 1.0, memory: float = 1.0, speed: float = 1.0, source: str = "x\n") -> Program:
    return Program("p", source, fitness, memory, speed)


def attempts(*statuses: Status, kept: bool = False) -> list[Attempt]:
    return [Attempt(n, status, None, kept, "", "") for n, status in enumerate(statuses, start=1)]


def advice(
    parent: Program, tried: list[Attempt], *, best: Program | None = None, objective: Objective | None = None
) -> str:
    return " ".join(areas_to_improve(parent, best or parent, BASELINE, objective or Objective(), tried))


def test_nothing_stands_out() -> None:
    assert advice(program(), attempts("ok", "ok")) == ""


def test_the_lagging_objective_is_named() -> None:
    assert advice(program(2.0, 1.1, 3.6), []).startswith("Memory lags behind")
    assert advice(program(2.0, 3.6, 1.1), []).startswith("Speed lags behind")


def test_an_objective_without_weight_never_lags() -> None:
    assert advice(program(3.6, 1.1, 3.6), [], objective=Objective(name="speed", memory=0, speed=1)) == ""
    assert advice(program(3.6, 3.6, 1.1), [], objective=Objective(name="memory", memory=1, speed=0)) == ""


def test_a_stall_asks_for_another_idea() -> None:
    assert "structurally different" in advice(program(), attempts("ok", "ok", "ok", "ok"))
    assert "structurally different" not in advice(program(), attempts("ok", "ok", "ok", "ok", kept=True))
    assert "structurally different" not in advice(program(), attempts("ok", "ok", "ok"))


def test_failures_ask_for_less() -> None:
    assert "3 of the last 4 attempts were not valid" in advice(program(), attempts("wrong", "ok", "crash", "rule"))
    assert "not valid" not in advice(program(), attempts("wrong", "ok", "crash", "ok"))


def test_the_best_and_the_length_are_mentioned_where_they_matter() -> None:
    best = Program("best", "x\n", 2.0, 2.0, 2.0)
    assert "1.00x; the best one 2.00x" in advice(program(), [], best=best)
    assert "grown long" in advice(program(source="x = 1\n" * 16), [])
