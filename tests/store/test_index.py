"""The index is a view: whatever happens to it, the answer is that of the journals."""

import sqlite3
from pathlib import Path

import pytest

from harness.store import index, runs
from harness.store.index import view
from tests.runs_on_disk import Writing, finished_run, noop_run, scored


@pytest.fixture
def root(tmp_path: Path) -> Path:
    finished_run(tmp_path)
    noop_run(tmp_path)
    return tmp_path


def test_a_row_tells_what_a_leaderboard_needs(root: Path) -> None:
    row = next(row for row in view(root).rows if row.strategy == "openevolve")
    assert (row.memory_ratio, row.speed_ratio, row.fitness) == (3.0, 12.0, 6.0)
    assert (row.target, row.model, row.seed, row.status) == ("microgpt", "offline", 7, "done")
    assert (row.evaluations, row.calls, row.tokens, row.usd) == (9, 9, 1080, 0.09)
    assert row.machine == "Linux-x86_64-test-2"


def test_where_nothing_was_crowned_the_baseline_stands(root: Path) -> None:
    row = next(row for row in view(root).rows if row.strategy == "noop")
    assert (row.fitness, row.memory_ratio, row.speed_ratio, row.best_id) == (1.0, 1.0, 1.0, None)


def test_the_newest_run_comes_first(root: Path) -> None:
    assert [row.strategy for row in view(root).rows] == ["noop", "openevolve"]


def test_unchanged_journals_are_not_read_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = view(root)
    monkeypatch.setattr(runs, "load", lambda path: pytest.fail(f"read {path} again"))
    assert view(root) == before


def test_a_changed_journal_is_read_again(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    assert view(tmp_path).rows[0].fitness == 1.0
    writing.outcome(scored(4.0, 4.0), crowned=True)
    assert view(tmp_path).rows[0].fitness == 4.0
    writing.close()


def test_a_run_that_lost_its_writer_is_killed_though_its_journal_stands_still(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    assert view(tmp_path).rows[0].status == "running"
    writing.close()
    assert view(tmp_path).rows[0].status == "killed"


def test_a_removed_run_is_gone(root: Path) -> None:
    view(root)
    folder = next(root.glob("*noop*"))
    folder.rename(root.parent / f"{root.name}-moved")
    assert [row.strategy for row in view(root).rows] == ["openevolve"]


def test_the_index_can_be_deleted_and_rebuilt(root: Path) -> None:
    before = view(root)
    (root / "index.sqlite").unlink()
    assert view(root) == before


def test_a_file_that_is_no_database_is_replaced(root: Path) -> None:
    before = view(root)
    (root / "index.sqlite").write_bytes(b"this is no database" * 100)
    assert view(root) == before
    assert view(root) == before


def test_an_index_of_another_shape_is_started_over(root: Path) -> None:
    before = view(root)
    table = sqlite3.connect(root / "index.sqlite")
    table.execute("drop table runs")
    table.execute("create table runs (something text)")
    table.execute("pragma user_version = 1")
    table.commit()
    table.close()
    assert view(root) == before


def test_where_the_index_cannot_be_written_the_answer_is_the_same(root: Path) -> None:
    before = view(root)
    (root / "index.sqlite").unlink()
    (root / "index.sqlite").mkdir()
    assert view(root) == before


def test_a_run_that_cannot_be_read_is_named_and_the_others_are_shown(root: Path) -> None:
    broken = root / "20260303T000000-microgpt-noop-dead"
    broken.mkdir()
    (broken / "events.jsonl").write_text("{\n")
    for _ in range(2):  # the second answer comes from the index
        seen = view(root)
        assert len(seen.rows) == 2
        assert len(seen.faults) == 1 and "line 1" in seen.faults[0] and broken.name in seen.faults[0]


def test_no_folder_is_no_runs_and_makes_none(tmp_path: Path) -> None:
    assert view(tmp_path / "nowhere") == index.View(())
    assert not (tmp_path / "nowhere").exists()
