"""What is said to a model and what it answers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from harness.types.loop import Usage


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model. system does not change within a run, so it can be cached; seed feeds models that draw."""

    system: str
    user: str
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, word for word, with what it cost and who gave it."""

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    stop: str = "end"


@runtime_checkable
class Model(Protocol):
    """Raises ModelError when no answer could be had."""

    name: str

    def complete(self, prompt: Prompt) -> Reply: ...
