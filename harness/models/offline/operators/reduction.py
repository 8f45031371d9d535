"""Reductions: feed a builtin that uses up a generator with a list instead."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.program import Program
from harness.models.offline.purity import MODULES, quiet, quiet_operators
from harness.models.offline.rewriting import Site, Splice, with_all

# any and all stop early, so they are not among them.
WHOLE = frozenset({"sum", "min", "max", "sorted", "list", "tuple", "set", "frozenset"})
WHOLE_METHODS = frozenset({"join"})


class ListInReduction:
    name = "list-in-reduction"
    theme = "iteration"
    goes_with = ("iteration",)
    claim = "A list comprehension runs faster than a generator in a call that uses up all of it."
    before = "print(sum(x * x for x in range(9)))\n"
    after = "print(sum([x * x for x in range(9)]))\n"

    def sites(self, program: Program) -> list[Site]:
        if program.find(cst.Try) or not quiet_operators(program):
            return []
        groups: dict[str, list[cst.GeneratorExp]] = {}
        for generator in program.find(cst.GeneratorExp):
            if self._fits(program, generator):
                groups.setdefault(program.owner(generator), []).append(generator)
        sites = [self._site(program, where, found) for where, found in groups.items()]
        return with_all(sites, f"{len(sites)} places get lists instead of generators")

    def _fits(self, program: Program, generator: cst.GeneratorExp) -> bool:
        argument = program.parent(generator)
        call = program.parent(argument)
        if not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call) or call.args[0] is not argument:
            return False
        if argument.star or argument.keyword or generator.for_in.asynchronous:
            return False
        if isinstance(call.func, cst.Attribute):
            if call.func.attr.value not in WHOLE_METHODS or not isinstance(call.func.value, cst.SimpleString):
                return False
        elif program.builtin(call.func) not in WHOLE:
            return False
        keys = [arg for arg in call.args if arg.keyword is not None and arg.keyword.value == "key"]
        return not keys and quiet(program, generator, modules=MODULES | {"random"})

    def _site(self, program: Program, where: str, found: list[cst.GeneratorExp]) -> Site:
        splices: list[Splice] = []
        for generator in found:
            start, end = program.whole(generator)
            inner = (program.start(generator), program.end(generator))
            splices += [Splice(start, inner[0], "["), Splice(inner[1], end, "]")]
        note = f"lists instead of generators in {where or 'the module'}"
        return Site(self.name, where or "module", note, tuple(splices))
