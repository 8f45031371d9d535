"""Answers from a file, in order: for tests, demonstrations and replayed conversations with a person.

A JSON file holds a list; an entry is the answer's text, or a table: "text", or "json" for an answer that satisfies a
schema; "calls", a list of {"name": ..., "arguments": {...}}, for what it calls; "stop"; "usage", with the fields of
Usage. Any other file is text: answers with a line `%%` between them. Nothing is drawn and nothing is paid.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any

from harness.errors import ModelError, UsageError
from harness.types import Capability, Prompt, Reply, ToolCall, Usage

BETWEEN = "%%"
FIELDS = ("text", "json", "calls", "stop", "usage")


class ScriptedModel:
    """Thread-safe: every answer is given once. Raises ModelError when all are given."""

    def __init__(self, path: Path, answered: int = 0) -> None:
        """answered: how many of them were given before."""
        self.name = f"scripted/{path.name}"
        self._answers = _read(path, self.name)
        self._next = answered
        self._mutex = Lock()

    def complete(self, prompt: Prompt) -> Reply:  # noqa: ARG002
        with self._mutex:
            if self._next >= len(self._answers):
                raise ModelError(f"model {self.name}: all its {len(self._answers)} answers are given; write more")
            self._next += 1
            return self._answers[self._next - 1]

    def can(self, what: Capability, role: str = "") -> bool:  # noqa: ARG002
        """Everything: who writes the answers knows what they are for."""
        return True


def _read(path: Path, name: str) -> list[Reply]:
    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text) if path.suffix == ".json" else _split(text)
        if not isinstance(entries, list):
            raise ValueError("it holds no list of answers")
        return [_reply(entry, name, n) for n, entry in enumerate(entries)]
    except (OSError, ValueError, TypeError) as error:
        raise UsageError(f"model {name}: {path} cannot be used: {error}") from None


def _split(text: str) -> list[str]:
    answers = [""]
    for line in text.splitlines(keepends=True):
        if line.strip() == BETWEEN:
            answers.append("")
        else:
            answers[-1] += line
    return answers


def _reply(entry: Any, name: str, n: int) -> Reply:
    if isinstance(entry, str):
        entry = {"text": entry}
    if not isinstance(entry, dict) or entry.keys() - set(FIELDS) or not entry.keys() & {"text", "json", "calls"}:
        raise ValueError(f"{str(entry)[:60]!r} is no answer; write a text, or a table of {', '.join(FIELDS)}")
    text = json.dumps(entry["json"], ensure_ascii=False) if "json" in entry else entry.get("text", "")
    if not isinstance(text, str):
        raise ValueError(f"the text {str(text)[:60]!r} is none")
    calls = tuple(_call(call, f"{n}-{i}") for i, call in enumerate(entry.get("calls", [])))
    usage = entry.get("usage", {})
    if unknown := usage.keys() - {field.name for field in fields(Usage)}:
        raise ValueError(f"usage has no {sorted(unknown)[0]!r}")
    stop = entry.get("stop") or ("calls" if calls else "end" if text.strip() else "empty")
    return Reply(text, name, Usage(**{"calls": 1, **usage}), stop, calls)


def _call(entry: Any, id_: str) -> ToolCall:
    usable = isinstance(entry, dict) and isinstance(entry.get("name"), str) and not entry.keys() - {"name", "arguments"}
    if not usable or not isinstance(entry.get("arguments", {}), dict):
        raise ValueError(f'{str(entry)[:60]!r} is no call; write {{"name": ..., "arguments": {{...}}}}')
    return ToolCall(id_, entry["name"], entry.get("arguments", {}))
