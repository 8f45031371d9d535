"""The choice of a backend: proved by running, refused in one line that helps."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.sandbox import bubblewrap, choose
from harness.types import Job, Sandbox


def test_the_choice_keeps_the_protocol_and_says_what_it_does(sandbox: Sandbox) -> None:
    protection = sandbox.describe()
    assert isinstance(sandbox, Sandbox)
    assert protection.backend.startswith("bubblewrap")
    assert any("kernel" in line for line in protection.lacks)
    assert any("side channels" in line for line in protection.lacks)


def test_elsewhere_than_on_linux_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    with pytest.raises(SandboxError, match="no sandbox for darwin"):
        choose()


def test_importing_costs_and_needs_nothing() -> None:
    check = "import sys, harness.sandbox; sys.exit(bool({'ctypes', 'pyseccomp', 'pwd'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", check], cwd=Path(__file__).parents[2], check=False).returncode == 0


def test_a_bad_interpreter_is_named() -> None:
    with pytest.raises(SandboxError, match="/no/such/python cannot be run"):
        choose("/no/such/python")


def test_without_any_bubblewrap_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "candidates", lambda python: iter(()))
    with pytest.raises(SandboxError, match="apt install bubblewrap"):
        choose()


def test_the_next_one_is_tried_when_one_does_not_work(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bubblewrap.candidates

    def candidates(python: str) -> Iterator[bubblewrap.Bubblewrap]:
        yield from (_broken(one) for one in real(python))
        yield from real(python)

    monkeypatch.setattr(bubblewrap, "candidates", candidates)
    assert choose().describe() == sandbox.describe()


def test_one_that_never_works_is_an_error_and_runs_nothing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    real = bubblewrap.candidates
    monkeypatch.setattr(bubblewrap, "candidates", lambda python: (_broken(one) for one in real(python)))
    with pytest.raises(SandboxError, match=r"no sandbox works here .*could not be set up.*allow unprivileged user"):
        choose()


def test_the_reason_of_a_failed_set_up_is_given(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bubblewrap, "ISOLATION", (*bubblewrap.ISOLATION, "--no-such-option"))
    with pytest.raises(SandboxError, match=r"could not be set up: .*no-such-option"):
        sandbox.run(Job(command=("{python}", "p.py"), files={"p.py": b"pass"}))


def test_the_library_of_filters_may_be_missing(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyseccomp", None)
    with pytest.raises(SandboxError, match="install libseccomp2"):
        choose()


def _broken(working: bubblewrap.Bubblewrap) -> bubblewrap.Bubblewrap:
    tool = bubblewrap.Tool(Path("/bin/false"), nesting_guard=True)
    return bubblewrap.Bubblewrap(sys.executable, tool, working._cache, working._uid)
