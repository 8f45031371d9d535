"""Choices: say a two-way choice directly."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import kind
from harness.models.offline.flow import set_before
from harness.models.offline.program import Program
from harness.models.offline.purity import quiet_operators
from harness.models.offline.rewriting import Site


def plain(node: cst.CSTNode) -> bool:
    """A name, an attribute of one, or a number: may be read twice."""
    if isinstance(node, cst.UnaryOperation):
        return isinstance(node.operator, cst.Minus) and isinstance(node.expression, cst.Integer | cst.Float)
    if isinstance(node, cst.Attribute):
        return isinstance(node.value, cst.Name)
    return isinstance(node, cst.Name | cst.Integer | cst.Float)


class MinMaxChoice:
    name = "min-max-choice"
    theme = "arithmetic"
    goes_with = ("calls",)
    claim = "`max(a, b)` of two plain values is `b if b > a else a`: the comparison that max makes, without the call."
    before = "def f(x):\n    return max(0, x)\nprint(f(2), f(-0.0))\n"
    after = "def f(x):\n    return (x if x > 0 else 0)\nprint(f(2), f(-0.0))\n"

    def sites(self, program: Program) -> list[Site]:
        if not quiet_operators(program) or "__getattr__" in program.words:
            return []
        return [self._site(program, call) for call in program.find(cst.Call) if self._fits(program, call)]

    def _fits(self, program: Program, call: cst.Call) -> bool:
        if program.builtin(call.func) not in ("min", "max") or len(call.args) != 2:
            return False
        return all(not a.star and not a.keyword and plain(a.value) for a in call.args)

    def _site(self, program: Program, call: cst.Call) -> Site:
        first, second = (program.text(arg.value) for arg in call.args)
        sign = ">" if program.builtin(call.func) == "max" else "<"
        text = f"({second} if {second} {sign} {first} else {first})"
        where = ".".join(p for p in (program.owner(call), second.replace(" ", "")) if p)
        return Site(self.name, where, f"{program.text(call)} as a conditional", (program.replace(call, text),))


class NoSelfAssign:
    name = "no-self-assign"
    theme = "calls"
    goes_with = ("calls",)
    claim = "`x = x if ok else e` sets x to itself when ok: assign only when it is not."
    before = "def f(x):\n    x = x if isinstance(x, int) else 0\n    return x\nprint(f(1), f('a'))\n"
    after = "def f(x):\n    if not isinstance(x, int): x = 0\n    return x\nprint(f(1), f('a'))\n"

    def sites(self, program: Program) -> list[Site]:
        found: dict[str, list[cst.SimpleStatementLine]] = {}
        for line in program.find(cst.SimpleStatementLine):
            if self._fits(program, line):
                above = program.owner(line).rpartition(".")[0]
                found.setdefault(above or "module", []).append(line)
        return [self._site(program, where, lines) for where, lines in found.items()]

    def _fits(self, program: Program, line: cst.SimpleStatementLine) -> bool:
        assign = line.body[0]
        if not program.alone(line) or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
            return False
        target, value = assign.targets[0].target, assign.value
        return (
            isinstance(target, cst.Name)
            and isinstance(value, cst.IfExp)
            and isinstance(value.body, cst.Name)
            and value.body.value == target.value
            and not value.lpar
            and (variable := program.variable(target)) is not None
            and set_before(program, variable, line)
            and "\n" not in program.text(line)
        )

    def _site(self, program: Program, where: str, lines: list[cst.SimpleStatementLine]) -> Site:
        splices = []
        for line in lines:
            assign = line.body[0]
            assert isinstance(assign, cst.Assign)
            value = assign.value
            assert isinstance(value, cst.IfExp)
            start, end = program.whole(value.test)
            test = program.data[start:end].decode()
            simple = isinstance(value.test, cst.Name | cst.Call | cst.Attribute) or value.test.lpar
            start, end = program.whole(value.orelse)
            other = program.data[start:end].decode()
            text = f"if not {test if simple else f'({test})'}: {program.text(assign.targets[0].target)} = {other}"
            splices.append(program.replace(assign, text))
        return Site(self.name, where, f"assign only where it changes something in {where}", tuple(splices))


class IntegerPower:
    name = "integer-power"
    theme = "arithmetic"
    goes_with = ("arithmetic",)
    claim = (
        "The square of an int is its product with itself. (Of a float it is not: pow rounds otherwise in 1 of 1,200.)"
    )
    before = "for n in range(4):\n    print(n**2)\n"
    after = "for n in range(4):\n    print((n * n))\n"

    def sites(self, program: Program) -> list[Site]:
        return [self._site(program, node) for node in program.find(cst.BinaryOperation) if self._fits(program, node)]

    def _fits(self, program: Program, node: cst.BinaryOperation) -> bool:
        two = isinstance(node.right, cst.Integer) and node.right.value == "2"
        power = isinstance(node.operator, cst.Power)
        return power and two and isinstance(node.left, cst.Name) and kind(program, node.left) == "int"

    def _site(self, program: Program, node: cst.BinaryOperation) -> Site:
        name = program.text(node.left)
        where = ".".join(p for p in (program.owner(node), name) if p)
        return Site(self.name, where, f"{name} * {name} for its square", (program.replace(node, f"({name} * {name})"),))
