"""Which agents there are, and what is said at the door when one cannot work here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from harness import agents
from harness.errors import UnknownName, UsageError
from harness.sandbox import without
from harness.strategies.best_of_n import BestOfN
from harness.strategies.codex import Codex
from harness.types import Agent


@pytest.mark.parametrize("name", agents.AGENTS)
def test_every_agent_is_one(name: str) -> None:
    made = agents.make(name, without())
    assert isinstance(made, Agent)
    assert made.name == name


def test_an_agent_that_there_is_not() -> None:
    with pytest.raises(UnknownName, match="did you mean codex"):
        agents.make("codx", without())


def test_settings_without_an_agent_are_in_order() -> None:
    agents.check(BestOfN.Settings(), dollars=1.0)
    assert agents.model_of(BestOfN.Settings()) == ""


def test_what_is_missing_is_said_before_anything_begins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    builtin, codex = Codex.Settings(), Codex.Settings(agent="codex", model="some")
    agents.check(builtin, dollars=1.0)
    git = next(Path(place) for place in os.environ["PATH"].split(os.pathsep) if (Path(place) / "git").exists()) / "git"
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="install git"):
        agents.check(builtin)
    (tmp_path / "git").symlink_to(git)
    agents.check(builtin)
    with pytest.raises(UsageError, match="npm install -g @openai/codex"):
        agents.check(codex)
    (tmp_path / "codex").touch(mode=0o755)
    with pytest.raises(UsageError, match="OPENAI_API_KEY"):
        agents.check(codex)
    monkeypatch.setenv("OPENAI_API_KEY", "key")
    agents.check(codex)
    with pytest.raises(UsageError, match=r"\$1 cannot be kept"):
        agents.check(codex, dollars=1.0)


def test_a_run_names_the_model_that_works_in_it() -> None:
    assert agents.model_of(Codex.Settings()) == ""
    assert agents.model_of(Codex.Settings(agent="codex", model="some")) == "codex/some"
    assert agents.model_of(Codex.Settings(agent="claude")) == "claude/default"
