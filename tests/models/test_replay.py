"""A recorded run answers again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness import models
from harness.errors import ModelError, StoreError, UsageError
from harness.models import Answered, ModelOptions
from harness.store import replies
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.records import plain
from harness.types import Prompt, Reply, ToolCall, ToolResult, Turn, Usage


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run that asked p0, p1, p2 and p0 again, and got r0 to r3."""
    folder = tmp_path / "runs" / "20261121T000000Z-toy-noop-abcd"
    (folder / "blobs").mkdir(parents=True)
    blobs = Blobs(folder / "blobs")
    with Journal(folder) as journal:
        journal.append("start", {})
        for n, prompt in enumerate(["p0", "p1", "p2", "p0"]):
            data = {"n": n, "call": 0, "prompt": blobs.put(f"s\n\n{prompt}"), "reply": blobs.put(f"r{n}")}
            usage = plain(Usage(calls=1, tokens_in=10 + n, usd=None))
            journal.append("reply", {**data, "model": "openai/x", "stop": "length" if n else "end", "usage": usage})
    return folder


def ask(model: object, user: str) -> str:
    return model.complete(Prompt("s", user)).text  # type: ignore[attr-defined, no-any-return]


def test_the_same_questions_get_the_same_answers_in_any_order(run: Path) -> None:
    model = models.make(f"replay/{run}")
    assert [ask(model, user) for user in ("p2", "p0", "p0", "p1")] == ["r2", "r0", "r3", "r1"]


def test_other_questions_get_the_next_answer_that_is_left(run: Path) -> None:
    model = models.make(f"replay/{run}")
    assert [ask(model, user) for user in ("p1", "other", "another", "third")] == ["r1", "r0", "r2", "r3"]
    with pytest.raises(ModelError, match="all its replies are given"):
        ask(model, "p0")


def test_a_reply_comes_with_who_gave_it_and_what_it_cost(run: Path) -> None:
    reply = models.make(f"replay/{run}").complete(Prompt("s", "p1"))
    assert (reply.model, reply.stop, reply.usage) == ("openai/x", "length", Usage(calls=1, tokens_in=11, usd=None))


def test_a_run_is_found_by_id_prefix_and_latest_and_is_not_written(run: Path) -> None:
    before = {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}
    for ref in (run.name, run.name[:12], "latest"):
        model = models.make(f"replay/{ref}", options=ModelOptions(runs=run.parent))
        assert (model.name, ask(model, "p1")) == (f"replay/{run.name}", "r1")
    assert before == {path: path.read_bytes() for path in run.rglob("*") if path.is_file()}


def test_a_resumed_run_goes_on_after_the_replies_it_has_whatever_their_order(run: Path) -> None:
    earlier = [Answered("", replies.identity(Prompt("s", user))) for user in ("p2", "p0", "p0")]
    assert ask(models.make(f"replay/{run}", options=ModelOptions(answered=tuple(earlier))), "other") == "r1"


def test_what_is_no_run_is_refused(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        models.make("replay/nothing", options=ModelOptions(runs=tmp_path))
    for blob in (run / "blobs").iterdir():
        blob.write_text("changed")
    with pytest.raises(StoreError):
        models.make(f"replay/{run}")


def test_a_prompt_has_the_name_that_a_run_gives_it(tmp_path: Path) -> None:
    prompt = Prompt("sé", "u\ud800")
    assert replies.identity(prompt) == Blobs(tmp_path).put(f"{prompt.system}\n\n{prompt.user}")


def test_a_conversation_is_replayed_with_its_calls_and_what_its_models_could(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    (folder / "blobs").mkdir(parents=True)
    put = Blobs(folder / "blobs").put
    first = Prompt("s", "u", role="planner")
    called = Reply(
        "", "x", stop="calls", calls=(ToolCall("1", "f", {"a": 1}),), state={"chat": [1]}, via="role planner"
    )
    second = replace(first, turns=(Turn.after(called, [ToolResult("1", "done")]),))
    with Journal(folder) as journal:
        journal.append("start", {"can": {"": [], "planner": ["tools"]}})
        for prompt, reply in ((first, called), (second, Reply("end", "x"))):
            journal.append("reply", {**replies.asked(prompt, put), **replies.answered(reply, put)})
    model = models.make(f"replay/{folder}")
    assert model.complete(second).text == "end"
    assert model.complete(first) == replace(called, via="")
    assert [model.can("tools", role) for role in ("planner", "", "other")] == [True, False, False]


def test_a_replay_whose_cost_nobody_knows_has_no_price(run: Path) -> None:
    assert models.unpriced(models.make(f"replay/{run}")) == (f"replay/{run.name}",)
