"""Where a run's time and money went."""

from dataclasses import asdict
from typing import Any

import pytest

from harness.errors import StoreError
from harness.report.html.spans import Span, Spans, covered
from harness.types import Event, Usage


def told(*events: tuple[str, float, dict[str, Any]]) -> Spans:
    spans = Spans()
    for n, (kind, at, data) in enumerate(events):
        spans.take(Event(n, kind, at, data))
    return spans


def reply(n: int, seconds: float, model: str = "m") -> dict[str, Any]:
    usage = asdict(Usage(1, 100, 10, 20, 0.5, seconds))
    return {"n": n, "model": model, "stop": "end", "prompt": "p", "reply": "r", "usage": usage}


def test_each_stage_has_the_seconds_that_the_journal_gives_it() -> None:
    spans = told(
        ("start", 100.0, {}),
        ("baseline", 110.0, {}),
        ("ask", 110.0, {"n": 1}),
        ("reply", 115.0, reply(1, 5.0)),
        ("judged", 125.0, {"n": 1, "seconds": {"rules": 0.5, "wait": 1.5, "screen": 2.0, "measure": 6.0}}),
        ("crown", 129.0, {"n": 1, "explanation": "won", "seconds": {"duel": 4.0}}),
        ("confirm", 140.0, {"seconds": {"full": 11.0}}),
    )
    known = {"baseline": 10, "model": 5, "rules": 0.5, "screen": 2, "measure": 6, "duel": 4, "full": 11, "wait": 1.5}
    assert spans.by_stage(45.0) == pytest.approx({**known, "idle": 5.0})
    assert spans.duels == {1: ["won"]}


def test_two_workers_at_once_are_not_idle_time_twice() -> None:
    assert covered([Span("a", 0, 10), Span("b", 5, 12), Span("c", 6, 7), Span("d", 20, 21)]) == 13
    assert covered([]) == 0


def test_what_is_down_between_a_kill_and_a_resumption_counts_for_nobody() -> None:
    spans = told(("start", 0.0, {}), ("resume", 1000.0, {}), ("baseline", 1003.0, {}))
    assert spans.by_stage(5.0) == {"baseline": 3.0, "idle": 2.0}


def test_a_journal_from_before_stages_were_recorded() -> None:
    spans = told(
        ("ask", 10.0, {"n": 1}),
        ("reply", 12.0, reply(1, 2.0)),
        ("judged", 20.0, {"n": 1}),
        ("crown", 25.0, {"candidate": "a", "explanation": "won"}),
    )
    assert spans.by_stage(0.0) == {"model": 2.0, "judge": 8.0}


def test_a_stage_that_this_version_does_not_know_is_shown_all_the_same() -> None:
    assert told(("judged", 5.0, {"n": 1, "seconds": {"warm-up": 2.0}})).by_stage(2.0) == {"warm-up": 2.0}


def test_an_event_that_lacks_what_it_must_have_is_named_by_its_line() -> None:
    whole = reply(1, 2.0)
    del whole["prompt"]
    with pytest.raises(StoreError, match="line 1 is not a usable reply event: no 'prompt'"):
        told(("reply", 5.0, whole))
    with pytest.raises(StoreError, match="line 1 is not a usable judged event"):
        told(("judged", 5.0, {"n": 1, "seconds": {"rules": "soon"}}))


def test_what_each_model_cost() -> None:
    spans = told(("reply", 5.0, reply(1, 2.0)), ("reply", 6.0, reply(2, 1.0)), ("reply", 7.0, reply(2, 1.0, "other")))
    assert spans.by_model() == {
        "m": Usage(2, 200, 20, 40, 1.0, 3.0),
        "other": Usage(1, 100, 10, 20, 0.5, 1.0),
    }
    assert [len(calls) for calls in spans.calls.values()] == [1, 2]


def test_all_that_was_said_in_a_call_in_its_order() -> None:
    spans = told(("reply", 5.0, {**reply(1, 2.0), "turns": ["t1", "t2"], "calls": "c"}), ("reply", 5.0, reply(2, 1.0)))
    titles = [("Prompt", "p"), ("Turn 1", "t1"), ("Turn 2", "t2"), ("Answer", "r"), ("Tools that it called", "c")]
    assert spans.calls[1][0].texts == tuple(titles)
    assert spans.calls[2][0].texts == (("Prompt", "p"), ("Answer", "r"))
