"""Unused: definitions that nothing names are not made."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, Splice, with_all

LITERAL = (cst.Integer, cst.Float, cst.SimpleString)


class UnusedDefinition:
    name = "unused-definition"
    theme = "imports"
    goes_with = ("imports",)
    claim = "A function or class at the top level that is named nowhere else is not made."
    before = "def f():\n    return 1\ndef g():\n    return 2\nprint(g())\n"
    after = "def g():\n    return 2\nprint(g())\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or "modules" in program.words:
            return []
        found = [self._site(program, s) for s in program.module.body if isinstance(s, cst.FunctionDef | cst.ClassDef)]
        return with_all([site for site in found if site], "leave out what nothing names")

    def _site(self, program: Program, made: cst.FunctionDef | cst.ClassDef) -> Site | None:
        name = made.name.value
        if made.decorators or sum(node.value == name for node in program.find(cst.Name)) != 1:
            return None
        if name.startswith("__") or not (_silent(made) if isinstance(made, cst.FunctionDef) else _empty(made)):
            return None
        return Site(self.name, name, f"leave {name} out", (Splice(*program.lines_of(made), ""),))


def _silent(function: cst.FunctionDef) -> bool:
    """Whether making a function runs nothing: no annotations, only literals as defaults."""
    p = function.params
    every = [*p.params, *p.kwonly_params, *p.posonly_params]
    stars = [s for s in (p.star_arg, p.star_kwarg) if isinstance(s, cst.Param)]
    if function.returns or any(param.annotation for param in (*every, *stars)) or function.type_parameters:
        return False
    return not function.asynchronous and all(not param.default or isinstance(param.default, LITERAL) for param in every)


def _empty(made: cst.ClassDef) -> bool:
    """A class of plain functions and words, without bases."""
    if made.bases or made.keywords or made.type_parameters:
        return False
    for statement in made.body.body:
        if isinstance(statement, cst.FunctionDef):
            if statement.decorators or not _silent(statement):
                return False
        elif not isinstance(statement, cst.SimpleStatementLine) or not all(
            isinstance(small, cst.Pass) or (isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString))
            for small in statement.body
        ):
            return False
    return True
