"""Fusing: on a tape of numbers, a whole sum becomes one recorded object instead of one for each operation."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.program import Program
from harness.models.offline.purity import quiet
from harness.models.offline.rewriting import Site, Splice
from harness.models.offline.tape import Tape, tapes

USED = frozenset({"map", "type", "zip", "sum", "tuple", "len"})
TAPE = """\
class N:
    def __init__(self, v, made_of=(), slopes=()):
        self.v = v
        self.g = 0
        self.made_of = made_of
        self.slopes = slopes

    def __add__(self, other):
        other = other if isinstance(other, N) else N(other)
        return N(self.v + other.v, (self, other), (1, 1))

    def __mul__(self, other):
        return N(self.v * other.v, (self, other), (other.v, self.v))

    def __radd__(self, other):
        return self + other

    def walk(self):
        done, met = [], set()

        def go(n):
            if n not in met:
                met.add(n)
                for m in n.made_of:
                    go(m)
                done.append(n)

        go(self)
        self.g = 1
        for n in reversed(done):
            for m, s in zip(n.made_of, n.slopes):
                m.g += s * n.g
"""
PRODUCTS = '''\
def {helper}(pairs):
    """The sum of a * b over pairs: one {name} that has them all as operands, where all are of that class."""
    nodes = [node for pair in pairs for node in pair]
    if {{*map(type, nodes)}} != {{{name}}}:
        return sum([a * b for a, b in zip(nodes[::2], nodes[1::2])])
    numbers = [node.{data} for node in nodes]
    left, right = numbers[::2], numbers[1::2]
    total = 0
    for a, b in zip(left, right):
        total += a * b
    numbers[::2], numbers[1::2] = right, left
    return {name}(total, tuple(nodes), tuple(numbers))
'''
SUM = '''\
def {helper}(nodes):
    """The sum of nodes: one {name} that has them all as operands, where all are of that class."""
    nodes = (*nodes,)
    if {{*map(type, nodes)}} != {{{name}}}:
        return sum(nodes)
    total = 0
    for node in nodes:
        total += node.{data}
    return {name}(total, nodes, (1,) * len(nodes))
'''


class FuseProducts:
    name = "fuse-products"
    theme = "fusing"
    goes_with = ("collector", "lifetime")
    claim = "A sum of products of numbers on a tape is recorded as one object; gradients are summed in another order."
    before = TAPE + "\n\nxs = [N(2), N(3)]\ny = sum(x * w for x, w in zip(xs, xs))\ny.walk()\nprint(y.v, xs[0].g)\n"
    after = (
        TAPE
        + "\n\n"
        + PRODUCTS.format(helper="sum_of_products", name="N", data="v")
        + "\n\nxs = [N(2), N(3)]\ny = sum_of_products(zip(xs, xs))\ny.walk()\nprint(y.v, xs[0].g)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        return [site for tape in tapes(program) if (site := self._site(program, tape))]

    def _site(self, program: Program, tape: Tape) -> Site | None:
        helper = program.fresh("sum_of_products")
        splices = []
        for call in sums(program, tape):
            pairs = self._pairs(program, call.args[0].value)
            if pairs:
                splices.append(program.replace(call, f"{helper}({pairs})"))
        if not splices:
            return None
        made = below_class(program, tape, PRODUCTS.format(helper=helper, name=tape.name, data=tape.data))
        note = f"record a sum of products of {tape.name} as one object, in {len(splices)} places"
        return Site(self.name, tape.name, note, (made, *splices))

    def _pairs(self, program: Program, sequence: cst.BaseExpression) -> str | None:
        """Of `a * b for ...` what goes through the pairs (a, b); None where it is something else."""
        if not isinstance(sequence, cst.GeneratorExp | cst.ListComp) or sequence.for_in.asynchronous:
            return None
        factors = sequence.elt
        if not isinstance(factors, cst.BinaryOperation) or not isinstance(factors.operator, cst.Multiply):
            return None
        loop = sequence.for_in
        if not quiet(program, sequence) or "#" in program.text(sequence):
            return None
        left, right = (program.data[slice(*program.whole(f))].decode() for f in (factors.left, factors.right))
        if not loop.ifs and loop.inner_for_in is None and _zipped(program, loop) == (left, right):
            return program.text(loop.iter)
        rest = program.data[program.start(loop) : program.end(loop)].decode()
        return f"[({left}, {right}) {rest.strip()}]"


class FuseSum:
    name = "fuse-sum"
    theme = "fusing"
    goes_with = ("fusing", "collector")
    claim = "A sum of numbers on a tape is recorded as one object; gradients are summed in another order."
    before = TAPE + "\n\nxs = [N(2), N(3)]\ny = sum(xs)\ny.walk()\nprint(y.v, xs[0].g)\n"
    after = (
        TAPE
        + "\n\n"
        + SUM.format(helper="sum_of", name="N", data="v")
        + "\n\nxs = [N(2), N(3)]\ny = sum_of(xs)\ny.walk()\nprint(y.v, xs[0].g)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        return [site for tape in tapes(program) if (site := self._site(program, tape))]

    def _site(self, program: Program, tape: Tape) -> Site | None:
        helper = program.fresh("sum_of")
        found = [call for call in sums(program, tape) if isinstance(call.args[0].value, cst.Name)]
        if not found:
            return None
        splices = [program.replace(call.func, helper) for call in found]
        made = below_class(program, tape, SUM.format(helper=helper, name=tape.name, data=tape.data))
        note = f"record a sum of {tape.name} as one object, in {len(found)} places"
        return Site(self.name, tape.name, note, (made, *splices))


def sums(program: Program, tape: Tape) -> list[cst.Call]:
    """The calls of sum with one argument that run after the class is made, in functions that follow it."""
    if program.bound_names & USED:
        return []
    return [
        call
        for call in program.find(cst.Call)
        if program.builtin(call.func) == "sum"
        and len(call.args) == 1
        and not call.args[0].star
        and call.args[0].keyword is None
        and program.start(call) > program.end(tape.owner)
        and not program.owner(call).startswith(f"{tape.name}.")
    ]


def below_class(program: Program, tape: Tape, text: str) -> Splice:
    """A function put under a class, two empty lines apart."""
    at = program.lines_of(tape.owner)[1]
    lines = "".join(f"{line}{program.newline}" for line in ("", "", *text.splitlines()))
    head = "" if program.data[:at].endswith(b"\n") else program.newline
    return Splice(at, at, head + lines)


def _zipped(program: Program, loop: cst.CompFor) -> tuple[str, str] | None:
    """The two names of `for a, b in zip(x, y)`."""
    call, target = loop.iter, loop.target
    if not isinstance(call, cst.Call) or program.builtin(call.func) != "zip" or len(call.args) != 2:
        return None
    if any(arg.star or arg.keyword for arg in call.args) or not isinstance(target, cst.Tuple):
        return None
    names = [element.value for element in target.elements]
    if len(names) != 2 or not all(isinstance(name, cst.Name) for name in names):
        return None
    return program.text(names[0]), program.text(names[1])
