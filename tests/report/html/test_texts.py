"""Many texts in little room."""

from hypothesis import given
from hypothesis import strategies as st

from harness.report.html.page import visible
from harness.report.html.texts import Texts

LINES = st.lists(st.sampled_from(["", "a", "b", "c", "d\u202e", "\ud800"]), min_size=1, max_size=12)


def read(texts: Texts, number: int) -> str:
    """As candidates.js reads them."""
    found = texts.document()
    ranges, lines = found["texts"][number], []
    for at in range(0, len(ranges), 2):
        lines += found["lines"][ranges[at] : ranges[at] + ranges[at + 1]]
    return "\n".join(lines)


@given(st.lists(LINES, max_size=8))
def test_every_text_is_read_back_with_what_is_unseen_spelt_out(written: list[list[str]]) -> None:
    texts = Texts()
    numbers = [texts.add("\n".join(lines)) for lines in written]
    for number, lines in zip(numbers, written, strict=True):
        assert number is not None
        assert read(texts, number) == visible("\n".join(lines))


def test_lines_that_texts_share_are_held_once() -> None:
    texts = Texts()
    program = "\n".join(f"line {n}" for n in range(1000))
    for n in range(100):
        texts.add(f"{program}\nanswer {n}")
    assert len(texts.document()["lines"]) == 1100
    assert texts.document()["texts"][50] == [0, 1000, 1050, 1]


def test_what_does_not_fit_is_left_out_and_counted() -> None:
    texts = Texts(room=100)
    assert texts.add("a" * 60) == 0
    assert texts.add("b" * 60) is None and texts.left_out == 1
    assert texts.add("a" * 60) == 0, "it is there already"
    assert texts.add("c" * 20) == 1, "a smaller one still fits"
    assert Texts().add("x" * 400_001) is None


def test_the_same_text_left_out_twice_is_one_text() -> None:
    texts = Texts(room=1)
    assert [texts.add("too long"), texts.add("too long")] == [None, None]
    assert texts.left_out == 1
