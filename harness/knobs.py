"""Knobs: lines that a candidate keeps exactly once, and that the judge turns to make a short, exact and unforeseen run.

A knob is found on the syntax tree and only its own characters are rewritten; comments, layout and line ends stay, so a
program cannot tell a turned run from a plain one except by the value itself.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import TypeGuard

from harness import parsing
from harness.errors import BadTarget, UnknownName
from harness.types import Knob

_SPEC = re.compile(r"""[^{}'"\\\n\r]+""")
_NUMBER = re.compile(r"0|[1-9]\d*|\d+\.\d+")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_MAX_PLACES = 64  # a program that writes one format spec more often than this is not read further

# A finder yields every constant of a tree that stands where the knob's value would, whatever that constant is.
_Finder = Callable[[ast.AST, str], Iterator[ast.Constant]]


def locate(source: str, knobs: Sequence[Knob]) -> list[str]:
    """One-line complaints about knobs that are missing, changed or there more than once; empty when all is well."""
    try:
        tree = _parse(source)
        complaints = (_complaint(source, tree, knob) for knob in knobs)
        return [complaint for complaint in complaints if complaint]
    except SyntaxError as error:
        return [f"the program does not parse: line {error.lineno or 1}: {error.msg}"]
    except (RecursionError, MemoryError):
        return ["the program is nested too deeply to be read"]
    except ValueError as error:  # null characters, lone surrogates
        return [f"the program is not text: {error}"]


def turn(source: str, knobs: Sequence[Knob], settings: Mapping[str, str]) -> str:
    """The program with each knob named in settings (label -> new value, as written) turned, and nothing else changed.

    Raises BadTarget for a value that does not fit its knob, and for a program in which locate finds fault;
    UnknownName for a label that no knob has.
    """
    by_label = {knob.label: knob for knob in knobs}
    for label, value in settings.items():
        if label not in by_label:
            raise UnknownName("knob", label, by_label)
        _check_value(by_label[label], value)
    if complaints := locate(source, [by_label[label] for label in settings]):
        raise BadTarget(f"knobs cannot be turned: {complaints[0]}")
    for label, value in settings.items():
        source = _turn_one(source, by_label[label], value)
    return source


def expected(knob: Knob) -> str:
    """The knob as a candidate must write it."""
    if knob.kind == "assign":
        return f"the line `{knob.name} = {knob.value}`"
    if knob.kind == "call":
        return f"the line `{knob.name}({knob.value})`"
    if knob.kind == "define":
        return f"the line `#define {knob.name} {knob.value}`"
    return f"the f-string field `{knob.name}{{...:{knob.value}}}`"


# --- Finding ----------------------------------------------------------------------------------------------------------


def _complaint(source: str, tree: ast.AST, knob: Knob) -> str | None:
    nodes = list(_FINDERS[knob.kind](tree, knob.name))
    if knob.kind == "format":  # other specs after the same words are other fields
        nodes = [node for node in nodes if node.value == knob.value]
    want = expected(knob)
    if not nodes:
        return f"{want} is missing: keep it exactly once, as it is"
    if len(nodes) > 1:
        return f"{want} is there {len(nodes)} times ({_lines(nodes)}): keep it exactly once"
    if knob.kind != "format" and not _same_number(nodes[0].value, ast.literal_eval(knob.value)):
        return f"{want} was changed ({_lines(nodes)}): keep it exactly once, as it is"
    if _span(source, tree, knob, nodes[0]) is None:
        return f"{want} is not written plainly ({_lines(nodes)}): write it within one f-string, without escapes"
    return None


def _lines(nodes: Sequence[ast.Constant]) -> str:
    return "line " + ", ".join(str(node.lineno) for node in nodes[:4])


def _assigned(tree: ast.AST, name: str) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and _is_number(node.value) and [_dotted(t) for t in node.targets] == [name]:
            yield node.value


def _called(tree: ast.AST, name: str) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
            continue
        call = node.value
        if _dotted(call.func) == name and len(call.args) == 1 and not call.keywords and _is_number(call.args[0]):
            yield call.args[0]


def _formatted(tree: ast.AST, name: str) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            for text, field in zip(node.values, node.values[1:], strict=False):
                if _is_text(text) and str(text.value).endswith(name) and isinstance(field, ast.FormattedValue):
                    spec = field.format_spec
                    if isinstance(spec, ast.JoinedStr) and len(spec.values) == 1 and _is_text(spec.values[0]):
                        yield spec.values[0]


_FINDERS: Mapping[str, _Finder] = {"assign": _assigned, "call": _called, "format": _formatted}


def _dotted(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def _is_number(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_text(node: ast.expr) -> TypeGuard[ast.Constant]:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _same_number(a: object, b: object) -> bool:
    return type(a) is type(b) and a == b


# --- Rewriting --------------------------------------------------------------------------------------------------------


def _turn_one(source: str, knob: Knob, value: str) -> str:
    tree = _parse(source)
    nodes = _FINDERS[knob.kind](tree, knob.name)
    node = next(n for n in nodes if knob.kind != "format" or n.value == knob.value)
    span = _span(source, tree, knob, node)
    if span is None:  # locate has just found it: only a fault of ours leads here
        raise BadTarget(f"{expected(knob)} could not be rewritten")
    data = source.encode()
    return (data[: span[0]] + value.encode() + data[span[1] :]).decode()


def _span(source: str, tree: ast.AST, knob: Knob, node: ast.Constant) -> tuple[int, int] | None:
    """First and last byte of the knob's value in the UTF-8 of source."""
    return _spec_span(source, tree, knob, node) if knob.kind == "format" else _number_span(source, node)


def _number_span(source: str, node: ast.Constant) -> tuple[int, int]:
    data = source.encode()
    starts = [0, *(found.end() for found in _LINE_END.finditer(data))]
    start = starts[node.lineno - 1] + node.col_offset
    return start, start + (node.end_col_offset or 0) - node.col_offset  # a number never spans lines


def _spec_span(source: str, tree: ast.AST, knob: Knob, node: ast.Constant) -> tuple[int, int] | None:
    """Where the spec is written, proved and not computed: positions inside f-strings are wrong before Python 3.12.

    Of the places where its characters stand, it is the one whose change gives the same tree with that one spec changed.
    """
    probe = f"{knob.value}1"
    wanted = _dump_with(tree, node, probe)
    data, spec = source.encode(), knob.value.encode()
    for found in islice(re.finditer(rb":(" + re.escape(spec) + rb")\}", data), _MAX_PLACES):
        start, end = found.span(1)
        edited = (data[:start] + probe.encode() + data[end:]).decode()
        if _dump_of(edited) == wanted:
            return start, end
    return None


def _dump_with(tree: ast.AST, node: ast.Constant, value: str) -> str:
    before = node.value
    node.value = value
    try:
        return ast.dump(tree)
    finally:
        node.value = before


def _dump_of(source: str) -> str | None:
    try:
        return ast.dump(_parse(source))
    except SyntaxError:
        return None


def _check_value(knob: Knob, value: str) -> None:
    fits = (_SPEC if knob.kind == "format" else _NUMBER).fullmatch(value)
    if not fits:
        kind = "a format spec" if knob.kind == "format" else "a plain number"
        raise BadTarget(f"knob {knob.label!r} cannot be set to {value!r}: it must be {kind}")


def _parse(source: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="invalid")  # odd escapes are the interpreter's to judge
        return parsing.parse(source)
