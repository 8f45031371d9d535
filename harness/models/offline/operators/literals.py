"""Literals that never change: a tuple for a list, a hash for a search, names for the keys of a dict."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import kind, once, reflective, sources
from harness.models.offline.flow import comprehended, targets
from harness.models.offline.operators.containers import stored
from harness.models.offline.program import Program, Variable
from harness.models.offline.rewriting import Site, Splice, with_all

MANY = 4  # elements from which a search takes longer than a hash
PLAIN = frozenset({"str", "int"})


class TupleForList:
    name = "tuple-for-list"
    theme = "containers"
    goes_with = ("containers",)
    claim = "A list of the top level that is only looked at is a tuple: one object, made by the compiler when constant."
    before = "xs = [1, 2]\nfor x in xs:\n    print(x in xs, xs[0], len(xs))\n"
    after = "xs = (1, 2)\nfor x in xs:\n    print(x in xs, xs[0], len(xs))\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try):
            return []
        found = (self._site(program, variable) for variable in program.variables)
        return with_all([site for site in found if site], "tuples for lists that are only looked at")

    def _site(self, program: Program, variable: Variable) -> Site | None:
        source = literal(program, variable, cst.List)
        if not isinstance(source, cst.List) or not all(looked_at(program, read) for read in variable.reads):
            return None
        start, end = program.start(source), program.end(source)
        one = len(source.elements) == 1 and isinstance(source.elements[0].comma, cst.MaybeSentinel)
        splices = (Splice(start, start + 1, "("), Splice(end - 1, end, ",)" if one else ")"))
        return Site(self.name, variable.name, f"{variable.name} as a tuple", splices)


def literal(program: Program, variable: Variable, form: type[cst.BaseExpression]) -> cst.BaseExpression | None:
    """The display with elements, none of them starred, that a name of the top level alone is set to, once."""
    if not once(program, variable):
        return None
    source = sources(program, variable)[0]
    assign = program.parent(source) if source is not None else None
    if not isinstance(source, form) or not isinstance(source, cst.List | cst.Tuple | cst.Dict) or not source.elements:
        return None
    if any(isinstance(e, cst.StarredElement | cst.StarredDictElement) for e in source.elements):
        return None
    return source if isinstance(assign, cst.Assign) and len(assign.targets) == 1 else None


def looked_at(program: Program, read: cst.CSTNode) -> bool:
    """Whether a use of a sequence is one that neither changes nor keeps it, and that a tuple serves alike."""
    parent = program.parent(read)
    if isinstance(parent, cst.Subscript):
        index = len(parent.slice) == 1 and isinstance(parent.slice[0].slice, cst.Index)
        return index and parent.value is read and stored(program, parent) is None
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.iter is read
    if isinstance(parent, cst.ComparisonTarget):
        return isinstance(parent.operator, cst.In | cst.NotIn) and parent.comparator is read
    call = program.parent(parent) if isinstance(parent, cst.Arg) else None
    return isinstance(call, cst.Call) and program.builtin(call.func) == "len"


class MembersByHash:
    name = "members-by-hash"
    theme = "containers"
    goes_with = ("containers",)
    claim = "Whether text or a whole number is in a list that never changes is asked of a set that is made once."
    before = "xs = [1, 2, 3, 5]\nfor n in range(9):\n    print(n in xs)\n"
    after = "xs = [1, 2, 3, 5]\nxs_members = frozenset(xs)\nfor n in range(9):\n    print(n in xs_members)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.words & {"__eq__", "__hash__"} or "frozenset" in program.bound_names:
            return []
        found = (self._site(program, variable) for variable in program.variables)
        return with_all([site for site in found if site], "ask sets, not lists, what is in them")

    def _site(self, program: Program, variable: Variable) -> Site | None:
        source = literal(program, variable, cst.List) or literal(program, variable, cst.Tuple)
        if not isinstance(source, cst.List | cst.Tuple) or len(source.elements) < MANY:
            return None
        if not all(isinstance(e.value, cst.SimpleString | cst.Integer) for e in source.elements):
            return None
        line = program.statement(source)
        asked = [read for read in variable.reads if _asked(program, read)]
        if not asked or not program.alone(line) or not all(looked_at(program, read) for read in variable.reads):
            return None
        name = program.fresh(f"{variable.name}_members")
        made = program.below(line, f"{name} = frozenset({variable.name})")
        splices = (made, *(program.replace(read, name) for read in asked))
        return Site(self.name, variable.name, f"ask what is in {variable.name} by hash", splices)


def _asked(program: Program, read: cst.CSTNode) -> bool:
    """Whether a use asks of something that surely has a hash whether it is in the sequence, more than once."""
    target = program.parent(read)
    whole = program.parent(target)
    if not isinstance(target, cst.ComparisonTarget) or not isinstance(target.operator, cst.In | cst.NotIn):
        return False
    if not isinstance(whole, cst.Comparison) or len(whole.comparisons) != 1:
        return False
    often = program.function(read) or program.loops(read) or comprehended(program, read)
    return bool(often) and (kind(program, whole.left) in PLAIN or _letter(program, whole.left))


def _letter(program: Program, node: cst.CSTNode) -> bool:
    """Whether a name only ever stands for the letters of a text that is gone through."""
    variable = program.variable(node) if isinstance(node, cst.Name) else None
    return variable is not None and all(_letter_of(program, binding) for binding in variable.bindings)


def _letter_of(program: Program, binding: cst.CSTNode) -> bool:
    loop = program.parent(binding)
    if not isinstance(loop, cst.For | cst.CompFor) or not any(name is binding for name in targets(loop.target)):
        return False
    return loop.target is binding and kind(program, loop.iter) == "str"


class NamesForKeys:
    name = "names-for-keys"
    theme = "containers"
    goes_with = ("containers", "names")
    claim = "A dict of fixed text keys that is only ever asked for one of them by its literal is that many names."
    before = 'd = {"a": 1, "b": 2}\nfor n in range(3):\n    d["a"] += n\nprint(d["a"], d["b"])\n'
    after = "d_a = 1\nd_b = 2\nfor n in range(3):\n    d_a += n\nprint(d_a, d_b)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try):
            return []
        found = (self._site(program, variable) for variable in program.variables)
        return [site for site in found if site]

    def _site(self, program: Program, variable: Variable) -> Site | None:
        source = literal(program, variable, cst.Dict)
        if not isinstance(source, cst.Dict) or "#" in program.text(source) or not variable.reads:
            return None
        line = program.statement(source)
        keys = [_word(element.key) for element in source.elements if isinstance(element, cst.DictElement)]
        values = [element.value for element in source.elements]
        if not program.alone(line) or None in keys or len(set(keys)) != len(keys):
            return None
        if any("\n" in program.text(value) for value in values):
            return None
        items = {read: _item(program, read) for read in variable.reads}
        if any(item is None or _word(_key(item)) not in keys for item in items.values()):
            return None
        names = {key: program.fresh(f"{variable.name}_{key}") for key in keys}
        lines = [
            f"{names[key]} = {program.data[slice(*program.whole(value))].decode()}"
            for key, value in zip(keys, values, strict=True)
        ]
        splices = [Splice(program.start(line), program.end(line), program.newline.join(lines))]
        splices += [program.stand_in(item, names[_word(_key(item))]) for item in items.values() if item is not None]
        return Site(self.name, variable.name, f"names for the keys of {variable.name}", tuple(splices))


def _word(key: cst.CSTNode | None) -> str | None:
    value = key.evaluated_value if isinstance(key, cst.SimpleString) else None
    return value if isinstance(value, str) and value.isidentifier() and value.isascii() else None


def _key(item: cst.Subscript) -> cst.CSTNode | None:
    index = item.slice[0].slice
    return index.value if isinstance(index, cst.Index) else None


def _item(program: Program, read: cst.CSTNode) -> cst.Subscript | None:
    """The expression d[...] that a read is in: read anywhere, or set at the top level of the program by = or +=."""
    found = program.parent(read)
    if not isinstance(found, cst.Subscript) or found.value is not read or len(found.slice) != 1:
        return None
    if any(isinstance(a, cst.FormattedStringExpression) for a in program.up(found)):
        return None
    how = stored(program, found)
    plain = isinstance(how, cst.AssignTarget | cst.AugAssign) and not program.owner(found)
    return found if how is None or plain else None
