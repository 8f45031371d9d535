"""Programs made from any target's program: honest ones do the same, cheats do not."""

from __future__ import annotations

import ast
import contextlib
import io

import pytest

from harness import knobs, targets
from harness.audit import make_specimens, rewriting
from harness.types import Knob, Sandbox, Target
from tests.conftest import TOY

PROGRAM = '''"""A program."""
from __future__ import annotations

import math


class Sum:
    start = 0

    def __init__(self, start=0):
        self.start = start


def grow(n, step=1):
    total = Sum(start=n).start
    for i in range(n):
        total += i * step
    return total


size = 4
for turn in range(size):
    print(f"turn {turn}: {math.sqrt(grow(turn, step=2)):.6f}")
print("end")
'''


def output(source: str) -> str:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
        exec(compile(source, "program", "exec"), {"__name__": "__main__"})
    return said.getvalue()


def test_renaming_changes_names_and_nothing_else() -> None:
    renamed = rewriting.renamed(PROGRAM, ())
    assert renamed is not None and output(renamed) == output(PROGRAM)
    assert "size_renamed = 4" in renamed and "total_renamed" in renamed
    assert "step=2" in renamed and "self.start" in renamed and "import math" in renamed


def test_a_knob_keeps_its_name() -> None:
    knob = Knob(label="size", kind="assign", name="size", value="4")
    renamed = rewriting.renamed(PROGRAM, (knob,))
    assert renamed is not None and not knobs.locate(renamed, (knob,))


@pytest.mark.parametrize("reflection", ["globals()['size']", "eval('size')"])
def test_a_program_that_looks_names_up_is_not_renamed(reflection: str) -> None:
    assert rewriting.renamed(f"{PROGRAM}\nprint({reflection})\n", ()) is None


def test_a_prelude_comes_after_what_must_come_first() -> None:
    made = rewriting.with_prelude(PROGRAM, "print('first')")
    assert ast.get_docstring(ast.parse(made)) == "A program."
    assert output(made) == f"first\n{output(PROGRAM)}"


@pytest.mark.parametrize(
    ("edit", "seen"),
    [
        (rewriting.leaving_early, "turn 0: 0.000000\nturn 1: 1.000000\nturn 2: 2.000000\nturn 3: 3.000000\n"),
        (rewriting.saying_more, "end indeed"),
        (rewriting.saying_nothing, "turn 3: 3.000000\n"),
        (rewriting.one_turn_short, "turn 2: "),
        (rewriting.fewer_digits, "turn 1: 1.000\n"),
    ],
)
def test_an_edit_changes_what_is_printed_and_is_taken_back(edit, seen: str) -> None:  # type: ignore[no-untyped-def]
    made = list(rewriting.edits(PROGRAM, edit))
    assert made and len({*made}) == len(made), "each edit is taken back before the next"
    outputs = [output(source) for source in made]
    assert any(seen in said and said != output(PROGRAM) for said in outputs)


def test_a_program_of_knobs_alone_has_them_all() -> None:
    target = targets.load("microgpt")
    assert not knobs.locate(rewriting.knobs_alone(target.knobs), target.knobs)


def test_what_is_made_of_the_toy(toy: Target, room: Sandbox) -> None:
    making = make_specimens(toy, room, "a secret")
    by_name = {specimen.name: specimen for specimen in making.specimens}
    assert len(by_name) == len(making.specimens)
    assert {specimen.category for specimen in making.specimens} == set("abcdefghi") | {""}
    assert sum(specimen.kind == "honest" for specimen in making.specimens) >= 6
    assert dict(making.left_out) == {"made_transcript_packed": "the rules do not allow zlib and base64"}
    for specimen in making.specimens:
        ast.parse(specimen.source)
        assert specimen.source != toy.source


def test_a_change_that_changes_nothing_is_no_cheat(toy: Target, room: Sandbox) -> None:
    from dataclasses import replace

    silent = replace(toy, source="import sys\n\nrounds = 40\nsys.stdout.write('always\\n')\n")
    left_out = dict(make_specimens(silent, room, "a secret").left_out)
    assert {"made_print_left_out", "made_one_turn_short", "made_fewer_digits"} <= left_out.keys()
    assert "alters what it prints" in left_out["made_print_left_out"]


def test_a_quick_making_runs_no_public_whole_run(toy: Target, room: Sandbox) -> None:
    left_out = dict(make_specimens(toy, room, "a secret", quick=True).left_out)
    assert "quick" in left_out["made_transcript"]


def test_a_plain_program_gets_them_too(room: Sandbox) -> None:
    making = make_specimens(targets.load(str(TOY / "toy.py")), room, "a secret")
    assert {"made_transcript", "made_transcript_packed"} <= {specimen.name for specimen in making.specimens}
