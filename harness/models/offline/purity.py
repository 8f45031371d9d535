"""Quietness: an expression is quiet when it neither changes nor prints anything that something else could see."""

from __future__ import annotations

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.flow import only_names
from harness.models.offline.program import Program

BUILTINS = frozenset(
    (
        "abs",
        "bool",
        "dict",
        "enumerate",
        "float",
        "frozenset",
        "int",
        "isinstance",
        "len",
        "list",
        "max",
        "min",
        "ord",
        "chr",
        "range",
        "repr",
        "reversed",
        "round",
        "set",
        "sorted",
        "str",
        "sum",
        "tuple",
        "type",
        "zip",
        "divmod",
        "pow",
    )
)
MODULES = frozenset({"math", "cmath"})
METHODS = frozenset(
    (
        "strip",
        "lstrip",
        "rstrip",
        "lower",
        "upper",
        "startswith",
        "endswith",
        "join",
        "split",
        "index",
        "count",
        "keys",
        "items",
    )
)
NOISY = (cst.Yield, cst.Await, cst.NamedExpr)
Seen = tuple[cst.FunctionDef, ...]


def quiet(program: Program, node: cst.CSTNode, seen: Seen = (), modules: frozenset[str] = MODULES) -> bool:
    """Whether evaluating an expression is quiet, given that the program's own operators are (see quiet_operators)."""
    if any(program.within(node, kind) for kind in NOISY):
        return False
    return all(_quiet_call(program, call, seen, modules) for call in program.within(node, cst.Call))


def quiet_operators(program: Program) -> bool:
    """Whether every operator and property that the program's classes define is quiet."""
    methods = [f for f in program.find(cst.FunctionDef) if _class(program, f) is not None]
    special = [f for f in methods if f.decorators or (_dunder(f.name.value) and f.name.value != "__init__")]
    return all(quiet_function(program, f) for f in special)


def quiet_function(program: Program, function: cst.FunctionDef, seen: Seen = ()) -> bool:
    """Whether calling a function of the program is quiet."""
    if function in seen:
        return True
    if function.asynchronous or not isinstance(function.body, cst.IndentedBlock):
        return False
    return all(_quiet_statement(program, function, s, (*seen, function)) for s in function.body.body)


def _quiet_statement(program: Program, function: cst.FunctionDef, statement: cst.CSTNode, seen: Seen) -> bool:
    if isinstance(statement, cst.SimpleStatementLine):
        return all(_quiet_small(program, function, small, seen) for small in statement.body)
    if not isinstance(statement, cst.If | cst.For | cst.Else):
        return False
    if isinstance(statement.body, cst.SimpleStatementSuite):
        parts: list[cst.CSTNode] = [cst.SimpleStatementLine(statement.body.body)]
    else:
        parts = [*statement.body.body]
    if isinstance(statement, cst.If | cst.For):
        head = statement.test if isinstance(statement, cst.If) else statement.iter
        if not quiet(program, head, seen) or (isinstance(statement, cst.For) and not only_names(statement.target)):
            return False
        parts += [statement.orelse] if statement.orelse else []
    return all(_quiet_statement(program, function, part, seen) for part in parts)


def _quiet_small(program: Program, function: cst.FunctionDef, small: cst.CSTNode, seen: Seen) -> bool:
    if isinstance(small, cst.Assign):
        return all(_local(function, t.target) for t in small.targets) and quiet(program, small.value, seen)
    if isinstance(small, cst.Return):
        return small.value is None or quiet(program, small.value, seen)
    if isinstance(small, cst.Expr):
        return quiet(program, small.value, seen)
    if isinstance(small, cst.AugAssign):
        return _number(program, small.target) and quiet(program, small.value, seen)
    return isinstance(small, cst.Pass)


def _number(program: Program, target: cst.CSTNode) -> bool:
    """Whether a variable begins as a number: `+=` on it changes nothing that somebody else holds."""
    variable = program.variable(target)
    if variable is None or not isinstance(variable.scope, meta.FunctionScope):
        return False
    starts = [program.parent(b) for b in variable.bindings if not isinstance(program.parent(b), cst.AugAssign)]
    values = [program.parent(s).value for s in starts if isinstance(s, cst.AssignTarget)]  # type: ignore[attr-defined]
    return len(values) == len(starts) and all(isinstance(value, cst.Integer | cst.Float) for value in values)


def _local(function: cst.FunctionDef, target: cst.CSTNode) -> bool:
    """Whether a target is a name, or in `__init__` an attribute of the object that is being made."""
    if only_names(target):
        return True
    if isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name) and function.params.params:
        return function.name.value == "__init__" and target.value.value == function.params.params[0].name.value
    return False


def _quiet_call(program: Program, call: cst.Call, seen: Seen, modules: frozenset[str]) -> bool:
    if isinstance(call.func, cst.Name):
        name = program.builtin(call.func)
        return name in BUILTINS if name else _quiet_name(program, call.func, seen)
    if not isinstance(call.func, cst.Attribute):
        return False
    if isinstance(call.func.value, cst.Name) and imported(program, call.func.value) in modules:
        return True
    method = call.func.attr.value
    own = [f for f in program.find(cst.FunctionDef) if f.name.value == method and _class(program, f) is not None]
    known = method in METHODS or bool(own)
    return known and method not in MUTATORS and all(quiet_function(program, f, seen) for f in own)


MUTATORS = frozenset(n for kind in (list, dict, set) for n in dir(kind) if not n.startswith("_")) - METHODS


def _quiet_name(program: Program, name: cst.Name, seen: Seen) -> bool:
    """A function or class of the program, bound once at its top level."""
    variable = program.variable(name)
    if variable is None or len(variable.bindings) != 1 or not isinstance(variable.scope, meta.GlobalScope):
        return False
    found = variable.bindings[0]
    if isinstance(found, cst.FunctionDef):
        return not found.decorators and quiet_function(program, found, seen)
    if not isinstance(found, cst.ClassDef) or found.bases or found.keywords or found.decorators:
        return False
    makers = [f for f in methods(found) if f.name.value in ("__init__", "__new__")]
    return all(f.name.value == "__init__" and quiet_function(program, f, seen) for f in makers)


def imported(program: Program, name: cst.Name) -> str | None:
    """The module that a name stands for, when an import at the top level is all that binds it."""
    variable = program.variable(name)
    if variable is None or len(variable.bindings) != 1 or not isinstance(variable.bindings[0], cst.Import):
        return None
    for alias in variable.bindings[0].names:
        bound = alias.asname.name if alias.asname else alias.name
        if isinstance(bound, cst.Name) and bound.value == name.value and isinstance(alias.name, cst.Name):
            return alias.name.value
    return None


def methods(owner: cst.ClassDef) -> list[cst.FunctionDef]:
    return [s for s in owner.body.body if isinstance(s, cst.FunctionDef)]


def _class(program: Program, function: cst.FunctionDef) -> cst.ClassDef | None:
    block = program.parent(function)
    above = program.parent(block) if isinstance(block, cst.IndentedBlock) else None
    return above if isinstance(above, cst.ClassDef) else None


def _dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")
