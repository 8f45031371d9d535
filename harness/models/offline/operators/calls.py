"""Calls: reach the same code through fewer of them."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.program import Program
from harness.models.offline.purity import methods
from harness.models.offline.rewriting import Site, Splice

OPERATORS: dict[str, type[cst.BaseBinaryOp]] = {
    "__radd__": cst.Add, "__rmul__": cst.Multiply, "__rand__": cst.BitAnd, "__ror__": cst.BitOr, "__rxor__": cst.BitXor,
}  # fmt: skip


class ReflectedAlias:
    name = "reflected-alias"
    theme = "calls"
    goes_with = ("calls", "iteration")
    claim = "`def __radd__(self, o): return self + o` is `__radd__ = __add__` where __add__ always answers."
    before = (
        "class N:\n    def __init__(self, v):\n        self.v = v\n"
        "    def __add__(self, o):\n        return N(self.v + 1)\n"
        "    def __radd__(self, o):\n        return self + o\nprint((2 + N(1)).v)\n"
    )
    after = (
        "class N:\n    def __init__(self, v):\n        self.v = v\n"
        "    def __add__(self, o):\n        return N(self.v + 1)\n"
        "    __radd__ = __add__\nprint((2 + N(1)).v)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        found = (self._site(program, owner) for owner in program.find(cst.ClassDef) if stands_alone(program, owner))
        return [site for site in found if site]

    def _site(self, program: Program, owner: cst.ClassDef) -> Site | None:
        splices = []
        own = methods(owner)
        for method in own:
            forward = method.name.value.replace("__r", "__", 1)
            target = [m for m in own if m.name.value == forward]
            if len(target) == 1 and _answers(program, target[0]) and _forwards(program, method, target[0]):
                text = f"{method.name.value} = {forward}"
                splices.append(Splice(program.start(method), program.end(method), text))
        name = owner.name.value
        note = f"reflected operators of {name} go straight to the plain ones"
        return Site(self.name, name, note, tuple(splices)) if splices else None


def stands_alone(program: Program, owner: cst.ClassDef) -> bool:
    """No bases, no decorators, and never a base: then a reflected operator's `self + other` runs this very __add__."""
    if owner.bases or owner.keywords or owner.decorators:
        return False
    used = [arg for other in program.find(cst.ClassDef) for arg in (*other.bases, *other.keywords)]
    return not any(isinstance(arg.value, cst.Name) and arg.value.value == owner.name.value for arg in used) and not any(
        not isinstance(arg.value, cst.Name) for arg in used
    )


def _answers(program: Program, method: cst.FunctionDef) -> bool:
    positional = len(method.params.params) == 2 and not program.within(method, cst.Yield)
    return positional and "NotImplemented" not in program.text(method)


def _forwards(program: Program, method: cst.FunctionDef, to: cst.FunctionDef) -> bool:
    if to.decorators or program.start(to) > program.start(method):
        return False
    sign = OPERATORS.get(method.name.value)
    names = [p.name.value for p in method.params.params]
    if sign is None or len(names) != 2 or method.decorators or len(method.body.body) != 1 or method.asynchronous:
        return False
    line = method.body.body[0]
    small = line.body[0] if isinstance(line, cst.SimpleStatementLine) and len(line.body) == 1 else line
    value = small.value if isinstance(small, cst.Return) else None
    if not isinstance(value, cst.BinaryOperation) or not isinstance(value.operator, sign):
        return False
    pair = [value.left, value.right]
    return all(isinstance(n, cst.Name) for n in pair) and [program.text(n) for n in pair] == names


class LiteralContainer:
    name = "literal-container"
    theme = "calls"
    goes_with = ("calls",)
    claim = "`list()`, `dict()` and `tuple()` without arguments are literals: no look-up, no call."
    before = "xs = list()\nprint(xs)\n"
    after = "xs = []\nprint(xs)\n"

    def sites(self, program: Program) -> list[Site]:
        forms = {"list": "[]", "dict": "{}", "tuple": "()"}
        groups: dict[str, list[Splice]] = {}
        for call in program.find(cst.Call):
            form = forms.get(program.builtin(call.func) or "")
            if form and not call.args:
                groups.setdefault(program.owner(call) or "module", []).append(program.replace(call, form))
        return [Site(self.name, w, f"literal containers in {w}", tuple(s)) for w, s in groups.items()]
