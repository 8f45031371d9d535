"""How a model is asked: passed to make, or written after a name, as in `openai/NAME?effort=high&max_tokens=20000`."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Literal, cast
from urllib.parse import parse_qsl

from harness.errors import UnknownName, UsageError
from harness.types import Reply

Api = Literal["responses", "chat"]
VIA = " > "  # between the names in Reply.via, outermost first


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """When to try again, and when to give up. Seconds."""

    tries: int = 6
    total_s: float = 1800.0  # all tries of one question and the waits between them
    try_s: float = 600.0  # silence from the server within one try
    first_wait_s: float = 1.0  # doubled from try to try
    longest_wait_s: float = 120.0  # a server that asks for more is given up


@dataclass(frozen=True, slots=True)
class Answered:
    """One recorded reply: who was asked (as Reply.via), and the identity of the prompt."""

    via: str
    prompt: str

    def below(self, name: str) -> Answered | None:
        """The same for the model behind this member's or role's name, or None when it was another that was asked."""
        if self.via == name:
            return Answered("", self.prompt)
        return Answered(self.via[len(name + VIA) :], self.prompt) if self.via.startswith(name + VIA) else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """Everything that can be chosen about a model but its name. None: the adapter or the service chooses."""

    api: Api | None = None  # which of OpenAI's two interfaces
    base_url: str | None = None
    key_env: str | None = None  # the environment variable that holds the key
    effort: str | None = None  # how much to reason, in the service's own words: low, medium, high, ...
    max_tokens: int | None = None  # of one answer, reasoning included
    prices: Path | None = None  # a price table that goes before the built-in one
    runs: Path = Path("runs")  # where replay/RUN looks for runs
    answered: tuple[Answered, ...] = ()  # what this run has recorded already: scripted and replay go on after it
    patience: Patience = Patience()


def through(reply: Reply, name: str) -> Reply:
    """A reply that a member or a role of this name gave."""
    return replace(reply, via=f"{name}{VIA}{reply.via}" if reply.via else name)


def answered_below(options: ModelOptions, name: str) -> ModelOptions:
    """The options for a member or a role of this name: only what it was asked itself is recorded for it."""
    below = (answered.below(name) for answered in options.answered)
    return replace(options, answered=tuple(answered for answered in below if answered is not None))


_TEXT = ("api", "base_url", "key_env", "effort")
_SECONDS = ("total_s", "try_s", "first_wait_s", "longest_wait_s")
_NUMBER = {"max_tokens": int, "tries": int, **dict.fromkeys(_SECONDS, float)}


def with_query(options: ModelOptions, query: str, spec: str) -> ModelOptions:
    """Options with those of a name's query part. Raises UnknownName or UsageError that names what is wrong."""
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _TEXT and name not in _NUMBER:
            raise UnknownName("model option", name, [*_TEXT, *_NUMBER])
        value = _number(name, text, spec) if name in _NUMBER else text
        options = _replaced(options, name, value)
    return checked(options, spec)


def checked(options: ModelOptions, spec: str) -> ModelOptions:
    if options.api not in (None, "responses", "chat"):
        raise UsageError(f"model {spec}: api={options.api} is not known: use responses or chat")
    if options.base_url is not None and not options.base_url.startswith(("http://", "https://")):
        raise UsageError(f"model {spec}: base URL {options.base_url!r} is none: it begins with http:// or https://")
    return options


def _number(name: str, text: str, spec: str) -> float:
    try:
        value = _NUMBER[name](text)
    except ValueError:
        value = 0
    if not 0 < value < float("inf"):
        raise UsageError(f"model {spec}: {name}={text} is not a number above zero")
    return cast(float, value)


def _replaced(options: ModelOptions, name: str, value: object) -> ModelOptions:
    if name in {field.name for field in fields(Patience)}:
        return replace(options, patience=replace(options.patience, **{name: value}))  # type: ignore[arg-type]
    return replace(options, **{name: value})  # type: ignore[arg-type]
