"""What is built to be installed: the wheel holds everything that the code opens, the sdist what a developer wants."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CODE = ("harness", "evaluators", "targets")
DEVELOPERS = ("tests", "benchmarks", "docs")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a wheel and an sdist, built without a network."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    return folder


def files_of(*folders: str) -> set[str]:
    """Files of the tree that are not made by running it."""
    every = (path for folder in folders for path in (ROOT / folder).rglob("*"))
    return {
        path.relative_to(ROOT).as_posix()
        for path in every
        if path.is_file() and not {"__pycache__", ".hypothesis"} & set(path.parts)
    }


def test_the_wheel_holds_everything_that_the_code_opens(built: Path) -> None:
    """Templates, price tables, scripts for the sandbox, the page's parts, the targets' data: whatever lies there."""
    (wheel,) = built.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
    wanted = files_of(*CODE)
    assert {Path(name).suffix for name in wanted} >= {".py", ".toml", ".j2", ".css", ".js", ".txt"}
    assert not wanted - held, "not in the wheel"
    assert not held - wanted, "in the wheel, and nowhere in the tree"


def test_the_sdist_can_be_tested_and_measured(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as file:
        held = {name.partition("/")[2] for name in file.getnames()}
    assert not files_of(*CODE, *DEVELOPERS) - held
    assert {"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", "pyproject.toml"} <= held
