"""What a text is as a Python program: whether it parses, and which texts are the same program."""

from __future__ import annotations

import ast
import hashlib
import re
import threading
import warnings
from collections.abc import Iterable
from functools import lru_cache
from symtable import symtable

from harness import parsing

AT_HAND = 64  # texts whose answers are kept
PARTS_AT_HAND = 2048  # likewise of parts of texts: programs that descend from each other share most of theirs
# Where a statement of the module begins: what stands at the margin and is no comment, bracket or continuation.
_STATEMENT = re.compile(r"^(?=[^\s#)\]}])(?!(?:else|elif|except|finally)\b)", re.M)
# A comment (the one group), or a string without its prefix. Every alternative begins with a character of its own, so
# that the search leaps from one to the next. What is never closed ends with its line or the text: coming back for every
# quote in it would take minutes for a text that is made of quotes.
_UNREAD = re.compile(
    r"""(#)[^\n]*"""
    r"""|"(?:""[^"\\]*(?:(?:\\.|"(?!""))[^"\\]*)*(?:\"""|\\?\Z)|[^"\\\n]*(?:\\.[^"\\\n]*)*(?:"|(?=\n)|\\?\Z))"""
    r"""|'(?:''[^'\\]*(?:(?:\\.|'(?!''))[^'\\]*)*(?:'''|\\?\Z)|[^'\\\n]*(?:\\.[^'\\\n]*)*(?:'|(?=\n)|\\?\Z))""",
    re.S,
)
_PREFIX = re.compile(r"(?<!\w)[A-Za-z]{1,3}\Z")
_SPACES = {code: " " for code in range(128) if not (chr(code).isalnum() or chr(code) == "_")}

_warning_filters = threading.Lock()  # they are the process's, and programs are read in worker threads


def fingerprint(source: str) -> str:
    """A sha256 that two programs share when they differ only in comments, doc strings and layout.

    A text that does not parse is known by its bytes.
    """
    try:
        shape = ast.dump(_without_docs(_parse(source)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        shape = source
    return hashlib.sha256(shape.encode("utf-8", "surrogatepass")).hexdigest()


@lru_cache(maxsize=AT_HAND)
def likeness(source: str) -> str:
    """A short name that programs of one fingerprint share, for a tenth of the time; others may have the same.

    Made of the names and numbers alone, so that comments, doc strings and layout are not in it. Two spellings of one
    number make two likenesses of one program, which then costs an evaluation that could have been saved.
    """
    words = " ".join(filter(None, map(_words, _parts(source))))
    return hashlib.blake2b(words.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()


@lru_cache(maxsize=AT_HAND)
def syntax_error(source: str) -> str | None:
    """What is wrong with a text as a program, or None. A program that is a parent again and again is read once."""
    if all(map(_stands_alone, _parts(source))) or _has_symbols(source):
        return None
    try:
        _parse(source)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error) or "too deeply nested"
    return None


@lru_cache(maxsize=8)
def _parts(source: str) -> tuple[str, ...]:
    """A text in parts that read the same alone as together: its statements, decorators with what they decorate; or the
    whole, where a long string may reach across."""
    if "__future__" in source:
        return (source,)
    parts = _STATEMENT.split(source)
    if "@" in source:
        parts = _with_decorators(parts)
    for quotes in ('"""', "'''"):
        if quotes in source and any(part.count(quotes) % 2 for part in parts):
            return (source,)
    return tuple(parts)


def _with_decorators(parts: Iterable[str]) -> list[str]:
    joined = [""]
    for part in parts:
        if joined[-1].startswith("@"):
            joined[-1] += part
        else:
            joined.append(part)
    return joined


@lru_cache(maxsize=PARTS_AT_HAND)
def _words(part: str) -> str:
    code, comments = (found := _UNREAD.split(part))[::2], found[1::2]
    read = [
        piece if comment or not piece[-1:].isalpha() else _PREFIX.sub("", piece)
        for piece, comment in zip(code, [*comments, "#"], strict=True)
    ]
    return " ".join(" ".join(read).translate(_SPACES).split())


@lru_cache(maxsize=PARTS_AT_HAND)
def _stands_alone(part: str) -> bool:
    return _has_symbols(part)


def _has_symbols(source: str) -> bool:
    """Whether it parses, in half the time of a tree; False also for some that do."""
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            symtable(source, "", "exec")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return False
    return True


def is_program(text: str) -> bool:
    try:
        return any(not isinstance(node, ast.Expr) for node in _parse(text).body)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False


def _parse(source: str) -> ast.Module:
    with _warning_filters, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # an invalid escape is the program's affair
        return parsing.parse(source)


def _without_docs(tree: ast.Module) -> ast.Module:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            del node.body[0]
    return tree
