"""C as words: knobs are found where the compiler sees them, and nowhere else; a turned one changes nothing else."""

from __future__ import annotations

import pytest

from harness import ctokens, targets
from harness.errors import BadTarget, UnknownName
from harness.languages import LANGUAGES
from harness.types import Knob

C = LANGUAGES["c"]
STEPS = Knob(label="steps", kind="define", name="STEPS", value="1000")
LOSS = Knob(label="loss", kind="define", name="LOSS", value='"%.4f"')
PROGRAM = '#define STEPS 1000 /* of them */\n#  define LOSS "%.4f"\nint main(void) { return 0; } // #define STEPS 1\n'


def test_a_turned_knob_changes_its_own_characters_and_no_others() -> None:
    assert C.locate(PROGRAM, (STEPS, LOSS)) == []
    turned = C.turn(PROGRAM, (STEPS, LOSS), {"steps": "8", "loss": '"%.17g"'})
    assert turned == PROGRAM.replace("1000", "8").replace('"%.4f"', '"%.17g"')


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (PROGRAM.replace("STEPS 1000", "STEPS 999"), "was changed (line 1)"),
        (PROGRAM.replace("STEPS 1000", "STEPS (1000)"), "was changed (line 1)"),
        (PROGRAM.replace("STEPS 1000", "STEPS() 1000"), "was changed (line 1)"),
        (PROGRAM + "#define STEPS 1000\n", "is there 2 times (line 1, 4)"),
        (PROGRAM + "#undef STEPS\n", "is undone (line 4)"),
        ("/* #define STEPS 1000 */\nint x;\n", "is missing"),
        ('const char *s = "\\\n#define STEPS 1000\\\n";\n', "is never closed"),
        ("// a comment that goes on \\\n#define STEPS 1000\n", "is missing"),
        ("#def\\\nine STEPS 1000\n", "continued within a word"),
        ("%:define STEPS 1000\n", "another way to write a sign"),
    ],
)
def test_a_knob_that_is_not_there_as_it_was_is_told_with_its_line(source: str, says: str) -> None:
    (complaint, *_) = C.locate(source, (STEPS,))
    assert says in complaint
    with pytest.raises(BadTarget, match="cannot be turned"):
        C.turn(source, (STEPS,), {"steps": "8"})


@pytest.mark.parametrize(("label", "value"), [("steps", "8; x"), ("steps", '"8"'), ("loss", "8"), ("loss", '"%n"')])
def test_a_value_that_does_not_fit_its_knob_is_refused(label: str, value: str) -> None:
    with pytest.raises(BadTarget, match="cannot be set to"):
        C.turn(PROGRAM, (STEPS, LOSS), {label: value})
    with pytest.raises(UnknownName, match="steps"):
        C.turn(PROGRAM, (STEPS, LOSS), {"step": "8"})


def test_calls_are_nudged_and_declarations_are_not() -> None:
    source = "double gauss(double s);\ndouble f(void) { return gauss(g(1, 2)) + 2 * gauss(3); }\n"
    moved = C.nudged(source, "gauss", "inf")
    assert moved.startswith("double gauss(double s);")
    assert "return __builtin_nextafter(gauss(g(1, 2)), __builtin_inf()) + 2 * __builtin_nextafter(gauss(3)," in moved
    with pytest.raises(BadTarget, match="never calls it"):
        C.nudged(source, "uniform", "inf")


def test_words_hold_the_whole_text() -> None:
    source = targets.load("microgpt-c").source
    assert "".join(token.text for token in ctokens.tokens(source)) == source
    assert [token.text for token in ctokens.code(ctokens.tokens("a = 0x1p-3f /* b */ + 'c'; // d"))] == [
        "a", "=", "0x1p-3f", "+", "'c'", ";",
    ]  # fmt: skip
