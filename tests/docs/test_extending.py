"""The tutorials of docs/extending.md: each block is a whole file, short, and does what the page says it does."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.store.runs import load
from tests.conftest import TOY
from tests.docs.reading import ROOT, blocks

COMMAND = [sys.executable, "-m", "harness.cli.main"]
FILES = {block.splitlines()[0].removeprefix("# "): block for block in blocks(ROOT / "docs/extending.md", "python")}
ANSWER = (
    "NOTE: keep no history\n\n<<<<<<< SEARCH\n        history.append(ballast)\n=======\n        pass\n>>>>>>> REPLACE\n"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    shutil.copytree(TOY, tmp_path / "toy")
    (tmp_path / "answer.txt").write_text(ANSWER)
    return tmp_path


def ran(
    folder: Path, *args: str, module: tuple[str, ...] = ("-m", "harness.cli.main")
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "MODEL_COMMAND": "cat answer.txt", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, *module, *args]
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=300, check=False)


def test_every_file_is_short_and_formatted() -> None:
    assert set(FILES) == {"climb.py", "test_climb.py", "small.py", "command.py", "logged.py", "notebook.py"}
    assert {name: len(text.splitlines()) for name, text in FILES.items() if len(text.splitlines()) >= 40} == {}


@pytest.mark.usefixtures("room")
def test_all_four_in_one_run(folder: Path) -> None:
    ended = ran(
        folder, "toy", "--strategy", "./climb.py:Climb", "--evaluator", "./small.py:Small", "--model",
        "./command.py:Command", "--sandbox", "./logged.py:Logged", "--set", "rounds=1", "--parallel", "1", "--json",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    shown = json.loads(ended.stdout)
    assert (shown["target"], shown["strategy"], shown["model"]) == ("toy+small", "climb.py:Climb", "command.py:Command")
    assert shown["best"]["memory"]["low"] > 1.2 and shown["candidates"][0]["note"] == "keep no history"
    assert shown["sandbox"].startswith("logged ")
    assert [p["kind"] for p in shown["plugins"]] == ["strategy", "evaluator", "model", "sandbox"]
    assert "MiB" in (folder / "sandbox.log").read_text()
    score = load(folder / "runs/latest").tried[0].score
    assert score.reading("size") is not None and score.fitness is not None


@pytest.mark.usefixtures("room")
def test_the_evaluator_refuses_and_the_model_is_told_why(folder: Path) -> None:
    (folder / "long.py").write_text((folder / "toy/toy.py").read_text() + f"\n{'# ' + 'x' * 90}\n" * 20)
    args = ("evaluate", "long.py", "--target", "toy", "--evaluator", "./small.py:Small", "--json")
    ended = ran(folder, *args)
    document = json.loads(ended.stdout)
    assert ended.returncode == 1 and (document["target"], document["status"]) == ("toy+small", "rule")
    assert "at most half as many again" in document["explanation"] and document["others"][0]["metric"] == "size"


def test_the_contract_test_of_the_strategy_passes(folder: Path) -> None:
    ended = ran(folder, "-q", "-p", "no:cacheprovider", "test_climb.py", module=("-m", "pytest"))
    assert ended.returncode == 0 and "passed" in ended.stdout, ended.stdout
    knobs = ran(folder, "strategies", "./climb.py:Climb", "--json")
    assert [knob["name"] for knob in json.loads(knobs.stdout)["knobs"]] == ["rounds"]


def test_what_is_missing_is_said_as_the_page_shows_it(folder: Path) -> None:
    text = FILES["climb.py"].replace("def tell", "def hear").replace("order: Order, tools: Tools)", "order: Order)")
    (folder / "climb.py").write_text(text)
    ended = ran(folder, "toy", "--strategy", "./climb.py:Climb")
    (shown,) = [block for block in blocks(ROOT / "docs/extending.md") if block.startswith("error:")]
    assert (ended.returncode, ended.stderr) == (2, shown)
    assert not (folder / "runs").exists()


@pytest.mark.usefixtures("room")
def test_the_notebook(folder: Path) -> None:
    ended = ran(folder, module=("notebook.py",))
    assert ended.returncode == 0, ended.stderr
    assert "1 ok " in ended.stdout and "import math" in ended.stdout
