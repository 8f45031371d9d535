"""Liveness, proved from the shape of the text: where a variable is surely set, and where nothing needs its value.

A statement *covers* a read when it sets the variable and every way to the read leads through it: it stands earlier in a
block that the read is in, or it is the `for` whose body the read is in.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.program import FUNCTIONS, Program, Variable

# Builtins and methods that use up a generator before they return.
EAGER = frozenset({"sum", "min", "max", "any", "all", "list", "tuple", "set", "frozenset", "dict", "sorted"})
EAGER_METHODS = frozenset({"join"})


def targets(node: cst.CSTNode) -> Iterator[cst.Name]:
    """The names that an assignment target sets."""
    if isinstance(node, cst.Name):
        yield node
    elif isinstance(node, cst.Tuple | cst.List):
        for element in node.elements:
            yield from targets(element.value)


def only_names(target: cst.CSTNode) -> bool:
    """Whether an assignment target sets names and nothing else: no item, no attribute."""
    if isinstance(target, cst.Tuple):
        return all(isinstance(e, cst.Element) and only_names(e.value) for e in target.elements)
    return isinstance(target, cst.Name)


def docstring(statement: cst.CSTNode) -> bool:
    """Whether a line is a text that says what is going on, and nothing else stands on it."""
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return False
    small = statement.body[0]
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)


def comprehended(program: Program, node: cst.CSTNode) -> bool:
    return any(isinstance(a, cst.ListComp | cst.SetComp | cst.DictComp | cst.GeneratorExp) for a in program.up(node))


def sets(statement: cst.CSTNode, variable: Variable) -> bool:
    """Whether a statement, once done, has surely set a variable."""
    found: list[cst.CSTNode] = []
    if isinstance(statement, cst.SimpleStatementLine):
        for small in statement.body:
            if isinstance(small, cst.Assign):
                found += [name for target in small.targets for name in targets(target.target)]
            elif isinstance(small, cst.AnnAssign) and small.value is not None:
                found += targets(small.target)
            elif isinstance(small, cst.Import):
                found.append(small)
    elif isinstance(statement, cst.FunctionDef | cst.ClassDef):
        found.append(statement)
    return any(node is binding for node in found for binding in variable.bindings)


def covers(program: Program, variable: Variable, read: cst.CSTNode) -> list[cst.CSTNode]:
    """The statements that cover a read, nearest first."""
    found: list[cst.CSTNode] = []
    below = read
    for above in program.up(read):
        if isinstance(above, FUNCTIONS):
            break
        if isinstance(above, cst.Module | cst.IndentedBlock):
            earlier = above.body[: next(i for i, s in enumerate(above.body) if s is below)]
            found += [s for s in reversed(earlier) if sets(s, variable)]
        if isinstance(above, cst.For) and below is above.body and _names(above.target, variable):
            found.append(above)
        below = above
    return found


def _names(target: cst.CSTNode, variable: Variable) -> bool:
    return any(name is binding for name in targets(target) for binding in variable.bindings)


def immediate(program: Program, variable: Variable, node: cst.CSTNode) -> bool:
    """Whether a node runs where it stands, in the variable's own scope: not in a function, nor in a lazy generator."""
    for above in program.up(node):
        if isinstance(above, FUNCTIONS):
            return above is variable.scope.node if hasattr(variable.scope, "node") else False
        if isinstance(above, cst.GeneratorExp) and not eager(program, above):
            return False
    return True


def eager(program: Program, generator: cst.GeneratorExp) -> bool:
    """Whether a generator is the first argument of a call that uses it up."""
    argument = program.parent(generator)
    call = program.parent(argument)
    if not (isinstance(argument, cst.Arg) and isinstance(call, cst.Call) and call.args[0] is argument):
        return False
    if isinstance(call.func, cst.Attribute):
        return call.func.attr.value in EAGER_METHODS and isinstance(call.func.value, cst.SimpleString)
    return program.builtin(call.func) in EAGER


def contained(program: Program, function: cst.FunctionDef) -> bool:
    """Whether a local function is only ever called by its name, so that it runs only where such calls stand."""
    variable = program.variable(function)
    if variable is None or program.function(function) is None or variable.deleted or len(variable.bindings) != 1:
        return False
    if function.decorators or function.asynchronous or bool(program.within(function, cst.Yield)):
        return False
    return all(_called(program, read) for read in variable.reads)


def _called(program: Program, read: cst.CSTNode) -> bool:
    call = program.parent(read)
    return isinstance(call, cst.Call) and call.func is read


def uses(program: Program, variable: Variable, seen: tuple[cst.FunctionDef, ...] = ()) -> list[cst.CSTNode] | None:
    """Where a variable's value is needed in its own scope; a use in a contained function counts where that is called.

    None when it cannot be told: the variable is used by something that may run at any time, or is set from elsewhere.
    """
    if not isinstance(variable.scope, meta.FunctionScope | meta.GlobalScope):
        return None
    if variable.caught or not all(_own(program, variable, binding) for binding in variable.bindings):
        return None
    found: list[cst.CSTNode] = []
    for read in variable.reads:
        if immediate(program, variable, read):
            found.append(read)
            continue
        inner = program.function(read)
        if inner is None or inner in seen or not contained(program, inner):
            if inner is not None and inner in seen:
                continue
            return None
        calls = program.variable(inner)
        below = uses(program, calls, (*seen, inner)) if calls else None
        if below is None or not (calls and calls.scope is variable.scope):
            return None
        found += below
    return found


def _own(program: Program, variable: Variable, binding: cst.CSTNode) -> bool:
    if isinstance(binding, cst.Param):
        return True
    return immediate(program, variable, binding)


def dead_after(program: Program, variable: Variable, statement: cst.CSTNode) -> bool:
    """Whether nothing needs the value that a variable has when a statement is done."""
    found = uses(program, variable)
    if found is None:
        return False
    point = program.end(statement)
    around = program.loops(statement)
    return all(_covered(program, variable, use, point, around) for use in found)


def _covered(
    program: Program, variable: Variable, use: cst.CSTNode, point: int, around: list[cst.For | cst.While]
) -> bool:
    """Whether every way from the point to the use sets the variable anew."""
    known = covers(program, variable, use)
    if program.start(use) >= point:
        return any(program.start(cover) >= point for cover in known)
    again = next((loop for loop in around if program.contains(loop, use)), None)
    if again is None:
        return True
    return any(cover is not again and program.contains(again.body, cover) for cover in known)


def set_before(program: Program, variable: Variable, statement: cst.CSTNode) -> bool:
    """Whether a variable has surely been set, in its own scope, when a statement begins."""
    if variable.deleted:
        return False
    if any(isinstance(binding, cst.Param) for binding in variable.bindings):
        return program.function(statement) is getattr(variable.scope, "node", None)
    return bool(covers(program, variable, statement))
