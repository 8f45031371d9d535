"""Another interpreter of this machine than the one that runs the tests; where there is none, a test is skipped."""

from __future__ import annotations

import sys

import pytest

from harness.errors import UsageError
from harness.sandbox import interpreters
from harness.types import Interpreter

VERSIONS = ("3.13", "3.12", "3.14", "3.11")


def another() -> Interpreter:
    for version in VERSIONS:
        try:
            found = interpreters.find(version)
        except UsageError:
            continue
        if found.build != sys.version:
            return found
    pytest.skip("no other CPython of 3.11 or newer on this machine")
