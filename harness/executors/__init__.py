"""Where candidates are judged: on this machine, or on the nodes of a cluster. One file each; ray is an extra.

Crowning stays with the driver: duels and whole runs are between two programs on one machine, whose kind is recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol

from harness.errors import UnknownName
from harness.judging.judge import Judge
from harness.types import JsonObject, Sandbox, Target

EXECUTORS = {"local": "harness.executors.local", "ray": "harness.executors.ray"}
LOCAL = "local"


class Executor(Protocol):
    """Raises SandboxError where there is no place to judge: it never judges without a sandbox that was asked for."""

    def describe(self) -> JsonObject: ...  # plain JSON for the start of a run: its name, and the places it found
    def judge(self, local: Judge, target: Target, secret: str) -> Judge: ...  # as local, but judging where it judges
    def close(self) -> None: ...  # lets go of what it holds elsewhere


def make(name: str, *, address: str | None, sandbox: Callable[[], Sandbox], lanes: int | None) -> Executor:
    """sandbox: makes the one that was asked for, on whatever machine it is called. lanes: cores for timing on each.

    Raises UnknownName, and UsageError where what it needs is not installed.
    """
    if name not in EXECUTORS:
        raise UnknownName("executor", name, sorted(EXECUTORS))
    made: Executor = import_module(EXECUTORS[name]).executor(address=address, sandbox=sandbox, lanes=lanes)
    return made
