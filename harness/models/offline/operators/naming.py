"""Names: reach what a module or a short function holds without asking for it each time."""

from __future__ import annotations

import bisect
import cmath
import heapq
import math
import operator

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.facts import reflective, sources
from harness.models.offline.flow import docstring
from harness.models.offline.operators.calls import stands_alone
from harness.models.offline.operators.lifetime import falls_through
from harness.models.offline.program import TAKEN, Program, Variable
from harness.models.offline.purity import imported, methods, quiet, quiet_operators
from harness.models.offline.rewriting import Site, Splice

HOLDS = {
    "math": frozenset(dir(math)),
    "cmath": frozenset(dir(cmath)),
    "operator": frozenset(dir(operator)),
    "heapq": frozenset(dir(heapq)),
    "bisect": frozenset(dir(bisect)),
}
SCOPED = (cst.ListComp, cst.SetComp, cst.DictComp, cst.GeneratorExp, cst.Lambda, cst.NamedExpr, cst.Await, cst.Yield)
LONGEST = 100  # characters of an expression that is put in the place of a call


class ModuleFunction:
    name = "module-function"
    theme = "names"
    goes_with = ("loops", "calls")
    claim = "`math.exp` in a function or loop looks two names up; a name for the function, set once, looks up one."
    before = "import math\nfor x in (1, 4):\n    print(math.sqrt(x))\n"
    after = "import math\nsqrt = math.sqrt\nfor x in (1, 4):\n    print(sqrt(x))\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        return [site for variable in program.variables if (site := self._site(program, variable))]

    def _site(self, program: Program, variable: Variable) -> Site | None:
        line = program.statement(variable.bindings[0])
        first = next((read for read in variable.reads), None)
        module = imported(program, first) if isinstance(first, cst.Name) else None
        if module not in HOLDS or not program.alone(line) or not isinstance(program.parent(line), cst.Module):
            return None
        if variable.deleted or not falls_through(line):
            return None
        found = [program.parent(read) for read in variable.reads]
        attributes = [a for a in found if isinstance(a, cst.Attribute) and a.value in variable.reads]
        if len(attributes) != len(found) or any(_stored(program, a) for a in attributes):
            return None
        often = {a.attr.value for a in attributes if program.function(a) or program.loops(a)} & HOLDS[module]
        if not often:
            return None
        taken = TAKEN | {n.value for n in program.find(cst.Name) if not _attribute_name(program, n)}
        names = {attr: program.fresh(attr) if attr in taken else attr for attr in sorted(often)}
        lines = [f"{name} = {variable.name}.{attr}" for attr, name in names.items()]
        splices = [program.replace(a, names[a.attr.value]) for a in attributes if a.attr.value in names]
        note = f"names for {', '.join(f'{module}.{attr}' for attr in names)}"
        return Site(self.name, module, note, (program.below(line, *lines), *splices))


def _stored(program: Program, attribute: cst.Attribute) -> bool:
    parent = program.parent(attribute)
    return isinstance(parent, cst.AssignTarget | cst.AugAssign | cst.AnnAssign | cst.Del | cst.Element | cst.Decorator)


class InlineFunction:
    name = "inline-function"
    theme = "calls"
    goes_with = ("calls", "loops")
    claim = "A function that returns one quiet expression is put in the place of its calls with plain arguments."
    before = "def area(a, b):\n    return a * b + 1\nfor n in range(3):\n    print(area(n, 2))\n"
    after = "def area(a, b):\n    return a * b + 1\nfor n in range(3):\n    print((n * 2 + 1))\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or not quiet_operators(program):
            return []
        tops = [f for f in program.find(cst.FunctionDef) if isinstance(program.parent(f), cst.Module)]
        return [site for function in tops if (site := self._site(program, function))]

    def _site(self, program: Program, function: cst.FunctionDef) -> Site | None:
        variable, value = program.variable(function), _returned(function)
        if variable is None or value is None or len(variable.bindings) != 1 or variable.deleted:
            return None
        params = [param.name.value for param in function.params.params]
        if not _closed(program, function, value, params):
            return None
        splices = []
        for read in variable.reads:
            call = program.parent(read)
            if isinstance(call, cst.Call) and call.func is read and _plain_call(program, call, len(params)):
                texts = [_argument(arg.value) or "" for arg in call.args]
                splices.append(self.put(program, call, value, dict(zip(params, texts, strict=True))))
        if not splices:
            return None
        name = function.name.value
        return Site(self.name, name, f"{name} in the place of its calls", tuple(splices))

    @staticmethod
    def put(program: Program, call: cst.Call, value: cst.BaseExpression, texts: dict[str, str]) -> Splice:
        """An expression in the place of a call, with texts for its parameters."""
        start, end = program.whole(value)
        parts, at = [], start
        for name in sorted(program.within(value, cst.Name), key=program.start):
            if name.value in texts and not _attribute_name(program, name):
                text = texts[name.value]
                held = isinstance(program.parent(name), cst.Attribute) and not text.isidentifier()
                parts += [program.data[at : program.start(name)].decode(), f"({text})" if held else text]
                at = program.end(name)
        parts.append(program.data[at:end].decode())
        return program.replace(call, f"({''.join(parts)})")


class InlineMethod:
    name = "inline-method"
    theme = "calls"
    goes_with = ("calls", "loops")
    claim = (
        "A method that returns one quiet expression is put in the place of its calls on objects known to be its own."
    )
    before = (
        "class P:\n    def __init__(self, x):\n        self.x = x\n    def area(self, k):\n        return self.x * k\n"
        "p = P(3)\nfor n in range(3):\n    print(p.area(n))\n"
    )
    after = (
        "class P:\n    def __init__(self, x):\n        self.x = x\n    def area(self, k):\n        return self.x * k\n"
        "p = P(3)\nfor n in range(3):\n    print((p.x * n))\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or not quiet_operators(program) or program.words & {"__getattr__", "__setattr__"}:
            return []
        plain = [c for c in program.find(cst.ClassDef) if stands_alone(program, c)]
        return [site for owner in plain for m in methods(owner) if (site := self._site(program, owner, m))]

    def _site(self, program: Program, owner: cst.ClassDef, method: cst.FunctionDef) -> Site | None:
        value, name = _returned(method), method.name.value
        made = program.variable(owner)
        if value is None or made is None or len(made.bindings) != 1 or made.deleted or name.startswith("__"):
            return None
        params = [param.name.value for param in method.params.params]
        if not params or not _closed(program, method, value, params) or _replaced(program, owner, name):
            return None
        splices = []
        for call in program.find(cst.Call):
            func = call.func
            if not isinstance(func, cst.Attribute) or func.attr.value != name or program.contains(method, call):
                continue
            if _plain_call(program, call, len(params) - 1) and _is_a(program, func.value, owner, made):
                texts = [program.text(func.value), *(_argument(arg.value) or "" for arg in call.args)]
                splices.append(InlineFunction.put(program, call, value, dict(zip(params, texts, strict=True))))
        if not splices:
            return None
        where = f"{owner.name.value}.{name}"
        return Site(self.name, where, f"{where} in the place of its calls", tuple(splices))


def _replaced(program: Program, owner: cst.ClassDef, name: str) -> bool:
    """Whether a method may be another one: there are two, it is stored to, or the class is asked for it by name."""
    if sum(m.name.value == name for m in methods(owner)) != 1:
        return True
    others = [s for s in owner.body.body if not isinstance(s, cst.FunctionDef)]
    if any(n.value == name for s in others for n in program.within(s, cst.Name)):
        return True
    return any(_stored(program, a) for a in program.find(cst.Attribute) if a.attr.value == name)


def _is_a(program: Program, node: cst.CSTNode, owner: cst.ClassDef, made: Variable) -> bool:
    """Whether a name stands for an object of a class: it is only set to new ones, or is the `self` of a method."""
    variable = program.variable(node) if isinstance(node, cst.Name) else None
    if variable is None or variable.caught:
        return False
    if all(_first_of(binding, owner) for binding in variable.bindings):
        borrowed = [read for read in made.reads if isinstance(program.parent(read), cst.Attribute)]
        return not borrowed
    found = sources(program, variable)
    return all(isinstance(s, cst.Call) and program.variable(s.func) is made for s in found)


def _first_of(binding: cst.CSTNode, owner: cst.ClassDef) -> bool:
    return any(
        m.params.params and binding in (m.params.params[0], m.params.params[0].name) and not m.decorators
        for m in methods(owner)
    )


def _returned(function: cst.FunctionDef) -> cst.BaseExpression | None:
    """What a function of plain parameters returns, when that is all that it does."""
    p = function.params
    simple = not (p.kwonly_params or p.star_kwarg or p.posonly_params) and isinstance(p.star_arg, cst.MaybeSentinel)
    if not simple or function.decorators or function.asynchronous or any(x.default for x in p.params):
        return None
    body = [s for s in function.body.body if not docstring(s)]
    line = body[0] if len(body) == 1 else None
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else None
    return small.value if isinstance(small, cst.Return) else None


def _closed(program: Program, function: cst.FunctionDef, value: cst.BaseExpression, params: list[str]) -> bool:
    """Whether an expression means the same wherever it stands: no scope of its own, no name that is shadowed."""
    text = program.text(value)
    if len(text) > LONGEST or "\n" in text or "#" in text or any(program.within(value, kind) for kind in SCOPED):
        return False
    if program.within(value, cst.FormattedString) or not quiet(program, value):
        return False
    for name in program.within(value, cst.Name):
        if name.value.startswith("__"):
            return False  # in a class it would be another name
        if name.value in params or _attribute_name(program, name):
            continue
        known = [v for v in program.variables if v.name == name.value]
        if program.variable(name) is program.variable(function):
            return False
        if any(not isinstance(v.scope, meta.GlobalScope) or len(v.bindings) != 1 for v in known):
            return False
        if known and any(isinstance(b, cst.Name) for b in known[0].bindings):
            return False  # a global that is set by an assignment may change between the argument and the call
    return True


def _attribute_name(program: Program, name: cst.Name) -> bool:
    parent = program.parent(name)
    return (isinstance(parent, cst.Attribute) and parent.attr is name) or (
        isinstance(parent, cst.Arg) and parent.keyword is name
    )


def _plain_call(program: Program, call: cst.Call, count: int) -> bool:
    inside = any(isinstance(above, cst.FormattedStringExpression | cst.Decorator) for above in program.up(call))
    if inside or len(call.args) != count or not (program.function(call) or program.loops(call)):
        return False
    return all(not a.star and not a.keyword and _argument(a.value) for a in call.args)


def _argument(node: cst.BaseExpression) -> str | None:
    """A name or a number, as it may stand anywhere."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Integer | cst.Float):
        return f"({node.value})" if isinstance(node, cst.Float) or len(node.value) > 9 else node.value
    return None
