"""Work folders that a stranger has left in a state: read without following, removed whatever they hold."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox import rooms


@pytest.fixture
def outer(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Path]:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield tmp_path
    tmp_path.chmod(0o700)


def test_links_and_pipes_are_not_read(outer: Path) -> None:
    (outer / "secret").write_text("a key")
    with rooms.room({}, group=None, writable=True) as box:
        (box / "link").symlink_to(outer / "secret")
        (box / "folder").symlink_to(outer)
        os.mkfifo(box / "pipe")
        (box / "plain").write_text("own")
        assert rooms.written(box, {}, 1 << 20) == {"plain": b"own"}
        assert rooms.size(box) < 1 << 16
    assert (outer / "secret").read_text() == "a key"


def test_what_is_read_is_bounded(outer: Path) -> None:
    with rooms.room({}, group=None, writable=True) as box:
        for name in "abc":
            (box / name).write_bytes(bytes(40))
        assert len(rooms.written(box, {}, 100)) == 2


def test_a_deep_tree_is_refused_and_removed(outer: Path) -> None:
    with rooms.room({}, group=None, writable=True) as box:
        here = os.open(box, os.O_RDONLY)
        for _ in range(1500):  # longer than any path, deeper than any recursion
            os.mkdir("folder", dir_fd=here)
            below = os.open("folder", os.O_RDONLY, dir_fd=here)
            os.close(here)
            here = below
        os.close(here)
        with pytest.raises(rooms.TooDeep):
            rooms.size(box)
    assert list(outer.iterdir()) == []


def test_a_tree_with_hostile_modes_is_removed(outer: Path) -> None:
    with rooms.room({}, group=None, writable=True) as box:
        (box / "shut" / "inner").mkdir(parents=True)
        (box / "shut" / "inner" / "file").touch()
        for path in (box / "shut" / "inner", box / "shut", box):
            path.chmod(0)
    assert list(outer.iterdir()) == []


def test_removed_when_something_fails(outer: Path) -> None:
    with pytest.raises(KeyError), rooms.room({"a": b""}, group=None, writable=False):
        raise KeyError
    assert list(outer.iterdir()) == []


def test_rooms_of_the_dead_are_swept(outer: Path) -> None:
    dead, young, other = (outer / name for name in ("optimize-run-aaaaaaaa", "optimize-run-bbbbbbbb", "something-else"))
    for path in (dead, young, other):
        (path / "box").mkdir(parents=True)
    with rooms.room({}, group=None, writable=False) as box:
        for path in (dead, other, box.parent):
            os.utime(path, (0, 0))
        rooms.sweep(None)
        assert set(outer.iterdir()) == {young, other, box.parent}


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
@pytest.mark.parametrize("writable", [False, True])
def test_other_users_cannot_look_in(outer: Path, writable: bool) -> None:
    with rooms.room({"in/a": b""}, group=59_999, writable=writable) as box:
        for path in (box.parent, box, box / "in", box / "in" / "a"):
            found = path.stat()
            assert found.st_mode & stat.S_IRWXO == 0
            assert found.st_gid == 59_999
            assert bool(found.st_mode & stat.S_IWGRP) == (writable and path != box.parent)
