"""Zipping: lists of one proved length are gone through together instead of by index."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst
from libcst import metadata as meta

from harness.models.offline.facts import constant, counts, once, reflective, sources
from harness.models.offline.operators.containers import stored
from harness.models.offline.program import FUNCTIONS, Program, Variable
from harness.models.offline.purity import quiet, quiet_operators
from harness.models.offline.rewriting import Site, Splice

MOST = 6  # lists that are gone through together
HARMLESS = frozenset({"len", "print", "sum", "min", "max", "sorted", "enumerate", "zip", "reversed", "range"})
FIXED = (cst.FormattedStringExpression, cst.BinaryOperation, cst.Comparison)


class ZipForIndex:
    name = "zip-for-index"
    theme = "iteration"
    goes_with = ("iteration", "loops")
    claim = "`for i in range(n)` that reads xs[i] and ys[i] of lists proved to have n items goes through them with zip."
    before = (
        "n = 2\nxs, k = [1] * n, 3\nxs = [k + i for i in range(n)]\nys = [0.5 for _ in range(n)]\n"
        "for i in range(n):\n    print(ys[i] + k, ys[i])\n"
    )
    after = (
        "n = 2\nxs, k = [1] * n, 3\nxs = [k + i for i in range(n)]\nys = [0.5 for _ in range(n)]\n"
        "for y in ys:\n    print(y + k, y)\n"
    )

    def sites(self, program: Program) -> list[Site]:
        if reflective(program) or program.find(cst.Try) or not quiet_operators(program):
            return []
        if program.bound_names & {"zip", "enumerate", "range"}:
            return []
        known = {v: size for v in program.variables if (size := length(program, v)) is not None}
        return [site for loop in program.find(cst.For) if (site := self._site(program, loop, known))] if known else []

    def _site(self, program: Program, loop: cst.For, known: dict[Variable, int]) -> Site | None:
        size, index = _ranged(program, loop), program.variable(loop.target)
        if size is None or index is None or loop.asynchronous or not isinstance(loop.target, cst.Name):
            return None
        if any(program.contains(loop.body, b) for b in index.bindings) or not _calm(program, loop):
            return None
        items = _items(program, loop, index, [v for v in known if known[v] == size])
        if not items or len(items) > MOST:
            return None
        names, splices = dict[Variable, str](), list[Splice]()
        for variable, found in items.items():
            names[variable] = _fresh(program, variable, set(names.values()))
            splices += [program.stand_in(item, names[variable]) for item in found]
        reads = [read for read in index.reads if not any(program.contains(i, read) for f in items.values() for i in f)]
        own = ", ".join(names.values())
        many = ", ".join(v.name for v in names)
        source = f"zip({many})" if len(names) > 1 else many
        if reads:
            target = f"{index.name}, ({own})" if len(names) > 1 else f"{index.name}, {own}"
            source = f"enumerate({source})"
        else:
            target = own
        splices += [program.replace(loop.target, target), program.replace(loop.iter, source)]
        where = ".".join(part for part in (program.owner(loop), index.name) if part)
        return Site(self.name, where, f"go through {many} with the loop over {index.name}", tuple(splices))


def length(program: Program, variable: Variable) -> int | None:
    """How many items a list of the top level has from first to last; None where that is not proved."""
    if not once(program, variable):
        return None
    source = sources(program, variable)[0]
    assign = program.parent(source) if source is not None else None
    if source is None or not isinstance(assign, cst.Assign) or len(assign.targets) != 1:
        return None
    size = _size(program, source)
    return size if size is not None and all(_keeps_length(program, read) for read in variable.reads) else None


def _size(program: Program, source: cst.BaseExpression) -> int | None:
    if isinstance(source, cst.ListComp):
        loop = source.for_in
        if loop.ifs or loop.inner_for_in or loop.asynchronous or not isinstance(loop.iter, cst.Call):
            return None
        return _range_size(program, loop.iter)
    if isinstance(source, cst.BinaryOperation) and isinstance(source.operator, cst.Multiply):
        one = isinstance(source.left, cst.List) and len(source.left.elements) == 1
        starred = one and isinstance(source.left, cst.List) and isinstance(source.left.elements[0], cst.StarredElement)
        times = constant(program, source.right)
        return times if one and not starred and isinstance(times, int) and times > 0 else None
    return None


def _range_size(program: Program, call: cst.Call) -> int | None:
    if program.builtin(call.func) != "range" or len(call.args) != 1 or call.args[0].star:
        return None
    size = constant(program, call.args[0].value)
    return size if isinstance(size, int) and size > 0 else None


def _ranged(program: Program, loop: cst.For) -> int | None:
    """Of `for i in range(n)` with a known n, at the top level or in a function, the n."""
    if not isinstance(loop.target, cst.Name) or not isinstance(loop.iter, cst.Call):
        return None
    return _range_size(program, loop.iter) if counts(program, loop.target) else None


def _keeps_length(program: Program, read: cst.CSTNode) -> bool:
    """Whether a use of a list can neither change its length nor hand it to somebody who might."""
    parent = program.parent(read)
    if isinstance(parent, cst.Subscript):
        index = len(parent.slice) == 1 and isinstance(parent.slice[0].slice, cst.Index) and parent.value is read
        return index and not isinstance(stored(program, parent), cst.Del)
    if isinstance(parent, cst.For | cst.CompFor):
        return parent.iter is read
    call = program.parent(parent) if isinstance(parent, cst.Arg) else None
    if not isinstance(call, cst.Call) or parent.star:  # type: ignore[attr-defined]
        return False
    if program.builtin(call.func) in HARMLESS:
        return True
    return isinstance(program.parent(call), FIXED) and quiet(program, call)


def _calm(program: Program, loop: cst.For) -> bool:
    """Whether all that a loop calls is quiet, or prints."""
    calls = program.within(loop.body, cst.Call)
    return all(program.builtin(c.func) == "print" or quiet(program, cst.ensure_type(c, cst.Call)) for c in calls)


def _items(
    program: Program, loop: cst.For, index: Variable, known: Sequence[Variable]
) -> dict[Variable, list[cst.Subscript]]:
    """The expressions xs[i] in a loop, for each list that the loop stores nothing into."""
    found: dict[Variable, list[cst.Subscript]] = {}
    for variable in known:
        if program.start(variable.bindings[0]) > program.start(loop) or not isinstance(
            variable.scope, meta.GlobalScope
        ):
            continue
        inside = [program.parent(read) for read in variable.reads if program.contains(loop.body, read)]
        if any(isinstance(s, cst.Subscript) and stored(program, s) is not None for s in inside):
            continue
        items = [s for s in inside if isinstance(s, cst.Subscript) and _by(program, loop, s, index)]
        if items:
            found[variable] = items
    return found


def _by(program: Program, loop: cst.For, item: cst.Subscript, index: Variable) -> bool:
    """Whether an item is read at the loop's own index, in the round that it stands in."""
    at = item.slice[0].slice
    if not isinstance(at, cst.Index) or program.variable(at.value) is not index:
        return False
    for above in program.up(item):
        if above is loop:
            return True
        if isinstance(above, (*FUNCTIONS, cst.GeneratorExp)):
            return False
    return False


def _fresh(program: Program, variable: Variable, taken: set[str]) -> str:
    name = variable.name
    wanted = (
        name[:-2] if name.endswith("ses") else name[:-1] if name.endswith("s") and len(name) > 1 else f"{name}_item"
    )
    found = program.fresh(wanted)
    return program.fresh(f"{variable.name}_each") if found in taken else found
