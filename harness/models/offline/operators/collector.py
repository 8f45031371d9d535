"""The cyclic collector: where no cycle is made, its rounds over every live object are pure cost."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import counts, reflective
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, Splice

IMPORTS = (cst.Import, cst.ImportFrom)


def last_import(program: Program) -> cst.SimpleStatementLine | None:
    """The last of the imports that open a program, after its doc string."""
    found: cst.SimpleStatementLine | None = None
    for statement in program.module.body:
        if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
            break
        small = statement.body[0]
        if isinstance(small, IMPORTS):
            found = statement
        elif not (isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString)):
            break
    return found


def tuned(program: Program) -> bool:
    """Whether the program already speaks to the collector, or might notice what it does."""
    return "gc" in program.words or reflective(program)


class CollectorOff:
    name = "collector-off"
    theme = "collector"
    goes_with = ("lifetime",)
    claim = "Turn the cyclic collector off; reference counts free all that is not in a cycle."
    before = "import math\nprint(math.pi)\n"
    after = "import math\nimport gc\n\ngc.disable()\nprint(math.pi)\n"

    def sites(self, program: Program) -> list[Site]:
        last = last_import(program)
        if last is None or tuned(program):
            return []
        return [Site(self.name, "", "turn the collector off", (program.below(last, "import gc", "", "gc.disable()"),))]


class CollectorThreshold:
    name = "collector-threshold"
    theme = "collector"
    goes_with = ("lifetime",)
    claim = "Let the cyclic collector run less often."
    before = "import math\nprint(math.pi)\n"
    after = "import math\nimport gc\n\ngc.set_threshold(20000)\nprint(math.pi)\n"

    def sites(self, program: Program) -> list[Site]:
        last = last_import(program)
        if last is None or tuned(program):
            return []
        return [
            Site(
                self.name,
                str(threshold),
                f"run the collector every {threshold} objects",
                (program.below(last, "import gc", "", f"gc.set_threshold({threshold})"),),
            )
            for threshold in (20000, 200000)
        ]


class CollectorFreeze:
    name = "collector-freeze"
    theme = "collector"
    goes_with = ("lifetime",)
    claim = "What lives before a main loop is kept out of the collector's rounds."
    before = "import math\nxs = [math.pi]\nfor n in range(9):\n    print(sum(xs))\n"
    after = "import math\nimport gc\nxs = [math.pi]\ngc.freeze()\nfor n in range(9):\n    print(sum(xs))\n"

    def sites(self, program: Program) -> list[Site]:
        last = last_import(program)
        if last is None or tuned(program):
            return []
        found = []
        for loop in program.module.body:
            if isinstance(loop, cst.For | cst.While) and program.within(loop.body, cst.Call):
                where = program.text(loop.target if isinstance(loop, cst.For) else loop.test).replace(" ", "")
                found.append(self._site(program, last, loop, where[:40]))
        return found

    def _site(self, program: Program, last: cst.CSTNode, loop: cst.CSTNode, where: str) -> Site:
        splices: tuple[Splice, ...] = (program.below(last, "import gc"), program.before(loop, "gc.freeze()"))
        return Site(self.name, where, f"freeze what lives before the loop over {where}", splices)


class CollectWhenQuiet:
    name = "collect-when-quiet"
    theme = "collector"
    goes_with = ("lifetime",)
    claim = "The cyclic collector rests, and makes one round at the end of every so many rounds of a main loop."
    before = "import math\nfor n in range(9):\n    xs = [n]\n    print(max(xs))\n"
    after = (
        "import math\nimport gc\n\ngc.disable()\nfor n in range(9):\n    xs = [n]\n    print(max(xs))\n"
        "    if n % 10 == 9:\n        gc.collect()\n"
    )

    def sites(self, program: Program) -> list[Site]:
        last = last_import(program)
        if last is None or tuned(program):
            return []
        loops = [s for s in program.module.body if isinstance(s, cst.For) and _counted(program, s)]
        return [self._site(program, last, loop, every) for loop in loops for every in (10, 100)]

    def _site(self, program: Program, last: cst.CSTNode, loop: cst.For, every: int) -> Site:
        counter = program.text(loop.target)
        lines = (f"if {counter} % {every} == {every - 1}:", f"{program.tab}gc.collect()")
        off = program.below(last, "import gc", "", "gc.disable()")
        note = f"collect once in {every} rounds of the loop over {counter}"
        return Site(self.name, f"{counter}.{every}", note, (off, program.below(loop.body.body[-1], *lines)))


def _counted(program: Program, loop: cst.For) -> bool:
    """Whether a loop goes through a range, its counter is its own, and a line under its last one is reached."""
    if not isinstance(loop.target, cst.Name) or not isinstance(loop.body, cst.IndentedBlock):
        return False
    variable, end = program.variable(loop.target), loop.body.body[-1]
    if variable is None or len(variable.bindings) != 1 or variable.deleted or not counts(program, loop.target):
        return False
    if isinstance(end, cst.SimpleStatementLine):
        return program.alone(end) and not isinstance(end.body[-1], cst.Break | cst.Continue | cst.Return | cst.Raise)
    return isinstance(end, cst.For | cst.If | cst.While) and isinstance(end.body, cst.IndentedBlock)
