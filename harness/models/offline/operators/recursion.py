"""Recursion: a recursive visitor becomes a loop over the iterators that are still open."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import reflective
from harness.models.offline.flow import contained, dead_after
from harness.models.offline.program import FUNCTIONS, Program
from harness.models.offline.rewriting import Site, Splice


class RecursionToStack:
    name = "recursion-to-stack"
    theme = "calls"
    goes_with = ("collector", "lifetime")
    claim = "A local depth-first visitor runs as a loop: no cycle through its closure, no limit of depth, same order."
    before = (
        "def f(root, kids):\n    out = []\n    def go(n):\n"
        "        if n not in out:\n            for kid in kids[n]:\n"
        "                go(kid)\n            out.append(n)\n    go(root)\n    return out\nprint(f(0, [[1], []]))\n"
    )
    after = (
        "def f(root, kids):\n    out = []\n    waiting, path = [iter((root,))], []\n    while waiting:\n"
        "        for n in waiting[-1]:\n            if n not in out:\n                path.append(n)\n"
        "                waiting.append(iter(kids[n]))\n                break\n        else:\n"
        "            waiting.pop()\n            if path:\n"
        "                n = path.pop()\n                out.append(n)\n"
        "    return out\nprint(f(0, [[1], []]))\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program):
            return []
        found = (self._site(program, f) for f in program.find(cst.FunctionDef) if contained(program, f))
        return [site for site in found if site]

    def _site(self, program: Program, function: cst.FunctionDef) -> Site | None:
        shape = _shape(program, function)
        variable = program.variable(function)
        if shape is None or variable is None:
            return None
        test, pre, loop, post = shape
        outside = [read for read in variable.reads if not program.contains(function, read)]
        inside = [read for read in variable.reads if program.contains(function, read)]
        if len(outside) != 1 or len(inside) != 1 or not _calls(program, loop, inside[0]):
            return None
        call = program.parent(outside[0])
        line = program.statement(call)
        assert isinstance(call, cst.Call)
        if not _whole_line(program, line, call) or not _beside(program, function, line):
            return None
        param = function.params.params[0].name.value
        if not _free(program, function, line, param):
            return None
        waiting, path = program.fresh("waiting"), program.fresh("path")
        tab = program.tab
        lines = [
            f"{waiting}, {path} = [iter(({program.text(call.args[0].value)},))], []",
            f"while {waiting}:",
            f"{tab}for {param} in {waiting}[-1]:",
            f"{tab * 2}if {test}:",
            *(f"{tab * 3}{text}" for text in pre),
            f"{tab * 3}{path}.append({param})",
            f"{tab * 3}{waiting}.append(iter({program.text(loop.iter)}))",
            f"{tab * 3}break",
            f"{tab}else:",
            f"{tab * 2}{waiting}.pop()",
            f"{tab * 2}if {path}:",
            f"{tab * 3}{param} = {path}.pop()",
            *(f"{tab * 3}{text}" for text in post),
        ]
        indent = program.indent(line)
        text = "".join(f"{indent}{each}{program.newline}" for each in lines)
        splices = (Splice(*program.lines_of(function), ""), Splice(*program.lines_of(line), text))
        return Site(self.name, variable.name, f"{variable.name} as a loop instead of recursion", splices)


def _shape(program: Program, f: cst.FunctionDef) -> tuple[str, list[str], cst.For, list[str]] | None:
    """Of `def f(x): if test: pre; for ...: f(y); post`: the test, pre, the loop, post."""
    params = f.params
    plain = (
        len(params.params) == 1 and params.params[0].default is None and isinstance(params.star_arg, cst.MaybeSentinel)
    )
    if not plain or params.kwonly_params or params.star_kwarg or params.posonly_params or len(f.body.body) != 1:
        return None
    branch = f.body.body[0]
    if not isinstance(branch, cst.If) or branch.orelse or not isinstance(branch.body, cst.IndentedBlock):
        return None
    body = branch.body.body
    loops = [i for i, s in enumerate(body) if isinstance(s, cst.For)]
    simple = all(_simple(program, s) for i, s in enumerate(body) if i not in loops)
    if len(loops) != 1 or not simple or "\n" in program.text(branch.test) or program.within(branch.test, cst.NamedExpr):
        return None
    loop = body[loops[0]]
    assert isinstance(loop, cst.For)
    texts = [program.text(s) for s in body]
    if (
        loop.orelse
        or "\n" in program.text(loop.iter)
        or isinstance(loop.iter, cst.Yield | cst.GeneratorExp | cst.Tuple)
    ):
        return None
    return program.text(branch.test), texts[: loops[0]], loop, texts[loops[0] + 1 :]


def _simple(program: Program, statement: cst.CSTNode) -> bool:
    """A call for its effect, on one line: nothing that sets a name or leaves the function."""
    if not isinstance(statement, cst.SimpleStatementLine) or "\n" in program.text(statement):
        return False
    expression = statement.body[0]
    return (
        len(statement.body) == 1 and isinstance(expression, cst.Expr) and not program.within(expression, cst.NamedExpr)
    )


def _calls(program: Program, loop: cst.For, read: cst.CSTNode) -> bool:
    """Whether the loop's body is the recursive call on its own variable, and nothing else."""
    call = program.parent(read)
    line = program.statement(read)
    if not isinstance(call, cst.Call) or not isinstance(loop.target, cst.Name) or not _whole_line(program, line, call):
        return False
    if len(loop.body.body) != 1 or loop.body.body[0] is not line:
        return False
    return isinstance(call.args[0].value, cst.Name) and call.args[0].value.value == loop.target.value


def _whole_line(program: Program, line: cst.CSTNode, call: cst.Call) -> bool:
    if not isinstance(line, cst.SimpleStatementLine) or not program.alone(line) or "\n" in program.text(line):
        return False
    one = len(call.args) == 1 and not call.args[0].star and not call.args[0].keyword
    return one and isinstance(line.body[0], cst.Expr) and line.body[0].value is call


def _beside(program: Program, function: cst.FunctionDef, line: cst.CSTNode) -> bool:
    """Same block, call after definition; nothing inside that would change its meaning outside the function."""
    lazy = (*FUNCTIONS, cst.GeneratorExp, cst.ListComp, cst.SetComp, cst.DictComp)
    inner = [n for kind in lazy for n in program.within(function.body, kind)]
    block = program.parent(function)
    same = isinstance(block, cst.IndentedBlock) and program.parent(line) is block and not program.loops(line)
    return same and not inner and program.start(line) > program.end(function)


def _free(program: Program, function: cst.FunctionDef, line: cst.CSTNode, name: str) -> bool:
    """Whether the parameter's name may be set in the enclosing function, and means nothing else inside the visitor."""
    outer = program.function(function)
    for variable in program.variables:
        if variable.name != name or getattr(variable.scope, "node", None) is not outer:
            continue
        if any(isinstance(b, cst.Param) for b in variable.bindings) or not dead_after(program, variable, line):
            return False
        if any(program.start(use) < program.end(line) for use in variable.reads):
            return False
    loop_names = {t.value for f in program.within(function, cst.For) for t in [f.target] if isinstance(t, cst.Name)}
    return (
        name not in loop_names
        and not program.within(function, cst.Global)
        and not program.within(function, cst.Nonlocal)
    )
