"""The benchmarks run, through the real sandbox, and say what they should; what they measure is not judged here."""

from pathlib import Path

import pytest

from benchmarks import aa, slowed
from harness import targets
from harness.types import Sandbox


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
