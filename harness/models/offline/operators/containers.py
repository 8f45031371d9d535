"""Containers: keep what was just stored, find positions by hash, give objects fixed fields."""

from __future__ import annotations

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.facts import kind, once, reflective, sources
from harness.models.offline.flow import comprehended, docstring
from harness.models.offline.program import Program, Variable
from harness.models.offline.purity import methods
from harness.models.offline.rewriting import Site, Splice, with_all


class KeepStored:
    name = "keep-stored"
    theme = "containers"
    goes_with = ("arithmetic", "loops")
    claim = "What was just stored in a list that nothing else can reach is read from a name, not from the list."
    before = "xs = [0] * 3\nfor i in range(3):\n    xs[i] = i + 1\n    print(xs[i] * 2)\n"
    after = "xs = [0] * 3\nfor i in range(3):\n    xs_i = xs[i] = i + 1\n    print(xs_i * 2)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        found = (self._site(program, variable) for variable in program.variables)
        return with_all([site for site in found if site], "keep what was just stored in names")

    def _site(self, program: Program, variable: Variable) -> Site | None:
        if not once(program, variable, dropped=True):
            return None
        source = sources(program, variable)[0]
        if source is None or kind(program, source) != "list" or not isinstance(program.parent(source), cst.Assign):
            return None
        assign = program.parent(source)
        if not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
            return None
        reads = [_indexed(program, read) for read in variable.reads if not _dropped(program, read)]
        if any(r is None or program.function(r) for r in reads):
            return None
        stores = [r for r in reads if r is not None and stored(program, r) is not None]
        if len(stores) != 1 or any(program.within(c, cst.GeneratorExp) for c in [stored(program, stores[0])] if c):
            return None
        return self._rewrite(program, variable, stores[0], [r for r in reads if r is not None and r is not stores[0]])

    def _rewrite(
        self, program: Program, variable: Variable, store: cst.Subscript, others: list[cst.Subscript]
    ) -> Site | None:
        line = program.statement(store)
        block = program.parent(line)
        index = store.slice[0].slice
        if not program.alone(line) or not isinstance(block, cst.IndentedBlock) or not isinstance(index, cst.Index):
            return None
        counter = program.variable(index.value)
        if not isinstance(index.value, cst.Name) or counter is None or kind(program, index.value) != "int":
            return None
        after = [s for s in block.body if program.start(s) > program.start(line)]
        if any(program.start(line) < program.start(b) < program.end(block) for b in counter.bindings):
            return None
        same = [o for o in others if program.text(o) == program.text(store)]
        kept = [o for o in same if any(program.contains(s, o) for s in after) and not _lazy(program, o, block)]
        if not kept:
            return None
        name = program.fresh(f"{variable.name}_{index.value.value}")
        assign = next(a for a in program.up(store) if isinstance(a, cst.Assign))
        splices = [Splice(program.start(assign), program.start(assign), f"{name} = ")]
        splices += [program.replace(o, name) for o in kept]
        return Site(self.name, variable.name, f"keep {program.text(store)} in a name", tuple(splices))


def _dropped(program: Program, read: cst.CSTNode) -> bool:
    """Whether a read is a `del` at the top level of the module, where no loop can come back to it."""
    line = program.statement(read)
    deletes = isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Del)
    return deletes and isinstance(program.parent(line), cst.Module)


def _indexed(program: Program, read: cst.CSTNode) -> cst.Subscript | None:
    parent = program.parent(read)
    fits = isinstance(parent, cst.Subscript) and parent.value is read and len(parent.slice) == 1
    return parent if fits and isinstance(parent, cst.Subscript) else None


def stored(program: Program, item: cst.Subscript) -> cst.CSTNode | None:
    """The statement that stores into an item: an assignment, `+=`, `del`, or a loop target."""
    above: cst.CSTNode = item
    for node in program.up(item):
        if isinstance(node, cst.AssignTarget | cst.Del):
            return node
        if isinstance(node, cst.AugAssign | cst.AnnAssign | cst.For | cst.CompFor | cst.NamedExpr):
            return node if node.target is above else None
        if isinstance(node, cst.AsName):
            return node
        if isinstance(node, cst.BaseStatement):
            return None
        above = node
    return None


def _lazy(program: Program, node: cst.CSTNode, block: cst.CSTNode) -> bool:
    """Whether a node runs at another time than the block that it stands in."""
    kinds = cst.GeneratorExp | cst.Lambda | cst.FunctionDef | cst.ClassDef
    inner = []
    for above in program.up(node):
        if above is block:
            break
        inner.append(above)
    return any(isinstance(a, kinds) for a in inner)


class IndexByHash:
    name = "index-by-hash"
    theme = "containers"
    goes_with = ("containers",)
    claim = "`xs.index(x)` on a sorted list of text that never changes becomes a look-up in a dict that is made once."
    before = "xs = sorted(set('hello'))\nprint([xs.index(c) for c in 'hello'])\n"
    after = (
        "xs = sorted(set('hello'))\nxs_index = {item: i for i, item in enumerate(xs)}\n"
        "print([xs_index[c] for c in 'hello'])\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try) or program.words & {"__eq__", "__hash__"}:
            return []
        found = (self._site(program, variable) for variable in program.variables)
        return [site for site in found if site]

    def _site(self, program: Program, variable: Variable) -> Site | None:
        if not isinstance(variable.scope, meta.GlobalScope) or not once(program, variable):
            return None
        binding, source = variable.bindings[0], sources(program, variable)[0]
        line = program.statement(binding)
        if source is None or not _distinct_text(program, source) or not program.alone(line):
            return None
        if not isinstance(program.parent(line), cst.Module):
            return None
        calls = [call for read in variable.reads if (call := _index_call(program, read))]
        others = [r for r in variable.reads if not _index_call(program, r) and not _only_read(program, r)]
        if not calls or others or not any(program.loops(c) or comprehended(program, c) for c in calls):
            return None
        name = program.fresh(f"{variable.name}_index")
        item = program.fresh("item")
        made = program.below(line, f"{name} = {{{item}: i for i, {item} in enumerate({variable.name})}}")
        uses = [program.replace(c, f"{name}[{program.text(c.args[0].value)}]") for c in calls]
        note = f"find positions in {variable.name} by hash"
        return Site(self.name, variable.name, note, (made, *uses))


def _distinct_text(program: Program, node: cst.BaseExpression) -> bool:
    """`sorted(set(text))`: each element a str, none twice."""
    if not isinstance(node, cst.Call) or program.builtin(node.func) != "sorted" or len(node.args) != 1:
        return False
    inner = node.args[0].value
    made = isinstance(inner, cst.Call) and program.builtin(inner.func) == "set" and len(inner.args) == 1
    return made and isinstance(inner, cst.Call) and kind(program, inner.args[0].value) == "str"


def _index_call(program: Program, read: cst.CSTNode) -> cst.Call | None:
    attribute = program.parent(read)
    if not isinstance(attribute, cst.Attribute) or attribute.value is not read or attribute.attr.value != "index":
        return None
    call = program.parent(attribute)
    fits = isinstance(call, cst.Call) and call.func is attribute and len(call.args) == 1 and not call.args[0].star
    return call if fits and isinstance(call, cst.Call) else None


def _only_read(program: Program, read: cst.CSTNode) -> bool:
    parent = program.parent(read)
    if isinstance(parent, cst.Subscript):
        return parent.value is read and stored(program, parent) is None
    call = program.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and program.builtin(call.func) in (
        "len",
        "print",
        "enumerate",
        "sum",
        "min",
        "max",
    )


class AddSlots:
    name = "add-slots"
    theme = "layout"
    goes_with = ("lifetime",)
    claim = "A class whose objects get all their attributes in __init__ needs no dict for each."
    before = "class P:\n    def __init__(self, x):\n        self.x = x\nprint(P(1).x)\n"
    after = 'class P:\n    __slots__ = ("x",)\n\n    def __init__(self, x):\n        self.x = x\nprint(P(1).x)\n'

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.words & {
            "copy",
            "hasattr",
            "delattr",
            "cached_property",
            "dataclass",
            "__slots__",
        }:
            return []
        found = (self._site(program, owner) for owner in program.find(cst.ClassDef))
        return [site for site in found if site]

    def _site(self, program: Program, owner: cst.ClassDef) -> Site | None:
        if owner.bases or owner.keywords or owner.decorators or not isinstance(owner.body, cst.IndentedBlock):
            return None
        if not all(isinstance(s, cst.FunctionDef) or docstring(s) for s in owner.body.body):
            return None
        own = methods(owner)
        made = next((m for m in own if m.name.value == "__init__"), None)
        if made is None or program.words & {"__setattr__", "__getattr__"}:
            return None
        fields = _fields(program, made)
        stored = {a.attr.value for a in program.find(cst.Attribute) if _may_grow(program, owner, a)}
        names = {m.name.value for m in own}
        if not fields or not stored <= set(fields) or names & set(fields) or any(f.startswith("__") for f in fields):
            return None
        text = ", ".join(f'"{field}"' for field in fields) + ("," if len(fields) == 1 else "")
        first = next(s for s in owner.body.body if not docstring(s))
        if getattr(first, "decorators", ()):
            return None
        nl = program.newline
        at = program.before(first).start
        line = f"{program.indent(first)}__slots__ = ({text}){nl}{nl}"
        return Site(self.name, owner.name.value, f"fixed fields for {owner.name.value}", (Splice(at, at, line),))


def _may_grow(program: Program, owner: cst.ClassDef, attribute: cst.Attribute) -> bool:
    """Whether an attribute is stored on what may be an object of a class: all but the `self` of other classes."""
    if not _attribute_stored(program, attribute):
        return False
    variable = program.variable(attribute.value)
    function = program.function(attribute)
    first = function.params.params[0] if function is not None and function.params.params else None
    if variable is None or first is None or variable.bindings != [first] or program.contains(owner, attribute):
        return True
    classes = program.find(cst.ClassDef)
    names = {other.name.value for other in classes}
    borrowed = any(isinstance(a.value, cst.Name) and a.value.value in names for a in program.find(cst.Attribute))
    plain = any(method is function and not method.decorators for other in classes for method in methods(other))
    return borrowed or not plain


def _attribute_stored(program: Program, attribute: cst.Attribute) -> bool:
    parent = program.parent(attribute)
    if isinstance(parent, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.For | cst.CompFor):
        return parent.target is attribute
    # In `a, b.c = ...` it may be a store: taken for one even where it is none.
    return isinstance(parent, cst.Element | cst.AsName | cst.Del)


def _fields(program: Program, made: cst.FunctionDef) -> list[str]:
    """The attributes that `__init__` sets, in order. A mere annotation sets nothing and is not among them."""
    first = made.params.params[0].name.value if made.params.params else ""
    found: dict[str, None] = {}
    for attribute in program.within(made.body, cst.Attribute):
        target = program.parent(attribute)
        if (
            isinstance(attribute.value, cst.Name)
            and attribute.value.value == first
            and isinstance(target, cst.AssignTarget)
        ):
            found[attribute.attr.value] = None
    return list(found)
