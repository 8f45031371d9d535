"""Metamorphic relations: what a program's output on one input says about its output on another, with no golden trace.

The relations are ours; the idea is Chen's metamorphic testing (1998). Each takes the input of a workload on which the
candidate has just run, and says what the input becomes and what the output must become, whatever the output was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from random import Random

from harness.errors import BadTarget, UnknownName
from harness.types import Metamorphic, Target

LETTERS = range(0x4E00, 0x9FA5)  # a large block of letters in which no program's own text is written


@dataclass(frozen=True, slots=True)
class FollowUp:
    """A second run: its input, and what the lines of its output must be.

    moved: where it is given, lines are a beginning only, and the line after them must not be this one, which the first
    run printed there.
    """

    text: bytes
    lines: tuple[bytes, ...]
    moved: bytes | None = None


Relation = Callable[[Metamorphic, str, Sequence[bytes], Mapping[str, str], Random], FollowUp]


def name_of(relation: Metamorphic) -> str:
    return "-and-".join(relation.relations)


def broken(relation: Metamorphic) -> str:
    """What must hold and did not, in words that hold nothing of an input."""
    return "; ".join(BROKEN[name] for name in relation.relations)


def follow_up(
    relation: Metamorphic, text: bytes, lines: Sequence[bytes], settings: Mapping[str, str], rng: Random
) -> FollowUp:
    """What must follow from a program that read text, under these settings, and printed lines."""
    then = FollowUp(text, tuple(lines))
    for name in relation.relations:
        then = RELATIONS[name](relation, then.text.decode(), then.lines, settings, rng)
    return then


def renamed(relation: Metamorphic, text: str, lines: Sequence[bytes], _: Mapping[str, str], rng: Random) -> FollowUp:
    """Other characters in the same order: the same numbers, and the same samples in those characters."""
    alphabet = sorted({ch for ch in text if not ch.isspace()})
    table = dict(zip(map(ord, alphabet), sorted(map(chr, rng.sample(LETTERS, len(alphabet)))), strict=True))
    echo = relation.echo.encode()

    def translated(line: bytes) -> bytes:
        if not echo or not line.startswith(echo):
            return line
        head, colon, shown = line.partition(b": ")
        return head + colon + shown.decode("utf-8", "replace").translate(table).encode()

    return FollowUp(text.translate(table).encode(), tuple(map(translated, lines)))


def blank_lines(_: Metamorphic, text: str, lines: Sequence[bytes], __: Mapping[str, str], rng: Random) -> FollowUp:
    """Blank lines, and lines of spaces, between the documents: nothing changes."""
    documents = text.split("\n")
    for blank in ("", "", " ", "   "):
        documents.insert(rng.randrange(len(documents)), blank)
    return FollowUp("\n".join(documents).encode(), tuple(lines))


def later_document(
    relation: Metamorphic, text: str, lines: Sequence[bytes], settings: Mapping[str, str], rng: Random
) -> FollowUp:
    """Another first letter in the document of step k: nothing changes before step k, and step k does."""
    documents = text.split("\n")
    order = [n for n, document in enumerate(documents) if document.strip()]
    if relation.shuffled:
        Random(int(settings["seed"])).shuffle(order)
    steps = [n for n, line in enumerate(lines) if relation.step.encode() in line]
    letters = [ch for document in documents for ch in document if not ch.isspace()]
    # A letter that stands elsewhere too, so that the alphabet stays what it is.
    places = [k for k, n in enumerate(order[: len(steps)]) if k and letters.count(documents[n].strip()[0]) > 1]
    if not places:
        raise BadTarget(f"metamorphic {name_of(relation)}: no step of workload {relation.workload} can be told apart")
    k = rng.choice(places)
    first = documents[order[k]].strip()[0]
    other = rng.choice(sorted(set(letters) - {first}))
    documents[order[k]] = documents[order[k]].replace(first, other, 1)
    return FollowUp("\n".join(documents).encode(), tuple(lines[: steps[k]]), moved=lines[steps[k]])


RELATIONS: Mapping[str, Relation] = {
    "renamed": renamed,
    "blank-lines": blank_lines,
    "later-document": later_document,
}

# What a broken relation is called in feedback: a property of the promise, with nothing of an input in it.
BROKEN: Mapping[str, str] = {
    "renamed": "the same documents in other characters, in the same order, must give the same numbers, and the same "
    "text in those characters",
    "blank-lines": "blank lines between the documents must change nothing",
    "later-document": "another letter in the document of a step must change that step and nothing before it",
}


def check_relations(target: Target) -> None:
    """Refuse, at the door, relations that cannot be followed. Raises BadTarget."""
    short = [workload.name for workload in target.workloads if workload.stage == "short"]
    for relation in target.metamorphic:
        for name in relation.relations:
            if name not in RELATIONS:
                raise BadTarget(f"metamorphic: {UnknownName('relation', name, RELATIONS)}")
        where = f"metamorphic {name_of(relation)}"
        if "later-document" in relation.relations[:-1]:
            raise BadTarget(f"{where}: later-document looks at a beginning only; put it last")
        if "later-document" in relation.relations and not relation.step:
            raise BadTarget(f'{where} has no `step`: name words that stand on the line of each step, as step = "loss"')
        if relation.workload not in short:
            raise BadTarget(f"{where}: {UnknownName('short workload', relation.workload, short)}")
        workload = next(workload for workload in target.workloads if workload.name == relation.workload)
        if len(workload.files) != 1:
            raise BadTarget(f"{where}: workload {workload.name} has {len(workload.files)} input files, not one")
        if relation.shuffled and "seed" not in workload.knobs:
            raise BadTarget(f"{where}: workload {workload.name} does not set the knob `seed`, by which it is shuffled")
