"""Imports: do not load what is not used."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, Splice

# Modules whose import changes and prints nothing that a program could notice.
SILENT = frozenset(
    (
        "abc",
        "argparse",
        "array",
        "ast",
        "base64",
        "bisect",
        "collections",
        "copy",
        "csv",
        "dataclasses",
        "datetime",
        "decimal",
        "enum",
        "fractions",
        "functools",
        "hashlib",
        "heapq",
        "io",
        "itertools",
        "json",
        "math",
        "operator",
        "os",
        "pathlib",
        "random",
        "re",
        "shutil",
        "statistics",
        "string",
        "struct",
        "sys",
        "time",
        "types",
        "typing",
    )
)


class UnusedImport:
    name = "unused-import"
    theme = "imports"
    goes_with = ("lifetime",)
    claim = "A standard module that is imported and never named is not loaded."
    before = "import json\nimport math\nprint(math.pi)\n"
    after = "import math\nprint(math.pi)\n"

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or "modules" in program.words:
            return []
        return [site for line in program.find(cst.SimpleStatementLine) if (site := self._site(program, line))]

    def _site(self, program: Program, line: cst.SimpleStatementLine) -> Site | None:
        small = line.body[0]
        if (
            not program.alone(line)
            or not isinstance(program.parent(line), cst.Module)
            or not isinstance(small, cst.Import)
        ):
            return None
        names = [alias.name for alias in small.names]
        if len(names) != 1 or not isinstance(names[0], cst.Name) or names[0].value not in SILENT:
            return None
        bound = small.names[0].asname.name if small.names[0].asname else names[0]
        if not isinstance(bound, cst.Name) or self._named(program, bound.value):
            return None
        name = names[0].value
        return Site(self.name, name, f"do not load {name}", (Splice(*program.lines_of(line), ""),))

    def _named(self, program: Program, name: str) -> bool:
        return sum(1 for node in program.find(cst.Name) if node.value == name) > 1
