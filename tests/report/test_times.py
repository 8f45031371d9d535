"""Where the time of a run went, in words and numbers."""

from dataclasses import replace
from pathlib import Path

import pytest

from harness.report.times import Times, lanes, times, told
from harness.store.runs import load
from tests.runs_on_disk import Writing, scored


def test_the_busy_share_counts_what_keeps_a_lane(tmp_path: Path) -> None:
    writing = Writing(tmp_path, lanes=2)
    writing.measure_baseline()
    n = writing.ask()
    writing.append("crown", n=n, candidate="a", over="b", crowned=False, ratio=1.0, low=1.0, high=1.0,
                   explanation="no", seconds={"wait": 5.0, "duel": 3.0})  # fmt: skip
    writing.end()
    run = load(writing.close())
    found = times(replace(run, usage=replace(run.usage, seconds=10.0)))
    assert found.stages["duel"] == 3.0 and found.stages["wait"] == 5.0
    assert found.busy == pytest.approx(3 / 20, abs=0.05), "and the baseline, which took no time here"


def test_a_run_of_before_lanes_were_recorded_says_nothing_of_them(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored())
    found = times(load(writing.close()))
    assert found.busy is None and lanes(found) == ""


def test_in_words() -> None:
    assert told(Times({"model": 2.0, "idle": 61.0}, 0.934)) == (
        "model 2.0 s, idle 1 min 01 s; timed lanes busy 93% of the run"
    )
