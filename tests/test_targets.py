"""What makes a target, and what is said of one that cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from harness import targets
from harness.errors import BadTarget, UnknownName, UsageError
from tests.conftest import TOY


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(TOY, tmp_path / "toy"))


def rewrite(folder: Path, old: str, new: str) -> Path:
    file = folder / "target.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new, 1))
    return folder


def test_built_in_targets_load() -> None:
    for name in targets.builtin():
        assert targets.load(name).name == name


def test_a_folder_its_toml_and_its_path_are_the_same_target(folder: Path) -> None:
    assert targets.load(str(folder)) == targets.load(str(folder / "target.toml"))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("title =", "titel =", "unknown key top level 'titel': did you mean title?"),
        ("cpu_s", "cpu_seconds", "unknown key limits 'cpu_seconds': did you mean cpu_s?"),
        ('label = "rounds"', 'label = "rounds"\nlable = "x"', "'lable': did you mean label?"),
        ("memory_mib = 256", 'memory_mib = "lots"', "limits.memory_mib"),
        ("knobs = { rounds", "knobs = { round", "unknown knob 'round': did you mean rounds?"),
        ('"words.txt"', '"word.txt"', "does not exist"),
        ('generator = "relabel"', 'generator = "relable"', "unknown generator 'relable': did you mean relabel?"),
        ('stage = "measure"', 'stage = "full"', "no workload of stage 'measure'"),
        ("[limits]", "[limits", "not valid TOML"),
        ('program = "toy.py"', 'program = "toys.py"', "does not exist"),
        ('value = "40"', 'value = "41"', "rounds = 41"),
    ],
)
def test_a_target_toml_that_is_wrong_is_refused_in_one_line(folder: Path, old: str, new: str, says: str) -> None:
    with pytest.raises(BadTarget) as caught:
        targets.load(str(rewrite(folder, old, new)))
    assert says in str(caught.value) and "\n" not in str(caught.value)


def test_a_misspelt_name_gets_the_nearest() -> None:
    with pytest.raises(UnknownName, match="did you mean microgpt"):
        targets.load("microgtp")


def test_a_plain_program_promises_output_exit_code_and_files(tmp_path: Path) -> None:
    (tmp_path / "My Tool.py").write_text("import json\nprint(json.load(open('data.json')), open('other.txt').read())\n")
    (tmp_path / "data.json").write_text("{}")
    (tmp_path / "secret.json").write_text("{}")
    target = targets.load(str(tmp_path / "My Tool.py"))
    assert target.name == "my-tool" and target.promise.files and target.promise.level == "exact"
    assert dict(target.workloads[0].files) == {"data.json": "data.json"}
    assert "json" in target.rules.imports and target.limits.writes_mib > 0


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("print(", "line 1 does not parse"),
        ("import numpy\n", "imports numpy: only single files that use the standard library"),
        ("from . import other\n", "imports ."),
        ("x = '\udce9'", "not UTF-8"),
        ("# to be written\n", "has no statement: there is nothing to optimize"),
    ],
)
def test_a_program_that_cannot_be_a_target_is_refused(tmp_path: Path, text: str, says: str) -> None:
    path = tmp_path / "program.py"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(BadTarget, match=says):
        targets.load(str(path))


def test_a_missing_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadTarget, match=r"nowhere\.py does not exist"):
        targets.load(str(tmp_path / "nowhere.py"))
    with pytest.raises(BadTarget, match="cannot be read"):
        (tmp_path / "folder.py").mkdir()
        targets.load("toy.py" if False else str(TOY), tmp_path / "folder.py")


def test_a_program_of_ones_own_takes_the_contract_and_the_input_beside_it(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text((TOY / "toy.py").read_text().replace("state * 1.1", "state * 1.2"))
    (tmp_path / "input.txt").write_text("one\ntwo\n")
    target = targets.load(str(TOY), own)
    assert "1.2" in target.source
    assert {w.files["input.txt"] for w in target.workloads} == {str(tmp_path / "input.txt")}


def test_a_program_of_ones_own_without_a_knob_is_refused_with_the_line(tmp_path: Path) -> None:
    own = tmp_path / "mine.py"
    own.write_text((TOY / "toy.py").read_text().replace("rounds = 40", "turns = 40"))
    with pytest.raises(BadTarget, match="rounds = 40"):
        targets.load(str(TOY), own)


def test_objectives() -> None:
    assert targets.objective("memory").speed == 0
    custom = targets.objective("memory=0.7,speed=0.3")
    assert (custom.name, custom.memory, custom.speed) == ("custom", 0.7, 0.3)
    for text in ("fast", "memory=x", "memory=-1,speed=2", "memory=0", "mem=1"):
        with pytest.raises(UsageError):
            targets.objective(text)
