"""Coding agents behind one small interface, `Agent.work(brief, tools) -> Report`; imported when one is made.

An agent is one module and a line in AGENTS. `builtin` works through the run's own model and the run's sandbox; the
others are command-line programs that run confined, in a work folder of which one file is taken back.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from importlib import import_module

from harness.errors import UnknownName, UsageError
from harness.types import Agent, Sandbox

AGENTS = {
    "builtin": "harness.agents.builtin:Builtin",
    "claude": "harness.agents.claude:Claude",
    "codex": "harness.agents.codex:CodexCli",
}
NEEDS = {  # of command-line agents: the program, the variable with its key, how to get it
    "codex": ("codex", "OPENAI_API_KEY", "npm install -g @openai/codex"),
    "claude": ("claude", "ANTHROPIC_API_KEY", "npm install -g @anthropic-ai/claude-code"),
}

UNPRICED = ("codex",)


def check(settings: object, dollars: float | None = None) -> None:
    """Raises UsageError, before anything is written, when the agent that these settings name cannot work here.

    Settings that name none are in order. dollars: the limit that is to be kept, if there is one.
    """
    name = getattr(settings, "agent", None)
    if name is None:
        return
    if shutil.which("git") is None:
        raise UsageError("git was not found on PATH: what is kept becomes commits; install git")
    if name not in NEEDS:
        return
    program, key, how = NEEDS[name]
    if shutil.which(program) is None:
        raise UsageError(f"agent {name} needs the program {program} on PATH: {how}; or --set agent=builtin")
    if not os.environ.get(key):
        raise UsageError(f"agent {name} needs {key} in the environment or in .env; or --set agent=builtin")
    if dollars is not None and name in UNPRICED:
        raise UsageError(
            f"a limit of ${dollars:g} cannot be kept: agent {name} does not say what it cost; limit tokens"
        )


def model_of(settings: object) -> str:
    """Whose model works in a run of these settings, as "agent/model"; "" when it is the run's own."""
    name = getattr(settings, "agent", "")
    return f"{name}/{getattr(settings, 'model', '') or 'default'}" if name in NEEDS else ""


def make(name: str, sandbox: Sandbox, asked_to_stop: Callable[[], str | None] = lambda: None) -> Agent:
    """A fresh agent. asked_to_stop: why the user wants an end, or None; a session ends then. Raises UnknownName."""
    if name not in AGENTS:
        raise UnknownName("agent", name, AGENTS)
    module, _, kind = AGENTS[name].partition(":")
    made: Agent = getattr(import_module(module), kind)(sandbox, asked_to_stop)
    return made
