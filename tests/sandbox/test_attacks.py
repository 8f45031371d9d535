"""Every attack gets what it wants from an ordinary process, and nothing from a room."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.sandbox.attacks import ATTACKS, INPUTS, MARK, Attack, Scene, attempt, scene
from harness.types import JobResult, Protection, Sandbox

EACH = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.name.replace(" ", "-"))


@pytest.fixture
def bait() -> Iterator[Scene]:
    with scene() as outside:
        yield outside


@EACH
def test_works_outside(attack: Attack, bait: Scene, tmp_path: Path) -> None:
    for name, content in INPUTS.items():
        (tmp_path / name).write_bytes(content)
    said = [_outside(text, tmp_path, bait.descriptor) for text in attack.texts(bait)]
    assert any(MARK in done.stdout for done in said), said


def _outside(text: str, folder: Path, descriptor: int) -> subprocess.CompletedProcess[bytes]:
    (folder / "attack.py").write_text(text)
    command = [sys.executable, "attack.py"]
    return subprocess.run(command, cwd=folder, capture_output=True, timeout=30, pass_fds=(descriptor,))


@EACH
def test_fails_inside(attack: Attack, bait: Scene, sandbox: Sandbox) -> None:
    finding = attempt(sandbox, attack, bait)
    assert finding.stopped, finding


class Leaky:
    """A sandbox that is none."""

    def run(self, job: object) -> JobResult:
        return JobResult(
            end="exit", code=0, reason="", stdout=MARK + b" it", stderr=b"", written={}, cpu_s=0, wall_s=0, peak_mib=0
        )

    def describe(self) -> Protection:
        return Protection("none", (), ())


def test_a_breach_is_reported(bait: Scene) -> None:
    finding = attempt(Leaky(), ATTACKS[0], bait)
    assert not finding.stopped
    assert "BREACH it" in finding.detail
