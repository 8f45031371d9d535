"""`optimize-run init` and `optimize-run targets check`, through the real command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import targets
from tests.cli.conftest import Run

pytestmark = pytest.mark.usefixtures("room")

PROGRAM = """\
import sys

total = 0
for line in sys.stdin:
    total += int(line) * int(sys.argv[1])
    print(f"so far {total}")
print("in all", total)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "tally.py").write_text(PROGRAM)
    (tmp_path / "empty.py").touch()
    (tmp_path / "numbers").write_text("".join(f"{n}\n" for n in range(9)))
    return tmp_path / "tally.py"


def test_a_target_is_made_and_the_next_commands_are_said(run: Run, program: Path) -> None:
    ended = run("init", "tally", "--program", "tally.py", "--args", "3", "--stdin", "numbers")
    assert ended.code == 0, ended.err
    assert "tally/target.toml: tally.py is now the target tally" in ended.out
    assert "inputs: stdin.txt" in ended.out and "promise (exact): 10 lines of output, exit code 0" in ended.out
    assert "optimize-run targets check tally" in ended.out and "optimize-run tally --model offline" in ended.out
    assert "hidden workloads: none yet, and it would take these" in ended.out and "Other input" in ended.out
    assert "running tally.py in the sandbox, watched" in ended.err and "Traceback" not in ended.err
    assert targets.load(str(program.parent / "tally")).command[-1] == "3"


def test_programs_get_one_document(run: Run, program: Path) -> None:
    ended = run("init", "tally", "-p", "tally.py", "--args", "3", "--stdin", "numbers", "--json")
    told = ended.json
    assert (ended.code, told["folder"], told["inputs"], told["lines"]) == (0, "tally", ["stdin.txt"], 10)
    assert told["level"] == "exact" and told["strict"] is False and len(told["hidden"]) == 1


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("tally.py", "-p", "tally.py"), 2, "tally.py exists already"),
        (("x", "-p", "nowhere.py"), 2, "nowhere.py does not exist"),
        (("x", "-p", "empty.py"), 2, "empty.py has no statement"),
        (("x", "-p", "tally.py"), 2, "reads its standard input: name a file that is to be it, --stdin FILE"),
        (("x", "-p", "tally.py", "--stdin", "none"), 2, "standard input none cannot be read"),
        (("x", "-p", "tally.py", "--stdin", "numbers"), 1, "does it want arguments? --args '...'"),
        (("x", "-p", "tally.py", "--args", "'"), 2, "has a quote that is not closed"),
        (("x",), 2, "--program"),
    ],
)
def test_a_mistake_costs_one_line(run: Run, program: Path, args: tuple[str, ...], code: int, says: str) -> None:
    ended = run("init", *args)
    assert (ended.code, ended.out) == (code, "")
    assert says in ended.err and "Traceback" not in ended.err
    assert sorted(path.name for path in program.parent.iterdir()) == ["empty.py", "numbers", "tally.py"]


def test_a_target_is_checked(run: Run, program: Path) -> None:
    (program.parent / "sums.py").write_text("rounds = 40\nfor n in range(rounds):\n    print(n, n * 0.37)\n")
    assert run("init", "sums", "-p", "sums.py").code == 0
    ended = run("targets", "check", "sums", "--json")
    told = ended.json
    assert (ended.code, told["target"], told["fit"]) == (0, "sums", True)
    assert [one["check"] for one in told["checks"]][:2] == ["rules", "repeats itself"]
    assert {one["verdict"] for one in told["checks"]} <= {"fit", "weak"} and told["judgement_s"] > 0
    assert "making broken and harmless copies" in ended.err


def test_a_target_that_is_not_fit_ends_with_1_and_what_to_do(run: Run, program: Path) -> None:
    (program.parent / "chance.py").write_text("import os\nprint(os.urandom(2))\n")
    ended = run("targets", "check", "chance.py")
    assert ended.code == 1
    assert "not fit" in ended.out and "repeats itself: print nothing that changes by itself" in ended.out
    assert ended.out.rstrip().endswith("chance is not fit to be optimized yet")


def test_check_wants_a_target_and_list_none(run: Run) -> None:
    assert "wants a target" in run("targets", "check").err
    assert "write targets check microgpt" in run("targets", "list", "microgpt").err
    assert run("targets", "list", "--json").json == run("targets", "--json").json
