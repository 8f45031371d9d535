"""OpenAI's models and everything that speaks as they do, through the official SDK: Responses, or chat completions."""

from __future__ import annotations

from typing import Any

from harness.models.deadline import Line
from harness.models.faults import Garbled, one_line
from harness.models.prices import Counts
from harness.models.service import Answer, Service
from harness.models.wire import arguments_of, call_of, system_of
from harness.types import AnswerSchema, JsonObject, Prompt, ToolResult, ToolSpec, Turn

_FAILED = "It failed: "  # these interfaces have no field for it


def _connect(service: Service, line: Line) -> Any:
    from openai import DefaultHttpxClient, OpenAI

    # A key is sent always; a server that needs none does not look at it.
    key, base_url = service.key or "none", service.options.base_url
    return OpenAI(api_key=key, base_url=base_url, max_retries=0, http_client=line.http_client(DefaultHttpxClient))


def _broken() -> tuple[type[Exception], ...]:
    import openai

    return (openai.APIConnectionError, openai.APIResponseValidationError)


# --- Responses --------------------------------------------------------------------------------------------------------


class Responses:
    """The interface that OpenAI's own newest models want."""

    connect = staticmethod(_connect)
    broken = staticmethod(_broken)

    def ask(self, client: Any, service: Service, prompt: Prompt, schema: JsonObject | None, timeout: Any) -> Answer:
        options = service.options
        request: dict[str, Any] = {"model": service.model, "input": _input(prompt), "store": False}
        if system := system_of(prompt, words=schema is None):
            request["instructions"] = system
        if prompt.tools:
            request["tools"] = [{"type": "function", **_function(tool), "strict": False} for tool in prompt.tools]
        if prompt.schema and schema:
            request["text"] = {"format": {"type": "json_schema", **_strict(prompt.schema, schema)}}
        if options.effort:
            request["reasoning"] = {"effort": options.effort}
        if options.max_tokens:
            request["max_output_tokens"] = options.max_tokens
        return _of_response(client.responses.create(**request, timeout=timeout), service.model)


def _input(prompt: Prompt) -> str | list[JsonObject]:
    if not prompt.turns:
        return prompt.user
    items: list[JsonObject] = [{"role": "user", "content": prompt.user}]
    for turn in prompt.turns:
        items += turn.state.get("responses") or _said(turn)
        items += [
            {"type": "function_call_output", "call_id": result.call, "output": _told(result)} for result in turn.results
        ]
        if turn.user:
            items.append({"role": "user", "content": turn.user})
    return items


def _said(turn: Turn) -> list[JsonObject]:
    """What a model said in a turn whose own record is another service's, or nobody's."""
    words: list[JsonObject] = [{"role": "assistant", "content": turn.text}] if turn.text else []
    return words + [
        {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments_of(call)}
        for call in turn.calls
    ]


def _of_response(response: Any, asked: str) -> Answer:
    status = getattr(response, "status", None)
    if not isinstance(getattr(response, "output", None), list) or status not in ("completed", "incomplete"):
        raise Garbled(_no_answer(response, f"status {status}"))
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    text = "".join(part.text for part in parts if part.type == "output_text")
    reason = getattr(response.incomplete_details, "reason", None)
    stop = "refusal" if reason == "content_filter" or any(part.type == "refusal" for part in parts) else "end"
    if stop == "end" and status == "incomplete":
        stop = "length"
    called = [item for item in response.output if item.type == "function_call"]
    calls = tuple(call_of(item.call_id, item.name, item.arguments) for item in called)
    items = [item.model_dump(mode="json", exclude_none=True) for item in response.output] if calls else []
    state = {"responses": items} if items else {}
    return Answer(text, stop, response.model or asked, _counts(response.usage, "input", "output"), calls, state)


# --- Chat completions -------------------------------------------------------------------------------------------------


class Chat:
    """The interface that most other servers speak. They may pass over a schema: it is told in words as well."""

    connect = staticmethod(_connect)
    broken = staticmethod(_broken)

    def ask(self, client: Any, service: Service, prompt: Prompt, schema: JsonObject | None, timeout: Any) -> Answer:
        options, ours = service.options, service.provider == "openai"
        system = system_of(prompt, words=schema is None or not ours)
        request: dict[str, Any] = {"model": service.model, "messages": _messages(system, prompt)}
        if prompt.tools:
            request["tools"] = [{"type": "function", "function": _function(tool)} for tool in prompt.tools]
        if prompt.schema and schema:
            request["response_format"] = {"type": "json_schema", "json_schema": _strict(prompt.schema, schema)}
        if options.effort:
            request["reasoning_effort"] = options.effort
        if options.max_tokens:  # other servers know the old name only
            request["max_completion_tokens" if ours else "max_tokens"] = options.max_tokens
        completion = client.chat.completions.create(**request, timeout=timeout)
        # What other servers call their model may be a path on their disk: the name that was asked for stays.
        return _of_chat(completion, None if ours else service.model, len(prompt.turns))


def _messages(system: str, prompt: Prompt) -> list[JsonObject]:
    messages: list[JsonObject] = [{"role": "system", "content": system}] if system else []
    messages.append({"role": "user", "content": prompt.user})
    for turn in prompt.turns:
        said: JsonObject = {"role": "assistant", "content": turn.text}
        if turn.calls:
            said["tool_calls"] = [
                {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": arguments_of(call)}}
                for call in turn.calls
            ]
        messages.append(said)
        messages += [{"role": "tool", "tool_call_id": r.call, "content": _told(r)} for r in turn.results]
        if turn.user:
            messages.append({"role": "user", "content": turn.user})
    return messages


def _of_chat(completion: Any, name: str | None, turns: int) -> Answer:
    choices = getattr(completion, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise Garbled(_no_answer(completion, "no choices"))
    message, finish = choices[0].message, choices[0].finish_reason
    stop = {"length": "length", "content_filter": "refusal"}.get(finish, "end")
    if getattr(message, "refusal", None):
        stop = "refusal"
    called = [call for call in getattr(message, "tool_calls", None) or [] if getattr(call, "function", None)]
    calls = tuple(  # some servers leave the id out
        call_of(call.id or f"call-{turns}-{i}", call.function.name, call.function.arguments)
        for i, call in enumerate(called)
    )
    counts = _counts(completion.usage, "prompt", "completion")
    return Answer(message.content or "", stop, name or completion.model, counts, calls)


# --- Both -------------------------------------------------------------------------------------------------------------


def _function(tool: ToolSpec) -> JsonObject:
    return {"name": tool.name, "description": tool.description, "parameters": tool.parameters}


def _strict(schema: AnswerSchema, body: JsonObject) -> JsonObject:
    return {"name": schema.name, "schema": body, "strict": True}


def _told(result: ToolResult) -> str:
    return _FAILED * result.failed + result.text


def _counts(usage: Any, into: str, out: str) -> Counts | None:
    """Tokens of either interface. Other servers leave the details out, or all of it."""
    if usage is None:
        return None
    details = getattr(usage, f"{into}_tokens_details", None)
    return Counts(
        tokens_in=getattr(usage, f"{into}_tokens", None) or 0,
        cached=getattr(details, "cached_tokens", None) or 0,
        written=getattr(details, "cache_write_tokens", None) or 0,
        tokens_out=getattr(usage, f"{out}_tokens", None) or 0,
        reasoning=getattr(getattr(usage, f"{out}_tokens_details", None), "reasoning_tokens", None) or 0,
    )


def _no_answer(got: Any, what: str) -> str:
    """One line about something that is no answer: an error inside a 200, a page, an empty object."""
    if isinstance(got, str):
        return f"the service answered with no JSON: {one_line(got)[:80]!r}"
    error = getattr(got, "error", None)
    said = error.get("message") if isinstance(error, dict) else getattr(error, "message", None)
    return f"the service answered without an answer: {said or what}"
