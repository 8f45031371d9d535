"""Answers from a recorded run: the reply that was given to the same prompt, else the next that was not used yet.

Replies come with what they cost when they were recorded, so that a replayed run shows the run that was. Read only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

from harness.errors import ModelError, StoreError
from harness.store import journal, replies
from harness.store.blobs import Blobs
from harness.types import Capability, Event, JsonObject, Prompt, Reply


@dataclass(frozen=True, slots=True)
class _Recorded:
    prompt: str  # its identity
    reply: Reply


class ReplayModel:
    """Thread-safe: every reply is given once. Raises StoreError for what is no run, ModelError when none is left."""

    def __init__(self, folder: Path, answered: Iterable[str] = ()) -> None:
        """answered: the identities of the prompts that it was asked before, oldest first; they are not given again."""
        self.name = f"replay/{folder.name}"
        self._able, self._left = _read(folder)
        self._mutex = Lock()
        for prompt in answered:
            self._next(prompt)

    def complete(self, prompt: Prompt) -> Reply:
        with self._mutex:
            return self._next(replies.identity(prompt))

    def can(self, what: Capability, role: str = "") -> bool:
        """What the models of the recorded run could, so that a strategy goes the same way."""
        return what in (self._able[role] if role in self._able else self._able.get("", ()))

    def unpriced(self) -> tuple[str, ...]:
        return (self.name,) if any(recorded.reply.usage.usd is None for recorded in self._left) else ()

    def _next(self, prompt: str) -> Reply:
        if not self._left:
            raise ModelError(f"model {self.name}: all its replies are given; replay it with a smaller budget")
        same = (i for i, recorded in enumerate(self._left) if recorded.prompt == prompt)
        return self._left.pop(next(same, 0)).reply


def _read(folder: Path) -> tuple[JsonObject, list[_Recorded]]:
    """What the run's models could, by role, and its replies."""
    path, blobs = folder / "events.jsonl", Blobs(folder / "blobs")
    try:
        events = [event for event in journal.read(path) if event.kind in ("start", "reply")]
    except FileNotFoundError:
        raise StoreError(f"{folder} is no run folder: it has no {path.name}") from None
    able: JsonObject = next((event.data.get("can", {}) for event in events if event.kind == "start"), {})
    return able, [_recorded(event, blobs) for event in events if event.kind == "reply"]


def _recorded(event: Event, blobs: Blobs) -> _Recorded:
    try:
        reply = replies.reply_of(event.data, blobs.get)
        return _Recorded(replies.identity_of(event.data), replace(reply, via=""))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(f"events.jsonl line {event.n + 1} is no usable reply event: {error}") from error
