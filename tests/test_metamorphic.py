"""Relations between runs, on text alone: what the second input is, and what its output must be."""

from dataclasses import replace
from random import Random

import pytest

from harness import metamorphic, targets
from harness.errors import BadTarget
from harness.types import Metamorphic

TEXT = "  emma\n\nbo-b 7\nÄda  \nzoe"
STEPS = (b"step 1 | loss 3.5\r", b"step 2 | loss 3.1\r", b"step 3 | loss 2.9\r", b"step 4 | loss 2.8\r")
LINES = (b"docs: 4\n", *STEPS, b"\n", b"sample 1: ama\n", b"sample 2: \n")
SETTINGS = {"seed": "77"}
SEEDS = range(30)


def relation(*names: str, **more: object) -> Metamorphic:
    return Metamorphic(relations=names, workload="odd", step="| loss", echo="sample ", **more)  # type: ignore[arg-type]


def followed(given: Metamorphic, seed: int) -> metamorphic.FollowUp:
    return metamorphic.follow_up(given, TEXT.encode(), LINES, SETTINGS, Random(seed))


@pytest.mark.parametrize("seed", SEEDS)
def test_renamed_keeps_order_and_spaces_and_renames_what_is_echoed(seed: int) -> None:
    then = followed(relation("renamed"), seed)
    after = then.text.decode()
    assert [ch.isspace() for ch in after] == [ch.isspace() for ch in TEXT]
    pairs = sorted(set(zip(TEXT, after, strict=True)))
    assert [new for _, new in pairs] == sorted({new for _, new in pairs}), "one to one, and in the same order"
    assert not any(ch.isascii() for ch in after if not ch.isspace())
    assert then.lines[:6] == LINES[:6]
    table = dict(pairs)
    assert then.lines[6].decode() == f"sample 1: {table['a']}{table['m']}{table['a']}\n"
    assert then.lines[7] == LINES[7] and then.moved is None


@pytest.mark.parametrize("seed", SEEDS)
def test_blank_lines_are_more_and_everything_else_stays(seed: int) -> None:
    then = followed(relation("blank-lines"), seed)
    before, after = (t.split("\n") for t in (TEXT, then.text.decode()))
    assert [line for line in after if line.strip()] == [line for line in before if line.strip()]
    assert len(after) == len(before) + 4 and then.lines == LINES


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("shuffled", [False, True])
def test_a_later_document_changes_its_own_step_and_nothing_before(seed: int, shuffled: bool) -> None:
    then = followed(relation("later-document", shuffled=shuffled), seed)
    before, after = (t.split("\n") for t in (TEXT, then.text.decode()))
    (changed,) = (n for n, (a, b) in enumerate(zip(before, after, strict=True)) if a != b)
    order = [n for n, document in enumerate(before) if document.strip()]
    if shuffled:
        Random(77).shuffle(order)
    k = order.index(changed)
    assert k > 0 and then.lines == LINES[: k + 1] and then.moved == LINES[k + 1]
    assert set(then.text.decode()) == set(TEXT), "the alphabet stays"
    assert before[changed].strip()[1:] == after[changed].strip()[1:]


def test_relations_can_share_a_run() -> None:
    then = followed(relation("renamed", "blank-lines"), 3)
    assert then.text.decode().count("\n") == TEXT.count("\n") + 4
    assert b"emma" not in then.text and then.lines[6] != LINES[6]


def test_no_step_that_could_be_told_apart_is_an_error() -> None:
    with pytest.raises(BadTarget, match="no step of workload odd"):
        metamorphic.follow_up(relation("later-document"), b"abc\n", LINES, SETTINGS, Random(0))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (relation("renamd"), "did you mean renamed"),
        (replace(relation("renamed"), workload="od"), "did you mean odd"),
        (replace(relation("later-document"), step=""), "has no `step`"),
        (relation("later-document", "renamed"), "put it last"),
    ],
)
def test_a_relation_that_cannot_be_followed_is_refused_at_the_door(given: Metamorphic, says: str) -> None:
    target = replace(targets.load("microgpt"), metamorphic=(given,))
    with pytest.raises(BadTarget, match=says):
        metamorphic.check_relations(target)
