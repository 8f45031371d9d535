"""--polish: what gains is rewritten by the offline engine before it is settled; nothing else is touched."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import stub
from benchmarks.kill import told
from harness import launch, parts, sandbox
from harness.budget import Limit
from harness.edits import program_in, render
from harness.errors import Spent
from harness.spec import Spec, read_spec
from harness.store.journal import read
from harness.strategies.best_of_n import BestOfN
from harness.strategies.noop import Noop
from harness.strategies.openevolve import OpenEvolve
from harness.strategies.polishing import STEPS, Polished
from harness.strategies.toy import ToyRun, more_is_better, ok, one_change, toy_program, toy_target, toy_values
from harness.testing import StrategyContract
from harness.types import Candidate, Prompt, Reply, Score, Strategy, Target
from tests.conftest import TOY

TARGET = toy_target()
BASELINE = Candidate.of(TARGET.source)


class TestPolished(StrategyContract):
    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Strategy:
        settings = OpenEvolve.Settings()
        return Polished(OpenEvolve(settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline))


def sampled() -> Polished:
    return Polished(BestOfN(BestOfN.Settings(), target=TARGET, seed=0, evaluations=None, baseline=BASELINE))


def x7_only(prompt: Prompt) -> Reply:
    """The model raises x0; who polishes raises x7 and says so."""
    values = list(toy_values(program_in(prompt.user)))
    values[7 if prompt.role else 0] += 1
    return Reply(render(program_in(prompt.user), toy_program(values), "a polish" if prompt.role else "an idea"), "toy")


def test_a_gain_is_polished_and_the_best_of_it_is_what_the_strategy_is_told_of() -> None:
    run = ToyRun(sampled(), TARGET, more_is_better, answer=x7_only).go(1)
    (outcome,) = run.outcomes()
    assert outcome.candidate is not None
    assert toy_values(outcome.candidate.source) == (1, 0, 0, 0, 0, 0, 0, STEPS)
    assert outcome.candidate.parents == (BASELINE.id,)
    assert outcome.candidate.note.startswith("an idea; polished: a polish")
    assert outcome.usage.evaluations == 1 + STEPS, "each rewrite is an evaluation, and counted"
    assert outcome.handoff["polish"][0]["kept"]


def test_what_gains_nothing_is_left_alone() -> None:
    run = ToyRun(sampled(), TARGET, lambda _: ok(1.01), answer=x7_only).go(3)
    assert not any(prompt.role for prompt in run.prompts)
    assert all(outcome.candidate and outcome.candidate.note == "an idea" for outcome in run.outcomes())


def test_a_rewrite_that_loses_does_not_take_the_place_of_what_it_rewrote() -> None:
    def landscape(source: str) -> Score:
        values = toy_values(source)
        return ok(1.5 - values[7] / 10 if values[0] else 1.0)

    (outcome,) = ToyRun(sampled(), TARGET, landscape, answer=x7_only).go(1).outcomes()
    assert outcome.candidate is not None and outcome.candidate.note == "an idea"


def test_what_was_crowned_is_the_mark_for_the_next() -> None:
    strategy = sampled()
    (outcome,) = ToyRun(strategy, TARGET, more_is_better, answer=x7_only).go(1).outcomes()
    assert strategy.ask().context["polish"]["best"] == 1.0, "the toy world crowns nobody"  # type: ignore[union-attr]
    strategy.tell(replace(outcome, crowned=True))
    assert strategy.ask().context["polish"]["best"] == outcome.score.fitness  # type: ignore[union-attr]


def test_when_the_budget_ends_within_a_polish_what_was_found_stands() -> None:
    def answer(prompt: Prompt) -> Reply:
        if prompt.role:
            raise Spent("the budget is spent: 3 evaluations")
        return x7_only(prompt)

    (outcome,) = ToyRun(sampled(), TARGET, more_is_better, answer=answer).go(1).outcomes()
    assert outcome.candidate is not None and outcome.candidate.note == "an idea"


def test_noop_stays_what_it_is() -> None:
    noop = Polished(Noop(Noop.Settings(), target=TARGET, seed=0, evaluations=None, baseline=BASELINE))
    run = ToyRun(noop, TARGET, lambda _: ok(2.0), answer=one_change).go(2)
    assert run.prompts == []


# --- in a run ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())
    program = (TOY / "toy.py").read_text(encoding="utf-8")
    answers = [
        f"NOTE: {n}\n\n```python\n{program.replace('range(2000)', f'range({2000 - n})')}```\n" for n in range(60)
    ]
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    return Spec(
        target=str(TOY), strategy="openevolve", model=f"scripted/{tmp_path / 'answers.json'}", parallel=1,
        limit=Limit(evaluations=30), polish=True,
    )  # fmt: skip


def test_a_polished_run_is_recorded_counted_and_free_and_goes_on_after_a_stop(tmp_path: Path, spec: Spec) -> None:
    whole = launch.launch(spec, tmp_path / "whole", launch.Hooks())
    events = list(read(whole / "events.jsonl"))
    polished = [e.data for e in events if e.kind == "reply" and e.data.get("via") == "role polish"]
    assert polished and {e["model"] for e in polished} == {"offline"}
    assert sum(e["usage"]["tokens_in"] + e["usage"]["tokens_out"] for e in polished) == 0
    judged = sum(e.kind == "judged" and e.data["kind"] == "evaluate" for e in events)
    assert events[-1].data["usage"]["evaluations"] == judged <= 30
    assert read_spec(whole).polish

    lines = (whole / "events.jsonl").read_bytes().splitlines(keepends=True)
    at = next(n for n, e in enumerate(events) if e.kind == "reply" and e.data.get("via") == "role polish")
    broken = tmp_path / "whole" / "broken"
    broken.mkdir()
    (broken / "events.jsonl").write_bytes(b"".join(lines[: at + 1]))
    (broken / "run.toml").write_bytes((whole / "run.toml").read_bytes())
    (broken / "blobs").symlink_to(whole / "blobs")
    launch.resume(broken, launch.Hooks())
    assert told(broken) == told(whole)


def test_without_it_nobody_polishes(tmp_path: Path, spec: Spec) -> None:
    made = launch.launch(replace(spec, polish=False), tmp_path / "runs", launch.Hooks())
    assert not any(e.data.get("via") for e in read(made / "events.jsonl") if e.kind == "reply")
