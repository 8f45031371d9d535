"""Loops: their variables, and how they go through a list."""

from __future__ import annotations

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.facts import kind, reflective, sources
from harness.models.offline.flow import covers, dead_after, immediate, set_before, uses
from harness.models.offline.program import Program, Variable
from harness.models.offline.rewriting import Site, Splice, with_all


class LoopIntoFunction:
    name = "loop-into-function"
    theme = "loops"
    goes_with = ("arithmetic", "lifetime")
    claim = "A loop at the top level looks every name up in a dict; in a function its variables are fast locals."
    before = "xs = [1, 2]\nfor x in xs:\n    y = x + 1\n    print(y)\n"
    after = "xs = [1, 2]\n\n\ndef run_x():\n    for x in xs:\n        y = x + 1\n        print(y)\n\n\nrun_x()\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        loops = [s for s in program.module.body if isinstance(s, cst.For | cst.While)]
        used: set[str] = set()
        sites = [self._site(program, loop, used) for loop in loops if self._fits(program, loop)]
        return with_all(sites, f"{len(sites)} loops in functions, with fast locals")

    def _fits(self, program: Program, loop: cst.For | cst.While) -> bool:
        refused = (cst.FunctionDef, cst.ClassDef, cst.Lambda, cst.Import, cst.ImportFrom, cst.Yield, cst.Await)
        if any(program.within(loop, kind) for kind in refused) or not isinstance(loop.body, cst.IndentedBlock):
            return False
        start, end = program.lines_of(loop)
        if any(
            b"\n" in program.data[program.start(s) : program.end(s)] for s in program.within(loop, cst.SimpleString)
        ):
            return False
        if any("\n" in program.text(s) for s in program.within(loop, cst.FormattedString)):
            return False
        if b"\\\n" in program.data[start:end] or not isinstance(loop.body.header, cst.TrailingWhitespace):
            return False
        return all(self._local(program, loop, v) or self._handed(program, loop, v) for v in _bound_in(program, loop))

    def _local(self, program: Program, loop: cst.CSTNode, variable: Variable) -> bool:
        """Whether a variable that the loop sets may be the function's own: set before it is read, dead afterwards."""
        inside = [read for read in variable.reads if program.contains(loop, read)]
        if not all(immediate(program, variable, read) for read in variable.reads):
            return False
        if not all(any(program.contains(loop, c) for c in covers(program, variable, read)) for read in inside):
            return False
        return dead_after(program, variable, loop)

    def _handed(self, program: Program, loop: cst.For | cst.While, variable: Variable) -> bool:
        """Whether a variable may be handed in and back: surely set before, and read by nothing that runs elsewhere."""
        if program.find(cst.Try) or isinstance(variable.bindings[0], cst.Import | cst.FunctionDef | cst.ClassDef):
            return False
        return uses(program, variable) is not None and set_before(program, variable, loop)

    def _site(self, program: Program, loop: cst.For | cst.While, used: set[str]) -> Site:
        handed = ", ".join(v.name for v in _bound_in(program, loop) if not self._local(program, loop, v))
        words = [n.value for n in program.within(loop.target, cst.Name)] if isinstance(loop, cst.For) else ["loop"]
        wanted = f"run_{words[0].lstrip('_') or 'loop'}"
        name = program.fresh(f"{wanted}_{len(used) + 1}" if wanted in used else wanted)
        used |= {wanted, name}
        start, end = program.lines_of(loop)
        newline = program.newline
        text = program.data[start:end].decode()
        body = "".join(f"{program.tab}{line}" if line.strip() else line for line in text.splitlines(keepends=True))
        tail = "" if body.endswith("\n") else newline
        head = f"{newline}{newline}def {name}({handed}):{newline}"
        back = f"{program.tab}return {handed}{newline}" if handed else ""
        call = f"{handed} = {name}({handed})" if handed else f"{name}()"
        moved = Splice(start, end, f"{head}{body}{tail}{back}{newline}{newline}{call}{newline}")
        return Site(self.name, name, f"the loop over {words[0]} in a function, with fast locals", (moved,))


def _bound_in(program: Program, loop: cst.CSTNode) -> list[Variable]:
    return [
        variable
        for variable in program.variables
        if isinstance(variable.scope, meta.GlobalScope) and any(program.contains(loop, b) for b in variable.bindings)
    ]


class ConsumeReversed:
    name = "consume-reversed"
    theme = "lifetime"
    goes_with = ("lifetime", "collector")
    claim = "A loop over a local list from its end takes the elements out, when nothing needs the list any more."
    before = "def f(n):\n    xs = list(range(n))\n    for x in reversed(xs):\n        print(x)\nf(3)\n"
    after = "def f(n):\n    xs = list(range(n))\n    while xs:\n        x = xs.pop()\n        print(x)\nf(3)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        return [site for loop in program.find(cst.For) if (site := self._site(program, loop))]

    def _site(self, program: Program, loop: cst.For) -> Site | None:
        call = loop.iter
        if not isinstance(call, cst.Call) or program.builtin(call.func) != "reversed" or len(call.args) != 1:
            return None
        variable = program.variable(call.args[0].value)
        if variable is None or loop.orelse or not isinstance(loop.target, cst.Name) or not private(program, variable):
            return None
        inside = [read for read in variable.reads if program.contains(loop.body, read)]
        if inside or not program.alone(loop) or not isinstance(loop.body, cst.IndentedBlock):
            return None
        if not dead_after(program, variable, loop) or any(program.contains(loop, b) for b in variable.bindings):
            return None
        name, first = variable.name, loop.body.body[0]
        head = Splice(
            program.start(loop), program.end(call.rpar[-1]) if call.rpar else program.end(call), f"while {name}"
        )
        pop = program.before(first, f"{program.text(loop.target)} = {name}.pop()")
        where = ".".join(p for p in (program.owner(loop), name) if p)
        return Site(self.name, where, f"take the elements out of {name} as they are used", (head, pop))


def private(program: Program, variable: Variable) -> bool:
    """Whether a list of a function is known to it alone: made there, and used by subscript, method or len only."""
    if not isinstance(variable.scope, meta.FunctionScope):
        return False
    return all(new_list(program, source) for source in sources(program, variable)) and all(
        _inward(program, read) for read in variable.reads
    )


def new_list(program: Program, source: cst.BaseExpression | None) -> bool:
    """Whether an expression makes a list that only one name will stand for."""
    if not isinstance(source, cst.List | cst.ListComp | cst.Call | cst.BinaryOperation):
        return False
    assign = program.parent(source)
    alone = isinstance(assign, cst.Assign) and len(assign.targets) == 1
    return alone and kind(program, source) == "list"


def _inward(program: Program, read: cst.CSTNode) -> bool:
    parent = program.parent(read)
    if isinstance(parent, cst.Attribute):
        call = program.parent(parent)
        return isinstance(call, cst.Call) and call.func is parent
    if isinstance(parent, cst.Arg):
        call = program.parent(parent)
        return isinstance(call, cst.Call) and program.builtin(call.func) in ("len", "reversed")
    return isinstance(parent, cst.Subscript) and parent.value is read


class ItemForIndex:
    name = "item-for-index"
    theme = "iteration"
    goes_with = ("iteration",)
    claim = "`for i in range(len(xs))` that only reads xs[i] goes through xs itself, when the body cannot change xs."
    before = "def f(ys):\n    xs = list(ys)\n    return [xs[i] + 1 for i in range(len(xs))]\nprint(f((1, 2)))\n"
    after = "def f(ys):\n    xs = list(ys)\n    return [x + 1 for x in xs]\nprint(f((1, 2)))\n"

    def sites(self, program: Program) -> list[Site]:
        return [site for comp in program.find(cst.ListComp) if (site := self._site(program, comp))]

    def _site(self, program: Program, comp: cst.ListComp) -> Site | None:
        loop = comp.for_in
        call = loop.iter
        if not isinstance(call, cst.Call) or program.builtin(call.func) != "range" or len(call.args) != 1:
            return None
        inner = call.args[0].value
        if not isinstance(inner, cst.Call) or program.builtin(inner.func) != "len" or loop.inner_for_in:
            return None
        if len(inner.args) != 1 or not isinstance(loop.target, cst.Name) or program.within(comp.elt, cst.Call):
            return None
        variable, index = program.variable(inner.args[0].value), program.variable(loop.target)
        if variable is None or index is None or kind(program, inner.args[0].value) != "list" or loop.ifs:
            return None
        if not isinstance(inner.args[0].value, cst.Name) or program.find(cst.ClassDef):
            return None  # an operator of a class might change the list
        subscripts = [s for read in index.reads if (s := _subscript(program, read, variable))]
        if len(subscripts) != len(index.reads) or not subscripts or program.within(comp.elt, cst.NamedExpr):
            return None
        item = program.fresh(variable.name[:-1] if variable.name.endswith("s") and len(variable.name) > 1 else "item")
        splices = [program.replace(s, item) for s in subscripts]
        splices += [program.replace(loop.target, item), program.replace(call, variable.name)]
        where = ".".join(p for p in (program.owner(comp), variable.name) if p)
        return Site(self.name, where, f"go through {variable.name} itself", tuple(splices))


def _subscript(program: Program, read: cst.CSTNode, variable: Variable) -> cst.Subscript | None:
    index = program.parent(read)
    element = program.parent(index)
    found = program.parent(element)
    if not isinstance(index, cst.Index) or not isinstance(found, cst.Subscript) or len(found.slice) != 1:
        return None
    return found if program.variable(found.value) is variable else None
