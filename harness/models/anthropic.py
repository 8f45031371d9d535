"""Anthropic's models, through the official SDK: Messages, with all that stays the same marked to be cached."""

from __future__ import annotations

from typing import Any

from harness.models.deadline import Line
from harness.models.faults import Garbled, one_line
from harness.models.prices import Counts
from harness.models.service import Answer, Service
from harness.models.wire import call_of, system_of
from harness.types import JsonObject, Prompt, Turn

MAX_TOKENS = 32_000  # the service wants a number
UNSTREAMED = 16_000  # longer answers are streamed: a silent connection does not live so long

_CACHED = {"cache_control": {"type": "ephemeral"}}
_STOPS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "refusal"}


class Messages:
    """The one interface of this service."""

    def connect(self, service: Service, line: Line) -> Any:
        from anthropic import Anthropic, DefaultHttpxClient

        key, base_url = service.key, service.options.base_url
        return Anthropic(
            api_key=key, base_url=base_url, max_retries=0, http_client=line.http_client(DefaultHttpxClient)
        )

    def broken(self) -> tuple[type[Exception], ...]:
        import anthropic

        return (anthropic.APIConnectionError, anthropic.APIResponseValidationError)

    def ask(self, client: Any, service: Service, prompt: Prompt, schema: JsonObject | None, timeout: Any) -> Answer:
        request = _request(service, prompt, schema)
        if request["max_tokens"] <= UNSTREAMED:
            return _of_message(client.messages.create(**request, timeout=timeout), service.model)
        with client.messages.stream(**request, timeout=timeout) as stream:
            last = None
            for event in stream:
                last = event.type
            if last != "message_stop":
                raise Garbled(f"the answer's stream broke off after {last or 'nothing that is an answer'}")
            return _of_message(stream.get_final_message(), service.model)


def _request(service: Service, prompt: Prompt, schema: JsonObject | None) -> dict[str, Any]:
    options = service.options
    max_tokens = options.max_tokens or MAX_TOKENS
    request: dict[str, Any] = {"model": service.model, "max_tokens": max_tokens, "messages": _messages(prompt)}
    if system := system_of(prompt, words=schema is None):  # what is marked is cached with all before it: tools too
        request["system"] = [{"type": "text", "text": system, **_CACHED}]
    if prompt.tools:
        request["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.parameters}
            for tool in prompt.tools
        ]
    if options.effort:
        request["output_config"] = {"effort": options.effort}
    if schema:
        request["output_config"] = {
            **request.get("output_config", {}),
            "format": {"type": "json_schema", "schema": schema},
        }
    return request


def _messages(prompt: Prompt) -> list[JsonObject]:
    if not prompt.turns and not prompt.tools:  # nothing comes after it that could profit by a cache
        return [{"role": "user", "content": prompt.user}]
    messages: list[JsonObject] = [{"role": "user", "content": [{"type": "text", "text": prompt.user}]}]
    for turn in prompt.turns:
        messages.append({"role": "assistant", "content": turn.state.get("messages") or _said(turn)})
        messages.append({"role": "user", "content": _told(turn)})
    messages[-1]["content"][-1] |= _CACHED
    return messages


def _said(turn: Turn) -> list[JsonObject]:
    """What a model said in a turn whose own record is another service's, or nobody's. Empty texts are not accepted."""
    words = [{"type": "text", "text": turn.text}] if turn.text.strip() else []
    called = [{"type": "tool_use", "id": call.id, "name": call.name, "input": call.arguments} for call in turn.calls]
    return [*words, *called] or [{"type": "text", "text": "(no answer)"}]


def _told(turn: Turn) -> list[JsonObject]:
    results: list[JsonObject] = [
        {"type": "tool_result", "tool_use_id": result.call, "content": result.text, "is_error": result.failed}
        for result in turn.results
    ]
    words = [{"type": "text", "text": turn.user}] if turn.user.strip() else []
    return [*results, *words] or [{"type": "text", "text": "Go on."}]


def _of_message(message: Any, asked: str) -> Answer:
    if not isinstance(getattr(message, "content", None), list):
        raise Garbled(f"the service answered without an answer: {one_line(str(message))[:80]!r}")
    text = "".join(block.text for block in message.content if block.type == "text")
    called = [block for block in message.content if block.type == "tool_use"]
    calls = tuple(call_of(block.id, block.name, block.input) for block in called)
    blocks = [block.model_dump(mode="json", exclude_none=True) for block in message.content] if calls else []
    state = {"messages": blocks} if blocks else {}
    stop = _STOPS.get(message.stop_reason, "end")
    return Answer(text, stop, message.model or asked, _counts(message.usage), calls, state)


def _counts(usage: Any) -> Counts | None:
    """Tokens as we count them: this service leaves those of the cache out of input_tokens."""
    if usage is None:
        return None
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    thought = getattr(getattr(usage, "output_tokens_details", None), "thinking_tokens", None) or 0
    tokens_in = (usage.input_tokens or 0) + cached + written
    return Counts(tokens_in, cached, written, usage.output_tokens or 0, thought)
