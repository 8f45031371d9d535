"""The services' dialects: how each says what all of them can say, and the question that tests ask."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from harness.models import ModelOptions, Patience
from harness.types import Model, Prompt
from tests.models import bodies
from tests.models.server import Say, Service

Meet = Callable[..., tuple[Model, Service]]
PROMPT = Prompt("You are terse.", "Say hello.", "seed")
KEY = "sk-secret-0123456789"
HASTE = ModelOptions(patience=Patience(tries=3, total_s=20, try_s=2, first_wait_s=0.01, longest_wait_s=0.5))


@dataclass(frozen=True)
class Dialect:
    """How one service says what all of them can say."""

    spec: str
    good: Say
    empty: Say
    truncated: Say
    refused: Say
    path: str
    calling: Say


DIALECTS = {
    "responses": Dialect(
        "openai/gpt-x",
        Say(bodies.response()),
        Say(bodies.response(output=[])),
        Say(bodies.response("Hel", status="incomplete", incomplete_details={"reason": "max_output_tokens"})),
        Say(bodies.response("", status="incomplete", incomplete_details={"reason": "content_filter"})),
        "/v1/responses",
        Say(bodies.response_calling()),
    ),
    "chat": Dialect(
        "openai-compatible/some",
        Say(bodies.completion()),
        Say(bodies.completion(None)),
        Say(bodies.completion("Hel", "length")),
        Say(bodies.completion(None, "content_filter")),
        "/v1/chat/completions",
        Say(bodies.completion_calling()),
    ),
    "messages": Dialect(
        "anthropic/claude-x?max_tokens=8000",
        Say(bodies.message()),
        Say(bodies.message("")),
        Say(bodies.message("Hel", "max_tokens")),
        Say(bodies.message("", "refusal")),
        "/v1/messages",
        Say(bodies.message_calling()),
    ),
    "streamed messages": Dialect(
        "anthropic/claude-x",
        Say(bodies.streamed(), headers=bodies.SSE),
        Say(bodies.streamed(""), headers=bodies.SSE),
        Say(bodies.streamed("Hel", "max_tokens"), headers=bodies.SSE),
        Say(bodies.streamed("", "refusal"), headers=bodies.SSE),
        "/v1/messages",
        Say(bodies.streamed_calling(), headers=bodies.SSE),
    ),
}
