"""The matrix of strategies, models and workers: what it covers, what it calls wrong; two cells of it for real."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks import matrix
from benchmarks.matrix import Cell, cells, faults, script, target, tried
from harness import targets
from harness.edits import apply
from harness.models.scripted import ScriptedModel
from harness.strategies import known
from harness.strategies.planning import Plan
from harness.strategies.recommending import Recommendations
from harness.strategies.working import Handoff
from harness.structured import parsed
from harness.types import Event, Prompt


def journal() -> list[Event]:
    """A run of two orders that was resumed once."""
    outcome = {"candidate": {"id": "a"}, "crowned": True}
    told = [
        ("ask", {"n": 1}), ("reply", {"n": 1, "call": 0}), ("judged", {"n": 1, "k": 0, "kind": "evaluate"}),
        ("resume", {}), ("outcome", {"n": 1, **outcome}), ("ask", {"n": 2}), ("reply", {"n": 2, "call": 0}),
        ("outcome", {"n": 2, "candidate": None, "crowned": False}),
        ("end", {"status": "done", "reason": "", "best": "a", "usage": {"evaluations": 1, "calls": 2}}),
    ]  # fmt: skip
    return [Event(n, kind, 0.0, data) for n, (kind, data) in enumerate(told)]


def without(*kinds: str) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [event for event in events if event.kind not in kinds]


def doubled(at: int) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [*events[:at], events[at], *events[at:]]


def ended(**changes: object) -> Callable[[list[Event]], list[Event]]:
    return lambda events: [*events[:-1], Event(9, "end", 0.0, {**events[-1].data, **changes})]


def test_a_journal_that_is_right_has_no_faults() -> None:
    assert list(faults(journal(), evaluations=1)) == []


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda events: events[:-2] + events[-1:], "asked for [1, 2], told [1]"),
        (doubled(1), "recorded twice: reply 1 0"),
        (doubled(2), "recorded twice: judged 1 0"),
        (without("resume"), "not resumed once"),
        (without("end"), "it ended as nothing"),
        (ended(status="failed"), "it ended as failed"),
        (ended(usage={"evaluations": 2, "calls": 2}), "1 evaluations were made and 2 counted"),
        (ended(usage={"evaluations": 1, "calls": 3}), "2 calls were made and 3 counted"),
        (ended(best="b"), "its best, b, was never crowned"),
    ],
)
def test_what_is_wrong_is_said(change: Callable[[list[Event]], list[Event]], says: str) -> None:
    assert any(says in fault for fault in faults(change(journal()), evaluations=1))


def test_more_evaluations_than_the_budget_are_a_fault() -> None:
    assert any("1 evaluations of 0" in fault for fault in faults(journal(), evaluations=0))


def test_it_covers_every_strategy_with_both_models_and_both_numbers_of_workers() -> None:
    every = cells([*known()], [*matrix.MODELS], [*matrix.PARALLEL], quick=False)
    assert len(every) == len(set(every)) == 28
    quick = cells([*known()], [*matrix.MODELS], [*matrix.PARALLEL], quick=True)
    assert [cell.strategy for cell in quick] == [*known()]
    assert len({(cell.model, cell.parallel) for cell in quick}) == 4


def test_scripted_answers_fit_whatever_is_asked(tmp_path: Path) -> None:
    program = targets.load(str(target(tmp_path / "brief"))).source
    model = ScriptedModel(Path(script(tmp_path, "aster").removeprefix("scripted/")))
    for n in range(9):
        reply = model.complete(Prompt("", ""))
        if n % 10 == 5:
            continue  # one that cannot be used, on purpose
        assert apply(reply.text, program).source != program
        assert parsed(reply, Plan).briefs
        assert parsed(reply, Handoff).done
        assert parsed(reply, Recommendations).recommendations


def test_the_brief_target_is_judged_in_every_stage_that_a_strategy_meets(tmp_path: Path) -> None:
    made = targets.load(str(target(tmp_path / "brief")))
    assert {workload.stage for workload in made.workloads} == {"short", "measure"}
    assert all(workload.hidden for workload in made.workloads)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [Cell("aster", "scripted", 4), Cell("codex", "offline", 1)], ids=lambda c: c.strategy)
def test_a_killed_run_goes_on(tmp_path: Path, cell: Cell) -> None:
    row = tried(cell, tmp_path, target(tmp_path / "brief"), matrix.EVALUATIONS, seed=1)
    assert row.wrong == ""
    assert row.resumed == 1 and 0 < row.evaluations <= matrix.EVALUATIONS
