"""What many tests share: a sandbox that works here, a small target, folders of one's own for caches and secrets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness import sandbox, targets
from harness.errors import SandboxError
from harness.types import Sandbox, Target

TOY = Path(__file__).parent / "toy"


@pytest.fixture(scope="session")
def room() -> Sandbox:
    """A working sandbox; tests that need one are skipped, with the reason, where there is none. Not in CI."""
    try:
        return sandbox.choose()
    except SandboxError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def toy() -> Target:
    return targets.load(str(TOY))


@pytest.fixture(autouse=True)
def own_folders(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing that a test makes lands in the user's caches."""
    home = tmp_path_factory.mktemp("xdg")
    for variable in ("XDG_CACHE_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(home / variable))
    for variable in ("OPENAI_API_KEY", "ANTHROPIC_API_KEY", "OPTIMIZE_RUN_RUNS"):
        monkeypatch.delenv(variable, raising=False)
