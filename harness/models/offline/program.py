"""A parsed program: libcst's tree with byte spans, parents, and every variable with its bindings and reads."""

from __future__ import annotations

import builtins
import keyword
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.rewriting import Splice

N = TypeVar("N", bound=cst.CSTNode)
Block = cst.Module | cst.IndentedBlock
Loop = cst.For | cst.While
FUNCTIONS = (cst.FunctionDef, cst.Lambda, cst.ClassDef)
TAKEN = frozenset(keyword.kwlist) | frozenset(dir(builtins))


@dataclass(eq=False)
class Variable:
    """One name in one scope. bindings: what sets it (Name, Param, FunctionDef, ...); reads: Name nodes, `del` too."""

    scope: meta.Scope
    name: str
    bindings: list[cst.CSTNode] = field(default_factory=list)
    reads: list[cst.Name] = field(default_factory=list)
    deleted: bool = False  # somewhere, by del
    caught: bool = False  # by an except clause, which unbinds it at its end


class Program:
    """Raises libcst.ParserSyntaxError when the text does not parse."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.data = source.encode()
        self.module = cst.parse_module(self.data)
        if self.module.encoding.lower().replace("-", "") != "utf8" or self.data.startswith(b"\xef\xbb\xbf"):
            raise ValueError(f"a program in {self.module.encoding}: only plain utf-8 is rewritten")
        wrapper = meta.MetadataWrapper(self.module, unsafe_skip_copy=True)
        self._spans = wrapper.resolve(meta.ByteSpanPositionProvider)
        self._scopes = wrapper.resolve(meta.ScopeProvider)
        self._contexts = wrapper.resolve(meta.ExpressionContextProvider)
        self._parents: dict[cst.CSTNode, cst.CSTNode] = {}
        self._by_type: dict[type[cst.CSTNode], list[cst.CSTNode]] = defaultdict(list)
        self._first: dict[cst.CSTNode, int] = {}  # a node's place in the order of the text, parents first
        self._last: dict[cst.CSTNode, int] = {}  # that of the last node in it
        self._index()
        self._variables: dict[cst.CSTNode, Variable] = {}
        self.variables: list[Variable] = []
        self._link()

    # --- the tree ---

    def _index(self) -> None:
        stack: list[cst.CSTNode] = [self.module]
        order: list[cst.CSTNode] = []
        while stack:
            node = stack.pop()
            self._first[node] = self._last[node] = len(order)
            order.append(node)
            self._by_type[type(node)].append(node)
            children = node.children
            for child in children:
                self._parents[child] = node
            stack.extend(reversed(children))
        for node in reversed(order[1:]):
            above = self._parents[node]
            self._last[above] = max(self._last[above], self._last[node])

    def find(self, kind: type[N]) -> list[N]:
        """Every node of exactly this type, in the order of the text."""
        return self._by_type[kind]  # type: ignore[return-value]

    def within(self, node: cst.CSTNode, kind: type[N]) -> list[N]:
        """Every node of exactly this type in a node, itself included, in the order of the text."""
        found = self.find(kind)
        low = bisect_left(found, self._first[node], key=self._first.__getitem__)
        return found[low : bisect_right(found, self._last[node], key=self._first.__getitem__)]

    def start(self, node: cst.CSTNode) -> int:
        return self._spans[node].start

    def end(self, node: cst.CSTNode) -> int:
        return self._spans[node].start + self._spans[node].length

    def text(self, node: cst.CSTNode) -> str:
        return self.data[self.start(node) : self.end(node)].decode()

    def parent(self, node: cst.CSTNode) -> cst.CSTNode:
        return self._parents[node]

    def up(self, node: cst.CSTNode) -> Iterator[cst.CSTNode]:
        """The ancestors of a node, nearest first."""
        while node in self._parents:
            node = self._parents[node]
            yield node

    def contains(self, outer: cst.CSTNode, inner: cst.CSTNode) -> bool:
        return self._first[outer] <= self._first[inner] <= self._last[outer]

    def function(self, node: cst.CSTNode) -> cst.FunctionDef | None:
        """The function that a node is in; None at the top level of the module or of a class."""
        for above in self.up(node):
            if isinstance(above, cst.FunctionDef):
                return above
            if isinstance(above, cst.ClassDef):
                return None
        return None

    def owner(self, node: cst.CSTNode) -> str:
        """A name for the place of a node, as in `Class.method`; empty at the top level."""
        names = [a.name.value for a in self.up(node) if isinstance(a, cst.FunctionDef | cst.ClassDef)]
        return ".".join(reversed(names))

    # --- statements ---

    def statement(self, node: cst.CSTNode) -> cst.BaseStatement:
        """The innermost statement that a node is in, itself included."""
        for found in (node, *self.up(node)):
            if isinstance(found, cst.BaseStatement):
                return found
        raise LookupError("a node outside every statement")

    def place(self, node: cst.CSTNode) -> Iterator[tuple[Block, int]]:
        """The blocks that a node is in and the index of the statement that it is in there, innermost first."""
        below = node
        for above in self.up(node):
            if isinstance(above, cst.Module | cst.IndentedBlock) and isinstance(below, cst.BaseStatement):
                yield above, next(i for i, s in enumerate(above.body) if s is below)
            below = above

    def loops(self, node: cst.CSTNode) -> list[Loop]:
        """The loops around a node in its own function, innermost first."""
        found: list[Loop] = []
        for above in self.up(node):
            if isinstance(above, FUNCTIONS):
                break
            if isinstance(above, cst.For | cst.While):
                found.append(above)
        return found

    def alone(self, statement: cst.CSTNode) -> bool:
        """Whether a statement has its lines to itself, in a block of its own (no `a; b`, no `if x: y`)."""
        if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) != 1:
            return False
        return isinstance(self._parents.get(statement), cst.Module | cst.IndentedBlock)

    def indent(self, statement: cst.CSTNode) -> str:
        return self.data[self._line(statement) : self.start(statement)].decode()

    def before(self, statement: cst.CSTNode, *lines: str) -> Splice:
        """Lines put above a statement, under its comments."""
        at, indent = self._line(statement), self.indent(statement)
        return Splice(at, at, "".join(f"{indent}{line}{self.newline}" for line in lines))

    def below(self, statement: cst.CSTNode, *lines: str) -> Splice:
        """Lines put under a statement, after a comment on its last line."""
        found = self.data.find(b"\n", self.end(statement))
        at, head = (found + 1, "") if found >= 0 else (len(self.data), self.newline)
        return Splice(at, at, head + "".join(f"{self.indent(statement)}{line}{self.newline}" for line in lines))

    def lines_of(self, statement: cst.CSTNode) -> tuple[int, int]:
        """The bytes of the whole lines of a statement, its last newline included."""
        found = self.data.find(b"\n", self.end(statement))
        return self._line(statement), (found + 1 if found >= 0 else len(self.data))

    def replace(self, node: cst.CSTNode, text: str) -> Splice:
        return Splice(self.start(node), self.end(node), text)

    def whole(self, node: cst.BaseExpression) -> tuple[int, int]:
        """The bytes of an expression with its own parentheses."""
        start = self.start(node.lpar[0]) if node.lpar else self.start(node)
        return start, self.end(node.rpar[-1]) if node.rpar else self.end(node)

    def stand_in(self, node: cst.BaseExpression, name: str) -> Splice:
        """A name put in the place of an expression and its parentheses."""
        start, end = self.whole(node)
        joined = self.data[start - 1 : start].isalnum() or self.data[end : end + 1].isalnum()
        return Splice(start, end, f"({name})" if joined else name)

    @property
    def newline(self) -> str:
        return self.module.default_newline

    @property
    def tab(self) -> str:
        return self.module.default_indent

    def _line(self, node: cst.CSTNode) -> int:
        return self.data.rfind(b"\n", 0, self.start(node)) + 1

    # --- variables ---

    def _link(self) -> None:
        """Names are resolved by Python's rule. (libcst's references go by the order of the text; loops do not.)"""
        found: dict[tuple[meta.Scope, str], Variable] = {}
        scopes = dict.fromkeys(scope for scope in self._scopes.values() if scope is not None)
        for scope in scopes:
            for assignment in scope.assignments:
                if isinstance(assignment, meta.Assignment):
                    name = assignment.name.split(".")[0]
                    variable = found.setdefault((scope, name), Variable(scope, name))
                    if assignment.node not in variable.bindings:
                        variable.bindings.append(assignment.node)
                        self._variables[assignment.node] = variable
        for scope in scopes:
            for access in scope.accesses:
                self._read(found, access.scope, access.node)
        self.variables = list(found.values())
        for aug in self.find(cst.AugAssign):
            if isinstance(aug.target, cst.Name) and aug.target in self._variables:
                self._variables[aug.target].reads.append(aug.target)
        for handler in self.find(cst.ExceptHandler):  # unbinds its name at its end
            if handler.name is not None and (caught := self._variables.get(handler.name.name)):
                caught.deleted = caught.caught = True
        for variable in self.variables:
            variable.bindings.sort(key=self._order)
            variable.reads.sort(key=self._order)
        self.variables.sort(key=lambda v: self._order(v.bindings[0]))

    def _order(self, node: cst.CSTNode) -> int:
        return self.start(node) if node in self._spans else 0

    def _read(self, found: dict[tuple[meta.Scope, str], Variable], scope: meta.Scope, node: cst.CSTNode) -> None:
        while isinstance(node, cst.Attribute):
            node = node.value
        if not isinstance(node, cst.Name) or node in self._variables:
            return
        variable = self._resolved(found, scope, node)
        if variable is None:
            return
        if self._contexts.get(node) is meta.ExpressionContext.DEL:
            variable.deleted = True
        variable.reads.append(node)
        self._variables[node] = variable

    def _resolved(
        self, found: dict[tuple[meta.Scope, str], Variable], scope: meta.Scope, name: cst.Name
    ) -> Variable | None:
        if any((a, name.value) in self._globals for a in self.up(name)):
            scope = scope.globals
        own = scope
        while True:
            known = found.get((scope, name.value))
            if known is not None and (scope is own or not isinstance(scope, meta.ClassScope)):
                return known
            if isinstance(scope, meta.GlobalScope | meta.BuiltinScope):
                return None
            scope = scope.parent

    @cached_property
    def _globals(self) -> frozenset[tuple[cst.CSTNode | None, str]]:
        """The names that functions declare global."""
        return frozenset(
            (self.function(line), item.name.value) for line in self.find(cst.Global) for item in line.names
        )

    def variable(self, node: cst.CSTNode) -> Variable | None:
        """The variable that a Name reads or sets, or that a definition makes. None: a builtin or unknown name."""
        return self._variables.get(node)

    def builtin(self, node: cst.CSTNode) -> str | None:
        """The builtin that a Name means; None when the program binds the name anywhere."""
        if isinstance(node, cst.Name) and node.value not in self.bound_names and not self.star_imports:
            return node.value
        return None

    @cached_property
    def star_imports(self) -> bool:
        return bool(self.find(cst.ImportStar))

    @cached_property
    def bound_names(self) -> frozenset[str]:
        return frozenset(variable.name.split(".")[0] for variable in self.variables)

    @cached_property
    def words(self) -> frozenset[str]:
        """Every name and attribute that occurs in the text."""
        return frozenset(name.value for name in self.find(cst.Name))

    def fresh(self, wanted: str) -> str:
        """A name that the program does not use."""
        name, n = wanted, 2
        while name in self.words or name in TAKEN:
            name, n = f"{wanted}_{n}", n + 1
        return name
