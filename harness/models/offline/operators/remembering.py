"""Remembering: what a function of whole numbers answered once is not worked out again."""

from __future__ import annotations

import libcst as cst

from harness.models.offline.facts import constant, counts, kind, reflective
from harness.models.offline.flow import docstring
from harness.models.offline.program import Program, Variable
from harness.models.offline.purity import quiet_function
from harness.models.offline.rewriting import Site, Splice, with_all

WHOLE = frozenset({"min", "max", "abs", "len", "sum", "int", "range"})
REFUSED = (cst.Lambda, cst.Global, cst.Nonlocal, cst.Yield, cst.Await, cst.NamedExpr, cst.ClassDef)
ARITHMETIC = (cst.Add, cst.Subtract, cst.Multiply, cst.FloorDivide, cst.Modulo)


class RememberAnswers:
    name = "remember-answers"
    theme = "recursion"
    goes_with = ("lifetime",)
    claim = "A quiet function of whole numbers that calls itself twice or more keeps its answers in a dict."
    before = "def f(n):\n    if n < 2:\n        return n\n    return f(n - 1) + f(n - 2)\nprint(f(9))\n"
    after = (
        "f_known = {}\ndef f(n):\n    if n in f_known:\n        return f_known[n]\n    if n < 2:\n        return n\n"
        "    f_known[n] = answer = f(n - 1) + f(n - 2)\n    return answer\nprint(f(9))\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try):
            return []
        tops = [f for f in program.find(cst.FunctionDef) if isinstance(program.parent(f), cst.Module)]
        sites = [site for function in tops if (site := self._site(program, function))]
        return with_all(sites, f"remember what {len(sites)} functions answered")

    def _site(self, program: Program, function: cst.FunctionDef) -> Site | None:
        variable = program.variable(function)
        if variable is None or not _plain(program, function, variable):
            return None
        proof = Whole(program, function)
        returns = program.within(function.body, cst.Return)
        if not proof.calls_take_whole_numbers() or not all(r.value is None or proof.whole(r.value) for r in returns):
            return None
        if not proof.reads_nothing_that_changes():
            return None
        lines = [r for r in returns if r.value is not None and not isinstance(r.value, cst.Name | cst.Integer)]
        if not lines or not all(program.alone(program.statement(r)) and "\n" not in program.text(r) for r in lines):
            return None
        return self._rewrite(program, function, lines)

    def _rewrite(self, program: Program, function: cst.FunctionDef, lines: list[cst.Return]) -> Site:
        name = function.name.value
        known, answer = program.fresh(f"{name}_known"), program.fresh("answer")
        key = ", ".join(param.name.value for param in function.params.params)
        asked = f"({key})" if "," in key else key
        first = next(s for s in function.body.body if not docstring(s))
        splices: list[Splice] = [
            program.before(function, f"{known} = {{}}"),
            program.before(first, f"if {asked} in {known}:", f"{program.tab}return {known}[{key}]"),
        ]
        for line in lines:
            assert line.value is not None
            indent = program.indent(program.statement(line))
            value = program.data[slice(*program.whole(line.value))].decode()
            text = f"{known}[{key}] = {answer} = {value}{program.newline}{indent}return {answer}"
            splices.append(program.replace(line, text))
        return Site(self.name, name, f"remember what {name} answered", tuple(splices))


def _plain(program: Program, function: cst.FunctionDef, variable: Variable) -> bool:
    """Plain parameters that stay as they are, a body of its own, and at least two calls of itself."""
    p = function.params
    simple = not (p.kwonly_params or p.star_kwarg or p.posonly_params) and isinstance(p.star_arg, cst.MaybeSentinel)
    if not simple or not p.params or any(x.default for x in p.params) or function.decorators:
        return False
    if len(variable.bindings) != 1 or variable.deleted or any(program.within(function, kind) for kind in REFUSED):
        return False
    if len(program.within(function, cst.FunctionDef)) != 1 or not isinstance(function.body, cst.IndentedBlock):
        return False
    own = [program.variable(param) or program.variable(param.name) for param in p.params]
    if any(v is None or len(v.bindings) != 1 or v.deleted for v in own) or not quiet_function(program, function):
        return False
    return sum(program.contains(function.body, read) for read in variable.reads) >= 2


class Whole:
    """Proofs that values are exact ints, given that the function's parameters are: by induction over its calls."""

    def __init__(self, program: Program, function: cst.FunctionDef) -> None:
        self.program = program
        self.function = function
        self.own = program.variable(function)
        self.params = [param.name.value for param in function.params.params]

    def calls_take_whole_numbers(self) -> bool:
        """Whether the function is only ever called by its name, with as many whole numbers as it has parameters."""
        assert self.own is not None
        for read in self.own.reads:
            call = self.program.parent(read)
            if not isinstance(call, cst.Call) or call.func is not read or len(call.args) != len(self.params):
                return False
            if any(arg.star or arg.keyword or not self.whole(arg.value) for arg in call.args):
                return False
        return True

    def reads_nothing_that_changes(self) -> bool:
        """Whether all that the body reads is its own, a builtin, or a constant."""
        for name in self.program.within(self.function.body, cst.Name):
            variable = self.program.variable(name)
            parent = self.program.parent(name)
            if isinstance(parent, cst.Attribute):
                return False
            if variable is None:
                if self.program.builtin(name) not in WHOLE | {"True", "False", "None"}:
                    return False
            elif variable is not self.own and not self._local(variable) and constant(self.program, name) is None:
                return False
        return True

    def _local(self, variable: Variable) -> bool:
        node = getattr(variable.scope, "node", None)
        return node is self.function or (node is not None and self.program.contains(self.function.body, node))

    def whole(self, node: cst.CSTNode, seen: tuple[Variable, ...] = ()) -> bool:
        if isinstance(node, cst.BinaryOperation) and isinstance(node.operator, ARITHMETIC):
            return self.whole(node.left, seen) and self.whole(node.right, seen)
        if isinstance(node, cst.UnaryOperation) and isinstance(node.operator, cst.Minus):
            return self.whole(node.expression, seen)
        if isinstance(node, cst.IfExp):
            return self.whole(node.body, seen) and self.whole(node.orelse, seen)
        if isinstance(node, cst.Call):
            return self._whole_call(node, seen)
        if isinstance(node, cst.Name):
            return self._whole_name(node, seen)
        return kind(self.program, node) == "int"

    def _whole_call(self, call: cst.Call, seen: tuple[Variable, ...]) -> bool:
        if self.own is not None and self.program.variable(call.func) is self.own:
            return True
        if self.program.builtin(call.func) in ("min", "max") and len(call.args) > 1:
            return all(not arg.star and not arg.keyword and self.whole(arg.value, seen) for arg in call.args)
        if self.program.builtin(call.func) == "sum" and len(call.args) == 1:
            inner = call.args[0].value
            return isinstance(inner, cst.GeneratorExp | cst.ListComp) and self.whole(inner.elt, seen)
        return self.program.builtin(call.func) == "len"

    def _whole_name(self, name: cst.Name, seen: tuple[Variable, ...]) -> bool:
        variable = self.program.variable(name)
        if variable is None:
            return False
        if variable in seen:
            return True
        return all(self._whole_binding(binding, (*seen, variable)) for binding in variable.bindings)

    def _whole_binding(self, binding: cst.CSTNode, seen: tuple[Variable, ...]) -> bool:
        if isinstance(binding, cst.Param):
            return binding in self.function.params.params
        parent = self.program.parent(binding)
        if any(param.name is binding for param in self.function.params.params):
            return True
        if isinstance(parent, cst.AssignTarget) and isinstance(assign := self.program.parent(parent), cst.Assign):
            return self.whole(assign.value, seen)
        if isinstance(parent, cst.AugAssign):
            plain = isinstance(parent.operator, cst.AddAssign | cst.SubtractAssign | cst.MultiplyAssign)
            return plain and self.whole(parent.value, seen)
        return counts(self.program, binding)
