"""Which interpreter runs programs: what a user calls it, found and asked who it is, before anything else happens."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from harness.errors import UsageError
from harness.sandbox import staging
from harness.types import Interpreter

VERSION = re.compile(r"\d+\.\d+(\.\d+)?")
ASK = (
    "import sys, json; print(json.dumps([sys.implementation.name, list(sys.version_info[:3]), sys.version,"
    " getattr(sys, '_base_executable', None) or sys.executable]))"
)
NAMES = {"cpython": "CPython", "pypy": "PyPy"}


def find(reference: str) -> Interpreter:
    """The interpreter that a version (3.13 or 3.13.0), a command (python3.13) or a path names.

    A version is looked for on the PATH, and below PYENV_ROOT (~/.pyenv when that is not set). Raises UsageError, in one
    line, when there is none, when it does not run, is too old, or is one whose library cannot be staged.
    """
    failures = []
    for path in _places(reference):
        try:
            found = _asked(path, reference)
        except (staging.BadInterpreter, ValueError) as error:
            failures.append(str(error))
        else:
            return found
    why = failures[0] if failures else "no such program; write a version (3.13), a command (python3.13) or a path"
    raise UsageError(f"--python {reference}: {why}")


def _places(reference: str) -> Iterator[str]:
    version = VERSION.fullmatch(reference)
    command = f"python{'.'.join(reference.split('.')[:2])}" if version else reference
    if found := shutil.which(os.path.expanduser(command)):  # noqa: PTH111 - a command need not be a path
        yield os.path.abspath(found)  # noqa: PTH100 - a link may be what tells an interpreter where it is
    if version:
        versions = Path(os.environ.get("PYENV_ROOT") or Path("~/.pyenv").expanduser()) / "versions"
        yield from map(str, sorted(versions.glob(f"{reference}*/bin/{command}"), reverse=True))


def _asked(path: str, reference: str) -> Interpreter:
    kind, version, build, executable = json.loads(staging.run([path, "-I", "-S", "-B", "-c", ASK]))
    numbers = ".".join(map(str, version))
    if tuple(version[:2]) < staging.OLDEST:
        oldest = ".".join(map(str, staging.OLDEST))
        raise staging.BadInterpreter(f"{path} is Python {numbers}: {oldest} or newer is needed")
    if kind != "cpython":
        raise staging.BadInterpreter(
            f"{path} is {NAMES.get(kind, kind)}, whose standard library cannot be staged yet: name a CPython"
        )
    if VERSION.fullmatch(reference) and not f"{numbers}.".startswith(f"{reference}."):
        raise staging.BadInterpreter(f"{path} is Python {numbers}")
    return Interpreter(path=executable, name=f"{NAMES[kind]} {numbers}", build=build)
