"""All that can go wrong with a service, through the real SDKs: what is tried again, what is given up, and when."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from random import Random

import pytest

from harness import models
from harness.errors import ModelError, ModelRefused
from harness.models import Patience
from harness.models.faults import Fault, patiently
from tests.models import bodies
from tests.models.bodies import error
from tests.models.dialects import DIALECTS, HASTE, KEY, PROMPT, Dialect, Meet
from tests.models.server import Say, events

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
    short = replace(HASTE, patience=Patience(tries=99, total_s=1.5, try_s=1, first_wait_s=0.4, longest_wait_s=0.4))
    model, service = meet(dialect.spec, error(500, "broken"), options=short)
    with pytest.raises(ModelError, match=r"1\.5 s are over"):
        model.complete(PROMPT)
    assert 1 < len(service.requests) < 11


def test_a_server_that_is_not_there_is_an_error_in_one_line(dialect: Dialect, meet: Meet) -> None:
    model, _ = meet(dialect.spec, dialect.good)
    options = replace(HASTE, base_url="http://127.0.0.1:9/v1")
    model = models.make(dialect.spec, options=options)
    with pytest.raises(ModelError, match=r"no connection: .*gave up after 3 tries"):
        model.complete(PROMPT)


# --- What would go on for ever ----------------------------------------------------------------------------------------

ONCE = replace(HASTE, patience=Patience(tries=5, total_s=0.6, try_s=5))


@pytest.mark.parametrize("endless", ["head", "body"])
def test_what_drips_without_end_is_ended_by_the_clock(endless: str, dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, replace(dialect.good, endless=endless), options=ONCE)
    with pytest.raises(ModelError, match=r"goes on without end; gave up after 1 try: 0\.6 s are over"):
        model.complete(PROMPT)
    assert len(service.requests) == 1


def test_a_server_that_stalls_costs_its_own_timeout_and_no_more(dialect: Dialect, meet: Meet) -> None:
    hasty = replace(HASTE, patience=Patience(tries=1, try_s=0.3))
    model, _ = meet(dialect.spec, replace(dialect.good, wait_s=30), options=hasty)
    with pytest.raises(ModelError, match="no connection: ReadTimeout"):  # it would have answered after thirty seconds
        model.complete(PROMPT)


def test_a_deadline_of_one_thread_is_not_that_of_another(dialect: Dialect, meet: Meet) -> None:
    from concurrent.futures import ThreadPoolExecutor

    model, service = meet(dialect.spec, replace(dialect.good, endless="body"), dialect.good, options=ONCE)
    with ThreadPoolExecutor(2) as pool:
        stuck = pool.submit(model.complete, PROMPT)
        while not service.requests:
            time.sleep(0.01)
        assert pool.submit(model.complete, PROMPT).result().text == "Hello."
        with pytest.raises(ModelError):
            stuck.result()


# --- Answers that say no ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Invalid prompt: your prompt was flagged as potentially violating our usage policy.", "invalid_prompt"),
        ("Output blocked by content filtering policy", "invalid_request_error"),
        ("The response was filtered due to the prompt triggering content management policy.", "content_filter"),
    ],
)
def test_a_question_that_a_policy_forbids_is_a_refusal_and_no_fault(
    text: str, code: str, dialect: Dialect, meet: Meet
) -> None:
    model, service = meet(dialect.spec, error(400, text, code))
    reply = model.complete(PROMPT)
    assert (reply.text, reply.stop, reply.usage.calls) == ("", "refusal", 1)
    assert len(service.requests) == 1


def test_a_body_that_is_empty_is_tried_again(dialect: Dialect, meet: Meet) -> None:
    model, service = meet(dialect.spec, Say(b""), dialect.good)
    assert model.complete(PROMPT).text == "Hello."
    assert len(service.requests) == 2


# --- Waits ------------------------------------------------------------------------------------------------------------


def test_a_wait_may_be_told_as_a_date(dialect: Dialect, meet: Meet) -> None:
    tomorrow = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    model, service = meet(dialect.spec, error(429, "tomorrow", retry_after=tomorrow))
    with pytest.raises(ModelError, match=r"asks to wait 86[34]\d\d s"):
        model.complete(PROMPT)
    assert len(service.requests) == 1
    model, service = meet(dialect.spec, error(429, "soon", retry_after="whenever"), dialect.good)
    assert model.complete(PROMPT).text == "Hello."


def test_waits_are_doubled_spread_by_the_seed_and_never_shorter_than_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    def waits(seed: str, asked: float | None = None) -> list[float]:
        slept: list[float] = []
        monkeypatch.setattr(time, "sleep", slept.append)
        patience = Patience(tries=4, first_wait_s=1, longest_wait_s=50)

        def ask(*_: float) -> str:
            raise ConnectionError

        with pytest.raises(ModelError):
            patiently(ask, lambda _: Fault("away", wait_s=asked), "m", patience, Random(seed))
        monkeypatch.undo()
        return slept

    assert waits("1") == waits("1") != waits("2")
    assert all(most / 2 <= wait <= most for wait, most in zip(waits("3"), (1, 2, 4), strict=True))
    assert all(10 <= wait <= 11 for wait in waits("4", asked=10))
