"""Lifetime: let go of objects as soon as nothing can need them."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import kind, reflective, sources
from harness.models.offline.flow import contained, dead_after, sets, uses
from harness.models.offline.program import Block, Program, Variable
from harness.models.offline.rewriting import Site

SMALL = frozenset({"int", "float", "str", "range"})
ENDS = (cst.Return, cst.Raise, cst.Break, cst.Continue)


def falls_through(statement: cst.CSTNode) -> bool:
    """Whether a line put under a statement can be reached."""
    return not (isinstance(statement, cst.SimpleStatementLine) and isinstance(statement.body[-1], ENDS))


class BreakCycle:
    name = "break-cycle"
    theme = "lifetime"
    goes_with = ("collector",)
    claim = "A local function that calls itself refers to itself through its closure; rebind it once it is done."
    before = "def f(xs):\n    def g(x):\n        return x and g(x - 1)\n    g(xs)\n    return xs\n"
    after = "def f(xs):\n    def g(x):\n        return x and g(x - 1)\n    g(xs)\n    g = None\n    return xs\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        found = (self._site(program, f) for f in program.find(cst.FunctionDef) if contained(program, f))
        return [site for site in found if site]

    def _site(self, program: Program, function: cst.FunctionDef) -> Site | None:
        variable = program.variable(function)
        block = program.parent(function)
        outer = program.function(function)
        if variable is None or outer is None or not isinstance(block, cst.IndentedBlock):
            return None
        if not any(program.contains(function, read) for read in variable.reads):
            return None
        last = last_use(program, variable, block)
        if last is None or not falls_through(last) or not dead_after(program, variable, last):
            return None
        name = variable.name
        note = f"break the cycle of {name} once it is done"
        return Site(self.name, name, note, (program.below(last, f"{name} = None"),))


def last_use(program: Program, variable: Variable, block: Block) -> cst.CSTNode | None:
    """The last statement of a block that uses a variable, when it has its lines to itself and comes after a binding."""
    found = uses(program, variable)
    if found is None:
        return None
    bound = [i for i, s in enumerate(block.body) if sets(s, variable)]
    used = [i for i, s in enumerate(block.body) if any(program.contains(s, use) for use in found)]
    if not bound or not used or used[-1] < bound[0]:
        return None
    last = block.body[max(used[-1], bound[-1])]
    return last if program.alone(last) else None


class DropDead:
    name = "drop-dead"
    theme = "lifetime"
    goes_with = ("collector", "lifetime")
    claim = "Delete names after their last use, so that what they hold is freed before more is made."
    before = "for n in range(3):\n    xs = [n] * 9\n    print(xs)\n"
    after = "for n in range(3):\n    xs = [n] * 9\n    print(xs)\n    del xs\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        blocks = [loop.body for loop in (*program.find(cst.For), *program.find(cst.While))]
        blocks += [function.body for function in program.find(cst.FunctionDef)]
        found = [self._site(program, b) for b in (*blocks, program.module) if isinstance(b, cst.Module | cst.IndentedBlock)]
        return [site for site in found if site]

    def _site(self, program: Program, block: Block) -> Site | None:
        """All that dies in one block: one `del` under each statement that is a last use."""
        groups: dict[cst.CSTNode, list[str]] = {}
        for variable in program.variables:
            last = self._last(program, variable, block)
            if last is not None:
                groups.setdefault(last, []).append(variable.name)
        if not groups:
            return None
        splices = tuple(program.below(last, f"del {', '.join(names)}") for last, names in groups.items())
        names = [name for group in groups.values() for name in group]
        note = f"drop {', '.join(names[:6])}{' ...' if len(names) > 6 else ''} after the last use"
        return Site(self.name, _where(program, block), note, splices)

    def _last(self, program: Program, variable: Variable, block: Block) -> cst.CSTNode | None:
        if not all(isinstance(binding, cst.Name) for binding in variable.bindings):
            return None
        if variable.name == "_" or not any(program.contains(block, b) for b in variable.bindings) or small(program, variable):
            return None
        last = last_use(program, variable, block)
        if last is None or not falls_through(last) or not self._worth(program, block, last):
            return None
        return last if dead_after(program, variable, last) else None

    def _worth(self, program: Program, block: Block, last: cst.CSTNode) -> bool:
        """A name that dies with its function, or at the end of the program, is freed anyway."""
        in_loop = isinstance(program.parent(block), cst.For | cst.While) if block is not program.module else False
        return in_loop or last is not block.body[-1]


def small(program: Program, variable: Variable) -> bool:
    """Whether a variable holds only numbers and the like, or a file, whose closing might be seen."""
    known = sources(program, variable)
    if any(isinstance(s, cst.Call) and program.builtin(s.func) == "open" for s in known if s):
        return True
    return all(s is not None and kind(program, s) in SMALL for s in known)


def _where(program: Program, block: Block) -> str:
    if isinstance(block, cst.Module):
        return "module"
    above = program.parent(block)
    if isinstance(above, cst.FunctionDef):
        return above.name.value
    target = program.text(above.target) if isinstance(above, cst.For) else "while"
    return ".".join(part for part in (program.owner(block), target.replace(" ", "")) if part)
