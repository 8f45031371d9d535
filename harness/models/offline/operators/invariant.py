"""Loop invariants: arithmetic that gives the same number in every round is done once, before the loop."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import constant, kind, natural, once
from harness.models.offline.flow import set_before
from harness.models.offline.program import FUNCTIONS, Program, Variable
from harness.models.offline.rewriting import Site, Splice

SAFE = (cst.Add, cst.Subtract, cst.Multiply)
WORDS = {
    "+": "plus", "-": "minus", "**": "to_the", "*": "times", "//": "over", "/": "over", "%": "mod",
    "0": "zero", "1": "one", "2": "two", "0.5": "half",
}  # fmt: skip


class HoistInvariant:
    name = "hoist-invariant"
    theme = "arithmetic"
    goes_with = ("arithmetic", "loops")
    claim = "Arithmetic on numbers that a loop does not change is done once before it, in the same order."
    before = "a = 0.5\nfor x in [1, 2]:\n    print(x * (1 - a))\n"
    after = "a = 0.5\none_minus_a = 1 - a\nfor x in [1, 2]:\n    print(x * one_minus_a)\n"

    def sites(self, program: Program) -> list[Site]:
        loops: list[cst.For | cst.While] = [*program.find(cst.For), *program.find(cst.While)]
        found = (self._site(program, loop) for loop in loops if program.alone(loop))
        return [site for site in found if site]

    def _site(self, program: Program, loop: cst.For | cst.While) -> Site | None:
        groups: dict[str, list[cst.BinaryOperation]] = {}
        covered: list[cst.BinaryOperation] = []
        for node in program.within(loop.body, cst.BinaryOperation):
            if any(program.contains(outer, node) for outer in covered):
                continue
            if self._fits(program, loop, node):
                covered.append(node)
                groups.setdefault(program.text(node), []).append(node)
        if not groups:
            return None
        lines: list[str] = []
        splices: list[Splice] = []
        for text, nodes in groups.items():
            name = program.fresh(spelt(text))
            lines.append(f"{name} = {text}")
            splices += [program.stand_in(node, name) for node in nodes]
        target = program.text(loop.target) if isinstance(loop, cst.For) else "while"
        where = ".".join(p for p in (program.owner(loop), target.replace(" ", "")) if p)
        note = f"hoist {'; '.join(list(groups)[:4])} out of the loop over {target}"
        return Site(self.name, where, note, (program.before(loop, *lines), *splices))

    def _fits(self, program: Program, loop: cst.For | cst.While, node: cst.BinaryOperation) -> bool:
        if "\n" in program.text(node) or not _here(program, loop, node):
            return False
        names = program.within(node, cst.Name)
        if not names and constant(program, node) is not None:
            return False  # the compiler folds it
        return all(_fixed(program, loop, name) for name in names) and harmless(program, node)


def _here(program: Program, loop: cst.CSTNode, node: cst.CSTNode) -> bool:
    """Whether a node is in the loop's own function."""
    for above in program.up(node):
        if above is loop:
            return True
        if isinstance(above, (*FUNCTIONS, cst.FormattedStringExpression)):
            return False
    return False


def _fixed(program: Program, loop: cst.For | cst.While, name: cst.Name) -> bool:
    variable = program.variable(name)
    if variable is None or any(program.contains(loop, binding) for binding in variable.bindings):
        return False
    if variable.scope is _scope(program, loop, variable):
        own = all(program.function(b) is program.function(loop) for b in variable.bindings)
        return own and set_before(program, variable, loop)
    outermost = [a for a in program.up(loop) if isinstance(a, cst.FunctionDef | cst.ClassDef)]
    return (
        bool(outermost)
        and once(program, variable)
        and program.start(variable.bindings[0]) < program.start(outermost[-1])
    )


def _scope(program: Program, loop: cst.CSTNode, variable: Variable) -> object:
    """The variable's scope when it is the loop's own, else None."""
    function = program.function(loop)
    own = getattr(variable.scope, "node", None) if function is not None else None
    if function is None:
        return None if program.owner(loop) or hasattr(variable.scope, "node") else variable.scope
    return variable.scope if own is function else None


def harmless(program: Program, node: cst.CSTNode) -> bool:
    """Whether evaluating an expression early cannot raise: it may be that the loop never runs."""
    if constant(program, node) is not None:
        return True
    if isinstance(node, cst.Name):
        return kind(program, node) in ("int", "float")
    if not isinstance(node, cst.BinaryOperation):
        return False
    if isinstance(node.operator, SAFE):
        return harmless(program, node.left) and harmless(program, node.right)
    if isinstance(node.operator, cst.Power):
        base = constant(program, node.left)
        return base is not None and 0 < base <= 1 and natural(program, node.right) and harmless(program, node.right)
    if isinstance(node.operator, cst.Divide):
        divisor = constant(program, node.right)
        return divisor is not None and abs(divisor) >= 1 and harmless(program, node.left)
    return False


def spelt(text: str) -> str:
    """A name that reads like an expression: `1 - a` is one_minus_a."""
    for sign in ("**", "//", "*", "/", "+", "-", "%"):
        text = text.replace(sign, f" {WORDS[sign]} ") if sign in ("+", "-", "%", "**", "//") else text
        text = text.replace(sign, f" {WORDS[sign]} ")
    words = [WORDS.get(word, word) for word in text.replace("(", " ").replace(")", " ").split()]
    name = "_".join(word.replace(".", "_") for word in words)
    return name if name.isidentifier() and len(name) <= 40 else "invariant"
