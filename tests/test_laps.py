"""The stopwatch of a judgement."""

from harness import laps


def test_time_goes_to_the_stage_that_ends_and_the_rest_to_the_rest(monkeypatch) -> None:
    now = iter([10.0, 11.0, 13.5, 13.5, 17.0])
    monkeypatch.setattr("harness.laps.time.monotonic", lambda: next(now))
    with laps.taken(rest="measure") as took:
        laps.lap("rules")
        laps.lap("screen")
        laps.lap("rules")
    assert took.seconds == {"rules": 1.0, "screen": 2.5, "measure": 3.5}


def test_nobody_takes_the_time_outside() -> None:
    laps.lap("rules")
    with laps.taken(rest="measure") as outer:
        with laps.taken(rest="duel") as inner:
            laps.lap("wait")
        laps.lap("full")
    assert list(inner.seconds) == ["wait", "duel"] and list(outer.seconds) == ["full", "measure"]
