"""What a model sends, and what becomes of it."""

from textwrap import indent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.edits import apply, fence, fingerprint, program_in, render, unified
from harness.errors import Unusable

PROGRAM = """import math

def area(r):
    return math.pi * r ** 2

def ring(a, b):
    total = 0
    total += area(a)
    total -= area(b)
    return total

def disc(r):
    total = 0
    total += area(r)
    return total

print(ring(3, 2))
"""
AWKWARD = [
    *[
        "",
        "a = 1",
        "b = 2",
        "    a = 1",
        "  ",
        "a = 1\r",
        "b\r",
        "a = 1 ",
        "é\u2028x",
        "x\x0cy",
        "'''",
        "def f():",
        "    return 1",
    ],
    *["=======", "<<<<<<< SEARCH", ">>>>>>> REPLACE", "```", "```python verbatim", "````", "# EVOLVE-BLOCK-START"],
    *["## Current program", "NOTE: x"],
]
lines = st.lists(st.sampled_from(AWKWARD) | st.text(max_size=6), max_size=12)
texts = st.builds(
    lambda ls, end, last: end.join(ls) + last, lines, st.sampled_from(["\n", "\r\n"]), st.sampled_from(["", "\n"])
)


def block(search: str, replace: str) -> str:
    return f"<<<<<<< SEARCH\n{search}=======\n{replace}>>>>>>> REPLACE\n"


# --- Written answers read back ----------------------------------------------------------------------------------------


@settings(max_examples=400, deadline=None)
@given(texts, texts, st.text(max_size=40))
def test_a_rendered_answer_reads_back_byte_for_byte(parent: str, child: str, note: str) -> None:
    if parent == child:
        return
    edited = apply(render(parent, child, note), parent)
    assert edited.source == child
    assert edited.note == " ".join(note.split())


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PROGRAM.split("\n")), max_size=30), st.data())
def test_a_small_change_reads_back_whatever_the_program_repeats(source: list[str], data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(source)))
    child = [
        *source[:at],
        data.draw(st.sampled_from(["x = 1", "", "total = 0"])),
        *source[at + data.draw(st.integers(0, 2)) :],
    ]
    parent, changed = "\n".join(source), "\n".join(child)
    if parent != changed:
        assert apply(render(parent, changed, "n"), parent).source == changed


def test_a_small_change_is_rendered_as_an_edit_with_just_enough_context() -> None:
    answer = render(PROGRAM, PROGRAM.replace("total += area(r)", "total = area(r)"), "one  line\nless")
    assert answer == "NOTE: one line less\n\n" + block(
        "    total = 0\n    total += area(r)\n    return total\n",
        "    total = 0\n    total = area(r)\n    return total\n",
    )


def test_a_change_of_everything_is_rendered_as_the_whole_program() -> None:
    assert apply(render(PROGRAM, "print(15)\n", ""), PROGRAM).kind == "whole"


def test_a_rendered_answer_may_hold_a_program_that_does_not_parse() -> None:
    assert apply(render(PROGRAM, "def f(:\n", "broken"), PROGRAM).source == "def f(:\n"


# --- Programs in prompts ----------------------------------------------------------------------------------------------


@given(texts)
def test_a_fenced_program_is_found_again(source: str) -> None:
    before = "## Best so far\n\n```python\n## Current program\n```\n"
    assert program_in(f"{before}## Current program\n\n{fence(source)}\n\n## How to answer\n\n```\nx\n```\n") == source


@pytest.mark.parametrize("user", ["", "```python\nx\n```\n", "## Current program\n\n```python\nx\n"])
def test_a_prompt_without_a_program_is_refused(user: str) -> None:
    with pytest.raises(Unusable, match="shows no program"):
        program_in(user)


# --- What models send -------------------------------------------------------------------------------------------------

EDIT = block("    return math.pi * r ** 2\n", "    return math.pi * r * r\n")
EDITED = PROGRAM.replace("r ** 2", "r * r")


@pytest.mark.parametrize(
    "answer",
    [
        EDIT,
        f"Sure! Here it is.\n\n{EDIT}\nHope that helps.",
        f"```python\n{EDIT}```",
        f"```diff\n{EDIT}```\n",
        EDIT.replace("\n", "\r\n"),
        EDIT.rstrip("\n"),
        EDIT.replace("r ** 2\n", "r ** 2   \n"),
        EDIT.replace("<<<<<<< SEARCH", "<<<<<< SEARCH").replace(">>>>>>> REPLACE", ">>>>>>>> REPLACE"),
        block("return math.pi * r ** 2\n", "return math.pi * r * r\n"),
        block("      return math.pi * r ** 2\n", "      return math.pi * r * r\n"),
        block("  def area(r):\n      return math.pi * r ** 2\n\n", "  def area(r):\n      return math.pi * r * r\n\n"),
        f"```python\n{EDITED}```",
        f"```js\n{EDITED}```",
        f"The function\n```python\ndef area(r):\n    return 0\n```\nbecomes\n```\n{EDITED}```\nDone.",
        f"From\n```python\n{PROGRAM}```\nto\n```python\n{EDITED}```\n",
        f"```python\n{EDITED}```".replace("\n", "\r\n"),
        EDITED,
        f"NOTE: bare\n\n{EDITED}",
        f"```python\n{EDITED.rstrip()}```",
        f"1. All of it:\n\n   ```python\n{indent(EDITED, '   ')}   ```\n",
        f"\ufeff{EDIT}",
        f"```python\n\ufeff{EDITED}```",
        f"<think>\nFirst\n```python\nx = 1\n```\n</think>\n\n{EDIT}",
        f"Perhaps\n{block('import math', 'import cmath')}or rather not.\n</think>\n\n{EDIT}",
        f"<think>\nPerhaps\n{block('import math', 'import cmath')}or rather not.\n</think>\n{EDIT}",
    ],
)
def test_answers_in_many_dresses_make_the_same_program(answer: str) -> None:
    assert apply(answer, PROGRAM).source == EDITED


def test_edits_may_stand_in_a_fence_each() -> None:
    last = block("print(ring(3, 2))\n", "print(ring(3, 1))\n")
    assert apply(f"First\n```python\n{EDIT}```\nthen\n```\n{last}```\n", PROGRAM).source == EDITED.replace(
        "3, 2", "3, 1"
    )


def test_a_program_may_speak_of_thoughts() -> None:
    child = EDITED + 'print("<think>")\nprint(1)\nprint("</think>")\n'
    assert apply(f"```python\n{child}```\n", PROGRAM).source == child
    assert apply(child, PROGRAM).source == child


def test_edits_are_looked_up_in_the_program_as_shown_and_may_share_context() -> None:
    answer = block("import math\n\ndef area(r):\n", "from math import pi\n\ndef area(r):\n") + block(
        "def area(r):\n    return math.pi * r ** 2\n", "def area(r):\n    return pi * r ** 2\n"
    )
    assert apply(answer, PROGRAM).source == PROGRAM.replace("import math", "from math import pi").replace(
        "math.pi", "pi"
    )


def test_context_with_other_white_space_leaves_the_program_as_it_was() -> None:
    answer = block("def area(r):  \n    return math.pi * r ** 2\n", "def area(r):  \n    return 3 * r * r\n")
    assert apply(answer, PROGRAM).source == PROGRAM.replace("math.pi * r ** 2", "3 * r * r")


def test_line_ends_and_the_final_newline_stay_those_of_the_program() -> None:
    parent = PROGRAM.replace("\n", "\r\n").removesuffix("\r\n")
    child = EDITED.replace("\n", "\r\n").removesuffix("\r\n")
    assert apply(EDIT, parent).source == child
    assert apply(f"```python\n{EDITED}```", parent).source == child
    last = block("\nprint(ring(3, 2))\n", "\nprint(ring(3, 1))\n")
    assert apply(last, parent).source == parent.replace("3, 2", "3, 1")


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("", "empty"),
        ("  \n", "empty"),
        ("No further rewrite found.", "has no program"),
        ("```diff\n-a\n+b\n```", "has no program"),
        (f"```python\n{EDITED[:100]}", "cut off"),
        (f"```python\n{EDITED[:100]}\n```x", "cut off"),
        (f"<think>\nhm\n{EDIT}", "ends within its thoughts"),
        ("<think>\nhm\n</think>", "has no program"),
        (f"Now\n```\nx = 1\n```\nthen\n```python\n{EDITED[:100]}", "cut off"),
        (EDIT[:60], "edit 1: the answer ends before"),
        (EDIT + EDIT[:30], "edit 2: the answer ends before"),
        (block("    total = 0\n", "    total = 1\n"), r"edit 1: its SEARCH matches 2 times \(at lines 7, 13\)"),
        (block("total = 0\n", "total = 1\n"), r"matches 2 times"),
        (EDIT + block("def circle(r):\n", "def circle(q):\n"), "edit 2: .*'def circle\\(r\\):', matches nowhere"),
        (block("    return math.pi * r * 2\n", ""), "the nearest is line 4, 'return math.pi"),
        (
            block("def disc(r):\n    total = 0\n    total += x\n", ""),
            r"up to line 13, but line 14 is 'total \+= area\(r\)'",
        ),
        (block("", "x = 1\n"), "edit 1: its SEARCH is empty"),
        (block("import math\n", "import math\n"), "changes nothing"),
        (f"```python\n{PROGRAM}```", "changes nothing"),
        (block("    return math.pi * r ** 2\n", "    return (math.pi\n"), "does not parse: line"),
        ("```python\ndef f(:\n```", "does not parse: line 1"),
        (
            block("    total -= area(b)\n    return total\n", "x\n") + block("    total -= area(b)\n", "y\n"),
            "edits 1 and 2",
        ),
        ("<<<<<<< SEARCH\nimport math\n>>>>>>> REPLACE\n", "edit 1: '>>>>>>> REPLACE' is out of place"),
        ("<<<<<<< SEARCH\nimport math\n=======\n<<<<<<< SEARCH\n", "'<<<<<<< SEARCH' is out of place"),
        (block("a\n=======\n", "b\n"), "'=======' is out of place"),
        (block("      return math.pi * r ** 2\n", " return 3\n"), "indented otherwise"),
    ],
)
def test_an_unusable_answer_says_why(answer: str, reason: str) -> None:
    with pytest.raises(Unusable, match=reason) as error:
        apply(answer, PROGRAM)
    assert "\n" not in str(error.value)


def test_a_parent_that_does_not_parse_may_have_children_that_do_not() -> None:
    assert apply("```\nint main() {}\n```", "int main( {}\n").source == "int main() {}\n"


def test_an_invalid_escape_in_a_program_warns_nobody() -> None:
    assert apply("```\nx = '\\d'\n```", PROGRAM).source == "x = '\\d'\n"


@pytest.mark.parametrize(
    ("head", "note"),
    [
        ("NOTE: squares by hand\n", "squares by hand"),
        ("**NOTE:** squares by hand\n", "squares by hand"),
        ("Let me think.\nNOTE:squares\tby hand\n", "squares by hand"),
        ("Squares by hand.\n\nIt is faster.\n", "Squares by hand."),
        ("NOTE: " + "x" * 400 + "\n", "x" * 300),
        ("", ""),
    ],
)
@pytest.mark.parametrize("body", [EDIT, f"```python\n{EDITED}# NOTE: not this\n```\n"])
def test_the_note_is_the_note_line_or_the_first_prose(head: str, note: str, body: str) -> None:
    assert apply(head + body, PROGRAM).note == note


# --- EVOLVE blocks ----------------------------------------------------------------------------------------------------

MARKED = "a = 1\n# EVOLVE-BLOCK-START\nb = 2\n# EVOLVE-BLOCK-END\nc = 3\n"


def test_inside_evolve_blocks_anything_may_change() -> None:
    assert apply(block("b = 2\n", "b = 5\nd = 6\n"), MARKED, blocks=True).source == MARKED.replace(
        "b = 2", "b = 5\nd = 6"
    )


@pytest.mark.parametrize("outside", ["a = 1\n", "c = 3\n", "# EVOLVE-BLOCK-END\n"])
def test_outside_evolve_blocks_nothing_may_change(outside: str) -> None:
    with pytest.raises(Unusable, match="outside EVOLVE-BLOCK-START"):
        apply(block(outside, "x = 9\n"), MARKED, blocks=True)
    assert apply(block(outside, "x = 9\n"), MARKED).source


def test_without_markers_there_is_no_outside() -> None:
    assert apply(EDIT, PROGRAM, blocks=True).source == EDITED


# --- The same program, and differences --------------------------------------------------------------------------------


def test_programs_that_differ_in_dress_only_have_one_fingerprint() -> None:
    dressed = '"""Doc."""\n# comment\ndef f( x ):\n    """Doc."""\n    return (x+1)\n'
    assert fingerprint(dressed) == fingerprint("def f(x):\n\n    return x + 1")
    assert fingerprint(dressed) != fingerprint("def f(x):\n    return x + 2\n")


def test_a_text_that_does_not_parse_is_known_by_its_bytes() -> None:
    assert fingerprint("def (") == fingerprint("def (") != fingerprint("def  (")
    assert fingerprint("x = '\ud800'") != fingerprint("(\ud800")


def test_a_diff_is_unified_and_says_where_a_final_newline_is_missing() -> None:
    text = unified("a\nb", "a\nc\n", "old", "new")
    assert text == "--- old\n+++ new\n@@ -1,2 +1,2 @@\n a\n-b\n\\ No newline at end of file\n+c\n"
    assert unified("a\x0cb\n", "a\x0cb\n", "old", "new") == ""


def test_characters_that_no_file_can_hold_are_refused() -> None:
    with pytest.raises(Unusable, match="lone surrogates"):
        apply("NOTE: odd\n\n```python verbatim\nx = '\ud800'\n```\n", "x = 1\n")
