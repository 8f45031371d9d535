"""The sentences of the report."""

from pathlib import Path

import pytest

from harness.report.html import words
from harness.store.runs import load
from harness.types import Reading
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def reading(value: float, low: float | None, high: float | None, metric: str = "speed") -> Reading:
    return Reading(metric, value, "x", low=low, high=high, explanation="2 pairs")


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (reading(3.06, 2.59, 3.61), "CPU time: 3.06x faster (2.59-3.61); 2 pairs."),
        (
            reading(1.02, 0.97, 1.08, "memory"),
            "Peak memory: no difference is shown; anything from 1.03x more "
            "memory to 1.08x less memory is possible; 2 pairs.",
        ),
        (
            reading(0.8, 0.78, 0.82),
            "CPU time: 1.25x slower (1.22-1.28); 2 pairs.",
        ),
        (reading(2.0, None, None), "CPU time: 2.00x faster; it has no interval; 2 pairs."),
    ],
)
def test_a_ratio_as_a_sentence(given: Reading, said: str) -> None:
    assert words.bounded(given) == said


def test_the_headline(tmp_path: Path) -> None:
    assert words.headline(load(finished_run(tmp_path))) == "microgpt: 3.00x less memory and 12.0x faster"
    assert words.headline(load(noop_run(tmp_path))) == "microgpt: no improvement"


def test_a_headline_leaves_out_what_did_not_change(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(1.001, 2.0), crowned=True)
    assert words.headline(load(writing.folder)) == "microgpt: 2.00x faster"
    writing.close()


def test_how_sure_a_confirmed_best_is(tmp_path: Path) -> None:
    said = " ".join(words.certainty(load(finished_run(tmp_path))))
    assert "after the program had been chosen" in said and "kept its promise" in said
    assert "It beat the best before it in fresh processes: 3 pairs." in said and "2 duels here" in said


def test_a_best_that_is_not_confirmed_is_said_to_be_flattered(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), crowned=True)
    said = " ".join(words.certainty(load(writing.close())))
    assert "Not confirmed" in said and "after the program had been chosen" not in said


def test_a_run_without_a_best_says_so(tmp_path: Path) -> None:
    [said] = words.certainty(load(noop_run(tmp_path)))
    assert said.startswith("No improvement: nothing was crowned")


def test_the_steps_are_those_that_were_kept_and_not_dethroned(tmp_path: Path) -> None:
    found = words.steps(load(finished_run(tmp_path)))
    assert [(step["position"], step["fitness"], step["best"]) for step in found] == [
        (0, "2.00x", False),
        (4, "6.30x", True),
    ]
    assert found[0]["note"] == "turn the collector off"
    writing = Writing(tmp_path, "20260303T120000-microgpt-openevolve-0a1d")
    writing.confirm(writing.outcome(scored(), crowned=True), failed("wrong"))
    assert words.steps(load(writing.close())) == []


def test_every_warning_once_whatever_its_figures(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline(warnings=("nothing hidden is checked",))
    for spread in ("14%", "21.5%", "9%"):
        writing.outcome(scored(warnings=(f"one pair's CPU ratio varies by {spread}",)))
    found = words.all_warnings(load(writing.close()))
    assert found == [("nothing hidden is checked", 0), ("one pair's CPU ratio varies by 9%", 3)]


def test_bars_share_one_axis_with_the_baseline_on_it() -> None:
    both = [reading(1.35, 1.34, 1.36), reading(4.0, 3.0, 5.0), reading(0.9, 0.8, 0.95)]
    bars = [words.bar(one, both) for one in both]
    assert all(found and found["low"] >= 0 and found["low"] + found["width"] <= 100 for found in bars)
    assert bars[0] and bars[1] and bars[2]
    assert bars[0]["one"] == bars[1]["one"] < bars[0]["low"] < bars[1]["low"]
    assert bars[2]["low"] + bars[2]["width"] < bars[2]["one"] and bars[2]["lost"]
    assert words.bar(reading(2.0, None, None), both) is None


@pytest.mark.parametrize(
    ("status", "says"), [("interrupted", "was stopped before"), ("failed", "The run failed: no key. `optimize-run")]
)
def test_what_to_do_about_a_run_that_did_not_end_well(tmp_path: Path, status: str, says: str) -> None:
    writing = Writing(tmp_path)
    assert "still under way" in words.unfinished(load(writing.folder))
    writing.end(status, "no key")
    folder = writing.close()
    assert says in words.unfinished(load(folder)) and f"resume {folder.name}" in words.unfinished(load(folder))


def test_a_killed_run_is_called_that(tmp_path: Path) -> None:
    assert "was killed" in words.unfinished(load(Writing(tmp_path).close()))
    assert words.unfinished(load(finished_run(tmp_path / "b"))) == ""
