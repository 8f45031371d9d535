"""What the services send, as small as their SDKs accept it."""

from __future__ import annotations

from typing import Any

from tests.models.server import Say, events

SSE = {"content-type": "text/event-stream"}


def response(text: str = "Hello.", **changes: Any) -> dict[str, Any]:
    """OpenAI Responses."""
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}
    usage = {
        "input_tokens": 100,
        "input_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 10},
        "output_tokens": 20,
        "output_tokens_details": {"reasoning_tokens": 5},
        "total_tokens": 120,
    }
    body = {"id": "r", "object": "response", "created_at": 1, "status": "completed", "model": "gpt-x-2026-11-01"}
    return {**body, "output": [message], "usage": usage, "incomplete_details": None, "error": None} | changes


def completion(text: str | None = "Hello.", finish: str = "stop", **changes: Any) -> dict[str, Any]:
    """Chat completions, from a server that tells no details."""
    message = {"role": "assistant", "content": text}
    usage = {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120}
    body = {"id": "c", "object": "chat.completion", "created": 1, "model": "/srv/some.gguf", "usage": usage}
    return {**body, "choices": [{"index": 0, "finish_reason": finish, "message": message}]} | changes


def message(text: str = "Hello.", stop: str = "end_turn", **changes: Any) -> dict[str, Any]:
    """Anthropic Messages."""
    body = {"id": "m", "type": "message", "role": "assistant", "model": "claude-x", "stop_sequence": None}
    usage = {
        "input_tokens": 30,
        "cache_read_input_tokens": 60,
        "cache_creation_input_tokens": 10,
        "output_tokens": 20,
        "output_tokens_details": {"thinking_tokens": 7},
    }
    content = [{"type": "text", "text": text}] if text else []
    return {**body, "content": content, "stop_reason": stop, "usage": usage} | changes


CALLED = {"name": "read", "arguments": '{"path": "a.py"}'}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "sealed"}
THINKING = {"type": "thinking", "thinking": "hm", "signature": "sealed"}


def response_calling(arguments: str = CALLED["arguments"], **changes: Any) -> dict[str, Any]:
    call = {"type": "function_call", "id": "fc_1", "call_id": "c1", "name": "read", "arguments": arguments}
    return response(output=[REASONING, {**call, "status": "completed"}], **changes)


def completion_calling(arguments: str = CALLED["arguments"], finish: str = "tool_calls") -> dict[str, Any]:
    call = {"id": "c1", "type": "function", "function": {"name": "read", "arguments": arguments}}
    message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return completion(choices=[{"index": 0, "finish_reason": finish, "message": message}])


def message_calling(stop: str = "tool_use") -> dict[str, Any]:
    call = {"type": "tool_use", "id": "c1", "name": "read", "input": {"path": "a.py"}}
    return message(content=[THINKING, call], stop_reason=stop)


def streamed_calling(stop: str = "tool_use") -> bytes:
    start = {"type": "message_start", "message": message("", stop_reason=None)}
    call = {"type": "tool_use", "id": "c1", "name": "read", "input": {}}
    begin = {"type": "content_block_start", "index": 0, "content_block": call}
    parts = ['{"path"', ': "a.py"}']
    deltas = [
        {"type": "content_block_delta", "index": 0, "delta": {"type": "input_json_delta", "partial_json": part}}
        for part in parts
    ]
    delta = {"stop_reason": stop, "stop_sequence": None}
    end = {"type": "message_delta", "delta": delta, "usage": {"output_tokens": 20}}
    return events(start, begin, *deltas, {"type": "content_block_stop", "index": 0}, end, {"type": "message_stop"})


def streamed(text: str = "Hello.", stop: str = "end_turn") -> bytes:
    start = {"type": "message_start", "message": message("", stop_reason=None)}
    begin = {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}}
    delta = {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": text}}
    end = {
        "type": "message_delta",
        "delta": {"stop_reason": stop, "stop_sequence": None},
        "usage": {"output_tokens": 20},
    }
    return events(start, begin, delta, {"type": "content_block_stop", "index": 0}, end, {"type": "message_stop"})


def error(status: int, text: str, code: str | None = None, **headers: str) -> Say:
    """An error in the shape that either service gives it."""
    body = {"type": "error", "error": {"message": text, "code": code, "type": code or "some_error"}}
    return Say(body, status, {name.replace("_", "-"): value for name, value in headers.items()})
