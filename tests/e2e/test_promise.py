"""What a user meets of the promise: programs from outside, the secret of the hidden inputs, the label."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness import knobs, targets
from harness.strategies.prompting import render
from tests.conftest import TOY
from tests.e2e.test_toy_run import BROKEN, NOISE, WRONG, cli, events, script

pytestmark = pytest.mark.usefixtures("room")

MINI = Path(__file__).parents[1] / "mini"
SOURCE = (MINI / "mini.py").read_text(encoding="utf-8")


# --- knobs ------------------------------------------------------------------------------------------------------------

LACKING = {
    "the line `num_steps = 90`": SOURCE.replace("num_steps = 90\n", "").replace("num_steps", "90"),
    "the line `random.seed(5)`": SOURCE.replace("random.seed(5)\n", ""),
    "the f-string field `| loss {...:.4f}`": SOURCE.replace(":.4f", ":.5f"),
}


@pytest.mark.parametrize("line", LACKING)
def test_a_program_from_outside_that_lacks_a_knob_is_told_the_line_that_a_model_is_told(
    tmp_path: Path, line: str
) -> None:
    (tmp_path / "mine.py").write_text(LACKING[line])
    judged = cli("evaluate", "mine.py", "--target", str(MINI), "--json", folder=tmp_path)
    document = json.loads(judged.stdout)
    assert (judged.returncode, document["status"]) == (1, "rule")
    assert f"{line} is missing: keep it exactly once, as it is" in document["explanation"]

    given = cli(str(MINI), "--program", "mine.py", folder=tmp_path)
    assert (given.returncode, given.stdout) == (2, "")
    assert f"{line} is missing: keep it exactly once, as it is" in given.stderr and "Traceback" not in given.stderr

    assert f"  - {line}\n" in render("system.md.j2", target=targets.load(str(MINI)), mode="diff")


def test_every_knob_of_the_shipped_target_is_told_as_it_is_expected() -> None:
    target = targets.load("microgpt")
    told = render("system.md.j2", target=target, mode="rewrite")
    assert all(f"  - {knobs.expected(knob)}\n" in told for knob in target.knobs)


# --- the secret -------------------------------------------------------------------------------------------------------


def secrets_folder() -> Path:
    return Path(os.environ["XDG_STATE_HOME"]) / "optimize-run" / "secrets"


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_secret_is_drawn_for_each_run_private_and_published_when_it_is_over(tmp_path: Path) -> None:
    found = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = script(tmp_path / name, WRONG, BROKEN)
        cli(str(TOY), "-m", model, "--max-evaluations", "1", "--seed", "7", folder=tmp_path / name)
        found.append(events(tmp_path / name)[-1]["data"]["secret"])  # type: ignore[index]
    assert all(re.fullmatch(r"[0-9a-f]{32}", secret) for secret in found) and found[0] != found[1]
    assert mode(secrets_folder()) == 0o700
    files = list(secrets_folder().iterdir())
    assert sorted(path.read_text() for path in files) == sorted(found)
    assert {mode(path) for path in files} == {0o600}
    assert mode(secrets_folder().parents[1] / "optimize-run/secrets") == 0o700


def test_while_a_run_can_go_on_its_secret_is_nowhere_in_its_folder_and_stays_the_same(tmp_path: Path) -> None:
    """Killed, then stopped by the user, then finished: only the last end publishes, and it is the first secret."""
    model = script(tmp_path, WRONG, NOISE, NOISE, BROKEN, BROKEN, BROKEN)
    command = [sys.executable, "-m", "harness.cli.main", str(TOY), "-m", model, "--max-evaluations", "2"]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL, start_new_session=True) as process:
        journal = tmp_path / "runs/latest/events.jsonl"
        while process.poll() is None and not (journal.exists() and b'"outcome"' in journal.read_bytes()):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    (path,) = secrets_folder().iterdir()
    secret = path.read_text()

    with subprocess.Popen([*command[:3], "resume"], cwd=tmp_path, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None and b'"resume"' not in journal.read_bytes():
            time.sleep(0.001)
        (tmp_path / "runs/latest/STOP").touch()  # while the baseline is being measured
    end = events(tmp_path)[-1]["data"]
    assert (end["status"], end["secret"]) == ("interrupted", None)  # type: ignore[index]
    assert secret not in written_below(tmp_path / "runs")

    assert cli("resume", folder=tmp_path).returncode in (0, 3)
    end = events(tmp_path)[-1]["data"]
    assert (end["status"], end["secret"]) == ("done", secret)  # type: ignore[index]


def test_a_run_that_failed_can_go_on_and_keeps_its_secret(tmp_path: Path) -> None:
    model = script(tmp_path, WRONG)  # the second order has no answer left
    ran = cli(str(TOY), "-m", model, "--max-evaluations", "30", "--parallel", "1", folder=tmp_path)
    end = events(tmp_path)[-1]["data"]
    assert end["status"] == "failed" and end["secret"] is None, ran.stderr  # type: ignore[index]
    (path,) = secrets_folder().iterdir()
    assert path.read_text() not in written_below(tmp_path / "runs")


def written_below(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file())


def test_what_no_run_came_of_leaves_no_secret(tmp_path: Path) -> None:
    (tmp_path / "restless.py").write_text("import random\nprint(random.random())\n")
    assert cli("restless.py", folder=tmp_path).returncode == 1
    assert not list(secrets_folder().iterdir())


# --- a promise that is not equivalence --------------------------------------------------------------------------------


def test_a_statistical_target_is_labelled_in_everything_that_is_said_about_it(tmp_path: Path) -> None:
    text = (MINI / "target.toml").read_text()
    promise = '[promise]\nlevel = "statistical"\n[promise.statistical]\nvalue = "| loss"\nseeds = 3\n'
    folder = tmp_path / "like"
    folder.mkdir()
    text = text[: text.index("[[metamorphic]]")] + promise + text[text.index("[limits]") :]
    (folder / "target.toml").write_text(text)
    (folder / "mini.py").write_text(SOURCE.replace("num_steps = 90", "num_steps = 90\nballast = list(range(400_000))"))
    (folder / "words.txt").write_bytes((MINI / "words.txt").read_bytes())

    lean = "NOTE: no ballast\n\n<<<<<<< SEARCH\nballast = list(range(400_000))\n=======\n>>>>>>> REPLACE\n"
    ran = cli(str(folder), "-m", script(tmp_path, lean), "--max-evaluations", "1", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Warning: NOT EQUIVALENT: the promise is statistical" in ran.stdout + ran.stderr
    for command in (("show",), ("list",), ("leaderboard",), ("lineage",), ("list", "--json"), ("show", "--json")):
        assert "mini-not-equivalent" in cli(*command, folder=tmp_path).stdout, command
    board = json.loads(cli("leaderboard", "--json", folder=tmp_path).stdout)
    assert "not-equivalent" in json.dumps(board)
    judged = cli("evaluate", "runs/latest/best.py", "--target", str(folder), folder=tmp_path)
    assert "against mini-not-equivalent: ok" in judged.stdout and "NOT EQUIVALENT" in judged.stdout
    assert "statistical" in judged.stdout
