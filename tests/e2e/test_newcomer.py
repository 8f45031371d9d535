"""A newcomer with a program of their own: from `pip install` to a first gain with three commands.

The short version uses the environment that is there. The slow one makes an empty one and installs the built wheel; its
dependencies are those of the present environment, so that nothing is downloaded, or, with OPTIMIZE_RUN_INDEX=1 in the
environment, whatever pip finds where it is set up to look.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from tests.e2e.newcomer import PROGRAM, TARIFF

pytestmark = pytest.mark.usefixtures("room")

ROOT = Path(__file__).parents[2]
GAIN = 1.1


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A newcomer's folder: a program and its input, and nothing of the project."""
    (tmp_path / "parcels.py").write_text(PROGRAM)
    (tmp_path / "tariff.csv").write_text(TARIFF)
    return tmp_path


def ran(command: list[str | Path], folder: Path, timeout: float = 3000.0) -> subprocess.CompletedProcess[str]:
    """A command that must succeed. PYTHONPATH and the tree are out of its sight."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=timeout, check=False, env={**kept, "CI": ""}
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done


def first_gain(home: Path, command: list[str | Path]) -> None:
    """What the run says, and what it left: a best that does the same, faster or smaller."""
    shown = json.loads(ran([*command, "show", "--json"], home).stdout)
    assert shown["status"] == "done" and shown["best"] is not None
    assert shown["best"]["fitness"] >= GAIN
    assert max(shown["best"][metric]["ratio"] for metric in ("memory", "speed")) >= GAIN
    best = ran([*command, "best"], home).stdout
    (home / "best.py").write_text(best)
    same = [ran([sys.executable, program], home).stdout for program in ("parcels.py", "best.py")]
    assert same[0] == same[1] and best != PROGRAM


def test_from_a_program_of_ones_own_to_a_first_gain(home: Path) -> None:
    command: list[str | Path] = [sys.executable, "-m", "harness.cli.main"]
    made = ran([*command, "init", "parcels", "--program", "parcels.py"], home)
    assert "inputs: tariff.csv" in made.stdout and "Another size" in made.stdout
    limits = ["--max-evaluations", "6", "--target-score", str(GAIN), "--quiet"]
    done = ran([*command, "parcels", "--model", "offline", *limits], home)
    assert "Best: " in done.stdout
    first_gain(home, command)


def wheel(folder: Path) -> Path:
    """The wheel, built without a network."""
    ran([sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder], ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def bin_(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an empty environment in which the wheel was installed."""
    top = tmp_path_factory.mktemp("newcomer")
    built = wheel(top / "dist")
    venv.create(top / "env", with_pip=True)
    python = top / "env/bin/python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "--quiet"]
    if os.environ.get("OPTIMIZE_RUN_INDEX"):
        ran([*pip, built], top)
    else:
        ran([*pip, "--no-index", "--no-deps", built], top)
        (site,) = (top / "env/lib").glob("python*/site-packages")
        present = Path(pytest.__file__).parents[1]
        (site / "present.pth").write_text(f"{present}\n")  # its packages, but not what is installed there by a link
    said = ran([python, "-c", "import harness, targets; print(harness.__file__, *targets.__path__)"], top)
    assert all(str(top / "env") in path for path in said.stdout.split()), said.stdout
    return top / "env/bin"


@pytest.mark.slow
def test_three_commands_in_an_empty_environment(home: Path, bin_: Path) -> None:
    """pip install (above), init, and the run as it is without any option."""
    command: list[str | Path] = [bin_ / "optimize-run"]
    ran([*command, "init", "parcels", "--program", "parcels.py"], home)
    done = ran([*command, "parcels", "--model", "offline"], home)
    assert "Best: " in done.stdout and "Report: " in done.stdout
    first_gain(home, command)


@pytest.mark.slow
def test_the_built_in_target_runs_in_an_empty_folder(tmp_path: Path, bin_: Path) -> None:
    """Everything that it needs is in the wheel: the target's data, templates, prices, the page's parts."""
    command: list[str | Path] = [bin_ / "optimize-run"]
    ran([*command, "microgpt", "--model", "offline", "--max-evaluations", "2", "--quiet"], tmp_path)
    page = (tmp_path / "runs/latest/report.html").read_text(encoding="utf-8")
    assert "<style>" in page and "microgpt" in page
    shown = json.loads(ran([*command, "show", "--json"], tmp_path).stdout)
    assert shown["status"] == "done" and shown["usage"]["evaluations"] == 2
    assert "microgpt" in ran([*command, "targets"], tmp_path).stdout
    assert "gepa" in ran([*command, "strategies"], tmp_path).stdout
    ran([*command, "microgpt", "--model", "offline", "--dry-run"], tmp_path)
