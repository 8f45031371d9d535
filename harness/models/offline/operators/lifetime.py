"""Lifetime: let go of objects as soon as nothing can need them."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import kind, reflective, sources
from harness.models.offline.flow import contained, dead_after, sets, uses
from harness.models.offline.program import Block, Program, Variable
from harness.models.offline.rewriting import Site

Deaths = dict[Variable, cst.CSTNode]
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
    if found is None or variable.deleted:
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
        blocks: list[cst.CSTNode] = [loop.body for loop in (*program.find(cst.For), *program.find(cst.While))]
        blocks += [function.body for function in program.find(cst.FunctionDef)]
        dead = {
            b: self._dead(program, b)
            for b in (program.module, *blocks)
            if isinstance(b, cst.Module | cst.IndentedBlock)
        }
        sites = [self._site(program, {b: last}, _where(program, b)) for b, last in dead.items() if last]
        return sites if len(sites) < 2 else [self._site(program, _apart(program, dead), "all"), *sites]

    def _site(self, program: Program, dead: dict[Block, Deaths], where: str) -> Site:
        """One `del` under each statement that is a last use."""
        groups: dict[cst.CSTNode, list[str]] = {}
        for deaths in dead.values():
            for variable, last in deaths.items():
                groups.setdefault(last, []).append(variable.name)
        splices = tuple(program.below(last, f"del {', '.join(names)}") for last, names in groups.items())
        names = list(dict.fromkeys(name for group in groups.values() for name in group))
        note = f"drop {', '.join(names[:6])}{' ...' if len(names) > 6 else ''} after the last use"
        return Site(self.name, where, note, splices)

    def _dead(self, program: Program, block: Block) -> Deaths:
        """The variables that die in a block, each with the statement of its last use."""
        found = ((variable, self._last(program, variable, block)) for variable in program.variables)
        return {variable: last for variable, last in found if last is not None}

    def _last(self, program: Program, variable: Variable, block: Block) -> cst.CSTNode | None:
        if not all(isinstance(binding, cst.Name) for binding in variable.bindings):
            return None
        if (
            variable.name == "_"
            or not any(program.contains(block, b) for b in variable.bindings)
            or small(program, variable)
        ):
            return None
        last = last_use(program, variable, block)
        if last is None or not falls_through(last) or not self._worth(program, block, last):
            return None
        return last if dead_after(program, variable, last) else None

    def _worth(self, program: Program, block: Block, last: cst.CSTNode) -> bool:
        """A name that dies with its function, or at the end of the program, is freed anyway."""
        in_loop = isinstance(program.parent(block), cst.For | cst.While) if block is not program.module else False
        return in_loop or last is not block.body[-1]


def _apart(program: Program, dead: dict[Block, Deaths]) -> dict[Block, Deaths]:
    """The same deaths without those in a block inside another where the same variable dies: nothing dies twice."""
    kept: dict[Block, Deaths] = {}
    for block, deaths in dead.items():
        outer = [other for other in dead if other is not block and program.contains(other, block)]
        kept[block] = {v: last for v, last in deaths.items() if not any(v in dead[other] for other in outer)}
    return kept


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
