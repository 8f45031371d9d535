"""How an answer becomes the next program."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.edits.blocks import edit_blocks, spliced, uses_crlf
from harness.edits.fences import Fenced, is_fence, walk
from harness.edits.syntax import is_program, syntax_error
from harness.errors import Unusable

NOTE_CHARS = 300

_VERBATIM = re.compile(
    r"(?:NOTE:(?P<note>[^\n]*)\n+)?(?P<ticks>`{3,})python verbatim\n(?P<text>.*)\n(?P=ticks)\n?", re.S
)
_NOTE = re.compile(r"[\s>*_-]*NOTE[*_]*:[*_]*\s*(.*)")
# Drafts, which some servers leave in, and of which others cut off the first line.
_THOUGHT = re.compile(r"\A(?:\s*<(think(?:ing)?)>.*?</\1>|.*?^</think>)[ \t\r]*(?:\n|\Z)", re.S | re.M)
_THINKS = re.compile(r"\s*<think(?:ing)?>\s")
_BOM = "\ufeff"
_EVOLVE = re.compile(r".*\bEVOLVE-BLOCK-(START|END)\b.*")


@dataclass(frozen=True, slots=True)
class Edited:
    """The program that an answer makes of its parent. note is one line of untrusted text."""

    source: str
    note: str
    kind: Literal["edits", "whole"]


def apply(answer: str, parent: str, blocks: bool = False) -> Edited:
    """The program that `answer` makes of `parent`.

    blocks: when the parent has EVOLVE-BLOCK-START and EVOLVE-BLOCK-END lines, only what lies between them may change.
    Every SEARCH is looked up in the parent as it was shown, must match once, and all blocks apply or none.
    Raises Unusable, with what was wrong and what would be right.
    """
    edited = _read(answer, parent)
    if not _is_text(edited.source):
        raise Unusable("the answer holds characters that no file can hold (lone surrogates): write plain text")
    if edited.source == parent:
        raise Unusable("the answer changes nothing: the program it makes is the current program")
    if blocks and _outside(parent) != _outside(edited.source):
        raise Unusable(
            "the answer changes lines outside EVOLVE-BLOCK-START and EVOLVE-BLOCK-END: only lines between may"
        )
    return edited


def without_thoughts(answer: str) -> str:
    """An answer without the drafts before it. Raises Unusable when it has nothing else."""
    said = _THOUGHT.sub("", answer.removeprefix(_BOM))
    if _THINKS.match(said):
        raise Unusable("the answer ends within its thoughts; was it cut off?")
    return said


def _is_text(source: str) -> bool:
    try:
        source.encode()
    except UnicodeEncodeError:
        return False
    return True


def _read(answer: str, parent: str) -> Edited:
    if not answer.strip():
        raise Unusable("the answer is empty")
    if exact := _VERBATIM.fullmatch(answer):
        return Edited(exact["text"], one_line(exact["note"] or ""), "whole")
    found, prose = edit_blocks(without_thoughts(answer).split("\n"))
    if found:
        edited = Edited(spliced(found, parent), _note(line for line in prose if not is_fence(line)), "edits")
    else:
        items = list(walk(prose))
        edited = Edited(_whole(items, parent), _note(item for item in items if isinstance(item, str)), "whole")
    if syntax_error(parent) is None and (error := syntax_error(edited.source)):
        raise Unusable(f"the program that the answer makes does not parse: {error}")
    return edited


def _whole(items: Sequence[str | Fenced], parent: str) -> str:
    """The one program in an answer: its longest fence that is another than the parent, or all of it when it is bare."""
    fences = [item for item in items if isinstance(item, Fenced)]
    programs = [f for f in fences if not {"diff", "patch"} & set(f.info.lower().split())]
    whole = sorted((_like(f.text, parent) for f in programs if f.closed), key=lambda text: (text != parent, len(text)))
    if any(len(f.text) > len(whole[-1]) if whole else True for f in programs if not f.closed):
        raise Unusable("the answer ends before its fence is closed; was it cut off? Answer with fewer, smaller edits")
    if whole:
        return next((text for text in reversed(whole) if syntax_error(text) is None), whole[-1])
    lines = [item for item in items if isinstance(item, str) and not _NOTE.fullmatch(item)]
    if not fences and is_program(bare := "\n".join(lines).strip("\n") + "\n"):
        return _like(bare, parent)
    raise Unusable(
        "the answer has no program: give <<<<<<< SEARCH / ======= / >>>>>>> REPLACE blocks or one whole ```python block"
    )


def _like(text: str, parent: str) -> str:
    """A whole program with the line ends and the final newline of its parent."""
    text = text.replace("\r\n", "\n")
    if not parent.startswith(_BOM):
        text = text.removeprefix(_BOM)
    if parent and not parent.endswith("\n"):
        text = text.removesuffix("\n")
    return text.replace("\n", "\r\n") if uses_crlf(parent.split("\n")) else text


def _note(prose: Iterable[str]) -> str:
    """The NOTE line of an answer, or else its first line of prose."""
    lines = [line for line in prose if line.strip()]
    notes = [match[1] for line in lines if (match := _NOTE.fullmatch(line))]
    return one_line(next(iter(notes or lines), ""))


def one_line(note: str) -> str:
    return " ".join(note.split())[:NOTE_CHARS].strip()


def _outside(source: str) -> list[str]:
    """The lines that may not change: all but those between the markers. No markers: none."""
    if "EVOLVE-BLOCK-" not in source:
        return []
    kept: list[str] = []
    open_, marked = False, False
    for line in source.split("\n"):
        mark = _EVOLVE.fullmatch(line)
        marked = marked or mark is not None
        if mark or not open_:
            kept.append(line)
        if mark:
            open_ = mark[1] == "START"
    return kept if marked else []
