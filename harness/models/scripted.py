"""Answers from a file, in order: for tests, demonstrations and replayed conversations with a person.

A JSON file holds a list; an entry is the answer's text, or {"text": ..., "stop": ..., "usage": {...}} with the
fields of Usage. Any other file is text: answers with a line `%%` between them. Nothing is drawn and nothing is paid.
"""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from threading import Lock
from typing import Any

from harness.errors import ModelError, UsageError
from harness.types import Prompt, Reply, Usage

BETWEEN = "%%"


class ScriptedModel:
    """Thread-safe: every answer is given once. Raises ModelError when all are given."""

    def __init__(self, path: Path, answered: int = 0) -> None:
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


def _read(path: Path, name: str) -> list[Reply]:
    try:
        text = path.read_text(encoding="utf-8")
        entries = json.loads(text) if path.suffix == ".json" else _split(text)
        if not isinstance(entries, list):
            raise ValueError("it holds no list of answers")
        return [_reply(entry, name) for entry in entries]
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


def _reply(entry: Any, name: str) -> Reply:
    if isinstance(entry, str):
        entry = {"text": entry}
    if (
        not isinstance(entry, dict)
        or not isinstance(entry.get("text"), str)
        or entry.keys() - {"text", "stop", "usage"}
    ):
        raise ValueError(f"{str(entry)[:60]!r} is no answer; write a text, or text, stop and usage")
    usage = entry.get("usage", {})
    if unknown := usage.keys() - {field.name for field in fields(Usage)}:
        raise ValueError(f"usage has no {sorted(unknown)[0]!r}")
    stop = entry.get("stop") or ("end" if entry["text"].strip() else "empty")
    return Reply(entry["text"], name, Usage(**{"calls": 1, **usage}), stop)
