"""`optimize-run audit`: the real judge on small targets, through the real command line."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.conftest import TOY

pytestmark = pytest.mark.usefixtures("room")

LONG = """import random

random.seed(3)
for turn in range(400):
    print(f"{turn}: {random.random():.9f}")
"""


def with_corpus(folder: Path, kind: str, header: str) -> Path:
    """The toy with one program of its own corpus: the toy itself under another header."""
    shutil.copytree(TOY, folder)
    (folder / "audit" / kind).mkdir(parents=True)
    source = (TOY / "toy.py").read_text(encoding="utf-8")
    (folder / "audit" / kind / "mine.py").write_text(f'"""{header}\n"""\n{source}', encoding="utf-8")
    return folder


def test_a_target_of_ones_own_passes(run: Run) -> None:
    ended = run("audit", "--target", str(TOY), "--quick", "--json")
    told = ended.json
    assert (ended.code, told["ok"], told["wrong"]) == (0, True, [])
    rows = {row["programs"]: row for row in told["rows"]}
    assert rows["cheats"]["accepted"] == rows["honest"]["refused"] == 0
    assert rows["cheats"]["judged"] == rows["cheats"]["right"] >= 25
    assert rows["honest"]["judged"] == rows["honest"]["right"] >= 6
    assert set(told["made"]) == {program["name"] for program in told["programs"]}
    assert "as it must be" in ended.err


def test_a_wrong_verdict_is_told_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    header = "CLAIM: (b) nothing is wrong with it\nEXPECT: refused (wrong)"
    folder = with_corpus(tmp_path / "mine", "cheats", header)
    ended = run("audit", "--target", str(folder), "--quick", "--only", "cheats")
    assert ended.code == 1
    assert "WRONG: (b) mine (nothing is wrong with it): a cheat was accepted" in ended.out
    assert "1 verdict wrong" in ended.out
    assert "honest" not in ended.out.partition("Made from")[0]


@pytest.mark.parametrize("form", ["csv", "md"])
def test_only_honest_programs_as_a_table_for_programs(run: Run, form: str) -> None:
    ended = run("audit", "--target", str(TOY), "--quick", "--only", "honest", "--format", form)
    assert ended.code == 0
    assert len(ended.out.splitlines()) == (2 if form == "csv" else 3)


def test_a_header_that_is_not_understood_is_a_users_mistake(run: Run, tmp_path: Path) -> None:
    folder = with_corpus(tmp_path / "mine", "honest", "CLAIM: does it\nEXPECT: perhaps")
    ended = run("audit", "--target", str(folder))
    assert ended.code == 2
    assert "mine.py: EXPECT 'perhaps' is not understood" in ended.err and not ended.out


@pytest.mark.slow
def test_a_plain_program_with_much_output_passes(run: Run, tmp_path: Path) -> None:
    (tmp_path / "long.py").write_text(LONG, encoding="utf-8")
    ended = run("audit", "--target", str(tmp_path / "long.py"), "--json")
    assert (ended.json["wrong"], ended.code) == ([], 0)


@pytest.mark.slow
def test_a_plain_program_whose_output_is_known_is_told_what_it_lacks(run: Run, tmp_path: Path) -> None:
    """Without hidden input, whoever prints the known text keeps the promise; the audit says so."""
    (tmp_path / "brief.py").write_text("print(sum(range(1000)))\n", encoding="utf-8")
    ended = run("audit", "--target", str(tmp_path / "brief.py"), "--only", "cheats")
    assert ended.code == 1
    assert "has no hidden workload" in ended.out
