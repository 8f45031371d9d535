"""C: read as words (harness.ctokens); a knob is the one line `#define NAME VALUE`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from harness import ctokens
from harness.ctokens import Directive, Token
from harness.errors import BadTarget, UnknownName
from harness.types import Knob

_NUMBER = re.compile(r"0|[1-9]\d*|\d+\.\d+")
_FORMAT = re.compile(r'"[^"\\%]*%[-+ #0]*\d*(?:\.\d+)?[aefgAEFG][^"\\%]*"')
_BEFORE_A_CALL = ("return", "else", "do", "case")  # a word before a name makes it a declaration, but for these


class C:
    """The Language of the vocabulary, for C."""

    name = "c"
    suffix = ".c"
    nothing = "int main(void) { return 0; }\n"
    compiled = True
    command: tuple[str, ...] = ("{program}",)
    knobs: tuple[str, ...] = ("define",)

    def complaint(self, source: str) -> str | None:
        found = next(ctokens.problems(source), None)
        return f"line {found[0]}: {found[1]}" if found else None

    def locate(self, source: str, knobs: Sequence[Knob]) -> list[str]:
        if found := self.complaint(source):
            return [found]
        lines = ctokens.directives(ctokens.tokens(source))
        return [complaint for knob in knobs for complaint in _complaints(lines, knob)]

    def turn(self, source: str, knobs: Sequence[Knob], settings: Mapping[str, str]) -> str:
        by_label = {knob.label: knob for knob in knobs}
        for label, value in settings.items():
            if label not in by_label:
                raise UnknownName("knob", label, by_label)
            _check_value(by_label[label], value)
        if complaints := self.locate(source, [by_label[label] for label in settings]):
            raise BadTarget(f"knobs cannot be turned: {complaints[0]}")
        for label, value in settings.items():
            lines = ctokens.directives(ctokens.tokens(source))
            old = next(line.words[1] for line in lines if _defines(line, by_label[label].name))
            source = source[: old.start] + value + source[old.start + len(old.text) :]
        return source

    def nudged(self, source: str, call: str, towards: str) -> str:
        words = ctokens.code(ctokens.tokens(source))
        limit = "__builtin_inf()" if towards == "inf" else "(-__builtin_inf())"
        spots = [_extent(words, at) for at in range(len(words)) if _is_call(words, at, call)]
        if not spots:
            raise BadTarget(f"promise.nudge {call!r}: the program never calls it; name the call that draws its weights")
        for start, end in sorted(spots, reverse=True):
            source = f"{source[:start]}__builtin_nextafter({source[start:end]}, {limit}){source[end:]}"
        return source


def _defines(line: Directive, name: str) -> bool:
    return line.name == "define" and bool(line.words) and line.words[0].text == name


def _complaints(lines: Sequence[Directive], knob: Knob) -> Iterator[str]:
    want = f"the line `#define {knob.name} {knob.value}`"
    found = [line for line in lines if _defines(line, knob.name)]
    if not found:
        yield f"{want} is missing: keep it exactly once, as it is"
    elif len(found) > 1:
        where = ", ".join(str(line.line) for line in found[:4])
        yield f"{want} is there {len(found)} times (line {where}): keep it exactly once"
    elif [word.text for word in found[0].words[1:]] != [knob.value]:
        yield f"{want} was changed (line {found[0].line}): keep it exactly once, as it is"
    for line in lines:
        if line.name == "undef" and line.words and line.words[0].text == knob.name:
            yield f"{want} is undone (line {line.line}): leave it as it is"


def _check_value(knob: Knob, value: str) -> None:
    format_ = knob.value.startswith('"')
    if not (_FORMAT if format_ else _NUMBER).fullmatch(value):
        kind = 'the format of one number, as "%.17g"' if format_ else "a plain number"
        raise BadTarget(f"knob {knob.label!r} cannot be set to {value!r}: it must be {kind}")


def _is_call(words: Sequence[Token], at: int, name: str) -> bool:
    before = words[at - 1] if at else None
    declared = before is not None and before.kind == "word" and before.text not in _BEFORE_A_CALL
    return words[at].text == name and not declared and at + 1 < len(words) and words[at + 1].text == "("


def _extent(words: Sequence[Token], at: int) -> tuple[int, int]:
    """From the name to the bracket that closes its arguments. Raises BadTarget when nothing closes them."""
    depth = 0
    for word in words[at + 1 :]:
        depth += {"(": 1, ")": -1}.get(word.text, 0) if word.kind == "sign" else 0
        if depth == 0:
            return words[at].start, word.start + 1
    raise BadTarget(f"the call of {words[at].text} on line {words[at].line} is never closed")
