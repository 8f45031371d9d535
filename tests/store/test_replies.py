"""What was asked and answered, to the journal and back."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from harness.store import replies
from harness.store.blobs import Blobs
from harness.types import AnswerSchema, Prompt, Reply, ToolCall, ToolResult, ToolSpec, Turn, Usage

CALLS = (ToolCall("1", "read", {"path": "a", "n": [1, None]}), ToolCall("2", "read", {}, "{\ud800"))
REPLY = Reply("text", "openai/x", Usage(1, 9, 3, 4, None, 0.5, 0, 2, 1), "calls", CALLS, {"responses": [{"a": 1}]}, "m")
FULL = Prompt(
    "system",
    "user",
    "seed",
    (Turn.after(REPLY, [ToolResult("1", "found"), ToolResult("2", "not JSON", True)], "go on"),),
    (ToolSpec("read", "Reads.", {"type": "object"}),),
    AnswerSchema("Plan", {"type": "object"}),
    "planner",
    "openai/x",
)


def test_a_reply_comes_back_as_it_was(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for reply in (REPLY, Reply("text", "offline")):
        data = json.loads(json.dumps(replies.answered(reply, blobs.put)))
        assert replies.reply_of(data, blobs.get) == reply


def test_a_plain_reply_is_recorded_as_ever(tmp_path: Path) -> None:
    data = replies.asked(Prompt("s", "u"), Blobs(tmp_path).put)
    assert data == {"prompt": Blobs(tmp_path).put("s\n\nu")}
    assert replies.answered(Reply("t", "m"), Blobs(tmp_path).put).keys() == {"reply", "model", "stop", "usage"}


def test_all_that_was_asked_is_on_disk(tmp_path: Path) -> None:
    replies.asked(FULL, Blobs(tmp_path).put)
    texts = "".join(path.read_text("utf-8", "surrogatepass") for path in tmp_path.iterdir())
    for words in ("system", "user", "Reads.", "Plan", "planner", "openai/x", '"path": "a"', "not JSON", "go on"):
        assert words in texts


def test_a_conversation_that_grows_costs_its_turns_once(tmp_path: Path) -> None:
    prompt = Prompt("s" * 1000, "u")
    for n in range(20):
        prompt = replace(prompt, turns=(*prompt.turns, Turn(f"{n}" * 1000)))
        replies.asked(prompt, Blobs(tmp_path).put)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) < 40_000


def test_prompts_are_the_same_when_the_same_is_asked() -> None:
    data = replies.asked(FULL, replies._sha)
    assert replies.identity(FULL) == replies.identity_of(data) == replies.identity(replace(FULL, seed="other"))
    bare = replace(FULL.turns[0], state={})  # a service's own record is no part of what is asked
    assert replies.identity(FULL) == replies.identity(replace(FULL, turns=(bare,))), (
        "a service's own record is not told"
    )
    others = [
        replace(FULL, system="x"),
        replace(FULL, user="x"),
        replace(FULL, turns=()),
        replace(FULL, turns=(replace(bare, user="x"),)),
        replace(FULL, tools=()),
        replace(FULL, schema=None),
        replace(FULL, role=""),
        replace(FULL, model=""),
    ]
    assert len({replies.identity(prompt) for prompt in (FULL, *others)}) == 9
