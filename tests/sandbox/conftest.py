"""Every sandbox that works here, and a short way to run a program in it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import pytest

from harness.errors import SandboxError
from harness.sandbox import BACKENDS, choose
from harness.types import Job, JobResult, Limits, Sandbox

Runner = Callable[..., JobResult]
LIMITS: dict[str, Any] = {"wall_s": 20.0, "cpu_s": 10.0}


@pytest.fixture(scope="session", params=list(BACKENDS.get(sys.platform, ())) or ["none"])
def backend(request: pytest.FixtureRequest) -> str:
    """The name of a backend that works here; every test that takes it runs once for each."""
    if request.param == "none":
        pytest.skip(f"there is no sandbox for {sys.platform}")
    try:
        choose(backend=request.param)
    except SandboxError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))
    return str(request.param)


@pytest.fixture(scope="session")
def sandbox(backend: str) -> Sandbox:
    return choose(backend=backend)


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
