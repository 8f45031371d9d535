"""The benchmarks run, through the real sandbox, and say what they should; what they measure is not judged here."""

from pathlib import Path

import pytest

from benchmarks import aa, driver, judging, slowed
from benchmarks.known import COUNTS, Kind, Known, hundred
from harness import targets
from harness.judging.lanes import Lanes
from harness.types import Sandbox, Target


def test_comments_go_through_a_whole_run(room: Sandbox, tmp_path: Path) -> None:
    found = aa.measure(aa.Question(candidates=3, busy=True, objective="balanced"), tmp_path)
    assert found["candidates"] == found["measured"] == 3
    assert found["speed"]["intervals"] == found["memory"]["intervals"] == 3, "each was run, though it repeats another"
    assert found["speed"]["median_width"] > 0 and found["speed"]["held"] <= 3
    assert "crowned:" in aa.told(found) and "of 3 intervals" in aa.told(found)


def test_the_slower_program_does_three_per_cent_more_of_the_same_work() -> None:
    names = {slowed.UNITS: 0, slowed.MORE: 0}
    for units in names:
        counted: dict[str, int] = {"n": 0}
        source = slowed.program(units).replace("def unit(n):\n", "def unit(n):\n    counted['n'] += 1\n")
        exec(source.replace("unit(4000)", "unit(40)").replace("print(last)", ""), {"counted": counted})
        names[units] = counted["n"]
    assert names[slowed.MORE] / names[slowed.UNITS] == pytest.approx(1 + slowed.GAIN)


def test_a_difference_is_looked_for_in_both_directions(room: Sandbox) -> None:
    found = slowed.measure(trials=2, busy=False, units=200)
    assert found["right"] + found["wrong"] + found["open"] == found["trials"] == 2
    assert found["most_pairs"] <= found["promised_pairs"]
    assert "2 trials" in slowed.told(found)


def test_the_brief_target_is_the_built_in_one_with_less_to_do(tmp_path: Path) -> None:
    from benchmarks.brief import write_brief_microgpt

    brief, whole = targets.load(str(write_brief_microgpt(tmp_path))), targets.load("microgpt")
    assert brief.rules == whole.rules and brief.promise == whole.promise and brief.knobs == whole.knobs
    assert [(w.stage, w.knobs["steps"]) for w in brief.workloads] == [("measure", "2")]
    assert brief.source.replace("range(1):", "range(20):") == whole.source


def test_the_hundred_are_what_they_say_they_are(room: Sandbox) -> None:
    target = targets.load("microgpt")
    found = hundred(target)
    assert len(found) == 100 and len(judging.every_nth(found, list(COUNTS), 2)) == 10
    shorter = judging.shorter(target, 200, 3)
    assert {w.knobs["steps"] for w in shorter.workloads} == {"8", "3", "200"} and not any(
        w.golden for w in shorter.workloads
    )


def test_both_judges_tell_wrong_from_right_and_a_refusal_waits_for_no_run_of_the_baseline(
    room: Sandbox, toy: Target, tmp_path: Path
) -> None:
    ours, naive = (make(toy, room, Lanes(1), tmp_path) for make in (judging.Ours, judging.Naive))
    ours.prepare()
    programs: list[tuple[Kind, str]] = [
        ("broken", toy.source.replace("import math", "import os")),
        ("broken", toy.source.replace("state = 1.0", "state = 1 / 0")),
        ("wrong", toy.source.replace("state * 1.1", "state * 1.1000001")),
        ("slower", toy.source.replace("math.fmod(", "sum(sorted(ballast * 3)) * 0 + math.fmod(")),
        ("better", toy.source.replace("        history.append(ballast)\n", "")),
    ]
    verdicts = [judging.judged(Known(str(n), *one), ours, ours.counting) for n, one in enumerate(programs)]
    assert [verdict.right for verdict in verdicts] == [True] * 5
    assert [verdict.stage for verdict in verdicts[:3]] == ["rules", "short", "short"]
    assert [verdict.baseline_runs for verdict in verdicts[:3]] == [0] * 3
    assert verdicts[4].said == "better" and verdicts[4].stage == "full"
    assert [judging.judged(Known("", *one), naive).right for one in programs[1:3]] == [True] * 2
    told = judging.summed(verdicts, {**COUNTS, "broken": 2})
    assert told["kinds"]["broken"]["right"] == 2 and told["multiplied"].startswith("yes")


def test_the_driver_says_what_it_writes_for_each_outcome(tmp_path: Path) -> None:
    found = driver.drive(tmp_path / "run", outcomes=100, parallel=4, size=500)
    assert found["per_outcome"]["events"] == pytest.approx(4, abs=0.4)
    assert found["per_outcome"]["bytes"] > 1000 and found["outcomes_per_s"] > 0
