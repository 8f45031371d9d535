"""The cache of stages: bounded, and never cleared away under somebody who uses it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.sandbox import leases, staging

ROOT = Path(__file__).parents[2]
HOLDS = """
import sys
from pathlib import Path
from harness.sandbox.leases import lease
held = lease(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    for name in ("stages", "objects"):
        (tmp_path / name).mkdir()
    return tmp_path


def _stage(cache: Path, name: str, age_s: float = 0.0) -> Path:
    folder = cache / "stages" / name
    folder.mkdir()
    (folder / "file").touch()
    then = time.time() - age_s
    os.utime(folder, (then, then))
    return folder


def _names(cache: Path) -> set[str]:
    return {path.name for path in (cache / "stages").iterdir()}


def test_what_nobody_used_for_long_goes(cache: Path) -> None:
    _stage(cache, "old", leases.UNUSED_S + 60)
    _stage(cache, "young", leases.UNUSED_S - 60)
    leases.prune(cache)
    assert _names(cache) == {"young"}


def test_of_too_many_the_oldest_go(cache: Path) -> None:
    for number in range(leases.KEPT + 3):
        _stage(cache, f"{number}", number)
    leases.prune(cache)
    assert _names(cache) == {f"{number}" for number in range(leases.KEPT)}


def test_what_is_used_stays_and_counts_as_young(cache: Path) -> None:
    folder = _stage(cache, "old", leases.UNUSED_S + 60)
    held = leases.lease(folder)
    assert held is not None and time.time() - folder.stat().st_mtime < 60
    os.utime(folder, (0, 0))
    leases.prune(cache)
    assert _names(cache) == {"old"}
    del held
    leases.prune(cache)
    assert _names(cache) == set()


def test_another_process_that_uses_it_keeps_it_until_it_is_killed(cache: Path) -> None:
    folder = _stage(cache, "old", leases.UNUSED_S + 60)
    user = subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with user:
        assert user.stdout is not None and user.stdout.readline() == b"held\n"
        os.utime(folder, (0, 0))
        leases.prune(cache)
        assert _names(cache) == {"old"}
        user.kill()
    leases.prune(cache)
    assert _names(cache) == set()


def test_what_is_not_there_cannot_be_held(cache: Path) -> None:
    assert leases.lease(cache / "stages" / "none") is None


def test_binaries_without_a_stage_go_once_they_have_settled(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("shown", "alone"):
        (cache / "objects" / name).touch()
    os.link(cache / "objects" / "shown", _stage(cache, "young") / "binary")
    leases.prune(cache)
    assert (cache / "objects" / "alone").exists()
    monkeypatch.setattr(leases, "SETTLED_S", -60.0)
    leases.prune(cache)
    assert [path.name for path in (cache / "objects").iterdir()] == ["shown"]


def test_drafts_of_killed_makers_go(cache: Path) -> None:
    _stage(cache, f"{leases.DRAFT}x", leases.DAY_S + 60)
    _stage(cache, f"{leases.LEAVING}x", leases.DAY_S + 60)
    _stage(cache, f"{leases.DRAFT}y")
    leases.prune(cache)
    assert _names(cache) == {f"{leases.DRAFT}y"}


def test_stages_are_whole_while_others_clear_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every stage that is handed out stays whole, however eagerly others clear away."""
    monkeypatch.setattr(leases, "KEPT", 0)
    monkeypatch.setattr(leases, "SETTLED_S", -60.0)
    modules = ("bisect", "heapq")

    def use(number: int) -> bool:
        staged = staging.stage(sys.executable, (modules[number % 2],), tmp_path)
        leases.prune(tmp_path)
        return (staged.folder / staged.program[4:]).is_file()

    with ThreadPoolExecutor(3) as pool:
        assert all(pool.map(use, range(6)))
    leases.prune(tmp_path)
    assert list((tmp_path / "stages").iterdir()) == []
