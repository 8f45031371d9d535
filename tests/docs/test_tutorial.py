"""docs/tutorial.md does what it says: its files are written, its commands run in order, its output is theirs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.usefixtures("room")

TEXT = (Path(__file__).parents[2] / "docs/tutorial.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FIRST = 2  # commands that take seconds; the others take minutes


def files() -> dict[str, str]:
    """Blocks that begin with the name of a file."""
    named = (re.match(r"# ([\w.]+)\n(.*)", text, re.DOTALL) for kind, text in BLOCK.findall(TEXT) if kind != "console")
    return {found[1]: found[2] for found in named if found}


def commands() -> Iterator[tuple[str, list[str]]]:
    """Each command, with the lines that are shown of its output."""
    for kind, text in BLOCK.findall(TEXT):
        if kind == "console":
            for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command, *shown = part.splitlines()
                yield command, [line for line in shown if line.strip() and line != "..."]


def plain(line: str) -> str:
    """A line without what differs from run to run: numbers, and the width of columns."""
    return re.sub(r"\d[\d.,]*", "#", " ".join(line.split()))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "bin").mkdir()
    script = tmp_path / "bin/optimize-run"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m harness.cli.main "$@"\n')
    script.chmod(0o755)
    return tmp_path


def follow(folder: Path, wanted: list[tuple[str, list[str]]]) -> None:
    env = {**os.environ, "PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}
    for command, shown in wanted:
        ran = subprocess.run(
            command, shell=True, cwd=folder, env=env, capture_output=True, text=True, timeout=3000, check=False
        )
        said = ran.stdout + ran.stderr
        assert ran.returncode == 0, f"{command}\n{said}"
        lines = [plain(line) for line in said.splitlines()]
        missing = [line for line in shown if plain(line) not in lines]
        assert not missing, f"{command}\nshould say\n{missing}\nand says\n{said}"


def test_it_has_a_program_its_input_and_the_commands() -> None:
    assert sorted(files()) == ["orders.py", "prices.txt"]
    said = [command.split()[1] for command, _ in commands() if command.startswith("optimize-run ")]
    assert said == ["init", "targets", "orders", "orders", "diff", "evaluate"]


def test_its_first_steps_do_what_they_say(folder: Path) -> None:
    from harness import targets

    follow(folder, list(commands())[:FIRST])
    assert len([w for w in targets.load(str(folder / "orders")).workloads if w.hidden]) >= 2


@pytest.mark.slow
def test_every_step_does_what_it_says(folder: Path) -> None:
    follow(folder, list(commands()))
