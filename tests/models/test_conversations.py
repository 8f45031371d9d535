"""Conversations with tools, and answers that must satisfy a schema: what each service is told, and what comes of it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import pytest

from harness.types import AnswerSchema, Prompt, Reply, ToolCall, ToolResult, ToolSpec, Turn
from tests.models import bodies
from tests.models.bodies import error
from tests.models.dialects import DIALECTS, PROMPT, Dialect, Meet
from tests.models.server import Say

PARAMETERS = {"type": "object", "properties": {"path": {"type": "string"}}, "required": ["path"]}
READ = ToolSpec("read", "Reads a file.", PARAMETERS)
PLAN = {"type": "object", "properties": {"area": {"type": "string", "minLength": 1}}}
ENFORCED = {
    "type": "object",
    "properties": {"area": {"type": "string", "description": '{"minLength": 1}'}},
    "additionalProperties": False,
    "required": ["area"],
}
WITH_TOOLS = replace(PROMPT, tools=(READ,))
WITH_SCHEMA = replace(PROMPT, schema=AnswerSchema("Plan", PLAN))
CUT = {"reason": "max_output_tokens"}
ANSWERED = ToolResult("c1", "print(1)")
FOREIGN = Turn(
    "Let me see.", (ToolCall("c9", "read", {"path": "b"}),), (ToolResult("c9", "no such file", True),), "Well?"
)


def gone_on(prompt: Prompt, reply: Reply) -> Prompt:
    return replace(prompt, turns=(*prompt.turns, Turn.after(reply, [ANSWERED])))


# --- Calls ------------------------------------------------------------------------------------------------------------


def test_a_call_comes_with_its_arguments(dialect: Dialect, meet: Meet) -> None:
    model, _ = meet(dialect.spec, dialect.calling)
    assert model.can("tools")
    reply = model.complete(WITH_TOOLS)
    assert reply.calls == (ToolCall("c1", "read", {"path": "a.py"}),)
    assert (reply.text, reply.stop) == ("", "calls")


@pytest.mark.parametrize("arguments", ["{", "[1]", "null", "[" * 100_000])
@pytest.mark.parametrize(
    ("spec", "body"),
    [("openai/gpt-x", bodies.response_calling), ("openai-compatible/some", bodies.completion_calling)],
)
def test_arguments_that_are_no_object_are_kept_as_they_came(spec: str, body: Any, arguments: str, meet: Meet) -> None:
    model, service = meet(spec, Say(body(arguments)))
    reply = model.complete(WITH_TOOLS)
    assert reply.calls == (ToolCall("c1", "read", {}, arguments),)
    model.complete(gone_on(WITH_TOOLS, replace(reply, state={})))
    assert arguments in str(service.requests[1])


@pytest.mark.parametrize(
    ("spec", "say"),
    [
        ("openai/x", Say(bodies.response_calling(status="incomplete", incomplete_details=CUT))),
        ("openai-compatible/x", Say(bodies.completion_calling(finish="length"))),
        ("anthropic/x?max_tokens=9", Say(bodies.message_calling("max_tokens"))),
    ],
)  # fmt: skip
def test_a_call_that_was_cut_off_says_so(spec: str, say: Say, meet: Meet) -> None:
    assert meet(spec, say)[0].complete(WITH_TOOLS).stop == "length"


def test_a_server_that_leaves_the_id_out_is_given_one(meet: Meet) -> None:
    body = bodies.completion_calling()
    body["choices"][0]["message"]["tool_calls"][0]["id"] = ""
    model, _ = meet("openai-compatible/some", Say(body))
    first = model.complete(WITH_TOOLS)
    second = model.complete(gone_on(WITH_TOOLS, first))
    assert (first.calls[0].id, second.calls[0].id) == ("call-0-0", "call-1-0")


# --- What a service is told -------------------------------------------------------------------------------------------


def test_what_was_said_before_is_a_prefix_of_what_is_said_next(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, dialect.calling, dialect.calling, dialect.good)
    prompt = WITH_TOOLS
    for _ in range(2):
        prompt = gone_on(prompt, model.complete(prompt))
    assert model.complete(prompt).text == "Hello."
    said = [unmarked(request.get("messages") or request.get("input")) for request in service.requests]
    for before, after in pairwise(said):
        assert after[: len(before)] == before and len(after) > len(before)
    fixed = [{k: v for k, v in r.items() if k in ("tools", "system", "instructions")} for r in service.requests]
    assert fixed[0] == fixed[1] == fixed[2] and len(fixed[0]["tools"]) == 1


def unmarked(messages: Any) -> list[Any]:
    """Messages without cache marks, and a question that stands alone as the first of several."""
    if isinstance(messages, str):
        return [{"role": "user", "content": messages}]
    for message in messages:
        for block in message.get("content") or [] if isinstance(message.get("content"), list) else []:
            block.pop("cache_control", None)
    return list(messages)


def test_what_responses_is_told_of_a_conversation(meet: Meet) -> None:
    model, service = meet("openai/gpt-x", DIALECTS["responses"].calling)
    reply = model.complete(WITH_TOOLS)
    model.complete(replace(WITH_TOOLS, turns=(FOREIGN, Turn.after(reply, [ANSWERED]))))
    assert service.requests[0]["tools"] == [
        {"type": "function", "name": "read", "description": "Reads a file.", "parameters": PARAMETERS, "strict": False}
    ]
    own = {"type": "function_call", "call_id": "c1", "name": "read", "arguments": '{"path": "a.py"}'}
    assert service.requests[1]["input"] == [
        {"role": "user", "content": "Say hello."},
        {"role": "assistant", "content": "Let me see."},
        {"type": "function_call", "call_id": "c9", "name": "read", "arguments": '{"path": "b"}'},
        {"type": "function_call_output", "call_id": "c9", "output": "It failed: no such file"},
        {"role": "user", "content": "Well?"},
        bodies.REASONING,
        {**own, "id": "fc_1", "status": "completed"},
        {"type": "function_call_output", "call_id": "c1", "output": "print(1)"},
    ]


def test_what_chat_is_told_of_a_conversation(meet: Meet) -> None:
    model, service = meet("openai-compatible/x", DIALECTS["chat"].calling)
    model.complete(replace(WITH_TOOLS, turns=(FOREIGN, Turn("Done."))))
    function = {"name": "read", "description": "Reads a file.", "parameters": PARAMETERS}
    assert service.requests[0]["tools"] == [{"type": "function", "function": function}]
    called = {"id": "c9", "type": "function", "function": {"name": "read", "arguments": '{"path": "b"}'}}
    assert service.requests[0]["messages"] == [
        {"role": "system", "content": "You are terse."},
        {"role": "user", "content": "Say hello."},
        {"role": "assistant", "content": "Let me see.", "tool_calls": [called]},
        {"role": "tool", "tool_call_id": "c9", "content": "It failed: no such file"},
        {"role": "user", "content": "Well?"},
        {"role": "assistant", "content": "Done."},
    ]


def test_what_messages_is_told_of_a_conversation_with_its_end_marked_to_be_cached(meet: Meet) -> None:
    model, service = meet("anthropic/x?max_tokens=9", DIALECTS["messages"].calling)
    reply = model.complete(WITH_TOOLS)
    model.complete(replace(WITH_TOOLS, turns=(FOREIGN, Turn.after(reply, [ANSWERED]), Turn())))
    cached = {"cache_control": {"type": "ephemeral"}}
    assert service.requests[0]["tools"] == [
        {"name": "read", "description": "Reads a file.", "input_schema": PARAMETERS}
    ]
    assert service.requests[0]["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Say hello.", **cached}]}
    ]
    called = {"type": "tool_use", "id": "c9", "name": "read", "input": {"path": "b"}}
    failed = {"type": "tool_result", "tool_use_id": "c9", "content": "no such file", "is_error": True}
    told = {"type": "tool_result", "tool_use_id": "c1", "content": "print(1)", "is_error": False}
    own = {"type": "tool_use", "id": "c1", "name": "read", "input": {"path": "a.py"}}
    assert service.requests[1]["messages"] == [
        {"role": "user", "content": [{"type": "text", "text": "Say hello."}]},
        {"role": "assistant", "content": [{"type": "text", "text": "Let me see."}, called]},
        {"role": "user", "content": [failed, {"type": "text", "text": "Well?"}]},
        {"role": "assistant", "content": [bodies.THINKING, own]},
        {"role": "user", "content": [told]},
        {"role": "assistant", "content": [{"type": "text", "text": "(no answer)"}]},
        {"role": "user", "content": [{"type": "text", "text": "Go on.", **cached}]},
    ]


# --- Schemas ----------------------------------------------------------------------------------------------------------


def test_a_schema_is_enforced_where_the_service_can(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, dialect.good)
    assert model.can("schema")
    model.complete(WITH_SCHEMA)
    (request,) = service.requests
    told = {
        "/v1/responses": request.get("text"),
        "/v1/chat/completions": request.get("response_format"),
        "/v1/messages": request.get("output_config"),
    }[dialect.path]
    named = {"name": "Plan", "schema": ENFORCED, "strict": True}
    assert (
        told
        == {
            "/v1/responses": {"format": {"type": "json_schema", **named}},
            "/v1/chat/completions": {"type": "json_schema", "json_schema": named},
            "/v1/messages": {"format": {"type": "json_schema", "schema": ENFORCED}},
        }[dialect.path]
    )


@pytest.mark.parametrize("status", [400, 422])
def test_a_service_that_takes_no_schema_is_told_in_words_and_not_asked_to_again(
    status: int, dialect: Dialect, meet: Meet
) -> None:
    model, service = meet(dialect.spec, error(status, "unknown field response_format"), dialect.good)
    assert model.complete(WITH_SCHEMA).text == "Hello."
    assert model.complete(WITH_SCHEMA).text == "Hello."
    assert len(service.requests) == 3
    for request in service.requests[1:]:
        assert not request.keys() & {"text", "response_format", "output_config"}
        assert "satisfies this JSON schema" in str(request)


def test_a_question_that_fails_either_way_says_nothing_about_schemas(dialect: Dialect, meet: Meet) -> None:
    too_long = error(400, "prompt is too long")
    model, service = meet(dialect.spec, too_long, too_long, dialect.good)
    with pytest.raises(Exception, match="too long"):
        model.complete(WITH_SCHEMA)
    model.complete(WITH_SCHEMA)
    assert service.requests[2].keys() & {"text", "response_format", "output_config"}


def test_a_schema_with_free_keys_is_told_in_words(dialect: Dialect, meet: Meet) -> None:
    free = {"type": "object", "properties": {"gains": {"type": "object", "additionalProperties": {"type": "number"}}}}
    model, service = meet(dialect.spec, dialect.good)
    model.complete(replace(PROMPT, schema=AnswerSchema("Plan", free)))
    assert not service.requests[0].keys() & {"text", "response_format", "output_config"}
    assert "satisfies this JSON schema" in str(service.requests)


def test_other_peoples_servers_are_told_in_words_too(meet: Meet) -> None:
    model, service = meet("openai-compatible/x", DIALECTS["chat"].good)
    model.complete(WITH_SCHEMA)
    assert "response_format" in service.requests[0]
    assert "satisfies this JSON schema" in service.requests[0]["messages"][0]["content"]
