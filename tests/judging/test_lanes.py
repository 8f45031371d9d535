"""What a core did meanwhile, by the kernel's own account."""

import os
import time
from pathlib import Path

import pytest

from benchmarks.load import busy_core
from harness.judging import lanes
from harness.judging.lanes import CoreWatch

CORE = sorted(os.sched_getaffinity(0))[-1]


def wait_for(watch: CoreWatch, more_than: float) -> float:
    """Until the share is this large; a core that others keep busy gets there in a moment."""
    deadline = time.monotonic() + 20
    while (share := watch.others_share(0.0)) <= more_than and time.monotonic() < deadline:
        time.sleep(0.05)
    return share


def test_work_that_others_did_on_the_core_is_seen() -> None:
    with busy_core(CORE):
        assert wait_for(CoreWatch(CORE), 0.5) > 0.5


def test_ones_own_work_is_not_anothers(monkeypatch: pytest.MonkeyPatch) -> None:
    account = iter([(10.0, 100.0), (14.0, 108.0), (10.0, 100.0), (14.0, 108.0)])
    monkeypatch.setattr(lanes, "_busy_and_total", lambda _core: next(account))
    assert CoreWatch(0).others_share(own_s=4.0) == 0.0
    assert CoreWatch(0).others_share(own_s=2.0) == 0.25


def test_stolen_time_counts_and_idle_time_does_not(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "stat").write_text("cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 100 20 30 400 50 6 7 800 0 0\n")
    monkeypatch.setattr(lanes, "Path", lambda _path: tmp_path / "stat")
    busy, total = lanes._busy_and_total(0) or (0.0, 0.0)
    ticks = os.sysconf("SC_CLK_TCK")
    assert busy * ticks == pytest.approx(100 + 20 + 30 + 6 + 7 + 800)
    assert total * ticks == pytest.approx(busy * ticks + 400 + 50)
    assert lanes._busy_and_total(7) is None
