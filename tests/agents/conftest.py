"""Where agents' programs are found, and a toy world to hand over."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from random import Random

import pytest

from harness.strategies.toy import ToyTools, more_is_better, one_change, toy_program, toy_target
from harness.types import Brief

BASE = toy_program([0] * 8)
KEY = "sk-secret-0123456789"
INSTALLED = Path(os.environ.get("OPTIMIZE_RUN_AGENTS", "/var/tmp/optimize-run-agents"))  # `make agents` puts them there


def brief(agent: str, **changes: object) -> Brief:
    values: dict[str, object] = {
        "agent": agent,
        "rules": "# Task",
        "task": "# Turn 1",
        "program": BASE,
        "papers": {"results.tsv": "id\tscore\n", "NOTES.md": "earlier notes\n"},
        "seconds": 60.0,
    }
    return Brief(**{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def tools() -> ToyTools:
    return ToyTools(Random(0), toy_target(), {}, one_change, more_is_better, [])


@pytest.fixture
def codex_cli(monkeypatch: pytest.MonkeyPatch, room: object) -> Path:
    """The real Codex CLI on PATH; skipped, with the reason, where it is not. CI has it."""
    del room
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    return on_path("codex", "the Codex CLI", monkeypatch)


@pytest.fixture
def claude_cli(monkeypatch: pytest.MonkeyPatch, room: object) -> Path:
    """The real Claude Code CLI, likewise."""
    del room
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return on_path("claude", "the Claude Code CLI", monkeypatch)


def on_path(program: str, called: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    found = INSTALLED / "node_modules" / ".bin" / program
    path = found if found.exists() else Path(shutil.which(program) or "")
    if not path.is_file():
        pytest.skip(f"{called} is not installed: `make agents` installs it for the tests, and needs npm")
    monkeypatch.setenv("PATH", f"{path.parent}{os.pathsep}{os.environ['PATH']}")
    return path
