"""Shapes: whether a piece of a program is, up to the names of its variables, one of a few known pieces.

Comparing whole pieces is how an operator proves what a function does: a piece that differs in anything but names and
clean-up (`del x`, `x = None`) is another piece. Source: ours.
"""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable, Mapping

KNOWN = frozenset({"iter", "reversed", "zip", "set", "isinstance"})


def shape(source: str, names: Mapping[str, str], fields: Mapping[str, str]) -> str:
    """A text that two functions share when they differ in names and clean-up only.

    names, fields: variables and attributes that keep a meaning of their own, and what stands for each.
    """
    tree = ast.parse(textwrap.dedent(source))
    tree.body = [_clean(statement) for statement in tree.body]
    return ast.dump(_Renamed(names, fields).visit(tree), annotate_fields=False)


def is_one_of(source: str, templates: Iterable[str], names: Mapping[str, str], fields: Mapping[str, str]) -> bool:
    """Whether a text has the shape of a template, in which stands what names and fields give."""
    found = shape(source, names, fields)
    places = ({name: name for name in names.values()}, {field: field for field in fields.values()})
    return any(found == shape(template, *places) for template in templates)


def _clean(statement: ast.stmt) -> ast.stmt:
    for field in ("body", "orelse"):
        inner = getattr(statement, field, None)
        if isinstance(inner, list):
            setattr(statement, field, [_clean(each) for each in inner if not _clean_up(each)])
    return statement


def _clean_up(statement: ast.stmt) -> bool:
    """A docstring, or a line that only lets go of local names."""
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
        return True
    if isinstance(statement, ast.Delete):
        return all(isinstance(target, ast.Name) for target in statement.targets)
    if not isinstance(statement, ast.Assign) or not all(isinstance(target, ast.Name) for target in statement.targets):
        return False
    return isinstance(statement.value, ast.Constant) and statement.value.value is None


class _Renamed(ast.NodeTransformer):
    """Variables by number, in the order in which they are met; numbers that are equal look the same (1 and 1.0)."""

    def __init__(self, names: Mapping[str, str], fields: Mapping[str, str]) -> None:
        self.names = names
        self.fields = fields
        self.seen: dict[str, str] = {}
        self.count = 0

    def _name(self, name: str) -> str:
        if name in self.names:
            return f"<{self.names[name]}>"
        if name in KNOWN:
            return name
        if name not in self.seen:
            self.seen[name] = f"v{self.count}"
            self.count += 1
        return self.seen[name]

    def _field(self, name: str) -> str:
        return f"<{self.fields[name]}>" if name in self.fields else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._name(node.id))

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._name(node.arg))

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        return ast.Attribute(self.visit(node.value), self._field(node.attr))

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Constant(float(node.value) if type(node.value) is int else node.value)

    def visit_Tuple(self, node: ast.Tuple) -> ast.AST:
        return ast.Tuple([self.visit(each) for each in node.elts])

    def visit_List(self, node: ast.List) -> ast.AST:
        return ast.List([self.visit(each) for each in node.elts])

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        node.name = node.name if node.name.startswith("__") else self._name(node.name)
        outer, own = dict(self.seen), _own(node)
        self.seen = {name: number for name, number in outer.items() if name not in own}
        self.generic_visit(node)
        self.seen = {name: number for name, number in self.seen.items() if name not in own} | outer
        return node


def _own(function: ast.FunctionDef) -> set[str]:
    """The names that are a function's own: its parameters and what it sets."""
    stored = {n.id for n in ast.walk(function) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    shared = {name for n in ast.walk(function) if isinstance(n, ast.Global | ast.Nonlocal) for name in n.names}
    return (stored | {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}) - shared
