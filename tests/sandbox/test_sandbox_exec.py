"""The macOS backend, as far as it can be looked at from elsewhere: its profile and its command line, as texts."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.sandbox import sandbox_exec
from harness.sandbox.runner import _resource_limits
from harness.types import Job, Limits

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize(("name", "writable"), [("read_only.sb", False), ("writable.sb", True)])
def test_the_profile_is_as_it_was_reviewed(name: str, writable: bool) -> None:
    assert sandbox_exec.profile(writable) == (SNAPSHOTS / name).read_text()


@pytest.mark.parametrize("writable", [False, True])
def test_the_profile_is_balanced_and_denies_by_default(writable: bool) -> None:
    lines = sandbox_exec.profile(writable).splitlines()
    assert lines[:2] == ["(version 1)", "(deny default)"]
    assert all(line.count("(") == line.count(")") for line in lines)
    allowed = " ".join(lines[2:])
    assert not any(word in allowed for word in ("network", "mach", "fork", "default"))


def test_the_command_line(tmp_path: Path) -> None:
    job = Job(command=("{python}", "p.py"), files={})
    words = sandbox_exec.command(job, sys.executable, tmp_path)
    inner = words[words.index("--") + 1 :]
    assert inner[:3] == ["/usr/bin/sandbox-exec", "-p", sandbox_exec.profile(False)]
    assert f"BOX={tmp_path.resolve()}" in inner and inner[-1] == "p.py"
    assert "--setenv" in words and not any("KEY" in word for word in words)


def test_it_says_that_it_is_not_tested() -> None:
    protection = sandbox_exec.SandboxExec(sys.executable).describe()
    assert "NOT TESTED" in protection.backend
    assert any("without a Mac" in line for line in protection.lacks)


def test_no_limit_is_asked_for_that_macos_does_not_keep(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "RLIMIT_AS" in _resource_limits(Limits())
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "RLIMIT_AS" not in _resource_limits(Limits())


@pytest.mark.skipif(sys.platform == "darwin", reason="there it may exist")
def test_elsewhere_it_is_not_there() -> None:
    with pytest.raises(SandboxError, match="part of macOS"):
        next(sandbox_exec.candidates(sys.executable))
