"""`--unsafe-no-sandbox`: never by itself, never by a file alone, and in red wherever such a run is shown."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console

from harness.budget import Limit
from harness.report import tables, views
from harness.report.tables import UNSAFE
from harness.spec import Spec, read_spec, run_toml
from harness.store.runs import load
from tests.cli.conftest import Run
from tests.conftest import TOY
from tests.runs_on_disk import Writing, finished_run, noop_run

RED = "\x1b[31m"


def unfinished(root: Path, *, unsafe: bool, in_toml: bool | None = None) -> Path:
    writing = Writing(root, unsafe=unsafe)
    writing.journal.close()
    said = unsafe if in_toml is None else in_toml
    spec = Spec(target=str(TOY), strategy="noop", model="offline", unsafe_no_sandbox=said, limit=Limit(evaluations=1))
    (writing.folder / "run.toml").write_text(run_toml(spec))
    return writing.folder


# --- Who may ask for it -----------------------------------------------------------------------------------------------


def test_it_is_not_a_name_of_a_sandbox(run: Run, root: Path) -> None:
    ended = run(str(TOY), "--sandbox", "none", "--max-evaluations", "1")
    assert ended.code == 2 and "--unsafe-no-sandbox" in ended.err
    assert not root.exists() or not list(root.iterdir())


def test_it_and_a_sandbox_are_opposites(run: Run) -> None:
    ended = run("evaluate", str(TOY / "toy.py"), "--target", str(TOY), "--sandbox", "landlock", "--unsafe-no-sandbox")
    assert ended.code == 2 and "opposites" in ended.err


def test_an_unsafe_run_is_not_resumed_without_saying_so_again(run: Run, root: Path) -> None:
    unfinished(root, unsafe=True)
    ended = run("resume")
    assert ended.code == 2 and "was started without a sandbox: say --unsafe-no-sandbox again" in ended.err


@pytest.mark.parametrize("in_toml", [False, True])
def test_a_safe_run_is_not_resumed_unsafely(run: Run, root: Path, in_toml: bool) -> None:
    unfinished(root, unsafe=False, in_toml=in_toml)
    ended = run("resume", "--unsafe-no-sandbox")
    assert ended.code == 2 and "was started in a sandbox" in ended.err


def test_a_file_that_says_so_is_not_enough(run: Run, root: Path, room: object) -> None:
    folder = unfinished(root, unsafe=False, in_toml=True)
    assert read_spec(folder).unsafe_no_sandbox
    run("resume", "--quiet")
    resumed = [event for event in events(folder) if event["kind"] == "resume"]
    assert len(resumed) == 1 and resumed[0]["data"]["sandbox"]["backend"] != "none"


def events(folder: Path) -> list[dict]:
    return [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]


# --- How it is shown --------------------------------------------------------------------------------------------------


def test_a_whole_run_says_so_from_start_to_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "harness.cli.main", str(TOY), "--strategy", "noop", "--max-evaluations", "1"]
    done = subprocess.run(
        [*command, "--unsafe-no-sandbox"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith(UNSAFE) and UNSAFE in done.stderr.splitlines()[-1]
    assert done.stdout.startswith(UNSAFE)
    start = events(tmp_path / "runs/latest")[0]["data"]
    assert start["unsafe"] is True and start["sandbox"]["backend"] == "none"
    assert read_spec(tmp_path / "runs/latest").unsafe_no_sandbox


@pytest.mark.parametrize("command", ["best", "diff", "lineage"])
def test_every_view_of_one_run_warns(run: Run, root: Path, command: str) -> None:
    finished_run(root, unsafe=True)
    shown = run(command)
    assert (shown.err + shown.out).count(UNSAFE) == 1, "on stderr where stdout is a program or a diff"
    finished_run(root, name="20260401T120000-microgpt-openevolve-0a1c")
    shown = run(command)
    assert UNSAFE not in shown.err + shown.out


def test_tables_name_it_only_when_there_is_one(run: Run, root: Path) -> None:
    noop_run(root)
    for command in ("list", "leaderboard"):
        assert "UNSAFE" not in run(command).out and "sandbox" not in run(command).out
    finished_run(root, unsafe=True)
    for command in ("list", "leaderboard"):
        assert run(command).out.count("UNSAFE: none") == 1
        assert "UNSAFE" in run(command, "--format", "md").out
        assert ",True" in run(command, "--format", "csv").out
    assert [row["unsafe"] for row in run("list", "--json").json].count(True) == 1
    assert [row["unsafe"] for row in run("leaderboard", "--json").json["rows"]].count(True) == 1


def test_programs_are_told(run: Run, root: Path) -> None:
    finished_run(root, unsafe=True)
    assert run("show", "--json").json["unsafe"] is True
    assert run("best", "--json").json["unsafe"] is True


def test_every_line_of_its_summary_and_its_candidates_is_red(root: Path) -> None:
    record = load(finished_run(root, unsafe=True))
    out = io.StringIO()
    Console(file=out, force_terminal=True, color_system="standard", width=200).print(tables.summary(record))
    lines = [line for line in out.getvalue().splitlines() if any(c.isalpha() for c in line.replace(RED, ""))]
    assert all("31m" in line for line in lines), lines
    assert all("red" in row["style"] for row in views.styled(views.shown(record)["candidates"], unsafe=True))


def test_the_judgement_of_one_program_says_so(tmp_path: Path) -> None:
    program = str(TOY / "toy.py")
    command = [sys.executable, "-m", "harness.cli.main", "evaluate", program, "--target", str(TOY), "--quick"]
    done = subprocess.run(
        [*command, "--unsafe-no-sandbox"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(UNSAFE)


# --- doctor -----------------------------------------------------------------------------------------------------------


def test_doctor_attacks_the_one_that_is_named(run: Run, room: object) -> None:
    found = run("doctor", "--sandbox", "landlock", "--json")
    if found.json["sandbox"]["error"]:
        pytest.skip(found.json["sandbox"]["error"])
    assert found.json["sandbox"]["name"] == "landlock" and found.json["others"] == []
    assert len(found.json["attacks"]) > 30 and all(attack["stopped"] for attack in found.json["attacks"])


def test_doctor_says_why_a_better_one_was_passed_over(run: Run, room: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from harness.sandbox import bubblewrap

    monkeypatch.setattr(bubblewrap, "_bundled", lambda: None)
    monkeypatch.setattr(bubblewrap.shutil, "which", lambda name: None)
    said = run("doctor").out
    assert "sandbox: landlock" in said
    assert "sandbox that does not work here: bubblewrap: it is not installed" in said


def test_doctor_knows_no_other_names(run: Run) -> None:
    assert run("doctor", "--sandbox", "bubblewarp").code == 2
    assert run("doctor", "--sandbox", "none").code == 2
