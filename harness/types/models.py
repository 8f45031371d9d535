"""What is said to a model and what it answers: prompts, conversations with tool calls, replies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from harness.types.loop import Usage
from harness.types.words import JsonObject

Capability = Literal["tools", "schema"]


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """Something that a model may call. parameters: a JSON schema of an object, the arguments."""

    name: str
    description: str
    parameters: JsonObject


@dataclass(frozen=True, slots=True)
class ToolCall:
    """One call that a model asks for. unreadable: what came instead of a JSON object; arguments are empty then.

    Untrusted. The caller checks the arguments against its ToolSpec, and says in a ToolResult what was wrong.
    """

    id: str
    name: str
    arguments: JsonObject = field(default_factory=dict)
    unreadable: str = ""


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What came of a call: every call of a reply is due one before the model is asked on."""

    call: str  # the id of the ToolCall
    text: str
    failed: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One round of a conversation that is over: what the model said and called for, and what it was told then.

    state is a service's own record of its answer, by service; it is sent back word for word to the service that it is
    from, and to no other.
    """

    text: str = ""
    calls: tuple[ToolCall, ...] = ()
    results: tuple[ToolResult, ...] = ()
    user: str = ""
    state: JsonObject = field(default_factory=dict)

    @classmethod
    def after(cls, reply: Reply, results: Sequence[ToolResult] = (), user: str = "") -> Turn:
        """The turn that a reply and what is answered to it make."""
        return cls(reply.text, reply.calls, tuple(results), user, reply.state)


@dataclass(frozen=True, slots=True)
class AnswerSchema:
    """The JSON that an answer must be. name: letters, digits, _ and -, at most 64; body: a JSON schema of an object."""

    name: str
    body: JsonObject


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model. What changes least comes first, so that it can be cached: tools, system, user, turns.

    turns: what came of it so far, oldest first; each ends with what the model answers next. role: which of a run's
    models answers ("planner", "worker", ...); model: which member of an ensemble, "" to draw one by weight. seed feeds
    models, and choices of models, that draw.
    """

    system: str
    user: str
    seed: str = ""
    turns: tuple[Turn, ...] = ()
    tools: tuple[ToolSpec, ...] = ()
    schema: AnswerSchema | None = None
    role: str = ""
    model: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, word for word, with what it cost and who gave it.

    stop: end, calls (calls wait for their results), length (cut off), refusal or empty. via: the role and the member
    of an ensemble that were asked, as the journal knows them. state: see Turn.
    """

    text: str
    model: str
    usage: Usage = field(default_factory=Usage)
    stop: str = "end"
    calls: tuple[ToolCall, ...] = ()
    state: JsonObject = field(default_factory=dict)
    via: str = ""


@runtime_checkable
class Model(Protocol):
    """Raises ModelError when no answer could be had. can: whether it takes tools, or an answer's schema, in a role."""

    name: str

    def complete(self, prompt: Prompt) -> Reply: ...
    def can(self, what: Capability, role: str = "") -> bool: ...
