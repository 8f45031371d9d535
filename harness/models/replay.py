"""Answers from a recorded run: the reply that was given to the same prompt, else the next that was not used yet.

Replies come with what they cost when they were recorded, so that a replayed run shows the run that was. Read only.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from harness.errors import ModelError, StoreError
from harness.store import journal
from harness.store.blobs import Blobs
from harness.store.records import usage_of
from harness.types import Event, Prompt, Reply


@dataclass(frozen=True, slots=True)
class _Recorded:
    prompt: str
    reply: Reply


class ReplayModel:
    """Thread-safe: every reply is given once. Raises StoreError for what is no run, ModelError when none is left."""

    def __init__(self, folder: Path, answered: int = 0) -> None:
        self.name = f"replay/{folder.name}"
        self._left = _replies(folder)[answered:]
        self._mutex = Lock()

    def complete(self, prompt: Prompt) -> Reply:
        asked = prompt_sha(prompt)
        with self._mutex:
            if not self._left:
                raise ModelError(f"model {self.name}: all its replies are given; replay it with a smaller budget")
            same = (i for i, recorded in enumerate(self._left) if recorded.prompt == asked)
            return self._left.pop(next(same, 0)).reply


def prompt_sha(prompt: Prompt) -> str:
    """The name under which a run keeps a prompt's text."""
    return hashlib.sha256(f"{prompt.system}\n\n{prompt.user}".encode("utf-8", "surrogatepass")).hexdigest()


def _replies(folder: Path) -> list[_Recorded]:
    path, blobs = folder / "events.jsonl", Blobs(folder / "blobs")
    try:
        return [_recorded(event, blobs) for event in journal.read(path) if event.kind == "reply"]
    except FileNotFoundError:
        raise StoreError(f"{folder} is no run folder: it has no {path.name}") from None


def _recorded(event: Event, blobs: Blobs) -> _Recorded:
    data = event.data
    try:
        return _Recorded(
            data["prompt"], Reply(blobs.get(data["reply"]), data["model"], usage_of(data["usage"]), data["stop"])
        )
    except (KeyError, TypeError) as error:
        raise StoreError(f"events.jsonl line {event.n + 1} is no usable reply event: {error}") from error
