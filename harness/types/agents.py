"""Coding agents: what one is given for a session of work, and what is taken back from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, Protocol, runtime_checkable

from harness.types.loop import Usage

if TYPE_CHECKING:
    from harness.types.strategies import Tools

SessionEnd = Literal["done", "steps", "timeout", "spent", "stopped", "failed", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Brief:
    """One session of one agent. task goes to the agent word for word; rules are what it may do, told before the task.

    program: the text that the program's file begins with; papers: texts that lie beside it, by name. model: the
    agent's own name of a model, "" for its default. seconds: wall time, judgements not counted.
    """

    agent: str
    task: str
    program: str
    rules: str = ""
    papers: Mapping[str, str] = field(default_factory=dict)
    model: str = ""
    seconds: float = 600.0
    max_steps: int = 30
    quick_evals: int = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What is taken back from a session: the text of the one program file, and untrusted words.

    source is None when the file could not be taken back, and reason says why. notes: NOTES.md, cut to size; said: the
    agent's last message; transcript: what it did, for people. usage: what it spent beyond calls of Tools.complete and
    Tools.evaluate. end "stopped": the user asked for an end; "failed": the agent itself broke off; "refused": trying
    again cannot help (key, name).
    """

    source: str | None
    notes: str = ""
    said: str = ""
    transcript: str = ""
    usage: Usage = field(default_factory=Usage)
    models: tuple[str, ...] = ()
    steps: int = 0
    end: SessionEnd = "done"
    reason: str = ""


@runtime_checkable
class Agent(Protocol):
    """replays: everything it does goes through Tools, so that a session that was cut off goes on where it was.

    Raises SandboxError when there is no room to confine it in.
    """

    name: str
    replays: bool

    def work(self, brief: Brief, tools: Tools) -> Report: ...


@dataclass(frozen=True, slots=True)
class Commit:
    """A program that a strategy decided to keep. message: its first line is one line of untrusted text."""

    id: str
    source: str
    message: str


@runtime_checkable
class Committing(Protocol):
    """A strategy that keeps its lineage as commits. papers: texts that lie beside it, by name."""

    @property
    def commits(self) -> tuple[Commit, ...]: ...  # oldest first; what was there once stays there
    @property
    def papers(self) -> Mapping[str, str]: ...
