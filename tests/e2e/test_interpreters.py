"""A run on another interpreter, and how its best carries over to this one: real processes, the real sandbox."""

from __future__ import annotations

import json
import platform
from pathlib import Path

import pytest

from tests.conftest import TOY
from tests.e2e.test_toy_run import LEAN, cli, script
from tests.interpreters import another

pytestmark = pytest.mark.usefixtures("room")


def test_a_run_on_another_interpreter_says_so_and_its_best_carries_over(tmp_path: Path) -> None:
    other, own = another(), f"CPython {platform.python_version()}"
    model = script(tmp_path, LEAN)
    asked = ("--model", model, "--max-evaluations", "1", "--parallel", "1", "--python", other.path)
    ran = cli(str(TOY), *asked, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    board = json.loads(cli("leaderboard", "--json", folder=tmp_path).stdout)
    assert board["rows"][0]["interpreter"] == other.name and board["rows"][0]["best_id"]
    assert other.path in (tmp_path / "runs/latest/run.toml").read_text()

    judged = cli("rescore", "--quick", "--json", "--python", "3." + own.split(".")[1], folder=tmp_path)
    assert judged.returncode == 0, judged.stderr
    document = json.loads(judged.stdout)
    assert document["interpreter"] == {"then": other.name, "now": own}
    assert document["candidates"][0]["stands"] and document["candidates"][0]["memory"]["now"]["low"] > 1.5


def test_an_interpreter_that_is_none_is_refused_before_anything_begins(tmp_path: Path) -> None:
    for command in ((str(TOY),), ("evaluate", str(TOY / "toy.py"), "--target", str(TOY))):
        ran = cli(*command, "--python", "3.98", folder=tmp_path)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "--python 3.98: no such program" in ran.stderr and "Traceback" not in ran.stderr
    assert list(tmp_path.iterdir()) == []
