"""The adapters of services, through the real SDKs, against a server on loopback that misbehaves in every known way."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace

import pytest

from harness import models
from harness.errors import ModelError, ModelRefused
from harness.models import ModelOptions, Patience
from harness.types import Model, Prompt, Reply
from tests.models import bodies
from tests.models.bodies import error
from tests.models.server import Say, Service, events, serving

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


DIALECTS = {
    "responses": Dialect(
        "openai/gpt-x",
        Say(bodies.response()),
        Say(bodies.response(output=[])),
        Say(bodies.response("Hel", status="incomplete", incomplete_details={"reason": "max_output_tokens"})),
        Say(bodies.response("", status="incomplete", incomplete_details={"reason": "content_filter"})),
        "/v1/responses",
    ),
    "chat": Dialect(
        "openai-compatible/some",
        Say(bodies.completion()),
        Say(bodies.completion(None)),
        Say(bodies.completion("Hel", "length")),
        Say(bodies.completion(None, "content_filter")),
        "/v1/chat/completions",
    ),
    "messages": Dialect(
        "anthropic/claude-x?max_tokens=8000",
        Say(bodies.message()),
        Say(bodies.message("")),
        Say(bodies.message("Hel", "max_tokens")),
        Say(bodies.message("", "refusal")),
        "/v1/messages",
    ),
    "streamed messages": Dialect(
        "anthropic/claude-x",
        Say(bodies.streamed(), headers=bodies.SSE),
        Say(bodies.streamed(""), headers=bodies.SSE),
        Say(bodies.streamed("Hel", "max_tokens"), headers=bodies.SSE),
        Say(bodies.streamed("", "refusal"), headers=bodies.SSE),
        "/v1/messages",
    ),
}
Ask = Callable[..., tuple[Reply, Service]]


@pytest.fixture(params=DIALECTS.values(), ids=DIALECTS)
def dialect(request: pytest.FixtureRequest) -> Dialect:
    chosen: Dialect = request.param
    return chosen


@pytest.fixture
def meet(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., tuple[Model, Service]]]:
    """A model, and the service that it will ask, which gives these answers."""
    with ExitStack() as stack:

        def made(spec: str, *answers: Say, options: ModelOptions = HASTE) -> tuple[Model, Service]:
            service = stack.enter_context(serving(*answers))
            for variable in ("OPENAI_BASE_URL", "OPTIMIZE_RUN_BASE_URL"):
                monkeypatch.setenv(variable, f"{service.url}/v1")
            monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
            for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPTIMIZE_RUN_API_KEY"):
                monkeypatch.setenv(variable, KEY)
            model = models.make(spec, options=options)
            stack.callback(model.close)  # type: ignore[attr-defined]
            return model, service

        yield made


Meet = Callable[..., tuple[Model, Service]]

# --- Answers ----------------------------------------------------------------------------------------------------------


def test_a_good_answer(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, dialect.good)
    reply = model.complete(PROMPT)
    assert (reply.text, reply.stop) == ("Hello.", "end")
    assert (reply.usage.calls, reply.usage.tokens_in, reply.usage.tokens_out) == (1, 100, 20)
    assert reply.usage.tokens_cached == (0 if "compatible" in dialect.spec else 60)
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


# --- Troubles that pass -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 529])
def test_a_passing_error_is_tried_again(status: int, dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, error(status, "later"), error(status, "later"), dialect.good)
    assert model.complete(PROMPT).text == "Hello."
    assert len(service.requests) == 3


def test_a_wait_that_is_asked_for_is_kept(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, error(429, "slow down", retry_after="0.2"), dialect.good)
    begun = time.monotonic()
    assert model.complete(PROMPT).text == "Hello."
    assert time.monotonic() - begun >= 0.2
    assert len(service.requests) == 2


def test_a_dropped_connection_is_tried_again(dialect: Dialect, meet: Meet) -> None:
    model, _ = meet(dialect.spec, replace(dialect.good, cut=0), replace(dialect.good, cut=150), dialect.good)
    assert model.complete(PROMPT).text == "Hello."


def test_a_stalled_server_is_tried_again(dialect: Dialect, meet: Meet) -> None:
    hasty = replace(HASTE, patience=replace(HASTE.patience, try_s=0.15))
    model, _ = meet(dialect.spec, replace(dialect.good, wait_s=0.5), dialect.good, options=hasty)
    assert model.complete(PROMPT).text == "Hello."


@pytest.mark.parametrize(
    "body",
    [
        Say(b"<html>gateway</html>", headers={"content-type": "text/html"}),
        Say(b"<html>gateway</html>"),
        Say({}),
        Say({"error": {"message": "upstream failed", "code": 502}}),
    ],
    ids=["page", "no JSON", "empty object", "error in a good status"],
)
def test_what_is_no_answer_is_tried_again_and_then_given_up_in_one_line(
    body: Say, dialect: Dialect, meet: Meet
) -> None:
    model, _ = meet(dialect.spec, body, dialect.good)
    assert model.complete(PROMPT).text == "Hello."
    model, service = meet(dialect.spec, body)
    with pytest.raises(ModelError, match="gave up after 3 tries") as raised:
        model.complete(PROMPT)
    assert len(service.requests) == 3
    assert "\n" not in str(raised.value)


def test_a_stream_that_breaks_off_with_an_error_is_tried_again(meet: Meet) -> None:
    start = events(
        {"type": "message_start", "message": bodies.message("")},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
    )
    good = DIALECTS["streamed messages"].good
    assert meet("anthropic/claude-x", Say(start, headers=bodies.SSE), good)[0].complete(PROMPT).text == "Hello."


def test_a_stream_that_just_stops_is_tried_again_and_never_half_an_answer(meet: Meet) -> None:
    good = DIALECTS["streamed messages"].good
    half = good.body[: good.body.index(b"event: message_delta")]
    assert meet("anthropic/claude-x", Say(half, headers=bodies.SSE), good)[0].complete(PROMPT).text == "Hello."
    with pytest.raises(ModelError, match="broke off after content_block_stop"):
        meet("anthropic/claude-x", Say(half, headers=bodies.SSE))[0].complete(PROMPT)


def test_a_stream_without_end_is_ended_by_the_clock(meet: Meet) -> None:
    pings = events(*[{"type": "ping"}] * 15)
    start = events({"type": "message_start", "message": bodies.message("")})
    patience = Patience(tries=1, total_s=0.5, try_s=1)
    slow = Say(start + pings, headers=bodies.SSE, drip_s=0.2)
    model, _ = meet("anthropic/claude-x", slow, options=replace(HASTE, patience=patience))
    with pytest.raises(ModelError, match="goes on without end"):
        model.complete(PROMPT)


# --- Troubles that stay -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "code", "words"),
    [
        (401, "invalid_api_key", "401 Bad key .*the key in .*_API_KEY was not accepted"),
        (403, "permission", "403 Bad key"),
        (404, "model_not_found", "404 Bad key .*is the model's name right"),
        (429, "insufficient_quota", "no money left"),
    ],
)
def test_what_retrying_cannot_help_is_refused_at_once(
    status: int, code: str, words: str, dialect: Dialect, meet: Meet
) -> None:
    model, service = meet(dialect.spec, error(status, f"Bad key\n{KEY}", code))
    with pytest.raises(ModelRefused, match=words) as raised:
        model.complete(PROMPT)
    assert len(service.requests) == 1
    assert KEY not in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("status", [400, 413, 422])
def test_a_question_that_cannot_be_answered_is_given_up_at_once_and_says_nothing_of_others(
    status: int, dialect: Dialect, meet: Meet
) -> None:
    model, service = meet(dialect.spec, error(status, "prompt is too long", "invalid_request"))
    with pytest.raises(ModelError, match=f"{status} prompt is too long") as raised:
        model.complete(PROMPT)
    assert not isinstance(raised.value, ModelRefused)
    assert len(service.requests) == 1


def test_an_error_that_does_not_pass_is_given_up(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, error(500, "broken"))
    with pytest.raises(ModelError, match=r"500 broken; gave up after 3 tries") as raised:
        model.complete(PROMPT)
    assert not isinstance(raised.value, ModelRefused)
    assert len(service.requests) == 3


def test_a_wait_that_is_too_long_is_not_kept(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, error(429, "tomorrow", retry_after="86400"))
    with pytest.raises(ModelError, match="asks to wait 86400 s"):
        model.complete(PROMPT)
    assert len(service.requests) == 1


def test_the_clock_over_all_tries_ends_them(dialect: Dialect, meet: Meet) -> None:
    short = replace(HASTE, patience=Patience(tries=99, total_s=3, try_s=1, first_wait_s=0.7, longest_wait_s=0.7))
    model, service = meet(dialect.spec, error(500, "broken"), options=short)
    with pytest.raises(ModelError, match="3 s are over"):
        model.complete(PROMPT)
    assert 1 < len(service.requests) < 11


def test_a_server_that_is_not_there_is_an_error_in_one_line(dialect: Dialect, meet: Meet) -> None:
    model, _ = meet(dialect.spec, dialect.good)
    options = replace(HASTE, base_url="http://127.0.0.1:9/v1")
    model = models.make(dialect.spec, options=options)
    with pytest.raises(ModelError, match=r"no connection: .*gave up after 3 tries"):
        model.complete(PROMPT)


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
