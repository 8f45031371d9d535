"""What pipelines see: exit codes, a summary, the action and its example; and the citation file."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from harness.cli import optimize
from harness.cli.main import GAIN_FLAG, with_default_gain
from harness.errors import UsageError
from harness.report import markdown
from harness.store.runs import load
from tests.conftest import TOY
from tests.docs.test_pages import options_of
from tests.runs_on_disk import Writing, finished_run, noop_run, scored

ROOT = Path(__file__).resolve().parents[1]
ACTION = ROOT / "action.yml"
EXAMPLE = ROOT / ".github/workflows/example-optimize.yml"


def read(path: Path) -> Any:
    return yaml.safe_load(path.read_text())


# --- exit codes -------------------------------------------------------------------------------------------------------


def best_of(root: Path, memory: float, width: float) -> Any:
    writing = Writing(root)
    best = writing.outcome(scored(memory, 1.0, width), crowned=True)
    writing.confirm(best, scored(memory, 1.0, width))
    writing.end(best=best)
    return load(writing.close())


@pytest.mark.parametrize(
    ("memory", "width", "least", "enough"),
    [
        (1.21, 0.001, 0.05, True),  # fitness is the root of it: 1.10
        (1.21, 0.001, 0.10, False),
        (1.21, 0.001, 0.09, True),
        (1.21, 0.100, 0.05, False),  # the lower end decides, not the middle
        (1.21, 0.100, 0.0, True),
    ],
)
def test_the_lower_end_of_the_interval_decides(
    tmp_path: Path, memory: float, width: float, least: float, enough: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    record = best_of(tmp_path, memory, width)
    if enough:
        optimize.refuse_less_than(least, record)
        return
    with pytest.raises(typer.Exit) as ended:
        optimize.refuse_less_than(least, record)
    assert ended.value.exit_code == 3
    assert "not enough: fitness 1.10x (1." in capsys.readouterr().err


def test_nothing_crowned_is_never_enough(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(typer.Exit) as ended:
        optimize.refuse_less_than(0.0, load(noop_run(tmp_path)))
    assert ended.value.exit_code == 3 and "nothing was crowned" in capsys.readouterr().err


def test_a_gain_is_a_percentage() -> None:
    assert [optimize.gain_asked(text) for text in (None, "5%", " 2.5 % ", "0%")] == [None, 0.05, 0.025, 0.0]
    for text in ("5", "0.05", "five", "-5%", ""):
        with pytest.raises(UsageError, match="write a percentage, as in 5%"):
            optimize.gain_asked(text)


def test_the_flag_alone_asks_for_any_gain() -> None:
    assert with_default_gain(["optimize", "x", GAIN_FLAG]) == ["optimize", "x", f"{GAIN_FLAG}=0%"]
    assert with_default_gain(["optimize", GAIN_FLAG, "x.py"]) == ["optimize", f"{GAIN_FLAG}=0%", "x.py"]
    for asked in ([GAIN_FLAG, "5%"], [f"{GAIN_FLAG}=5%"], [GAIN_FLAG, "2.5 %"]):
        assert with_default_gain(["optimize", "x", *asked]) == ["optimize", "x", *asked]


# --- the summary ------------------------------------------------------------------------------------------------------


def test_a_summary_tells_the_result_and_foreign_text_acts_as_nothing(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline(("<script>alert(1)</script>",))
    note = "[click](http://x.test) ![i](http://x.test/i.png) | a `b` <img src=x>\n# a heading"
    best = writing.outcome(scored(), note=note, crowned=True)
    writing.end(best=best)
    told = markdown.summary(load(writing.close()))
    assert "| peak memory | 60.0 MiB | 30.0 MiB | 2.00x less memory (1.96-2.04) |" in told
    unescaped = re.sub(r"\\.", "", told)
    for active in ("<", "](", "![", "`", "\n# "):
        assert active not in unescaped
    assert all(line.count("|") in (0, 5) for line in unescaped.splitlines())


def test_an_unsafe_run_says_so_in_its_summary(tmp_path: Path) -> None:
    assert "**UNSAFE" in markdown.summary(load(finished_run(tmp_path, unsafe=True)))
    assert "UNSAFE" not in markdown.summary(load(finished_run(tmp_path / "safe")))


def test_the_summary_is_added_to_the_file_that_the_pipeline_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    record = load(finished_run(tmp_path / "runs"))
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary.md"))
    (tmp_path / "summary.md").write_text("before\n")
    optimize.summarize_for_ci(record)
    told = (tmp_path / "summary.md").read_text()
    assert told.startswith("before\n### optimize-run\n") and "12.0x faster" in told
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    optimize.summarize_for_ci(record)
    assert "warning: no summary was written" in capsys.readouterr().err


# --- the action -------------------------------------------------------------------------------------------------------


def test_the_action_names_only_options_and_inputs_that_exist() -> None:
    action = read(ACTION)
    assert action["runs"]["using"] == "composite"
    scripts = "\n".join(step.get("run", "") for step in action["runs"]["steps"])
    ran = re.findall(r'optimize-run "\$TARGET"(.*?)\|\|', scripts, re.S)
    assert len(ran) == 1
    given = set(re.findall(r"--[a-z-]+", ran[0]))
    assert given and given <= options_of("optimize")
    assert set(re.findall(r"optimize-run show latest (--\w+)", scripts)) <= options_of("show")
    assert "${{" not in scripts, "inputs reach the shell as variables, never as text of a script"
    text = ACTION.read_text()
    assert set(re.findall(r"inputs\.([a-z-]+)", text)) == set(action["inputs"])
    assert {step["id"] for step in action["runs"]["steps"] if "id" in step} == {"run"}
    for step in action["runs"]["steps"]:
        assert "uses" in step or step["shell"] == "bash"


def test_the_example_uses_the_action_as_it_is() -> None:
    example, action = read(EXAMPLE), read(ACTION)
    steps = example["jobs"]["optimize"]["steps"]
    (ours,) = [step for step in steps if step.get("uses") == "./"]
    assert set(ours["with"]) <= set(action["inputs"]) and "target" in ours["with"]
    arguments = [line for line in ours["with"]["arguments"].split() if line.startswith("--")]
    assert set(arguments) <= options_of("optimize")
    used = set(re.findall(r"steps\.optimize\.outputs\.(\w+)", EXAMPLE.read_text()))
    assert used <= set(action["outputs"])
    assert list(example[True]) == ["workflow_dispatch"], "an example runs only when somebody starts it"


@pytest.mark.usefixtures("room")
@pytest.mark.parametrize(("gain", "code"), [("5%", 0), ("900%", 3)])
def test_the_action_s_step_does_what_it_says(tmp_path: Path, gain: str, code: int) -> None:
    """As the runner would run it, on a small program, with the environment that the step before would have made."""
    (step,) = [step for step in read(ACTION)["runs"]["steps"] if step.get("id") == "run"]
    (tmp_path / "optimize-run/bin").mkdir(parents=True)
    for name, line in (("optimize-run", "-m harness.cli.main"), ("python3", "")):
        path = tmp_path / "optimize-run/bin" / name
        path.write_text(f'#!/bin/sh\nexec {sys.executable} {line} "$@"\n')
        path.chmod(0o755)
    answer = "NOTE: lean\n\n<<<<<<< SEARCH\n        history.append(ballast)\n=======\n        pass\n>>>>>>> REPLACE\n"
    (tmp_path / "answers.txt").write_text(answer)
    env = {
        **os.environ, "PYTHONPATH": str(ROOT), "RUNNER_TEMP": str(tmp_path), "GITHUB_OUTPUT": str(tmp_path / "out"),
        "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md"), "TARGET": str(TOY), "MODEL": "scripted/answers.txt",
        "STRATEGY": "best-of-n", "MAX_TIME": "90s", "GAIN": gain,
        "ARGUMENTS": "--max-evaluations\n1\n\n--set\nn=1\n--parallel\n1\n",
    }  # fmt: skip
    ended = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=tmp_path, env=env, capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert ended.returncode == code, ended.stderr
    told = dict(line.split("=", 1) for line in (tmp_path / "out").read_text().splitlines())
    assert told["improved"] == "true" and float(told["fitness"]) > 1.1
    assert (Path(told["folder"]) / "report.html").exists()
    assert "less memory" in (tmp_path / "summary.md").read_text()
    assert ("not enough: fitness" in ended.stderr) == (code == 3)


def test_the_citation_is_of_this_version() -> None:
    cited = read(ROOT / "CITATION.cff")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert (cited["version"], cited["license"]) == (project["version"], project["license"])
    assert {"cff-version", "message", "title", "authors"} <= set(cited) and cited["authors"]
