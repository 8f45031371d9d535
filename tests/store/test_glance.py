"""A glance at a journal tells what reading all of it tells, or nothing."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from harness.store import runs
from harness.store.glance import glance
from harness.store.index import view
from harness.store.rows import row_of
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def assert_same(folder: Path) -> None:
    whole = row_of(runs.load(folder))
    found = glance(folder)
    assert found == whole


def test_a_finished_run_and_one_without_a_best(tmp_path: Path) -> None:
    assert_same(finished_run(tmp_path))
    assert_same(noop_run(tmp_path))


@pytest.mark.parametrize("seed", range(30))
def test_whatever_a_run_went_through_a_glance_is_right_or_silent(tmp_path: Path, seed: int) -> None:
    """Crowns, falls, resumptions and ends in any order."""
    rng = Random(seed)
    writing = Writing(tmp_path, unsafe=rng.random() < 0.2, objective={"name": "memory", "memory": 0.9, "speed": 0.1})
    writing.measure_baseline()
    throne: list[str] = []
    for _ in range(rng.randrange(8)):
        match rng.choice(("crown", "wrong", "plain", "confirm", "fall", "resume")):
            case "crown":
                throne.append(writing.outcome(scored(1 + rng.random(), 1 + rng.random()), crowned=True))
            case "wrong":
                writing.outcome(failed())
            case "plain":
                writing.outcome(scored(1.0, rng.random() + 0.5))
            case "confirm" if throne:
                writing.confirm(throne[-1], scored(1 + rng.random(), 1 + rng.random()))
            case "fall" if throne:
                writing.confirm(throne.pop(), failed())
            case "resume" if rng.random() < 0.3:
                writing.append("resume", version="0.1.0")
    if rng.random() < 0.8:
        writing.end(rng.choice(("done", "failed", "interrupted")), best=throne[-1] if throne else None)
    folder = writing.close()
    found = glance(folder)
    assert found is None or found == row_of(runs.load(folder))


def test_most_runs_need_no_more_than_a_glance(tmp_path: Path) -> None:
    assert glance(finished_run(tmp_path)) is not None and glance(noop_run(tmp_path)) is not None


@pytest.mark.parametrize("harm", ["torn", "no end", "a line is missing", "start is damaged", "end is damaged"])
def test_a_run_that_is_not_plainly_finished_has_to_be_read(tmp_path: Path, harm: str) -> None:
    folder = finished_run(tmp_path)
    journal = folder / "events.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    match harm:
        case "torn":
            lines[-1] = lines[-1][:-9]
        case "no end":
            del lines[-1]
        case "a line is missing":
            del lines[3]
        case "start is damaged":
            lines[0] = lines[0].replace(b'"kind"', b'"kond"')
        case "end is damaged":
            lines[-1] = lines[-1].replace(b'"usage":{', b'"usage":[')
    journal.write_bytes(b"".join(lines))
    assert glance(folder) is None
    seen = view(tmp_path)
    assert len(seen.rows) == (harm in ("torn", "no end")) and len(seen.faults) == 1 - len(seen.rows)


def test_words_in_a_note_are_no_lines_of_the_journal(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline()
    best = writing.outcome(scored(2.0, 2.0), crowned=True, note='"kind":"resume" "kind":"confirm" "crowned":true')
    writing.confirm(best, scored(1.9, 1.9))
    writing.end(best=best)
    folder = writing.close()
    assert glance(folder) == row_of(runs.load(folder)) is not None
