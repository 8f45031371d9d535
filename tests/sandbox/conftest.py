"""One sandbox for the whole folder, and a short way to run a program in it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import SandboxError
from harness.sandbox import choose
from harness.types import Job, JobResult, Limits, Sandbox

Runner = Callable[..., JobResult]
LIMITS: dict[str, Any] = {"wall_s": 20.0, "cpu_s": 10.0}


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    if sys.platform != "linux":
        pytest.skip("bubblewrap needs Linux")
    try:
        return choose()
    except SandboxError as error:
        pytest.skip(f"bubblewrap cannot work here: {error}")


@pytest.fixture
def run(sandbox: Sandbox) -> Runner:
    """run(source, files=..., imports=..., core=..., watch=..., <any limit>=...) -> JobResult"""

    def run_source(source: str, files: dict[str, bytes] | None = None, **options: Any) -> JobResult:
        job_options = {name: options.pop(name) for name in ("imports", "core", "watch") if name in options}
        return sandbox.run(
            Job(
                command=("{python}", "program.py"),
                files={"program.py": source.encode(), **(files or {})},
                limits=Limits(**{**LIMITS, **options}),
                **job_options,
            )
        )

    return run_source
