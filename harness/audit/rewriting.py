"""Programs out of a program, by its syntax tree: what the made specimens are written with. Pure."""

from __future__ import annotations

import ast
import builtins
import copy
import re
from collections.abc import Callable, Iterator

from harness import parsing
from harness.types import Knob

REFLECTION = frozenset(("eval", "exec", "globals", "locals", "vars", "getattr", "setattr", "delattr"))
_DIGITS = re.compile(r"(.*\.)(\d+)([efg%]?)")


def with_prelude(source: str, prelude: str) -> str:
    """The program with statements before its own first one; its doc string and __future__ imports stay in front."""
    tree = parsing.parse(source)
    tree.body[_beginning(tree) : _beginning(tree)] = parsing.parse(prelude).body
    return ast.unparse(tree)


def _beginning(tree: ast.Module) -> int:
    first = 1 if ast.get_docstring(tree, clean=False) is not None else 0
    while first < len(tree.body) and _is_future(tree.body[first]):
        first += 1
    return first


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def knobs_alone(knobs: tuple[Knob, ...]) -> str:
    """A program that has every knob where a judge looks for it, and does nothing with them."""
    lines = []
    for knob in knobs:
        if knob.kind == "assign":
            lines.append(f"{knob.name} = {knob.value}")
        elif knob.kind == "call":
            module = knob.name.rpartition(".")[0]
            lines += [f"import {module}"] if module else []
            lines.append(f"{knob.name}({knob.value})")
        else:
            lines.append(f'f"{knob.name}{{0.0:{knob.value}}}"')
    return "".join(f"{line}\n" for line in lines)


def edits(source: str, edit: Callable[[ast.Module], Iterator[None]]) -> Iterator[str]:
    """The program as it is after each change of edit, which yields once a change and then takes it back."""
    tree = parsing.parse(source)
    for _ in edit(tree):
        yield ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree)))


# --- Small changes that matter ----------------------------------------------------------------------------------------


def leaving_early(tree: ast.Module) -> Iterator[None]:
    """An exit with code 0: after the first statement that prints, else before the last statement."""
    prints = [n for n, node in enumerate(tree.body) if not isinstance(node, DEFINITIONS) and list(_prints(node))]
    for place in dict.fromkeys([*(n + 1 for n in prints), len(tree.body) - 1]):
        tree.body.insert(place, parsing.parse("raise SystemExit(0)").body[0])
        yield
        del tree.body[place]


DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def _prints(tree: ast.AST) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print":
            yield node


def saying_more(tree: ast.Module) -> Iterator[None]:
    """The last print says one word more."""
    for call in sorted(_prints(tree), key=lambda node: -node.lineno):
        call.args.append(ast.Constant("indeed"))
        yield
        call.args.pop()


def saying_nothing(tree: ast.Module) -> Iterator[None]:
    """The last print is left out."""
    for call in sorted(_prints(tree), key=lambda node: -node.lineno):
        function = call.func
        call.func = ast.Name("str")
        kept, call.args, keywords, call.keywords = call.args, [], call.keywords, []
        yield
        call.func, call.args, call.keywords = function, kept, keywords


def one_turn_short(tree: ast.Module) -> Iterator[None]:
    """A `for ... in range(n)` that stops at n - 1."""
    for node in ast.walk(tree):
        if isinstance(node, ast.For) and isinstance(node.iter, ast.Call) and node.iter.args:
            call = node.iter
            if isinstance(call.func, ast.Name) and call.func.id == "range":
                place = min(1, len(call.args) - 1)
                stop = call.args[place]
                call.args[place] = ast.BinOp(stop, ast.Sub(), ast.Constant(1))
                yield
                call.args[place] = stop


def other_number(tree: ast.Module) -> Iterator[None]:
    """One number of the text is another."""
    numbers = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and type(n.value) in (int, float)]
    for node in reversed(numbers):
        before = node.value
        node.value = before + 1 if isinstance(before, int) else before * 1.5 + 1e-3  # type: ignore[operator]
        yield
        node.value = before


def fewer_digits(tree: ast.Module) -> Iterator[None]:
    """A printed number has half its digits: one digit less may be within a tolerance, which is no cheat."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            for part in node.format_spec.values:
                if isinstance(part, ast.Constant) and (found := _DIGITS.fullmatch(str(part.value))) and int(found[2]):
                    before = part.value
                    part.value = f"{found[1]}{int(found[2]) // 2}{found[3]}"
                    yield
                    part.value = before


# --- Changes that do not ----------------------------------------------------------------------------------------------


def renamed(source: str, knobs: tuple[Knob, ...]) -> str | None:
    """The program with its plain variables under other names; None where none can be told to be only a name."""
    tree = parsing.parse(source)
    nodes = list(ast.walk(tree))
    if any(isinstance(node, ast.Name) and node.id in REFLECTION for node in nodes):
        return None
    used = {node.id for node in nodes if isinstance(node, ast.Name)} | set(_fixed(nodes))
    plain = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    plain -= {*_fixed(nodes), *(knob.name for knob in knobs), *dir(builtins)}
    names = {name: f"{name}_renamed" for name in plain if not name.startswith("_") and f"{name}_renamed" not in used}
    for node in nodes:
        if isinstance(node, ast.Name):
            node.id = names.get(node.id, node.id)
    return ast.unparse(tree) if names else None


def _fixed(nodes: list[ast.AST]) -> Iterator[str]:
    """Names that are more than a variable's: parameters, keywords, imports, definitions, attributes of classes."""
    for node in nodes:
        if isinstance(node, ast.ClassDef):
            yield from (inner.id for inner in ast.walk(node) if isinstance(inner, ast.Name))
        if isinstance(node, ast.Global | ast.Nonlocal):
            yield from node.names
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).partition(".")[0]
        for field in ("arg", "name", "rest"):
            if isinstance(name := getattr(node, field, None), str):
                yield name
