"""Fields of objects: those that nothing reads are not stored, those that begin alike are shared by the class."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.flow import docstring
from harness.models.offline.operators.calls import stands_alone
from harness.models.offline.program import Program
from harness.models.offline.purity import methods
from harness.models.offline.rewriting import Site, Splice

CONSTANT = (cst.Integer, cst.Float, cst.SimpleString)
NOTICING = frozenset(
    (
        "copy",
        "hasattr",
        "delattr",
        "cached_property",
        "dataclass",
        "__slots__",
        "__getattr__",
        "__setattr__",
        "__init__",
    )
)


class SharedDefault:
    name = "shared-default"
    theme = "layout"
    goes_with = ("lifetime", "layout")
    claim = "A field that every object begins with alike stands in the class until an object sets its own."
    before = (
        "class P:\n    def __init__(self, x):\n        self.x = x\n        self.n = 0\n"
        "p = P(1)\np.n += p.x\nprint(p.n, P(2).n)\n"
    )
    after = (
        "class P:\n    n = 0\n\n    def __init__(self, x):\n        self.x = x\n"
        "p = P(1)\np.n += p.x\nprint(p.n, P(2).n)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if _may_notice(program):
            return []
        return [site for owner in program.find(cst.ClassDef) if (site := self._site(program, owner))]

    def _site(self, program: Program, owner: cst.ClassDef) -> Site | None:
        made = maker(program, owner)
        if made is None:
            return None
        lines = {line: field for line in made.body.body if (field := _begins_with(program, made, line, CONSTANT))}
        lines = {line: field for line, field in lines.items() if _set_once(program, made, field)}
        if not lines or len(lines) == len(made.body.body) or len(set(lines.values())) != len(lines):
            return None
        first = next(s for s in owner.body.body if not docstring(s))
        if getattr(first, "decorators", ()) or any(not program.alone(line) for line in lines):
            return None
        shared = [f"{field} = {_value(program, line)}" for line, field in lines.items()]
        indent, nl = program.indent(first), program.newline
        at = program.before(first).start
        text = "".join(f"{indent}{line}{nl}" for line in shared) + nl
        splices = [Splice(at, at, text), *(Splice(*program.lines_of(line), "") for line in lines)]
        names = ", ".join(lines.values())
        return Site(self.name, owner.name.value, f"{names} of {owner.name.value} shared until set", tuple(splices))


class UnusedField:
    name = "unused-field"
    theme = "layout"
    goes_with = ("lifetime", "layout")
    claim = "A field that objects get in __init__ and that nothing ever reads is not stored."
    before = "class P:\n    def __init__(self, x, y):\n        self.x = x\n        self.y = y\nprint(P(1, 2).x)\n"
    after = "class P:\n    def __init__(self, x, y):\n        self.x = x\nprint(P(1, 2).x)\n"

    def sites(self, program: Program) -> list[Site]:
        if _may_notice(program) or program.words & {"open", "format"}:
            return []  # a file closes when nothing holds it, and "{0.x}".format(p) reads a field
        return [site for owner in program.find(cst.ClassDef) if (site := self._site(program, owner))]

    def _site(self, program: Program, owner: cst.ClassDef) -> Site | None:
        made = maker(program, owner)
        if made is None:
            return None
        values = (*CONSTANT, cst.Name)
        lines = {line: field for line in made.body.body if (field := _begins_with(program, made, line, values))}
        lines = {line: field for line, field in lines.items() if _named(program, field) == 1 and program.alone(line)}
        if not lines or len(lines) == len(made.body.body):
            return None
        splices = tuple(Splice(*program.lines_of(line), "") for line in lines)
        names = ", ".join(lines.values())
        return Site(self.name, owner.name.value, f"{names} of {owner.name.value} not stored", splices)


def _may_notice(program: Program) -> bool:
    """Whether a program may look at what its objects hold. (`__init__` may be defined, and not called by name.)"""
    called = [a for a in program.find(cst.Attribute) if a.attr.value == "__init__"]
    return reflective(program) or bool(called) or bool(program.words & (NOTICING - {"__init__"}))


def maker(program: Program, owner: cst.ClassDef) -> cst.FunctionDef | None:
    """The __init__ of a plain class of methods that nobody inherits from and that has no decorators."""
    if not stands_alone(program, owner) or not isinstance(owner.body, cst.IndentedBlock):
        return None
    if not all(isinstance(s, cst.FunctionDef) or docstring(s) for s in owner.body.body):
        return None
    made = [m for m in methods(owner) if m.name.value == "__init__"]
    if len(made) != 1 or made[0].decorators or not made[0].params.params:
        return None
    return made[0] if isinstance(made[0].body, cst.IndentedBlock) else None


def _begins_with(
    program: Program, made: cst.FunctionDef, line: cst.CSTNode, values: tuple[type[cst.CSTNode], ...]
) -> str | None:
    """The field of a line `self.field = value` with a plain value, else None."""
    if not isinstance(line, cst.SimpleStatementLine) or len(line.body) != 1 or not program.alone(line):
        return None
    assign = line.body[0]
    if not isinstance(assign, cst.Assign) or len(assign.targets) != 1 or not isinstance(assign.value, values):
        return None
    target = assign.targets[0].target
    if not isinstance(target, cst.Attribute) or not isinstance(target.value, cst.Name):
        return None
    if isinstance(assign.value, cst.Name) and program.variable(assign.value) is None:
        return None
    own = target.value.value == made.params.params[0].name.value
    return target.attr.value if own and not target.attr.value.startswith("__") else None


def _set_once(program: Program, made: cst.FunctionDef, field: str) -> bool:
    """Whether __init__ names a field once, no class has anything else of that name, and nothing deletes it."""
    inside = [a for a in program.within(made, cst.Attribute) if a.attr.value == field]
    plain = [n for n in program.find(cst.Name) if n.value == field and not _attribute(program, n)]
    deleted = [a for d in program.find(cst.Del) for a in program.within(d, cst.Attribute) if a.attr.value == field]
    classes = {other.name.value for other in program.find(cst.ClassDef)}
    borrowed = [
        a
        for a in program.find(cst.Attribute)
        if a.attr.value == field and isinstance(a.value, cst.Name) and a.value.value in classes
    ]
    defined = [f for f in program.find(cst.FunctionDef) if f.name.value == field]
    in_class = [n for n in plain if not program.function(n) or _in_default(program, n)]
    return len(inside) == 1 and not (deleted or borrowed or defined or in_class)


def _in_default(program: Program, name: cst.Name) -> bool:
    """Whether a name stands in a default or a decorator, where a class's own names are seen."""
    below: cst.CSTNode = name
    for above in program.up(name):
        if (isinstance(above, cst.Param) and above.default is below) or isinstance(above, cst.Decorator):
            return True
        below = above
    return False


def _named(program: Program, field: str) -> int:
    """How often a name occurs as an attribute, as a definition or in a keyword."""
    return sum(n.value == field and (_attribute(program, n) or _defines(program, n)) for n in program.find(cst.Name))


def _attribute(program: Program, name: cst.Name) -> bool:
    parent = program.parent(name)
    return isinstance(parent, cst.Attribute) and parent.attr is name


def _defines(program: Program, name: cst.Name) -> bool:
    return isinstance(program.parent(name), cst.FunctionDef | cst.ClassDef)


def _value(program: Program, line: cst.CSTNode) -> str:
    assert isinstance(line, cst.SimpleStatementLine) and isinstance(line.body[0], cst.Assign)
    return program.data[slice(*program.whole(line.body[0].value))].decode()
