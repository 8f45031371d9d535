"""Tapes: classes whose objects record how numbers were made, so that one walk can hand gradients back.

What is proved of such a class: its four fields, that `+` and `*` record their operands and derivatives, and that the
recorded graph is read in one method alone, which is reverse accumulation over a depth-first order. Then an object that
only a longer expression can reach may be left out of the graph: the chain rule gives the others the same gradient, up
to the rounding of sums in another order. Source: Wengert 1964 for the tape, Griewank and Walther 2008, 3.4
(preaccumulation of a statement's local derivatives); the proof by shape is ours.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.flow import covers
from harness.models.offline.program import Program, Variable
from harness.models.offline.purity import methods, quiet_operators
from harness.models.offline.shapes import is_one_of

STRANGE = frozenset({"__getattr__", "__setattr__", "__eq__", "__hash__", "__new__", "__instancecheck__", "metaclass"})
COERCED = (
    "",
    "    other = other if isinstance(other, SELF) else SELF(other)\n",
    "    if not isinstance(other, SELF):\n        other = SELF(other)\n",
)
ADDITION = "def __add__(self, other):\n{}    return SELF(self.DATA + other.DATA, (self, other), (1, 1))\n"
PRODUCT = (
    "def __mul__(self, other):\n{}    return SELF(self.DATA * other.DATA, (self, other), (other.DATA, self.DATA))\n"
)
REFLECTED = "def __radd__(self, other):\n    return self + other\n"
STARTS = ("    order = []\n    seen = set()\n", "    seen = set()\n    order = []\n", "    order, seen = [], set()\n")
SORTS = (
    "    def visit(node):\n        if node not in seen:\n            seen.add(node)\n"
    "            for child in node.OPERANDS:\n                visit(child)\n            order.append(node)\n"
    "    visit(self)\n",
    "    waiting, path = [iter((self,))], []\n    while waiting:\n        for node in waiting[-1]:\n"
    "            if node not in seen:\n                seen.add(node)\n                path.append(node)\n"
    "                waiting.append(iter(node.OPERANDS))\n                break\n        else:\n"
    "            waiting.pop()\n            if path:\n                node = path.pop()\n"
    "                order.append(node)\n",
)
HANDING = (
    "        for one, slope in zip(node.OPERANDS, node.SLOPES):\n            one.GRADIENT += slope * node.GRADIENT\n"
)
WALKS = (
    "    for node in reversed(order):\n" + HANDING,
    "    while order:\n        node = order.pop()\n" + HANDING,
)


@dataclass(frozen=True, slots=True)
class Tape:
    """A class that keeps a tape. fields: of number, gradient, operands, derivatives."""

    owner: cst.ClassDef
    data: str
    gradient: str
    operands: str
    slopes: str

    @property
    def name(self) -> str:
        return self.owner.name.value

    @property
    def names(self) -> dict[str, str]:
        return {self.name: "SELF"}

    @property
    def fields(self) -> dict[str, str]:
        return {
            self.data: "DATA",
            self.gradient: "GRADIENT",
            self.operands: "OPERANDS",
            self.slopes: "SLOPES",
        }


def tapes(program: Program) -> Iterator[Tape]:
    """The classes of which all of the above is proved."""
    if reflective(program) or program.words & STRANGE or not quiet_operators(program):
        return
    for owner in program.find(cst.ClassDef):
        if not isinstance(program.parent(owner), cst.Module) or not _bare(program, owner):
            continue
        tape = _fields(program, owner)
        if tape is not None and _records(program, tape) and _read_by_the_walk_alone(program, tape):
            yield tape


def _bare(program: Program, owner: cst.ClassDef) -> bool:
    """No bases, no decorators, bound once, and never itself a base."""
    variable = program.variable(owner)
    if owner.bases or owner.keywords or owner.decorators or variable is None or len(variable.bindings) != 1:
        return False
    based = [n for other in program.find(cst.ClassDef) for arg in other.bases for n in program.within(arg, cst.Name)]
    return not any(program.variable(name) is variable for name in based) and not variable.deleted


def _method(owner: cst.ClassDef, name: str) -> cst.FunctionDef | None:
    found = [m for m in methods(owner) if m.name.value == name and not m.decorators and not m.asynchronous]
    return found[0] if len(found) == 1 else None


def _fields(program: Program, owner: cst.ClassDef) -> Tape | None:
    """From `__init__(self, number, operands=(), slopes=())` that stores these and a zero, and does nothing else."""
    made = _method(owner, "__init__")
    if made is None:
        return None
    tree = ast.parse(program.text(made)).body[0] if "\n" not in program.indent(made) else None
    if not isinstance(tree, ast.FunctionDef) or len(tree.args.args) != 4:
        return None
    me, number, operands, slopes = (arg.arg for arg in tree.args.args)
    defaults = [ast.dump(default) for default in tree.args.defaults]
    bare = not (tree.args.vararg or tree.args.kwarg or tree.args.kwonlyargs or tree.args.posonlyargs)
    if not bare or defaults != [ast.dump(ast.parse("()", mode="eval").body)] * 2:
        return None
    stored: dict[str, str] = {}
    for statement in tree.body:
        if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
            return None
        target, value = statement.targets[0], statement.value
        if not (isinstance(target, ast.Attribute) and isinstance(target.value, ast.Name) and target.value.id == me):
            return None
        zero = isinstance(value, ast.Constant) and type(value.value) in (int, float) and value.value == 0
        stored["0" if zero else value.id if isinstance(value, ast.Name) else "?"] = target.attr
    if len(tree.body) != 4 or stored.keys() != {"0", number, operands, slopes} or len({*stored.values()}) != 4:
        return None
    return Tape(owner, stored[number], stored["0"], stored[operands], stored[slopes])


def _records(program: Program, tape: Tape) -> bool:
    """Whether `+`, `*` and the reflected `+` are what they are on a tape."""
    for name, template in (("__add__", ADDITION), ("__mul__", PRODUCT)):
        method = _method(tape.owner, name)
        forms = [template.format(coerced) for coerced in COERCED]
        if method is None or not is_one_of(program.text(method), forms, tape.names, tape.fields):
            return False
    reflected = _method(tape.owner, "__radd__")
    if reflected is not None:
        return is_one_of(program.text(reflected), [REFLECTED], tape.names, tape.fields)
    return any(program.text(s).strip() == "__radd__ = __add__" for s in tape.owner.body.body)


def _read_by_the_walk_alone(program: Program, tape: Tape) -> bool:
    made = _method(tape.owner, "__init__")
    read = [a for a in program.find(cst.Attribute) if a.attr.value in (tape.operands, tape.slopes)]
    rest = [a for a in read if made is None or not program.contains(made, a)]
    walks = {id(m): m for m in methods(tape.owner) for a in rest if program.contains(m, a)}
    if len(walks) != 1 or not all(program.contains(next(iter(walks.values())), a) for a in rest):
        return False
    seed = "    self.GRADIENT = 1\n"
    forms = [f"def walk(self):\n{a}{b}{seed}{c}" for a, b, c in product(STARTS, SORTS, WALKS)]
    walk = next(iter(walks.values()))
    return is_one_of(program.text(walk), forms, tape.names, tape.fields) and _walked_once(program, tape, walk)


def _walked_once(program: Program, tape: Tape, walk: cst.FunctionDef) -> bool:
    """Whether no graph is walked twice: what a walk leaves in objects between would be handed on again by the next.

    Proved of names: one call, on a name that is set anew in the same round of its loop, in which nothing else is
    carried from round to round. What a list carries from one walk to the next is beyond it: running alone shows that.
    """
    named = [a for a in program.find(cst.Attribute) if a.attr.value == walk.name.value]
    if len(named) != 1:
        return not named
    variable, call = program.variable(named[0].value), program.parent(named[0])
    if variable is None or not isinstance(call, cst.Call) or program.contains(tape.owner, call):
        return False
    if not isinstance(program.parent(call), cst.Expr):
        return False
    loops = program.loops(call)
    fresh = [c for c in covers(program, variable, named[0].value) if not loops or program.contains(loops[0].body, c)]
    added = any(isinstance(program.parent(b), cst.AugAssign) for b in variable.bindings)
    near = [v for v in program.variables if v.scope is variable.scope]
    return bool(fresh) and not added and not any(_carries(program, v, loop) for v in near for loop in loops)


def _carries(program: Program, variable: Variable, loop: cst.For | cst.While) -> bool:
    """Whether a variable that a loop sets may hand its value on to the next round; a mere running total may not."""
    if not any(program.contains(loop.body, binding) for binding in variable.bindings):
        return False
    for read in variable.reads:
        total = isinstance(program.parent(read), cst.AugAssign) and read in variable.bindings
        inside = program.contains(loop.body, read) and not total
        if inside and not any(program.contains(loop, cover) for cover in covers(program, variable, read)):
            return True
    return False
