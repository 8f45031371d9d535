"""Questions and replies, to the journal and back: all that was said, each text once, however long a conversation grows.

A reply event holds the texts' names: `prompt` of what stays the same in a conversation (system, user, tools, schema),
`turns` one of each turn, `reply` of the answer, `calls` and `state` where the answer has them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from harness.store.records import plain, usage_of
from harness.types import JsonObject, Prompt, Reply, ToolCall, Turn

Put = Callable[[str], str]  # a text to its name
Get = Callable[[str], str]  # a name to its text


def asked(prompt: Prompt, put: Put) -> JsonObject:
    """The part of a reply event that says what was asked."""
    turns = [put(_turn_text(turn)) for turn in prompt.turns]
    return {"prompt": put(_head_text(prompt)), **({"turns": turns} if turns else {})}


def answered(reply: Reply, put: Put) -> JsonObject:
    """The part of a reply event that says what was answered."""
    found: JsonObject = {
        "reply": put(reply.text),
        "model": reply.model,
        "stop": reply.stop,
        "usage": plain(reply.usage),
    }
    if reply.calls:
        found["calls"] = put(_json([asdict(call) for call in reply.calls]))
    if reply.state:
        found["state"] = put(_json(reply.state))
    if reply.via:
        found["via"] = reply.via
    return found


def reply_of(data: JsonObject, get: Get) -> Reply:
    """The reply of an event, as it was given."""
    calls = json.loads(get(data["calls"])) if "calls" in data else []
    return Reply(
        get(data["reply"]),
        data["model"],
        usage_of(data["usage"]),
        data["stop"],
        tuple(ToolCall(**call) for call in calls),
        json.loads(get(data["state"])) if "state" in data else {},
        data.get("via", ""),
    )


def identity(prompt: Prompt) -> str:
    """What two prompts have in common when the same is asked; seeds do not count."""
    return identity_of(asked(prompt, _sha))


def identity_of(data: JsonObject) -> str:
    """The identity of the prompt of a reply event."""
    return "/".join([data["prompt"], *data.get("turns", [])])


def _head_text(prompt: Prompt) -> str:
    rest: JsonObject = {"tools": [asdict(tool) for tool in prompt.tools], "role": prompt.role, "model": prompt.model}
    rest["schema"] = asdict(prompt.schema) if prompt.schema else None
    given = {name: value for name, value in rest.items() if value}
    return f"{prompt.system}\n\n{prompt.user}" + (f"\n\n{_json(given)}" if given else "")


def _turn_text(turn: Turn) -> str:
    record = asdict(turn)
    del record["state"]  # a service's own, and kept with the reply that it came with
    return _json(record)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def _sha(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
