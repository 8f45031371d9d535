"""Runs found by what people call them."""

import os
from pathlib import Path

import pytest

from harness.errors import UnknownName, UsageError
from harness.store.runs import find, newest
from tests.runs_on_disk import finished_run, noop_run


def test_a_run_is_found_by_id_prefix_path_and_latest(tmp_path: Path) -> None:
    old, new = finished_run(tmp_path), noop_run(tmp_path)
    assert find(tmp_path, old.name) == old
    assert find(tmp_path, old.name[:8]) == old
    assert find(tmp_path, str(new)) == new
    assert find(tmp_path, str(new / "events.jsonl")) == new
    assert find(tmp_path, "latest") == new


def test_the_symlink_to_the_latest_is_no_second_run(tmp_path: Path) -> None:
    old, new = finished_run(tmp_path), noop_run(tmp_path)
    (tmp_path / "latest").symlink_to(old.name)
    assert newest(tmp_path) == new


def test_of_two_runs_of_one_second_the_one_written_last_is_newest(tmp_path: Path) -> None:
    first = finished_run(tmp_path, "20260301T120000-z-s-0000")
    second = finished_run(tmp_path, "20260301T120000-a-s-0000")
    os.utime(first / "events.jsonl", (2e9, 2e9))
    assert newest(tmp_path) == first != second


def test_what_is_not_there_is_named_with_the_nearest(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    noop_run(tmp_path)
    with pytest.raises(UnknownName, match=f"did you mean {folder.name}"):
        find(tmp_path, folder.name.replace("openevolve", "openevolv"))
    with pytest.raises(UnknownName, match="did you mean latest"):
        find(tmp_path, "lastest")
    with pytest.raises(UsageError, match="not unique"):
        find(tmp_path, "2026")
    with pytest.raises(UnknownName):
        find(tmp_path, "")


def test_no_runs_at_all(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(UsageError, match=r"no runs in .* yet: start one with `optimize-run microgpt`"):
            find(root, "latest")
        with pytest.raises(UnknownName, match="unknown run '2026': known: none"):
            find(root, "2026")
