"""A target in C through the command line: real gcc and real programs in the real sandbox, a scripted model."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.errors import BadTarget
from harness.sandbox import toolchains
from tests.e2e.test_toy_run import cli, edit, script

TALLY = Path(__file__).parents[1] / "tally-c"

pytestmark = pytest.mark.usefixtures("room")

TERMS = "            for (int k = 0; k < 20000; k++)\n                sum += sin(ballast[k]);"
UNBUILT = edit("half a thought", "    long met = 0;", "    long met = nothing;")
WRONG = edit("fewer terms", TERMS, TERMS.replace("20000", "19999"))
CHEAT = edit("look around", "#include <math.h>", "#include <math.h>\n#include <sys/socket.h>")
FREED = edit("give it back", "            met++;", "            free(ballast);\n            met++;")


@pytest.fixture(autouse=True)
def compiler() -> None:
    try:
        toolchains.find(("stdio.h",))
    except BadTarget as error:
        pytest.skip(str(error))


def test_a_run_in_c_refuses_what_is_wrong_and_crowns_what_is_better(tmp_path: Path) -> None:
    model = script(tmp_path, UNBUILT, WRONG, CHEAT, FREED)
    asked = ("--model", model, "--max-evaluations", "4", "--parallel", "1", "--strategy", "best-of-n")
    ran = cli(str(TALLY), *asked, folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(cli("show", "--json", folder=tmp_path).stdout)
    assert [c["status"] for c in shown["candidates"]] == ["invalid", "wrong", "rule", "ok"]
    assert "free(ballast);" in (tmp_path / "runs/latest/best.c").read_text()
    assert shown["best"]["memory"]["low"] > 1.5
    board = json.loads(cli("leaderboard", "--json", folder=tmp_path).stdout)
    assert board["rows"][0]["interpreter"].startswith("gcc ")
    told = (tmp_path / "runs/latest/events.jsonl").read_text()
    assert "line 21: 'nothing' undeclared" in told


def test_what_can_only_do_with_python_is_refused_in_one_line(tmp_path: Path) -> None:
    for words, says in (
        (("--model", "offline"), "model offline rewrites Python only"),
        (("--model", "replay/x", "--strategy", "codex"), "strategy codex works on Python only"),
        (("--python", "3.11"), "--python is for programs in Python"),
    ):
        ran = cli(str(TALLY), *words, folder=tmp_path)
        assert ran.returncode == 2 and says in ran.stderr and "Traceback" not in ran.stderr, ran.stderr


def test_without_a_compiler_a_target_in_c_is_refused_at_once(tmp_path: Path) -> None:
    ran = cli(str(TALLY), "--model", "scripted/x", folder=tmp_path, PATH=str(tmp_path))
    assert ran.returncode == 2 and "programs in C need a compiler, and there is none here: install gcc" in ran.stderr
    assert list(tmp_path.iterdir()) == []
