"""A candidate's program as the rules see it: its nodes in one walk, and which names in it stand for modules."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeGuard

from harness import parsing
from harness.types import Reading, Rules, Status

SPARE_CONSTANTS = 40  # that a program may have beyond a multiple of the baseline's
SPARE_CHARACTERS = 1000
SHOWN = 5  # breaches in one explanation
MOST_DOTS = 8  # no module lies deeper


def words(text: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Breach:
    """One broken rule. say: what is wrong and what would be right, in one line."""

    line: int
    say: str


@dataclass(frozen=True, slots=True)
class Program:
    """A parsed program. modules: local name -> dotted module; owners: nodes that stand left of a dot, by id."""

    rules: Rules
    nodes: tuple[ast.AST, ...]
    odd_escapes: tuple[int, ...]
    modules: Mapping[str, str]
    owners: frozenset[int]

    @classmethod
    def of(cls, source: str, rules: Rules) -> Program:
        own_name = f"<program {id(source):x}>"  # warnings of other threads are not ours
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            tree = parsing.parse(source, own_name)
        nodes = tuple(ast.walk(tree))
        odd_escapes = tuple(w.lineno for w in caught if w.filename == own_name)
        owners = frozenset(id(node.value) for node in nodes if isinstance(node, ast.Attribute))
        return cls(rules, nodes, odd_escapes, dict(_bindings(nodes, rules)), owners)

    def module(self, node: ast.AST) -> str | None:
        """The dotted module that an expression stands for, as far as the text tells."""
        attributes: list[str] = []
        while isinstance(node, ast.Attribute) and len(attributes) < MOST_DOTS:
            attributes.append(node.attr)
            node = node.value
        if not (isinstance(node, ast.Name) and node.id in self.modules):
            return None
        module = self.modules[node.id]
        for attribute in reversed(attributes):
            module = f"{module}.{attribute}"
            if not is_module(module, self.rules):
                return None
        return module


def _bindings(nodes: Iterable[ast.AST], rules: Rules) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield (alias.asname, alias.name) if alias.asname else (alias.name.split(".")[0],) * 2
        elif isinstance(node, ast.ImportFrom):
            for alias in node.names:
                if is_module(dotted := f"{node.module}.{alias.name}", rules):
                    yield alias.asname or alias.name, dotted


def is_listed(module: str, rules: Rules) -> bool:
    """May the module be named, and its members used?"""
    return module == "__future__" or module in rules.imports or module in rules.named


def is_module(module: str, rules: Rules) -> bool:
    """Is it listed, or a package that holds something listed, as `os` holds `os.path`?"""
    return is_listed(module, rules) or any(name.startswith(f"{module}.") for name in (*rules.imports, *rules.named))


def line_of(node: ast.AST) -> int:
    """The line that a breach points at."""
    return int(getattr(node, "lineno", 1))


def literal_nodes(program: Program) -> Iterator[ast.AST]:
    """All nodes but bare strings, which nothing can read: doc strings and comments in their place."""
    bare = {
        id(node.value) for node in program.nodes if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    return (node for node in program.nodes if id(node) not in bare)


def identifiers(node: ast.AST) -> Iterator[str]:
    """The names that a node is written with."""
    for field in ("id", "attr", "name", "asname", "arg", "rest"):
        value = getattr(node, field, None)
        if isinstance(value, str) and value != "__future__":
            yield value
    if isinstance(node, ast.MatchClass):
        yield from node.kwd_attrs


def characters(node: ast.AST) -> int:
    """Characters that a literal holds; a letter beyond ASCII counts as its bytes in UTF-8, as it holds more."""
    if isinstance(node, ast.JoinedStr):
        return sum(characters(part) for part in node.values)
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return len(node.value.encode("utf-8", "surrogatepass"))
    return len(node.value) if isinstance(node, ast.Constant) and isinstance(node.value, bytes) else 0


def elements(node: ast.AST) -> int:
    """Elements of a container literal, or arguments of a call."""
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return len(node.elts)
    if isinstance(node, ast.Call):
        return len(node.args) + len(node.keywords)
    return len(node.keys) if isinstance(node, ast.Dict) else 0


def is_text(node: ast.AST) -> TypeGuard[ast.Constant]:
    """A string literal, whole or a part of an f-string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def reading(found: list[Breach], status: Status) -> Reading:
    """What an evaluator says of a text with these breaches; status is for one that has any."""
    if not found:
        return Reading(metric="rules", value=1.0, explanation="keeps the rules")
    said = "; ".join(f"line {breach.line}: {breach.say}" for breach in found[:SHOWN])
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    detail = {"breaches": [{"line": breach.line, "say": breach.say} for breach in found[:50]]}
    return Reading(metric="rules", value=0.0, status=status, explanation=f"{said}{more}", detail=detail)
