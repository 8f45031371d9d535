"""Knobs: found on the syntax tree, turned without touching anything else."""

import ast
import difflib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import BadTarget, UnknownName
from harness.knobs import locate, turn
from harness.types import Knob

STEPS = Knob(label="steps", kind="assign", name="num_steps", value="1000")
SEED = Knob(label="seed", kind="call", name="random.seed", value="42")
LOSS = Knob(label="loss", kind="format", name="| loss ", value=".4f")
KNOBS = (STEPS, SEED, LOSS)
ALL = {"steps": "18", "seed": "731", "loss": ".17g"}

MICROGPT = Path(__file__).parent.parent / "targets" / "microgpt" / "microgpt.py"

# The published program writes its lines with comments behind them, and quotes within the f-string.
PUBLISHED = """\
import random
random.seed(42) # Let there be order among chaos
num_steps = 1000 # number of training steps
for step in range(num_steps):
    loss = Value(0.5)
    print(f"step {step+1:4d} / {num_steps:4d} | loss {loss.data:.4f}", end='\\r')
"""
TURNED = """\
import random
random.seed(731) # Let there be order among chaos
num_steps = 18 # number of training steps
for step in range(num_steps):
    loss = Value(0.5)
    print(f"step {step+1:4d} / {num_steps:4d} | loss {loss.data:.17g}", end='\\r')
"""


def changed_lines(before, after):
    diff = difflib.ndiff(before.splitlines(keepends=True), after.splitlines(keepends=True))
    return [line[2:].strip() for line in diff if line.startswith("+")]


def test_published_lines_are_turned_and_nothing_else():
    assert locate(PUBLISHED, KNOBS) == []
    assert turn(PUBLISHED, KNOBS, ALL) == TURNED


def test_shipped_program_is_turned():
    source = MICROGPT.read_text(encoding="utf-8")
    assert locate(source, KNOBS) == []
    assert changed_lines(source, turn(source, KNOBS, ALL)) == [
        "random.seed(731)",
        "num_steps = 18",
        'print(f"step {step + 1:4d} / {num_steps:4d} | loss {loss.data:.17g}", end="\\r")',
    ]


def test_no_settings_no_change():
    assert turn(PUBLISHED, KNOBS, {}) == PUBLISHED


def test_turning_some_knobs_needs_only_those():
    assert turn("num_steps = 1000", KNOBS, {"steps": "8"}) == "num_steps = 8"


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ("def main():\n    num_steps = 1000\n", "def main():\n    num_steps = 8\n"),
        ("num_steps=1_000;x=1", "num_steps=8;x=1"),
        ("é = 'ü'; num_steps = 1000  # né", "é = 'ü'; num_steps = 8  # né"),
        ("a = 1\r\nnum_steps = 1000\r\nb = 2\r\n", "a = 1\r\nnum_steps = 8\r\nb = 2\r\n"),
        ("a = '''\n\n'''\nnum_steps = 1000", "a = '''\n\n'''\nnum_steps = 8"),
        ("a = 1\n\x0cnum_steps = 1000\n", "a = 1\n\x0cnum_steps = 8\n"),
        ("# num_steps = 1000\nnum_steps = 1000\n", "# num_steps = 1000\nnum_steps = 8\n"),
        ("a, num_steps = 1, 1000\nnum_steps = 1000", "a, num_steps = 1, 1000\nnum_steps = 8"),
    ],
)
def test_assignments_in_odd_places(source, want):
    assert locate(source, [STEPS]) == []
    assert turn(source, [STEPS], {"steps": "8"}) == want


@pytest.mark.parametrize(
    ("source", "want"),
    [
        ('f"a | loss {x:.4f}"', 'f"a | loss {x:.17g}"'),
        (
            's = (f"step {n:.4f}"\n     f" | loss {x:.4f} {y:.4f}")',
            's = (f"step {n:.4f}"\n     f" | loss {x:.17g} {y:.4f}")',
        ),
        ("f'''{a:.4f}\n | loss {d[':.4f}']:.4f}'''", "f'''{a:.4f}\n | loss {d[':.4f}']:.17g}'''"),
        ("# | loss {x:.4f}\nf'| loss {x!r:.4f}'", "# | loss {x:.4f}\nf'| loss {x!r:.17g}'"),
        ("t = '| loss {x:.4f}'\nf'| loss {x:.4f}'", "t = '| loss {x:.4f}'\nf'| loss {x:.17g}'"),
        ("f'| loss {x:.3f}' f'| loss {x:.4f}'", "f'| loss {x:.3f}' f'| loss {x:.17g}'"),
        ("f'é ü | loss {x:.4f}' ", "f'é ü | loss {x:.17g}' "),
        ("rf'\\d| loss {x:.4f}'", "rf'\\d| loss {x:.17g}'"),
        ("x = f'{f\"| loss {y:.4f}\"}'", "x = f'{f\"| loss {y:.17g}\"}'"),
    ],
)
def test_formats_in_odd_places(source, want):
    assert locate(source, [LOSS]) == []
    assert turn(source, [LOSS], {"loss": ".17g"}) == want


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("steps = 1000", "the line `num_steps = 1000` is missing: keep it exactly once"),
        ("num_steps = 1000\nnum_steps = 1000", "is there 2 times (line 1, 2)"),
        ("num_steps = 1000\nif 0:\n    num_steps = 5", "is there 2 times (line 1, 3)"),
        ("num_steps = 500", "was changed (line 1)"),
        ("num_steps = 1000.0", "was changed (line 1)"),
        ("num_steps = 10 * 100", "is missing"),
        ("a = num_steps = 1000", "is missing"),
        ("a.num_steps = 1000", "is missing"),
        ("num_steps: int = 1000", "is missing"),
        ("'num_steps = 1000'", "is missing"),
    ],
)
def test_complaints_about_assignments(source, words):
    (complaint,) = locate(source, [STEPS])
    assert words in complaint
    assert "`num_steps = 1000`" in complaint
    assert "\n" not in complaint
    with pytest.raises(BadTarget, match="num_steps"):
        turn(source, [STEPS], {"steps": "8"})


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("seed(42)", "is missing"),
        ("rng = random.Random(42)", "is missing"),
        ("x = random.seed(42)", "is missing"),
        ("random.seed(a=42)", "is missing"),
        ("random.seed(42, 2)", "is missing"),
        ("random.seed(42)\nrandom.seed(1)", "is there 2 times"),
        ("random.seed(43)", "was changed"),
    ],
)
def test_complaints_about_calls(source, words):
    (complaint,) = locate(source, [SEED])
    assert words in complaint
    assert "`random.seed(42)`" in complaint


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("'| loss %.4f' % x", "is missing"),
        ("'| loss {:.4f}'.format(x)", "is missing"),
        ("f'| loss {x:.5f}'", "is missing"),
        ("f'| loss {x}'", "is missing"),
        ("f'| loss {x:{w}}'", "is missing"),
        ("f'| loss  {x:.4f}'", "is missing"),
        ("f'| loss {x:.4f}'; f'| loss {y:.4f}'", "is there 2 times"),
        ("f'| loss {x:\\x2e4f}'", "is not written plainly"),
    ],
)
def test_complaints_about_formats(source, words):
    (complaint,) = locate(source, [LOSS])
    assert words in complaint
    assert "`| loss {...:.4f}`" in complaint


def test_every_missing_knob_is_named():
    assert len(locate("pass", KNOBS)) == 3


@pytest.mark.parametrize(
    "source",
    ["num_steps = = 1000", "\ufeffnum_steps = 1000", "x = '\0'", "(" * 300 + ")" * 300, "x = " + "-" * 100_000 + "1"],
)
def test_unreadable_programs_are_a_complaint_not_a_crash(source):
    assert len(locate(source, KNOBS)) == 1


def test_odd_escapes_are_not_a_warning_of_ours():
    assert locate("x = '\\d'\nnum_steps = 1000", [STEPS]) == []


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("steps", "8; import os"),
        ("steps", "-1"),
        ("steps", "007"),
        ("steps", ""),
        ("seed", "x"),
        ("loss", ".4f}{x"),
        ("loss", ""),
    ],
)
def test_values_that_do_not_fit_are_refused(label, value):
    with pytest.raises(BadTarget, match=f"knob '{label}' cannot be set"):
        turn(PUBLISHED, KNOBS, {label: value})


def test_unknown_label_names_the_nearest():
    with pytest.raises(UnknownName, match="did you mean steps"):
        turn(PUBLISHED, KNOBS, {"step": "8"})


@pytest.mark.filterwarnings("ignore:invalid escape sequence")  # which some of these texts hold
@given(
    before=st.text(alphabet="ab1é \n#'\"\\{}:.4f", max_size=30),
    after=st.text(alphabet="ab1é \n#'\"\\{}:.4f", max_size=30),
)
def test_turned_programs_differ_in_the_value_alone(before, after):
    source = f"{before}\nnum_steps = 1000\n{after}\n"
    if not locate(source, [STEPS]):
        turned = turn(source, [STEPS], {"steps": "8"})
        assert turned == f"{before}\nnum_steps = 8\n{after}\n"
        assert ast.dump(ast.parse(turned)) == ast.dump(ast.parse(source)).replace("value=1000", "value=8")
