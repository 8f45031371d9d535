"""C as words: enough of its grammar to find knobs, to count literals and to see directives. The compiler does the rest.

Positions are those of the text as it stands. A line that is continued within a word, and a quote that is never closed,
would make the compiler read other words than are read here: `problems` names them, and nobody trusts such a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

Kind = Literal["space", "newline", "comment", "string", "char", "number", "word", "sign", "stray"]

_TOKEN = re.compile(
    r"""(?P<comment>//(?:\\\r?\n|[^\n])*|/\*.*?\*/)
    |(?P<newline>\n)
    |(?P<space>(?:[^\S\n]|\\\r?\n)+)
    |(?P<string>(?:u8|[uUL])?"(?:\\[^\r\n]|[^"\\\n])*")
    |(?P<char>(?:u8|[uUL])?'(?:\\[^\r\n]|[^'\\\n])*')
    |(?P<number>\.?[0-9](?:[eEpP][+-]|[\w.])*)
    |(?P<word>[^\W\d]\w*)
    |(?P<stray>["'\\]|/\*)
    |(?P<sign>\#\#|%:|%>|<:|:>|<%|.)""",
    re.VERBOSE | re.DOTALL,
)
_CONTINUED = re.compile(r"[^\s\\]\\\r?\n\S")
_RAW = ("R", "LR", "uR", "UR", "u8R")  # before a string: what is in it is read by other rules
_ODD = (  # what some compilers, or some of their standards, read otherwise than it looks
    (re.compile(r"\\[^\S\r\n]+\r?\n"), "white space between a \\ and the end of its line"),
    (re.compile(r"\?\?[=/'()!<>-]"), "?? and a sign is another way to write a sign: put them apart"),
    (re.compile("\ufeff"), "a byte order mark"),
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a text and where it stands there. line counts from 1."""

    kind: Kind
    text: str
    start: int
    line: int


@dataclass(frozen=True, slots=True)
class Directive:
    """A line for the preprocessor: its name ("" for a # alone) and the words after it, without comments."""

    name: str
    words: tuple[Token, ...]
    line: int


def tokens(source: str) -> list[Token]:
    """Every word of a text, white space and comments among them; the first stray one is the last.

    Where a quote is never closed nothing behind it is certain, and looking for its end again and again would take
    minutes for a text that is made of quotes.
    """
    found: list[Token] = []
    line = 1
    for match in _TOKEN.finditer(source):
        kind: Kind = match.lastgroup  # type: ignore[assignment]
        found.append(Token(kind, match.group(), match.start(), line))
        line += match.group().count("\n")
        if kind == "stray":
            break
    return found


def code(words: Sequence[Token]) -> list[Token]:
    """The words that the compiler sees; directives are among them, line ends are not."""
    return [token for token in words if token.kind not in ("space", "newline", "comment")]


def problems(source: str) -> Iterator[tuple[int, str]]:
    """(line, what is wrong) wherever a text could be read otherwise than it is here."""
    if "\0" in source:
        yield 1, "a null character"
    for look, say in _ODD:
        if found := look.search(source):
            yield source.count("\n", 0, found.start()) + 1, say
    before = ""
    for token in tokens(source):
        if token.kind == "stray":
            yield token.line, f"{token.text} is never closed, or stands where it means nothing"
        elif token.text in ("%:", "<:", "<%", "%>", ":>"):
            yield token.line, f"{token.text} is another way to write a sign: write the sign itself"
        elif token.kind == "string" and "??" in token.text:
            yield token.line, "?? in a string: write it in two strings"
        elif token.kind == "string" and before in _RAW:
            yield token.line, f"{before} before a string: write it with escapes"
        before = token.text
    for found in _CONTINUED.finditer(source):
        yield source.count("\n", 0, found.start()) + 1, "a line is continued within a word: put a space before the \\"


def directives(words: Sequence[Token]) -> list[Directive]:
    """The lines that begin with #."""
    found: list[Directive] = []
    line: list[Token] = []
    for token in [*words, Token("newline", "\n", -1, 0)]:
        if token.kind == "newline":
            if line and line[0].text == "#":
                name = line[1].text if len(line) > 1 else ""
                found.append(Directive(name, tuple(line[2:]), line[0].line))
            line = []
        elif token.kind not in ("space", "comment"):
            line.append(token)
    return found
