"""Building lists: in one expression, from the front of a queue, by item instead of by index."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import counts, reflective, sources
from harness.models.offline.flow import dead_after, only_names, targets, uses
from harness.models.offline.operators.collector import last_import
from harness.models.offline.operators.loops import new_list
from harness.models.offline.program import Program, Variable
from harness.models.offline.rewriting import Site, Splice, with_all

LAZY = (cst.Lambda, cst.GeneratorExp, cst.NamedExpr, cst.Yield, cst.Await)
QUEUE_METHODS = frozenset({"append", "pop", "extend"})


class LoopToComprehension:
    name = "loop-to-comprehension"
    theme = "iteration"
    goes_with = ("iteration", "loops")
    claim = "A loop that only appends to a list made just before it is a list comprehension: no look-up, no call."
    before = (
        "def f(n):\n    xs = []\n    for i in range(n):\n        if i > 1:\n            xs.append(i * i)\n"
        "    return xs\nprint(f(4))\n"
    )
    after = "def f(n):\n    xs = [i * i for i in range(n) if i > 1]\n    return xs\nprint(f(4))\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try):
            return []
        sites = [site for loop in program.find(cst.For) if (site := self._site(program, loop))]
        return with_all(sites, f"{len(sites)} lists built in one expression each")

    def _site(self, program: Program, loop: cst.For) -> Site | None:
        made, step = _made_before(program, loop), _appended(loop)
        if made is None or step is None or not program.alone(loop) or loop.orelse or loop.asynchronous:
            return None
        line, variable = made
        call, test = step
        if not isinstance(call.func, cst.Attribute) or program.variable(call.func.value) is not variable:
            return None
        if not self._plain(program, loop, variable, call):
            return None
        parts = [call.args[0].value, loop.target, loop.iter, *([test] if test else [])]
        item, target, many, *ifs = (program.data[slice(*program.whole(part))].decode() for part in parts)
        text = f"[{item} for {target} in {many}{f' if {ifs[0]}' if ifs else ''}]"
        if len(text) > 200:
            return None
        assign = line.body[0]
        assert isinstance(assign, cst.Assign)
        splices = (program.replace(assign.value, text), Splice(*program.lines_of(loop), ""))
        where = ".".join(part for part in (program.owner(loop), variable.name) if part)
        return Site(self.name, where, f"build {variable.name} in one expression", splices)

    def _plain(self, program: Program, loop: cst.For, variable: Variable, call: cst.Call) -> bool:
        text = program.text(loop)
        if "#" in text or any("\n" in program.text(n) for n in (loop.iter, call)) or "\\\n" in text:
            return False
        if any(program.within(loop, kind) for kind in LAZY) or _in_class(program, loop):
            return False
        needed = uses(program, variable)
        if needed is None or sum(program.contains(loop, use) for use in needed) != 1:
            return False
        if isinstance(loop.iter, cst.Tuple) and not loop.iter.lpar:
            return False
        names = list(targets(loop.target))
        if not names or {name.value for name in names} & {variable.name}:
            return False
        own = [program.variable(name) for name in names]
        return only_names(loop.target) and all(v and not v.deleted and dead_after(program, v, loop) for v in own)


def _made_before(program: Program, loop: cst.For) -> tuple[cst.SimpleStatementLine, Variable] | None:
    """The line `xs = []` right above a loop."""
    block = program.parent(loop)
    if not isinstance(block, cst.Module | cst.IndentedBlock):
        return None
    at = next(i for i, s in enumerate(block.body) if s is loop)
    line = block.body[at - 1] if at else None
    if not isinstance(line, cst.SimpleStatementLine) or not program.alone(line):
        return None
    assign = line.body[0]
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or loop.leading_lines:
        return None
    variable = program.variable(assign.targets[0].target)
    empty = isinstance(assign.value, cst.List) and not assign.value.elements
    return (line, variable) if empty and variable is not None else None


def _appended(loop: cst.For) -> tuple[cst.Call, cst.BaseExpression | None] | None:
    """Of `for ...: [if test:] xs.append(x)` the call and the test."""
    body, test = loop.body, None
    if len(body.body) == 1 and isinstance(branch := body.body[0], cst.If) and not branch.orelse:
        body, test = branch.body, branch.test
    line = body.body[0] if len(body.body) == 1 else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else line
    call = small.value if isinstance(small, cst.Expr) else None
    if not isinstance(call, cst.Call) or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "append":
        return None
    one = len(call.args) == 1 and not call.args[0].star and not call.args[0].keyword
    return (call, test) if one and not isinstance(test, cst.IfExp | cst.Lambda) else None


def _in_class(program: Program, node: cst.CSTNode) -> bool:
    return program.function(node) is None and bool(program.owner(node))


class QueueForList:
    name = "queue-for-list"
    theme = "containers"
    goes_with = ("containers", "iteration")
    claim = "A list that gives up its first element again and again is a deque: nothing moves when the first goes."
    before = (
        "import math\nxs = [1]\nwhile xs:\n    x = xs.pop(0)\n    if x < 9:\n        xs.append(x + 2)\n    print(x)\n"
    )
    after = (
        "import math\nfrom collections import deque\nxs = deque([1])\nwhile xs:\n    x = xs.popleft()\n"
        "    if x < 9:\n        xs.append(x + 2)\n    print(x)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        last = last_import(program)
        if reflective(program) or program.find(cst.Try) or last is None:
            return []
        sites = [site for variable in program.variables if (site := self._site(program, variable, last))]
        return with_all(sites, f"{len(sites)} lists as queues whose front is cheap")

    def _site(self, program: Program, variable: Variable, last: cst.CSTNode) -> Site | None:
        made = [source for source in sources(program, variable) if source is not None]
        if len(made) != len(variable.bindings) or not all(_fresh(program, s) for s in made):
            return None
        pops = [call for read in variable.reads if (call := _first_taken(program, read))]
        if not any(program.loops(call) for call in pops) or not all(_as_queue(program, r) for r in variable.reads):
            return None
        name = program.fresh("deque")
        line = "from collections import deque" + (f" as {name}" if name != "deque" else "")
        splices = [program.below(last, line)]
        for source in made:
            splices.append(program.replace(source, f"{name}({program.data[slice(*program.whole(source))].decode()})"))
        for call in pops:
            assert isinstance(call.func, cst.Attribute)
            splices.append(program.replace(call, f"{program.text(call.func.value)}.popleft()"))
        note = f"{variable.name} as a queue whose front is cheap"
        where = ".".join(part for part in (program.owner(variable.bindings[0]), variable.name) if part)
        return Site(self.name, where, note, tuple(splices))


def _fresh(program: Program, source: cst.BaseExpression) -> bool:
    """Whether an expression is a list that one name alone is set to, by itself or in `a, b = [], 0`."""
    above = program.parent(source)
    if isinstance(above, cst.Element):
        above = program.parent(program.parent(above))
    single = isinstance(above, cst.Assign) and len(above.targets) == 1
    return single and isinstance(source, cst.List | cst.ListComp)


def _first_taken(program: Program, read: cst.CSTNode) -> cst.Call | None:
    """The call `xs.pop(0)` that a read is in."""
    call = _method_call(program, read)
    if call is None or not isinstance(call.func, cst.Attribute) or call.func.attr.value != "pop" or len(call.args) != 1:
        return None
    return call if isinstance(call.args[0].value, cst.Integer) and call.args[0].value.value == "0" else None


def _method_call(program: Program, read: cst.CSTNode) -> cst.Call | None:
    attribute = program.parent(read)
    call = program.parent(attribute)
    fits = isinstance(attribute, cst.Attribute) and isinstance(call, cst.Call) and call.func is attribute
    return call if fits and isinstance(call, cst.Call) else None


def _as_queue(program: Program, read: cst.CSTNode) -> bool:
    """Whether a use of a list is one that a deque serves alike."""
    parent = program.parent(read)
    call = _method_call(program, read)
    if call is not None and isinstance(call.func, cst.Attribute):
        last = not call.args or call.func.attr.value != "pop" or _first_taken(program, read) is not None
        return call.func.attr.value in QUEUE_METHODS and last
    if isinstance(parent, cst.Arg):
        outer = program.parent(parent)
        return isinstance(outer, cst.Call) and program.builtin(outer.func) == "len" and len(outer.args) == 1
    if isinstance(parent, cst.UnaryOperation):
        return isinstance(parent.operator, cst.Not)
    if isinstance(parent, cst.While | cst.If):
        return parent.test is read
    return isinstance(parent, cst.Del) or (
        isinstance(parent, cst.Element) and isinstance(program.parent(program.parent(parent)), cst.Del)
    )


class ItemWithIndex:
    name = "item-with-index"
    theme = "iteration"
    goes_with = ("iteration",)
    claim = "`for i in range(len(xs))` that reads xs[i] goes through enumerate(xs), when nothing changes xs meanwhile."
    before = "def f(n):\n    xs = [n, 2]\n    for i in range(len(xs)):\n        print(i, xs[i], xs[i] + n)\nf(1)\n"
    after = "def f(n):\n    xs = [n, 2]\n    for i, x in enumerate(xs):\n        print(i, x, x + n)\nf(1)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        return [site for loop in program.find(cst.For) if (site := self._site(program, loop))]

    def _site(self, program: Program, loop: cst.For) -> Site | None:
        variable = _ranged_over(program, loop)
        index = program.variable(loop.target)
        if variable is None or index is None or not isinstance(loop.target, cst.Name) or loop.asynchronous:
            return None
        if not all(new_list(program, s) for s in sources(program, variable)) or uses(program, variable) is None:
            return None
        if any(program.contains(loop.body, b) for b in (*index.bindings, *variable.bindings)):
            return None
        inside = [read for read in variable.reads if program.contains(loop.body, read)]
        needed = uses(program, variable) or []
        if any(program.contains(loop.body, use) and use not in inside for use in needed):
            return None  # a local function that is called in the loop gets at the list
        items = [item for read in inside if (item := _item(program, read, index))]
        until = [r for r in variable.reads if program.start(r) < program.end(loop) or program.loops(loop)]
        if not items or len(items) != len(inside) or not all(_kept_to_itself(program, r) for r in until):
            return None
        name = program.fresh(variable.name[:-1] if variable.name.endswith("s") and len(variable.name) > 1 else "item")
        splices = [program.replace(item, name) for item in items]
        splices.append(program.replace(loop.target, f"{index.name}, {name}"))
        splices.append(program.replace(loop.iter, f"enumerate({variable.name})"))
        where = ".".join(part for part in (program.owner(loop), variable.name) if part)
        return Site(self.name, where, f"go through {variable.name} with enumerate", tuple(splices))


def _ranged_over(program: Program, loop: cst.For) -> Variable | None:
    """The variable xs of `for i in range(len(xs))`."""
    call = loop.iter
    if not isinstance(loop.target, cst.Name) or not counts(program, loop.target) or not isinstance(call, cst.Call):
        return None
    inner = call.args[0].value if len(call.args) == 1 else None
    if program.builtin(call.func) != "range" or not isinstance(inner, cst.Call) or "enumerate" in program.bound_names:
        return None
    if program.builtin(inner.func) != "len" or len(inner.args) != 1 or inner.args[0].star:
        return None
    return program.variable(inner.args[0].value)


def _item(program: Program, read: cst.CSTNode, index: Variable) -> cst.Subscript | None:
    """The expression xs[i] that a read is in, where it is only read."""
    found = program.parent(read)
    if not isinstance(found, cst.Subscript) or found.value is not read or len(found.slice) != 1:
        return None
    at = found.slice[0].slice
    if not isinstance(at, cst.Index) or program.variable(at.value) is not index:
        return None
    return None if _changed(program, found) else found


def _changed(program: Program, item: cst.CSTNode) -> bool:
    """Whether an expression may be stored to: all but what is surely read."""
    parent = program.parent(item)
    kinds = (
        cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.For | cst.CompFor | cst.NamedExpr | cst.Del | cst.AsName
    )
    if isinstance(parent, cst.Element | cst.Tuple):
        return any(isinstance(above, cst.AssignTarget | cst.Del | cst.For) for above in program.up(parent))
    return isinstance(parent, kinds) and getattr(parent, "value", None) is not item


def _kept_to_itself(program: Program, read: cst.CSTNode) -> bool:
    """Whether a use of a list lets nobody else get hold of it."""
    parent = program.parent(read)
    if isinstance(parent, cst.Subscript) and parent.value is read:
        return True
    if isinstance(parent, cst.Arg):
        call = program.parent(parent)
        return isinstance(call, cst.Call) and program.builtin(call.func) in ("len", "print", "sum", "max", "min")
    return _method_call(program, read) is not None
