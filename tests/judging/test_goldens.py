"""What a golden trace is named by."""

from __future__ import annotations

import sys
from dataclasses import replace

from harness.judging.goldens import content_key
from harness.types import Interpreter, Job

JOB = Job(command=("{python}", "p.py"), files={"p.py": b"print(1)\n"}, imports=("math",))


def test_each_interpreter_has_traces_of_its_own() -> None:
    other = Interpreter(path="/some/python", name="CPython 3.99.0", build="3.99.0 (elsewhere)")
    assert content_key(JOB) != content_key(replace(JOB, python=other))


def test_the_same_interpreter_by_another_path_has_the_same_traces() -> None:
    own = Interpreter(path=sys.executable, name="CPython", build=sys.version)
    assert content_key(JOB) == content_key(replace(JOB, python=own))
