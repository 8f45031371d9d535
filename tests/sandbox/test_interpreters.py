"""Interpreters by version, command and path; and that a job runs on the one that it names."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from harness.errors import UsageError
from harness.sandbox import interpreters
from harness.types import Interpreter, Job, Sandbox
from tests.interpreters import another

SAYS = b"import sys\nprint(sys.version)\n"


def test_this_one_is_found_by_its_path_and_says_who_it_is() -> None:
    found = interpreters.find(sys.executable)
    assert found.build == sys.version and found.name.startswith(f"CPython {sys.version_info.major}.")


def test_a_version_finds_it_wherever_pyenv_keeps_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "versions" / "3.99.1" / "bin"
    folder.mkdir(parents=True)
    program = folder / "python3.99"
    program.write_text('#!/bin/sh\necho \'["cpython", [3, 99, 1], "3.99.1 (made up)", "/made/up"]\'\n')
    program.chmod(0o755)
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    made_up = Interpreter("/made/up", "CPython 3.99.1", "3.99.1 (made up)")
    assert interpreters.find("3.99") == interpreters.find("3.99.1") == made_up
    with pytest.raises(UsageError, match=r"--python 3\.99\.2: no such program"):
        interpreters.find("3.99.2")


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ('["cpython", [3, 9, 1], "3.9.1", "/x"]', r"is Python 3\.9\.1: 3\.11 or newer is needed"),
        ('["pypy", [3, 11, 1], "3.11.1", "/x"]', "is PyPy, whose standard library cannot be staged yet"),
        ("nonsense", "Expecting value"),
    ],
)
def test_one_that_cannot_run_programs_is_refused_in_one_line(tmp_path: Path, answer: str, says: str) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\necho '{answer}'\n")
    program.chmod(0o755)
    with pytest.raises(UsageError, match=says) as caught:
        interpreters.find(str(program))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("reference", ["nonesuch", "/no/such/python", "3.98", "false"])
def test_what_is_no_interpreter_is_refused(reference: str) -> None:
    with pytest.raises(UsageError, match=f"--python {reference}: "):
        interpreters.find(reference)


def test_a_job_runs_on_the_interpreter_that_it_names(sandbox: Sandbox) -> None:
    other = another()
    job = Job(command=("{python}", "p.py"), files={"p.py": SAYS}, imports=("random",), python=other)
    assert sandbox.run(job).stdout.decode().strip() == other.build
