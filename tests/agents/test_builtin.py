"""The builtin agent: a conversation with tools, and the real sandbox where the program is run."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from harness.agents.builtin import OUTPUT, Builtin, cut
from harness.errors import ModelError, ModelRefused, Spent
from harness.sandbox import without
from harness.strategies.toy import ToyTools, more_is_better, toy_target
from harness.types import Prompt, Reply, Report, Sandbox, Target, ToolCall, Usage
from tests.agents.conftest import BASE, brief
from tests.conftest import TOY

EDIT = "<<<<<<< SEARCH\nx0 = 0\n=======\nx0 = 1\n>>>>>>> REPLACE\n"
DONE = ("done", {"hypothesis": "h", "change": "x0 up", "expected": "e"})
Call = tuple[str, dict[str, object]]


class Scripted:
    """A model that calls what it is told to; it keeps what it was answered."""

    def __init__(self, *answers: list[Call] | str | Exception) -> None:
        self.answers = list(answers)
        self.prompts: list[Prompt] = []

    def __call__(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        if isinstance(answer, str):
            return Reply(answer, "toy", Usage(calls=1))
        calls = tuple(ToolCall(str(n), name, arguments) for n, (name, arguments) in enumerate(answer))
        return Reply("", "toy", Usage(calls=1), "calls", calls)

    def results(self) -> list[tuple[str, bool]]:
        return [(result.text, result.failed) for turn in self.prompts[-1].turns for result in turn.results]


def session(
    model: Callable[[Prompt], Reply], *, sandbox: Sandbox | None = None, target: Target | None = None, **changes: object
) -> tuple[Report, ToyTools]:
    target = target or toy_target()
    tools = ToyTools(Random(0), target, {}, model, more_is_better, [])
    report = Builtin(sandbox).work(brief("builtin", **changes), tools)  # type: ignore[arg-type]
    return report, tools


def test_it_edits_evaluates_takes_notes_and_ends() -> None:
    model = Scripted(
        [("read_file", {"path": "results.tsv"}), ("edit", {"blocks": EDIT})],
        [("eval", {}), ("write_file", {"path": "NOTES.md", "text": "ones help"})],
        [DONE],
    )
    report, tools = session(model)
    assert (report.end, report.steps) == ("done", 3)
    assert report.source == BASE.replace("x0 = 0", "x0 = 1")
    assert report.notes == "ones help"
    assert json.loads(report.said)["change"] == "x0 up"
    assert tools.evaluations == 1
    (table, _), (_, _), (verdict, _), _ = model.results()
    assert table == "id\tscore\n"
    assert json.loads(verdict)["score"] > 1.04
    assert "ones help" in report.transcript
    first = model.prompts[0]
    assert first.system.startswith("# Task") and "There is no shell" in first.system
    assert [spec.name for spec in first.tools] == ["read_file", "write_file", "edit", "run", "eval", "done"]


def test_each_call_is_answered_and_what_is_wrong_is_said() -> None:
    model = Scripted(
        [
            ("read_file", {"path": "/etc/passwd"}),
            ("write_file", {"path": "../x", "text": ""}),
            ("write_file", {"path": "program.py", "text": "x" * 100_000}),
            ("edit", {"blocks": "nothing of the kind"}),
            ("edit", {}),
            ("run", {"extra": 1}),
            ("fly", {}),
        ],
        [DONE],
    )
    report, _ = session(model)
    results = model.results()
    assert len(results) == 7
    assert all(failed for _, failed in results)
    words = [
        "no file",
        "only program.py",
        "65536 are allowed",
        "",
        "takes blocks",
        "takes no arguments",
        "no tool 'fly'",
    ]
    for expected, (text, _) in zip(words, results, strict=True):
        assert expected in text
    assert report.source == BASE


def test_quick_evaluations_end(room: object) -> None:
    del room
    model = Scripted([("eval", {})], [("edit", {"blocks": EDIT}), ("eval", {})], [DONE])
    _, tools = session(model, quick_evals=1)
    assert tools.evaluations == 1
    assert "no quick evaluation is left" in model.results()[-1][0]


def test_the_program_runs_in_the_sandbox_on_public_input(room: Sandbox, toy: Target) -> None:
    spy = "import os\nprint(sorted(os.listdir('/')))\n"
    model = Scripted([("run", {}), ("write_file", {"path": "program.py", "text": spy}), ("run", {})], [DONE])
    session(model, sandbox=room, target=toy, program=toy.source)
    (ran, failed), _, (spied, _) = model.results()
    assert not failed
    assert "turn   1 | state" in ran and "MiB]" in ran
    assert ran.count("turn ") == 3, "its knobs are those of the shortest run"
    assert "home" not in spied


@pytest.mark.parametrize(
    ("error", "end"),
    [(Spent("no calls"), "spent"), (ModelError("away"), "failed"), (ModelRefused("key"), "refused")],
)
def test_what_ends_the_conversation_is_said(error: Exception, end: str) -> None:
    report, _ = session(Scripted([("edit", {"blocks": EDIT})], error))
    assert (report.end, report.reason) == (end, str(error))
    assert "x0 = 1" in (report.source or ""), "what was done so far is kept"


def test_it_ends_after_its_steps_and_after_empty_words() -> None:
    report, _ = session(Scripted(*[[("eval", {})]] * 3), max_steps=3)
    assert (report.end, report.steps) == ("steps", 3)
    report, _ = session(Scripted("I think", "I am done"))
    assert (report.end, report.steps, report.said) == ("done", 2, "I am done")


def test_it_ends_when_the_user_wants_an_end() -> None:
    tools = ToyTools(Random(0), toy_target(), {}, Scripted(), more_is_better, [])
    report = Builtin(without(), lambda: "asked to stop").work(brief("builtin"), tools)
    assert (report.end, report.reason, report.source) == ("stopped", "asked to stop", BASE)


def test_a_turn_ends_at_its_clock() -> None:
    report, _ = session(Scripted(), seconds=-1.0)
    assert report.end == "timeout"


def test_long_output_keeps_head_and_tail() -> None:
    text = cut("a" * OUTPUT + "b" * OUTPUT)
    assert text.startswith("aaa") and text.endswith("bbb")
    assert "10000 characters left out" in text
    assert cut("short") == "short"


def test_a_whole_run_with_a_scripted_agent(tmp_path: Path, room: Sandbox) -> None:
    del room
    lean = "<<<<<<< SEARCH\n        history.append(ballast)\n=======\n        pass\n>>>>>>> REPLACE\n"
    answers = [
        {"calls": [{"name": "edit", "arguments": {"blocks": lean}}, {"name": "eval"}]},
        {"calls": [{"name": "done", "arguments": {"hypothesis": "h", "change": "no history", "expected": "e"}}]},
        "I have nothing more to try.",
        "Really.",
    ]
    script = tmp_path / "answers.json"
    script.write_text(json.dumps(answers))
    words = ["optimize", str(TOY), "--strategy", "codex", "--model", f"scripted/{script}", "--set", "turns=2"]
    words += ["--max-evaluations", "5", "--parallel", "4"]
    command = [sys.executable, "-m", "harness.cli.main", *words]
    ran = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300)
    assert ran.returncode == 0, ran.stderr
    run = tmp_path / "runs/latest"
    kinds = [json.loads(line)["kind"] for line in (run / "events.jsonl").read_text().splitlines()]
    assert kinds.count("judged") == 1, "the program that ./eval saw is not judged again"
    assert kinds.count("session") == 2
    table = (run / "repository/results.tsv").read_text().splitlines()
    assert table[1].split("\t")[4:] == ["keep", "no history"]
    assert table[2].split("\t")[4] == "no-op"
    assert (run / "repository/program.py").read_text() == (run / "best.py").read_text()
