"""What is surely known about values and calls: constants, kinds, quietness. Every answer is a proof or a None."""

from __future__ import annotations

import operator
from collections.abc import Callable

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.flow import targets
from harness.models.offline.program import Program, Variable

Number = int | float
LARGEST = 1e100

_BINARY: dict[type[cst.BaseBinaryOp], Callable[[Number, Number], Number]] = {
    cst.Add: operator.add,
    cst.Subtract: operator.sub,
    cst.Multiply: operator.mul,
    cst.Divide: operator.truediv,
    cst.FloorDivide: operator.floordiv,
    cst.Modulo: operator.mod,
    cst.Power: operator.pow,
}
# Names that let a program look at itself: at its own variables, addresses, memory or collector.
MIRRORS = frozenset(
    (
        "__del__",
        "__main__",
        "__dict__",
        "__closure__",
        "__getattribute__",
        "__weakref__",
        "weakref",
        "inspect",
        "ctypes",
        "tracemalloc",
        "traceback",
        "threading",
        "multiprocessing",
        "resource",
        "psutil",
        "pickle",
        "importlib",
        "runpy",
        "getrefcount",
        "getsizeof",
        "_getframe",
        "getallocatedblocks",
        "exc_info",
        "settrace",
        "setprofile",
        "get_objects",
        "get_referrers",
        "get_referents",
        "get_count",
        "get_stats",
        "callbacks",
        "collect",
    )
)
MIRROR_BUILTINS = frozenset(
    (
        "exec",
        "eval",
        "compile",
        "globals",
        "locals",
        "vars",
        "dir",
        "id",
        "__import__",
        "breakpoint",
        "getattr",
        "setattr",
    )
)


def reflective(program: Program) -> bool:
    """Whether a program may notice when an object dies, where it lies, or what its variables are called."""
    if program.words & MIRRORS or program.star_imports or program.find(cst.Match):
        return True
    return any(
        program.builtin(name) in MIRROR_BUILTINS and not _attribute(program, name) for name in program.find(cst.Name)
    )


def _attribute(program: Program, name: cst.Name) -> bool:
    parent = program.parent(name)
    return (isinstance(parent, cst.Attribute) and parent.attr is name) or isinstance(parent, cst.Arg)


def sources(program: Program, variable: Variable) -> list[cst.BaseExpression | None]:
    """The expressions that a variable is set to, one for each binding; None where it is set in another way."""
    return [_source(program, binding) for binding in variable.bindings]


def _source(program: Program, name: cst.CSTNode) -> cst.BaseExpression | None:
    if not isinstance(name, cst.Name):
        return None
    target = program.parent(name)
    if isinstance(target, cst.AssignTarget):
        assign = program.parent(target)
        return assign.value if isinstance(assign, cst.Assign) else None
    if isinstance(target, cst.AnnAssign):
        return target.value
    if isinstance(target, cst.Element):  # a, b = x, y
        group = program.parent(target)
        outer = program.parent(group)
        if isinstance(group, cst.Tuple) and isinstance(outer, cst.AssignTarget):
            assign = program.parent(outer)
            if isinstance(assign, cst.Assign) and isinstance(assign.value, cst.Tuple):
                return _paired(group, assign.value, target)
    return None


def _paired(left: cst.Tuple, right: cst.Tuple, target: cst.Element) -> cst.BaseExpression | None:
    if len(left.elements) != len(right.elements):
        return None
    if any(isinstance(e, cst.StarredElement) for e in (*left.elements, *right.elements)):
        return None
    return next(r.value for e, r in zip(left.elements, right.elements, strict=True) if e is target)


def once(program: Program, variable: Variable, dropped: bool = False) -> bool:
    """Whether a variable is set by one assignment that runs at most once: at the top level, outside loops.

    dropped: it may be deleted, once it is no longer needed.
    """
    if (
        len(variable.bindings) != 1
        or variable.caught
        or (variable.deleted and not dropped)
        or not isinstance(variable.scope, meta.GlobalScope)
    ):
        return False
    binding = variable.bindings[0]
    if not isinstance(binding, cst.Name) or program.loops(binding) or program.function(binding):
        return False
    return not any(
        isinstance(program.parent(read), cst.AugAssign) and program.parent(read).target is read  # type: ignore[attr-defined]
        for read in variable.reads
    )


def constant(program: Program, node: cst.CSTNode, depth: int = 0) -> Number | None:
    """The value of an expression of literals and of names that are set once to such expressions."""
    if depth > 20:
        return None
    if isinstance(node, cst.Integer | cst.Float):
        value: Number = node.evaluated_value
        return _sane(value)
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
        inner = constant(program, node.expression, depth + 1)
        return None if inner is None else -inner
    if isinstance(node, cst.BinaryOperation):
        return _computed(program, node, depth)
    if isinstance(node, cst.Name):
        variable = program.variable(node)
        if variable is None or not once(program, variable):
            return None
        source = sources(program, variable)[0]
        return None if source is None else constant(program, source, depth + 1)
    return None


def _computed(program: Program, node: cst.BinaryOperation, depth: int) -> Number | None:
    work = _BINARY.get(type(node.operator))
    left, right = constant(program, node.left, depth + 1), constant(program, node.right, depth + 1)
    if work is None or left is None or right is None:
        return None
    if work is operator.pow and (abs(right) > 64 or abs(left) > LARGEST ** (1 / 64)):
        return None
    try:
        return _sane(work(left, right))
    except ArithmeticError:
        return None


def _sane(value: object) -> Number | None:
    return value if isinstance(value, int | float) and abs(value) < LARGEST else None


def kind(program: Program, node: cst.CSTNode, seen: tuple[Variable, ...] = ()) -> str | None:
    """The exact type of an expression's value: int, float, str, list, range or None for "not known"."""
    if isinstance(node, cst.Integer):
        return "int"
    if isinstance(node, cst.Float):
        return "float"
    if isinstance(node, cst.SimpleString):
        return "bytes" if "b" in node.prefix.lower() else "str"
    if isinstance(node, cst.FormattedString):
        return "str"
    if isinstance(node, cst.List | cst.ListComp):
        return "list"
    if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus | cst.Plus):
        inner = kind(program, node.expression, seen)
        return inner if inner in ("int", "float") else None
    if isinstance(node, cst.BinaryOperation):
        return _kind_of_sum(program, node, seen)
    if isinstance(node, cst.Call):
        return _kind_of_call(program, node)
    if isinstance(node, cst.Name):
        return _kind_of_name(program, node, seen)
    return None


def _kind_of_sum(program: Program, node: cst.BinaryOperation, seen: tuple[Variable, ...]) -> str | None:
    left, right = kind(program, node.left, seen), kind(program, node.right, seen)
    if isinstance(node.operator, cst.Multiply) and {left, right} == {"list", "int"}:
        return "list"
    if isinstance(node.operator, cst.Add) and left == right and left in ("list", "str"):
        return left
    if not {left, right} <= {"int", "float"}:
        return None
    if isinstance(node.operator, cst.Add | cst.Subtract | cst.Multiply | cst.FloorDivide | cst.Modulo):
        return "float" if "float" in (left, right) else "int"
    return "float" if isinstance(node.operator, cst.Divide) else None


def _kind_of_call(program: Program, call: cst.Call) -> str | None:
    if isinstance(call.func, cst.Attribute):
        joins = call.func.attr.value == "join" and kind(program, call.func.value) == "str"
        return "str" if joins else None
    name = program.builtin(call.func)
    known = {"len": "int", "ord": "int", "list": "list", "sorted": "list", "range": "range", "float": "float"}
    return known.get(name or "") or ("str" if name in ("str", "chr", "repr") else None)


def _kind_of_name(program: Program, name: cst.Name, seen: tuple[Variable, ...]) -> str | None:
    variable = program.variable(name)
    if variable is None or variable in seen:
        return None
    kinds = {_kind_of_binding(program, binding, (*seen, variable)) for binding in variable.bindings}
    augmented = any(isinstance(program.parent(read), cst.AugAssign) for read in variable.bindings)
    return kinds.pop() if len(kinds) == 1 and not augmented else None


def _kind_of_binding(program: Program, binding: cst.CSTNode, seen: tuple[Variable, ...]) -> str | None:
    source = _source(program, binding)
    if source is not None:
        return kind(program, source, seen)
    return "int" if counts(program, binding) else None


def counts(program: Program, binding: cst.CSTNode) -> bool:
    """Whether a name is set by a loop over a range, or is the counter of an enumerate."""
    loop = next((a for a in program.up(binding) if isinstance(a, cst.For | cst.CompFor)), None)
    if loop is None or not any(name is binding for name in targets(loop.target)) or not isinstance(loop.iter, cst.Call):
        return False
    called = program.builtin(loop.iter.func)
    if called == "range":
        return loop.target is binding
    first = loop.target.elements[0].value if isinstance(loop.target, cst.Tuple) else None
    return called == "enumerate" and first is binding and len(loop.iter.args) == 1


def natural(program: Program, node: cst.CSTNode) -> bool:
    """Whether an expression is surely an int that is not negative."""
    value = constant(program, node)
    if value is not None:
        return isinstance(value, int) and value >= 0
    if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, cst.Add | cst.Multiply):
        return natural(program, node.left) and natural(program, node.right)
    if isinstance(node, cst.Call):
        return program.builtin(node.func) == "len"
    variable = program.variable(node) if isinstance(node, cst.Name) else None
    return variable is not None and all(_counts_up(program, binding) for binding in variable.bindings)


def _counts_up(program: Program, binding: cst.CSTNode) -> bool:
    if not counts(program, binding):
        return False
    loop = next(a for a in program.up(binding) if isinstance(a, cst.For | cst.CompFor))
    call = loop.iter
    if not isinstance(call, cst.Call) or program.builtin(call.func) == "enumerate":
        return True
    return len(call.args) == 1 or (len(call.args) == 2 and natural(program, call.args[0].value))
