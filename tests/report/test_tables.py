"""The summary that ends a run, and the judgement of one program."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from harness.report import tables
from harness.store.runs import load
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def drawn(renderable: object, color: bool = False) -> str:
    out = io.StringIO()
    Console(file=out, force_terminal=color, width=220, color_system="standard" if color else None).print(renderable)
    return out.getvalue()


def test_a_good_run_is_summed_up(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    shown = drawn(tables.summary(load(folder)))
    for words in (
        "microgpt by openevolve with offline, objective balanced, seed 7; done (40 evaluations)",
        "3.00x less memory (2.94-3.06)",
        "12.0x faster (11.8-12.2)",
        "60.0 MiB   20.0 MiB",
        "; then backpropagate by hand",
        "Confirmed on the full-length run",
        "Tried: 5 candidates: 3 ok (2 kept), 1 wrong, 1 invalid",
        "9 evaluations, 9 calls, 1,080 tokens, $0.09",
        str(folder / "best.py"),
        "best.diff",
    ):
        assert words in shown
    assert "UNSAFE" not in shown


def test_no_improvement_is_said_plainly_with_the_noise_of_the_control(tmp_path: Path) -> None:
    shown = drawn(tables.summary(load(noop_run(tmp_path))))
    assert "No improvement: nothing was crowned; 1.00x (0.98-1.02) for peak memory and 1.00x (0.96-1.04)" in shown
    assert "best.py" not in shown


def test_the_noise_band_holds_what_single_measurements_show(tmp_path: Path) -> None:
    run = load(noop_run(tmp_path))
    band = tables.pooled(run.tried, "speed")
    assert band is not None
    values = [tried.score.ratio("speed") or 0.0 for tried in run.tried]
    assert band.low < min(values) < band.value < max(values) < band.high


def test_two_measurements_are_enough_for_a_sober_band(tmp_path: Path) -> None:
    run = load(noop_run(tmp_path))  # each claims itself to within 2 %
    for few in (run.tried[:1], run.tried[:2]):
        band = tables.pooled(few, "speed")
        assert band is not None and 1.02 < band.high / band.value < 1.1
        assert band.value / band.low == pytest.approx(band.high / band.value)


def test_no_improvement_names_the_nearest(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(0.9, 0.9))
    near = writing.outcome(scored(1.01, 1.02))
    writing.outcome(failed())
    line = tables.verdict(load(writing.close()))
    assert line.startswith("No improvement: nothing was crowned; the baseline stands.")
    assert near in line and "1.02x faster (1.00-1.04)" in line


@pytest.mark.parametrize(("outcomes", "words"), [((), "nothing was tried"), ((failed(),), "no candidate was valid")])
def test_a_run_without_a_valid_candidate(tmp_path: Path, outcomes: tuple, words: str) -> None:
    writing = Writing(tmp_path)
    for score in outcomes:
        writing.outcome(score)
    assert words in tables.verdict(load(writing.close()))


def test_a_run_without_a_sandbox_is_red_and_says_so(tmp_path: Path) -> None:
    run = load(finished_run(tmp_path, unsafe=True))
    assert tables.UNSAFE in drawn(tables.summary(run))
    coloured = [line for line in drawn(tables.summary(run), color=True).split("\n") if "CPU time" in line]
    assert "\x1b[31m" in coloured[0]


def test_warnings_are_shown_once_each(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline(("the machine is busy",))
    writing.outcome(scored(warnings=("the machine is busy", "only three pairs")), crowned=True)
    shown = drawn(tables.summary(load(writing.close())))
    assert shown.count("the machine is busy") == 1
    assert "Warning: only three pairs" in shown
    assert "Not confirmed" in shown


def test_a_hostile_note_is_inert(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), note="[bold red]x[/] \x1b[2J :skull: [link=http://x]y[/link]", crowned=True)
    shown = drawn(tables.summary(load(writing.close())), color=True)
    assert "[bold red]x[/] [2J :skull: [link=http://x]y[/link]" in shown
    assert "\x1b[2J" not in shown and "\x1b]8" not in shown


# --- evaluate ---------------------------------------------------------------------------------------------------------

GOOD = {
    "program": "mine.py",
    "target": "microgpt",
    "status": "ok",
    "fitness": 6.0,
    "memory": {"ratio": 3.0, "low": 2.9, "high": 3.1, "candidate_mib": 20.0, "baseline_mib": 60.0, "floor_mib": 7.5},
    "speed": {"ratio": 12.0, "low": 11.0, "high": 13.0, "candidate_s": 0.5, "baseline_s": 6.0},
    "equivalence": {
        "level": "tolerant",
        "workloads": [{"name": "odd", "hidden": True, "ok": True, "first_difference": None}],
    },
    "explanation": "",
    "warnings": ["a warning"],
}
WRONG = {
    **GOOD,
    "status": "wrong",
    "fitness": None,
    "memory": None,
    "speed": None,
    "equivalence": {
        "level": "tolerant",
        "workloads": [{"name": "odd", "hidden": True, "ok": False, "first_difference": "line 3 [red]differs"}],
    },
    "explanation": "hidden workload odd: line 3 differs",
}


def test_a_good_program_is_shown_with_its_ratios() -> None:
    shown = drawn(tables.evaluation(GOOD))
    for words in (
        "mine.py against microgpt: ok",
        "3.00x less memory (2.90-3.10)",
        "12.0x faster",
        "6.00x",
        "a warning",
    ):
        assert words in shown
    assert "hidden workload odd, tolerant: same output" in shown


def test_a_wrong_program_is_shown_with_its_first_difference_and_no_ratios() -> None:
    shown = drawn(tables.evaluation(WRONG))
    assert "line 3 [red]differs" in shown and "faster" not in shown


def test_rewrites_that_are_named_by_their_tags_alone_are_told_as_words() -> None:
    note = "take it apart [fuse-sum@Value]; [drop-dead@all]; [collector-off]; without keep-stored@all"
    assert (
        tables._told(note) == "take it apart [fuse-sum@Value]; drop-dead (all); collector-off; without keep-stored@all"
    )
    assert tables._told("[collector-off] (before: kept 1 of 2)") == "collector-off (before: kept 1 of 2)"
    assert tables._told("a list [0] of x; [see below") == "a list [0] of x; [see below"
