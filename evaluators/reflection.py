"""Names that are put together while a program runs, where no rule about its text could follow; names to hide text in.

Ours; each rule answers a program of the audit corpus that the others let through.
"""

from __future__ import annotations

import ast
import builtins
import string
from collections import Counter
from collections.abc import Iterator

from evaluators.syntax import Breach, Program, identifiers, is_text, line_of

FORMATTERS = frozenset(("format", "format_map"))
LONGEST_NAME = 64
SPARE_NAMES = 2000  # letters, over and above the baseline's times the ratio
BUILTIN_CLASSES = frozenset(name for name, thing in vars(builtins).items() if isinstance(thing, type))


def run_time_names(program: Program) -> Iterator[Breach]:
    """Attributes that are reached by a text: format strings, class patterns by position, classes made by a call."""
    yield from _formats(program)
    yield from _patterns(program)


def _formats(program: Program) -> Iterator[Breach]:
    plain = {id(node.func) for node in program.nodes if isinstance(node, ast.Call) and _is_plain_format(node.func)}
    for node in program.nodes:
        by_pattern = isinstance(node, ast.MatchClass) and FORMATTERS & {*node.kwd_attrs}
        if by_pattern or (isinstance(node, ast.Attribute) and node.attr in FORMATTERS and id(node) not in plain):
            yield Breach(line_of(node), "`.format` may only fill the plain fields of a literal: use an f-string")


def _is_plain_format(node: ast.expr) -> bool:
    """`"... {} {name:>8}".format`, and no field with a dot, a bracket or a field of its own."""
    if not (isinstance(node, ast.Attribute) and node.attr == "format" and is_text(node.value)):
        return False
    try:
        fields = list(string.Formatter().parse(str(node.value.value)))
    except ValueError:
        return False
    return not any(set(".[") & {*(name or "")} or "{" in (spec or "") for _, name, spec, _ in fields)


def _patterns(program: Program) -> Iterator[Breach]:
    own = _plain_classes(program)
    for node in program.nodes:
        if isinstance(node, ast.MatchClass) and node.patterns:
            known = isinstance(node.cls, ast.Name) and (node.cls.id in own or node.cls.id in BUILTIN_CLASSES)
            if not known:
                yield Breach(line_of(node), "a class pattern by position is not allowed here: name the attributes")


def _plain_classes(program: Program) -> set[str]:
    """Classes without bases whose name means nothing else; none where match arguments are no literals."""
    if sum("__match_args__" in identifiers(node) for node in program.nodes) > sum(map(_match_args, program.nodes)):
        return set()
    bound = Counter(node.id for node in program.nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store))
    bound += Counter(node.name for node in program.nodes if isinstance(node, ast.ClassDef | ast.FunctionDef))
    return {
        node.name
        for node in program.nodes
        if isinstance(node, ast.ClassDef)
        and not (node.bases or node.keywords or node.decorator_list)
        and bound[node.name] == 1
    }


def _match_args(node: ast.AST) -> bool:
    """`__match_args__ = ("x", "y")`"""
    return (
        isinstance(node, ast.Assign)
        and [ast.unparse(target) for target in node.targets] == ["__match_args__"]
        and isinstance(node.value, ast.Tuple)
        and all(is_text(element) for element in node.value.elts)
    )


def long_names(program: Program, baseline: Program) -> Iterator[Breach]:
    """A name is a text that counts as no literal; a keyword's, for one, can be read while the program runs."""
    for node in program.nodes:
        for name in identifiers(node):
            if len(name) > LONGEST_NAME:
                yield Breach(line_of(node), f"a name of {len(name)} letters: at most {LONGEST_NAME}")
    most = int(program.rules.constants_ratio * _letters(baseline)) + SPARE_NAMES
    if (count := _letters(program)) > most:
        yield Breach(1, f"{count} letters in names in all: at most {most} are allowed")


def _letters(program: Program) -> int:
    return sum(len(name) for name in {name for node in program.nodes for name in identifiers(node)})
