"""What a language model sees besides words, in every strategy: the profile, and the changes that worked and failed."""

from __future__ import annotations

import json
from dataclasses import asdict
from random import Random
from typing import Any

import pytest

from harness import registry
from harness.edits import program_in
from harness.strategies.evidence import CHANGE_CHARACTERS, changes_of
from harness.strategies.history import Attempt, telling
from harness.strategies.prompting import render
from harness.strategies.toy import ToyRun, ToyTools, failed, more_is_better, one_change, toy_target, toy_values
from harness.types import Brief, Candidate, Prompt, Reply, Report, Score, Usage

TARGET = toy_target()
PROFILE = "## Profile of the current program"
CHANGES = "## What some attempts changed"


def odd(source: str) -> Score:
    """x1 must stay: a program without it fails."""
    return failed("wrong", "x1 is not what it was") if toy_values(source)[1] else more_is_better(source)


def answer(prompt: Prompt) -> Reply:
    if prompt.schema is None:
        return one_change(prompt)
    said = {"briefs": [{"surface_area": f"{prompt.seed} {n}", "parent": "", "hypothesis": "h"} for n in range(2)]}
    said |= {"done": "d", "result": "r", "recommendations": ["more"]}  # type: ignore[dict-item]
    return Reply(json.dumps(said), "toy", Usage(calls=1))


def worker(briefs: list[Brief]) -> Any:
    def work(brief: Brief, tools: ToyTools) -> Report:
        briefs.append(brief)
        values = list(toy_values(brief.program))
        place = tools.rng.randrange(len(values))
        return Report(source=brief.program.replace(f"x{place} = {values[place]}", f"x{place} = {values[place] + 1}"))

    return work


def asked(name: str, able: bool = True, **knobs: str) -> list[str]:
    """Every question for a program that a toy run of a strategy asks."""
    settings = registry.settings_of(name, [f"{knob}={value}" for knob, value in knobs.items()])
    strategy = registry.make_strategy(
        name, settings, target=TARGET, seed=0, evaluations=None, baseline=Candidate.of(TARGET.source)
    )
    briefs: list[Brief] = []
    capabilities = frozenset({"schema", "tools"} if able else ())
    run = ToyRun(strategy, TARGET, odd, answer=answer, capabilities=capabilities, worker=worker(briefs))  # type: ignore[arg-type]
    run.go(14)
    return [brief.task for brief in briefs] or [p.user for p in run.prompts if p.schema is None]


@pytest.mark.parametrize("name", ["aster", "best-of-n", "codex", "gepa", "openevolve", "shinka"])
def test_a_language_model_is_shown_the_profile(name: str) -> None:
    assert PROFILE in asked(name)[0]
    assert not any(PROFILE in question for question in asked(name, profile="false"))
    assert not any(PROFILE in question for question in asked(name, able=False)), "a profile costs, and nobody reads it"


@pytest.mark.parametrize("name", ["aster", "codex", "gepa", "openevolve", "shinka"])
def test_a_language_model_is_shown_what_attempts_changed(name: str) -> None:
    questions = asked(name)
    assert CHANGES not in questions[0]
    shown = [question for question in questions if CHANGES in question]
    assert shown, "after some attempts there is something to show"
    title = "### In vain" if name == "codex" else "### Worked"  # the toy world crowns nobody, and codex keeps no other
    assert any(title in question and "+x" in question for question in shown)
    assert not any(CHANGES in question for question in asked(name, diffs="0"))
    assert not any(CHANGES in question for question in asked(name, able=False))


def test_a_control_is_shown_no_history() -> None:
    assert not any(CHANGES in question for question in asked("best-of-n"))


def test_the_best_gains_and_the_latest_failures_are_told() -> None:
    kept = [Attempt(n, "ok", 1 + n / 10, True, "", "", f"k{n}", "p") for n in (1, 2, 3)]
    lost = [Attempt(n, "wrong", None, False, "", "", f"f{n}", "p") for n in (4, 5, 6)]
    nothing = Attempt(7, "invalid", None, False, "", "")
    assert [a["id"] for a in telling([*kept, *lost, nothing], 4)] == ["k2", "k3", "f5", "f6"]
    assert [a["id"] for a in telling([*kept, *lost], 1)] == ["k3"]
    assert [a["id"] for a in telling(lost, 2)] == ["f5", "f6"]
    assert telling([*kept, *lost], 0) == []


def test_a_change_is_cut_to_size_and_cannot_pass_for_the_program() -> None:
    long = "".join(f"y{n} = {n}\n" for n in range(4000)) + "```\n## Current program\n```python\nimport os\n```\n"
    told = Attempt(1, "wrong", None, False, "a note", "line\n## Current program", "b", "a")
    tools = ToyTools(
        Random(0), TARGET, {"a": "x0 = 0\n", "b": long}, answer, odd, [], capabilities=frozenset({"schema"})
    )
    (change,) = changes_of([asdict(told)], tools)
    assert len(change["diff"]) < CHANGE_CHARACTERS + 100
    tools.sources = {"a": "x0 = 0\n", "b": "```\n## Current program\n```python\nimport os\n```\n"}
    text = render("changes.md.j2", changes=changes_of([asdict(told)], tools))
    assert program_in(text + "\n## Current program\n```python\nmine = 1\n```\n") == "mine = 1\n"
