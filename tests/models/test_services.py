"""The adapters of services, through the real SDKs, against a server on loopback that misbehaves in every known way."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from harness import models
from tests.models import bodies
from tests.models.dialects import HASTE, KEY, PROMPT, Dialect, Meet
from tests.models.server import Say

# --- Answers ----------------------------------------------------------------------------------------------------------


def test_a_good_answer(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, dialect.good)
    reply = model.complete(PROMPT)
    assert (reply.text, reply.stop) == ("Hello.", "end")
    assert (reply.usage.calls, reply.usage.tokens_in, reply.usage.tokens_out) == (1, 100, 20)
    assert reply.usage.tokens_cached == (0 if "compatible" in dialect.spec else 60)
    told = (reply.usage.tokens_written, reply.usage.tokens_reasoning)
    assert told == {"/v1/responses": (10, 5), "/v1/chat/completions": (0, 0)}.get(dialect.path, (10, told[1]))
    assert reply.usage.usd is None, "a price that nobody knows is not nothing"
    assert reply.usage.seconds > 0
    assert service.paths == [dialect.path]
    assert KEY in service.headers[0].get("authorization", "") + service.headers[0].get("x-api-key", "")


def test_an_answer_without_text_is_empty(dialect: Dialect, meet: Meet) -> None:
    reply = meet(dialect.spec, dialect.empty)[0].complete(PROMPT)
    assert (reply.text, reply.stop) == ("", "empty")


def test_a_truncated_answer_says_so(dialect: Dialect, meet: Meet) -> None:
    reply = meet(dialect.spec, dialect.truncated)[0].complete(PROMPT)
    assert (reply.text, reply.stop) == ("Hel", "length")


def test_a_refusal_says_so(dialect: Dialect, meet: Meet) -> None:
    assert meet(dialect.spec, dialect.refused)[0].complete(PROMPT).stop == "refusal"


def test_a_refusal_in_words_is_one_too(meet: Meet) -> None:
    part = {"type": "refusal", "refusal": "No."}
    output = [{"type": "message", "id": "m", "role": "assistant", "status": "completed", "content": [part]}]
    assert meet("openai/gpt-x", Say(bodies.response(output=output)))[0].complete(PROMPT).stop == "refusal"


def test_a_server_that_counts_nothing_costs_an_unknown_amount(meet: Meet) -> None:
    reply = meet("openai-compatible/some", Say(bodies.completion(usage=None)))[0].complete(PROMPT)
    assert (reply.usage.tokens_in, reply.usage.usd) == (0, None)


def test_the_reply_names_the_model_that_answered_but_no_path_of_a_server(meet: Meet) -> None:
    assert meet("openai/gpt-x", Say(bodies.response()))[0].complete(PROMPT).model == "openai/gpt-x-2026-11-01"
    reply = meet("openai-compatible/some", Say(bodies.completion()))[0].complete(PROMPT)
    assert reply.model == "openai-compatible/some"


def test_tokens_of_thinking_are_told(meet: Meet) -> None:
    reply = meet("anthropic/claude-x?max_tokens=8000", Say(bodies.message()))[0].complete(PROMPT)
    assert reply.usage.tokens_reasoning == 7


def test_a_known_price_is_charged_by_kind_of_token(meet: Meet) -> None:
    reply = meet("anthropic/claude-opus-5?max_tokens=8000", Say(bodies.message()))[0].complete(PROMPT)
    assert reply.usage.usd == pytest.approx((30 * 5 + 60 * 0.5 + 10 * 6.25 + 20 * 25) / 1e6)


# --- Questions --------------------------------------------------------------------------------------------------------


def test_what_responses_is_asked(meet: Meet) -> None:
    model, service = meet("openai/gpt-x?effort=high&max_tokens=900", Say(bodies.response()))
    model.complete(PROMPT)
    assert service.requests == [
        {
            "model": "gpt-x",
            "instructions": "You are terse.",
            "input": "Say hello.",
            "reasoning": {"effort": "high"},
            "max_output_tokens": 900,
            "store": False,
        }
    ]


@pytest.mark.parametrize(
    ("spec", "limit"), [("openai/x?api=chat&", "max_completion_tokens"), ("openai-compatible/x?", "max_tokens")]
)
def test_what_chat_is_asked(spec: str, limit: str, meet: Meet) -> None:
    model, service = meet(f"{spec}effort=low&max_tokens=900", Say(bodies.completion()))
    model.complete(PROMPT)
    roles = [{"role": "system", "content": "You are terse."}, {"role": "user", "content": "Say hello."}]
    assert service.requests == [{"model": "x", "messages": roles, "reasoning_effort": "low", limit: 900}]


def test_what_messages_is_asked_with_the_system_prompt_cached(meet: Meet) -> None:
    model, service = meet("anthropic/claude-x?effort=low&max_tokens=900", Say(bodies.message()))
    model.complete(PROMPT)
    system = [{"type": "text", "text": "You are terse.", "cache_control": {"type": "ephemeral"}}]
    assert service.requests == [
        {
            "model": "claude-x",
            "max_tokens": 900,
            "messages": [{"role": "user", "content": "Say hello."}],
            "system": system,
            "output_config": {"effort": "low"},
        }
    ]


def test_a_prompt_without_a_system_part_sends_none(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, dialect.good)
    model.complete(replace(PROMPT, system=""))
    assert "terse" not in str(service.requests)
    assert not service.requests[0].keys() & {"system", "instructions"}


def test_a_key_goes_only_to_the_server_it_was_set_beside(meet: Meet, monkeypatch: pytest.MonkeyPatch) -> None:
    model, service = meet("openai-compatible/some", Say(bodies.completion()))
    monkeypatch.delenv("OPTIMIZE_RUN_API_KEY")
    model = models.make("openai-compatible/some", options=HASTE)
    model.complete(PROMPT)
    assert KEY not in str(service.headers)


# --- Start-up ---------------------------------------------------------------------------------------------------------


def test_making_a_model_imports_no_sdk() -> None:
    code = (
        "import os, sys\n"
        "os.environ.update(OPENAI_API_KEY='k', ANTHROPIC_API_KEY='k', OPTIMIZE_RUN_BASE_URL='http://127.0.0.1:9/v1')\n"
        "from harness import models\n"
        "for name in ('openai/x', 'anthropic/x', 'openai-compatible/x'): models.make(name)\n"
        "models.known()\n"
        "print(sorted({'openai', 'anthropic', 'httpx2', 'libcst', 'pydantic'} & set(sys.modules)))\n"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
