"""From a prompt to a program: one model call, and one more when its answer cannot be used."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from harness.edits import program_in, render
from harness.errors import ModelRefused, Unusable
from harness.strategies import prompting
from harness.strategies.proposers import ask_model
from harness.strategies.toy import ToyTools, ok, toy_program, toy_target, toy_values
from harness.types import Prompt, Reply

TARGET = toy_target()


def tools(answer: Any) -> ToyTools:
    return ToyTools(Random("0/1"), TARGET, {}, answer, lambda _: ok(1.0), [])


def test_an_edit_outside_the_markers_is_refused() -> None:
    parent = "# EVOLVE-BLOCK-START\nx1 = 0\n# EVOLVE-BLOCK-END\nx2 = 0\n"
    answers = [render(parent, parent.replace("x2 = 0", "x2 = 1"), "outside")]
    answers.append(render(parent, parent.replace("x1 = 0", "x1 = 1"), "inside"))
    used = tools(lambda _: Reply(answers.pop(0), "toy"))
    assert ask_model("s", "u", parent, used).note == "inside"
    assert len(used.prompts) == 2


def answers_in_turn(*replies: Reply) -> Any:
    left = list(replies)
    return lambda _prompt: left.pop(0)


GOOD = Reply(render(TARGET.source, toy_program([1] + [0] * 7), "on"), "toy")


@pytest.mark.parametrize(
    ("bad", "word"),
    [
        (Reply("", "toy", stop="empty"), "empty"),
        (Reply(GOOD.text, "toy", stop="length"), "cut off"),
        (Reply(GOOD.text, "toy", stop="refusal"), "refusal"),
        (Reply("No further rewrite found.", "toy"), "Reason: "),
    ],
)
def test_an_unusable_answer_goes_back_once_with_the_reason(bad: Reply, word: str) -> None:
    used = tools(answers_in_turn(bad, GOOD))
    user = prompting.render("program.md.j2", program=TARGET.source, mode="diff")
    edited = ask_model("system", user, TARGET.source, used)
    assert toy_values(edited.source)[0] == 1
    first, second = used.prompts
    assert second.system == first.system
    assert second.user.startswith(first.user)
    assert word in second.user.removeprefix(first.user)
    assert second.seed != first.seed
    assert program_in(second.user) == TARGET.source


def test_a_second_unusable_answer_is_the_end() -> None:
    used = tools(answers_in_turn(Reply("", "toy", stop="empty"), Reply("", "toy", stop="length")))
    with pytest.raises(Unusable, match="cut off"):
        ask_model("system", "user", TARGET.source, used)
    assert len(used.prompts) == 2


def test_a_model_that_refuses_is_not_asked_again() -> None:
    def refuse(prompt: Prompt) -> Reply:
        raise ModelRefused("no key")

    used = tools(refuse)
    with pytest.raises(ModelRefused):
        ask_model("system", "user", TARGET.source, used)
    assert len(used.prompts) == 1
