"""Arithmetic that the text repeats or that is known beforehand: done once, in the order that it has."""

from __future__ import annotations

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.facts import constant, kind, once
from harness.models.offline.flow import set_before
from harness.models.offline.operators.invariant import harmless, spelt
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, Splice, with_all

LARGEST = 10**15  # of an int that is written out
LATER = (
    cst.IfExp, cst.BooleanOperation, cst.Comparison, cst.Lambda, cst.ListComp, cst.SetComp, cst.DictComp,
    cst.GeneratorExp, cst.FormattedStringExpression,
)  # fmt: skip


class FoldConstants:
    name = "fold-constants"
    theme = "arithmetic"
    goes_with = ("arithmetic",)
    claim = "Arithmetic on names that stand for one number throughout is that number, worked out in the same order."
    before = "a = 0.5\nfor x in (1, 2):\n    print(x * (1 - a))\n"
    after = "a = 0.5\nfor x in (1, 2):\n    print(x * 0.5)\n"

    def sites(self, program: Program) -> list[Site]:
        groups: dict[str, list[Splice]] = {}
        covered: list[cst.BinaryOperation] = []
        for node in program.find(cst.BinaryOperation):
            if any(program.contains(outer, node) for outer in covered) or not _known(program, node):
                continue
            covered.append(node)
            value = constant(program, node)
            bare = value is not None and value >= 0 and not isinstance(program.parent(node), cst.Attribute)
            text = repr(value) if bare else f"({value!r})"
            groups.setdefault(program.owner(node) or "module", []).append(program.stand_in(node, text))
        sites = [Site(self.name, where, f"constants worked out in {where}", tuple(s)) for where, s in groups.items()]
        return with_all(sites, f"constants worked out in {len(sites)} places")


def _known(program: Program, node: cst.BinaryOperation) -> bool:
    if not (program.function(node) or program.loops(node)) or not program.within(node, cst.Name):
        return False
    if any(isinstance(above, cst.FormattedStringExpression) for above in program.up(node)):
        return False
    value = constant(program, node)
    if value is None or (isinstance(value, int) and abs(value) > LARGEST) or isinstance(value, bool):
        return False
    names = [program.variable(name) for name in program.within(node, cst.Name)]
    return all(v is not None and program.start(v.bindings[0]) < program.start(node) for v in names)


class CommonSubexpression:
    name = "common-subexpression"
    theme = "arithmetic"
    goes_with = ("arithmetic", "loops")
    claim = "Arithmetic on numbers that one line does twice is done once, above it."
    before = "a = 2\nfor i in range(3):\n    print((i + a) * 2, (i + a) * 3)\n"
    after = "a = 2\nfor i in range(3):\n    i_plus_a = i + a\n    print(i_plus_a * 2, i_plus_a * 3)\n"

    def sites(self, program: Program) -> list[Site]:
        sites = [site for line in program.find(cst.SimpleStatementLine) if (site := self._site(program, line))]
        return with_all(sites, f"what {len(sites)} lines do twice is done once") if len(sites) > 1 else sites

    def _site(self, program: Program, line: cst.SimpleStatementLine) -> Site | None:
        if not program.alone(line) or not (program.function(line) or (program.loops(line) and not program.owner(line))):
            return None
        if program.within(line, cst.NamedExpr) or isinstance(line.body[0], cst.Assert | cst.Import | cst.ImportFrom):
            return None
        groups: dict[str, list[cst.BinaryOperation]] = {}
        for node in program.within(line, cst.BinaryOperation):
            taken = any(program.contains(o, node) for nodes in groups.values() if len(nodes) > 1 for o in nodes)
            if not taken and self._fits(program, line, node):
                groups.setdefault(program.text(node), []).append(node)
        twice = [(text, nodes) for text, nodes in groups.items() if len(nodes) > 1]
        if not twice:
            return None
        text, nodes = max(twice, key=lambda each: len(each[0]))
        name = program.fresh(spelt(text))
        splices = (program.before(line, f"{name} = {text}"), *(program.stand_in(node, name) for node in nodes))
        where = ".".join(part for part in (program.owner(line), name) if part)
        return Site(self.name, where, f"{text} once", splices)

    def _fits(self, program: Program, line: cst.CSTNode, node: cst.BinaryOperation) -> bool:
        if "\n" in program.text(node) or not harmless(program, node):
            return False
        for above in program.up(node):
            if above is line:
                break
            if isinstance(above, LATER):
                return False
        names = program.within(node, cst.Name)
        return bool(names) and all(_there(program, line, name) for name in names)


def _there(program: Program, line: cst.CSTNode, name: cst.Name) -> bool:
    """Whether a name surely stands for a number when a line begins."""
    variable = program.variable(name)
    if variable is None or kind(program, name) not in ("int", "float"):
        return False
    function, scope = program.function(line), variable.scope
    if function is None:
        own = isinstance(scope, meta.GlobalScope) and not program.owner(line)
    else:
        own = getattr(scope, "node", None) is function
    if own:
        return set_before(program, variable, line)
    return once(program, variable) and program.start(variable.bindings[0]) < program.start(line)
