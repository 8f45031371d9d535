"""`optimize-run calibrate`, as a person and as a program would ask it."""

import pytest

from harness.types import Sandbox
from tests.cli.conftest import Run


def test_a_program_gets_one_document(run: Run, room: Sandbox) -> None:
    ended = run("calibrate", "--pairs", "6", "--json")
    found = ended.json
    assert ended.code == 0 and found["target"] == "busy" and found["pairs"] == 6
    assert found["cpu"]["deviation"] > 0 and set(found["smallest_gain"]) == {"80%", "95%"}
    assert [cost["gain"] for cost in found["costs"]] == [0.01, 0.02, 0.03, 0.05, 0.10]
    assert found["error_rate"] == pytest.approx(0.0304, abs=1e-4)


def test_a_person_reads_what_it_takes(run: Run, room: Sandbox) -> None:
    ended = run("calibrate", "--pairs", "6")
    assert ended.code == 0 and "one pair's ratio varies by" in ended.out and "What it takes" in ended.out


def test_a_misspelt_target_costs_one_line(run: Run) -> None:
    ended = run("calibrate", "microgtp")
    assert ended.code == 2 and "did you mean microgpt?" in ended.err and not ended.out
