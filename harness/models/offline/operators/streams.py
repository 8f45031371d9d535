"""Streams: what is only passed on is not gathered first."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import kind, reflective
from harness.models.offline.flow import dead_after, eager, only_names, targets, uses
from harness.models.offline.program import Program, Variable
from harness.models.offline.purity import quiet, quiet_operators
from harness.models.offline.rewriting import Site, Splice, with_all

Comprehension = cst.ListComp | cst.SetComp | cst.GeneratorExp
COMPREHENSIONS = (cst.ListComp, cst.SetComp, cst.GeneratorExp)
LAZY = (cst.Lambda, cst.GeneratorExp, cst.NamedExpr, cst.Yield, cst.Await)


class FuseComprehensions:
    name = "fuse-comprehensions"
    theme = "iteration"
    goes_with = ("iteration", "lifetime")
    claim = "A comprehension over a list that another comprehension makes for it goes through both in one."
    before = "print([y * 2 for y in [x + 1 for x in range(4) if x]])\n"
    after = "print([y * 2 for x in range(4) if x for y in [x + 1]])\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try) or not quiet_operators(program):
            return []
        outers: list[Comprehension] = [*program.find(cst.ListComp), *program.find(cst.SetComp)]
        outers += program.find(cst.GeneratorExp)
        return [site for outer in sorted(outers, key=program.start) if (site := self._site(program, outer))]

    def _site(self, program: Program, outer: Comprehension) -> Site | None:
        inner = outer.for_in.iter
        if not isinstance(inner, cst.ListComp) or outer.for_in.inner_for_in or inner.for_in.inner_for_in:
            return None
        if isinstance(outer, cst.GeneratorExp) and not eager(program, outer):
            return None
        if outer.for_in.asynchronous or inner.for_in.asynchronous or program.within(outer, cst.Lambda):
            return None
        if isinstance(inner.for_in.iter, cst.ListComp) or len(program.within(outer, cst.ListComp)) > _own(outer) + 1:
            return None
        text = program.text(outer)
        if "#" in text or "\n" in text or not quiet(program, outer) or _clash(program, outer, inner):
            return None
        start, end = program.whole(inner.elt)
        each = program.data[start:end].decode()
        below = program.data[program.start(inner.for_in) : program.end(inner.for_in)].decode().strip()
        target = program.text(outer.for_in.target)
        at, until = program.start(outer.for_in), program.whole(inner)[1]
        where = ".".join(part for part in (program.owner(outer), target.replace(" ", "")) if part)
        one = Splice(at, until, f" {below} for {target} in [{each}]")
        return Site(self.name, where, f"the list that {target} goes through is not made", (one,))


def _own(outer: cst.CSTNode) -> int:
    return 1 if isinstance(outer, cst.ListComp) else 0


def _clash(program: Program, outer: cst.CSTNode, inner: cst.ListComp) -> bool:
    """Whether a name of the inner comprehension means something in the outer one, or the other way round."""
    own = {name.value for name in targets(inner.for_in.target)}
    outside = {n.value for n in program.within(outer, cst.Name) if not program.contains(inner, n)}
    inside = {n.value for n in program.within(inner, cst.Name)}
    assert isinstance(outer, cst.ListComp | cst.SetComp | cst.GeneratorExp)
    theirs = {name.value for name in targets(outer.for_in.target)}
    return not own or not theirs or bool(own & outside) or bool(theirs & inside)


class JoinPieces:
    name = "join-pieces"
    theme = "iteration"
    goes_with = ("iteration", "loops")
    claim = "A loop that only adds text to a text that is empty before it joins the pieces in one expression."
    before = 'def f(n):\n    out = ""\n    for i in range(n):\n        out += str(i)\n    return out\nprint(f(12))\n'
    after = 'def f(n):\n    out = "".join([str(i) for i in range(n)])\n    return out\nprint(f(12))\n'

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try):
            return []
        sites = [site for loop in program.find(cst.For) if (site := self._site(program, loop))]
        return with_all(sites, f"{len(sites)} texts joined from their pieces")

    def _site(self, program: Program, loop: cst.For) -> Site | None:
        line, step = _empty_before(program, loop), _added(loop)
        if line is None or step is None or not program.alone(loop) or loop.orelse or loop.asynchronous:
            return None
        added, test = step
        assign = line.body[0]
        assert isinstance(assign, cst.Assign)
        variable = program.variable(assign.targets[0].target)
        if variable is None or program.variable(added.target) is not variable or kind(program, added.value) != "str":
            return None
        if not _plain(program, loop, variable):
            return None
        parts = [added.value, loop.target, loop.iter, *([test] if test else [])]
        item, target, many, *ifs = (program.data[slice(*program.whole(part))].decode() for part in parts)
        text = f'"".join([{item} for {target} in {many}{f" if {ifs[0]}" if ifs else ""}])'
        if len(text) > 200:
            return None
        where = ".".join(part for part in (program.owner(loop), variable.name) if part)
        splices = (program.replace(assign.value, text), Splice(*program.lines_of(loop), ""))
        return Site(self.name, where, f"join {variable.name} from its pieces", splices)


def _empty_before(program: Program, loop: cst.For) -> cst.SimpleStatementLine | None:
    """The line `s = ""` right above a loop."""
    block = program.parent(loop)
    if not isinstance(block, cst.Module | cst.IndentedBlock) or loop.leading_lines:
        return None
    at = next(i for i, s in enumerate(block.body) if s is loop)
    line = block.body[at - 1] if at else None
    assign = line.body[0] if isinstance(line, cst.SimpleStatementLine) and program.alone(line) else None
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    empty = isinstance(assign.value, cst.SimpleString) and assign.value.value in ('""', "''")
    return line if empty and isinstance(line, cst.SimpleStatementLine) else None


def _added(loop: cst.For) -> tuple[cst.AugAssign, cst.BaseExpression | None] | None:
    """Of `for ...: [if test:] s += x` the addition and the test."""
    body, test = loop.body, None
    if len(body.body) == 1 and isinstance(branch := body.body[0], cst.If) and not branch.orelse:
        body, test = branch.body, branch.test
    line = body.body[0] if len(body.body) == 1 else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else line
    if not isinstance(small, cst.AugAssign) or not isinstance(small.operator, cst.AddAssign):
        return None
    return None if isinstance(test, cst.IfExp | cst.Lambda) else (small, test)


def _plain(program: Program, loop: cst.For, variable: Variable) -> bool:
    text, function = program.text(loop), program.function(loop)
    if "#" in text or "\\\n" in text or any(program.within(loop, form) for form in LAZY):
        return False
    if any("\n" in program.text(part) for part in (loop.iter, loop.target)) or (not function and program.owner(loop)):
        return False
    needed = uses(program, variable)
    if needed is None or sum(program.contains(loop, use) for use in needed) != 1:
        return False
    if isinstance(loop.iter, cst.Tuple) and not loop.iter.lpar:
        return False
    names = list(targets(loop.target))
    if not names or variable.name in {name.value for name in names} or not only_names(loop.target):
        return False
    own = [program.variable(name) for name in names]
    return all(v and not v.deleted and dead_after(program, v, loop) for v in own)


def _file(program: Program, node: cst.CSTNode) -> bool:
    """Whether an expression is a file that was just opened, or the one of a `with open(...) as name`."""
    if isinstance(node, cst.Call):
        return program.builtin(node.func) == "open"
    variable = program.variable(node) if isinstance(node, cst.Name) else None
    if variable is None or len(variable.bindings) != 1 or len(variable.reads) != 1:
        return False
    name = program.parent(variable.bindings[0])
    item = program.parent(name)
    return isinstance(name, cst.AsName) and isinstance(item, cst.WithItem) and _file(program, item.item)


class StreamLines:
    name = "stream-lines"
    theme = "lifetime"
    goes_with = ("lifetime", "iteration")
    claim = "A comprehension over the `readlines()` of a file goes through the file itself: one line at a time is held."
    before = "import os\nwith open(os.devnull) as f:\n    xs = [len(line) for line in f.readlines()]\nprint(xs)\n"
    after = "import os\nwith open(os.devnull) as f:\n    xs = [len(line) for line in f]\nprint(xs)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or sum(name.value == "open" for name in program.find(cst.Name)) != 1:
            return []
        return [site for call in program.find(cst.Call) if (site := self._site(program, call))]

    def _site(self, program: Program, call: cst.Call) -> Site | None:
        made = call.func.value if isinstance(call.func, cst.Attribute) and call.func.attr.value == "readlines" else None
        if made is None or call.args or not _file(program, made):
            return None
        loop = program.parent(call)
        outer = program.parent(loop)
        if not isinstance(loop, cst.CompFor) or loop.iter is not call or loop.asynchronous or loop.inner_for_in:
            return None
        if not isinstance(outer, COMPREHENSIONS) or (isinstance(outer, cst.GeneratorExp) and not eager(program, outer)):
            return None
        parts = [outer.elt, *(test.test for test in loop.ifs)]
        if not quiet_operators(program) or not all(quiet(program, part) for part in parts):
            return None
        where = ".".join(part for part in (program.owner(call), program.text(loop.target).replace(" ", "")) if part)
        return Site(
            self.name, where, "hold one line of the file at a time", (program.replace(call, program.text(made)),)
        )
