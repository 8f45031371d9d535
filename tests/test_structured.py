"""Answers as records: what is read, what is sent back, and when it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast

import pytest
from pydantic import BaseModel, Field

from harness.errors import ModelRefused, Unusable
from harness.models.offline.model import OfflineModel
from harness.structured import parsed, structured
from harness.types import AnswerSchema, Prompt, Reply, ToolCall, Tools


class Plan(BaseModel):
    area: str
    gain: float = Field(ge=1)
    why: str = ""


GOOD = '{"area": "memory", "gain": 2}'


@dataclass
class Asked:
    """Tools that give these replies and keep the prompts."""

    replies: list[Reply]
    prompts: list[Prompt] = field(default_factory=list)

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        return self.replies.pop(0)


def ask(*replies: str | Reply, prompt: Prompt | None = None) -> tuple[Plan, list[Prompt]]:
    asked = Asked([Reply(reply, "m") if isinstance(reply, str) else reply for reply in replies])
    return structured(cast(Tools, asked), prompt or Prompt("s", "u", "7"), Plan), asked.prompts


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f"\n{GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Here is the plan:\n\n```\n{GOOD}\n```\nDone.",
        f"The plan is {GOOD} as you wished.",
        f'<think>\n{{"area": "speed", "gain": 9}}?\n</think>\n{GOOD}',
        '{"area": "memory", "gain": 2, "more": true}',
    ],
)
def test_an_object_is_read_in_many_dresses(text: str) -> None:
    assert parsed(Reply(text, "m"), Plan) == Plan(area="memory", gain=2)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply("I would rather not.", "m"), "it is no JSON"),
        (Reply(f"<think>\n{GOOD}", "m"), "ends within its thoughts"),
        (Reply("[1]", "m"), "it is no JSON object"),
        (Reply('{"area": "memory"', "m"), "it is no JSON: "),
        (Reply("[" * 100_000, "m"), "nested too deeply"),
        (Reply('{"gain": 2}', "m"), "area: Field required"),
        (Reply('{"area": "a", "gain": 0.5}', "m"), "gain: Input should be greater than or equal to 1"),
        (Reply(GOOD, "m", stop="length"), "cut off"),
        (Reply("", "m", stop="refusal"), "refusal"),
        (Reply("", "m", stop="empty"), "empty"),
        (Reply("", "m", stop="calls", calls=(ToolCall("1", "f"),)), "called a tool"),
    ],
)
def test_what_is_wrong_goes_back_once_and_is_then_the_end(reply: Reply, words: str) -> None:
    plan, prompts = ask(reply, GOOD)
    assert plan.area == "memory"
    assert prompts[0].turns == ()
    (turn,) = prompts[1].turns
    assert (turn.text, turn.calls) == (reply.text, ()) and words in turn.user
    with pytest.raises(Unusable, match=words):
        ask(reply, reply)


def test_the_schema_is_that_of_the_record_and_the_rest_of_the_prompt_stays() -> None:
    prompt = Prompt("s", "u", "7", role="planner", model="m")
    _, (first, second) = ask("no", GOOD, prompt=prompt)
    assert first.schema == AnswerSchema("Plan", Plan.model_json_schema())
    assert (second.system, second.user, second.seed, second.schema) == ("s", "u", "7", first.schema)
    assert (second.role, second.model) == ("planner", "m")


def test_many_errors_are_told_in_a_few() -> None:
    class Many(BaseModel):
        a: int
        b: int
        c: int
        d: int
        e: int
        f: int
        g: int

    with pytest.raises(Unusable, match=r"e: Field required; and 2 more$"):
        parsed(Reply("{}", "m"), Many)


def test_a_model_that_cannot_says_so_at_once() -> None:
    model: Any = OfflineModel()
    assert not model.can("schema") and not model.can("tools")
    with pytest.raises(ModelRefused, match="model offline writes no JSON"):
        structured(model, Prompt("s", "u"), Plan)
