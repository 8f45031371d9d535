"""What a candidate's text may be, judged before anything runs. One walk over the syntax tree, some milliseconds.

The sandbox is what keeps a candidate in; these rules keep out what a judge could only notice later: transcripts and
weights in literals, other modules, reflection, files. Each breach names its line, the rule, and what would be right.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping

from evaluators import c_rules
from evaluators.reflection import long_names, run_time_names
from evaluators.syntax import (
    SPARE_CHARACTERS,
    SPARE_CONSTANTS,
    Breach,
    Program,
    characters,
    elements,
    identifiers,
    is_listed,
    is_module,
    is_text,
    line_of,
    literal_nodes,
    reading,
    words,
)
from harness.types import Bench, Candidate, Reading, Rules, Stage, Target

# Of modules that can do more than calculate, only these names.
MEMBERS: Mapping[str, frozenset[str]] = {
    "sys": words("stdout setrecursionlimit getrecursionlimit intern float_info maxsize exit version_info getsizeof"),
    "gc": words("enable disable isenabled collect freeze unfreeze set_threshold get_threshold get_count"),
    "os.path": words("exists isfile"),
}
BARRED_MEMBERS = words(
    "operator.attrgetter operator.methodcaller random.setstate random.SystemRandom"
    " functools.update_wrapper functools.wraps functools.singledispatch functools.singledispatchmethod"
)
BARRED_BUILTINS = words(
    "exec eval compile __import__ globals locals vars getattr setattr delattr breakpoint input memoryview dir help"
)
BARRED_ATTRIBUTES = words(
    "gi_frame gi_code cr_frame cr_code ag_frame ag_code f_back f_globals f_locals f_builtins f_code tb_frame tb_next"
    " func_globals co_code co_consts mro"
)
_OPERATORS = "add sub mul truediv floordiv mod pow neg pos abs lt le gt ge eq ne and or xor invert lshift rshift matmul"
_CONTAINERS = "init new len iter next contains getitem setitem delitem call hash bool repr str float int enter exit"
DUNDERS = frozenset(
    [f"__{name}__" for name in f"{_OPERATORS} {_CONTAINERS} slots name match_args".split()]
    + [f"__{side}{name}__" for name in _OPERATORS.split() for side in "ri"]
)
DUNDER_STRINGS = frozenset(("__main__", "__dict__", "__weakref__"))


class RulesEvaluator:
    """One reading: 1.0 when a candidate's text keeps the target's rules; status "invalid" when it does not parse."""

    name = "rules"
    stage: Stage = "rules"

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]:
        rules = target.rules
        size = len(candidate.source.encode("utf-8", "replace"))
        if size > rules.max_bytes:
            return [
                reading([Breach(1, f"the program has {size} bytes: at most {rules.max_bytes} are allowed")], "rule")
            ]
        if target.language == "c":
            return [c_rules.reading(candidate.source, target)]
        try:
            found = set(breaches(Program.of(candidate.source, rules), target))
        except SyntaxError as error:
            return [reading([Breach(error.lineno or 1, f"does not parse: {error.msg}")], "invalid")]
        except (RecursionError, MemoryError):
            return [reading([Breach(1, "is nested too deeply to be read")], "invalid")]
        except ValueError as error:  # null characters, lone surrogates
            return [reading([Breach(1, f"is not text: {error}")], "invalid")]
        return [reading(sorted(found, key=lambda breach: (breach.line, breach.say)), "rule")]


def breaches(program: Program, target: Target) -> Iterator[Breach]:
    """Every rule that the program breaks."""
    baseline = Program.of(target.source, program.rules)
    yield from _imports(program)
    yield from _totals(program, baseline)
    if program.rules.strict:
        for check in (_escapes, _modules, _names, _attributes, _files, _literals, run_time_names):
            yield from check(program)
        yield from long_names(program, baseline)
        yield from _reseeding(program, target)
    else:
        yield from _new_literals(program, baseline)


# --- Modules ----------------------------------------------------------------------------------------------------------


def _imports(program: Program) -> Iterator[Breach]:
    for node in program.nodes:
        if isinstance(node, ast.Import):
            wanted = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            wanted = ["." * node.level + (node.module or "")]
        else:
            continue
        for module in wanted:
            if not is_module(module, program.rules):
                allowed = ", ".join(program.rules.imports) or "nothing"
                yield Breach(node.lineno, f"import of `{module[:40]}` is not allowed; allowed: {allowed}")


def _modules(program: Program) -> Iterator[Breach]:
    """Members of modules, and modules that are passed about, where no check could follow them."""
    for node in program.nodes:
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                yield from _member(program.rules, node.module or "", alias.name, node.lineno)
        elif isinstance(node, ast.Attribute) and (owner := program.module(node.value)):
            yield from _member(program.rules, owner, node.attr, node.lineno)
            if not isinstance(node.ctx, ast.Load):
                yield Breach(node.lineno, f"`{owner}.{node.attr}` is changed: leave modules as they are")
        elif isinstance(node, ast.ClassDef):
            for inner in node.body:
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield Breach(inner.lineno, "an import within a class is not allowed: import at the top")
        if isinstance(node, ast.Name | ast.Attribute) and id(node) not in program.owners and program.module(node):
            yield Breach(node.lineno, f"module `{program.module(node)}` is used as a value: name one of its members")


def _member(rules: Rules, module: str, name: str, line: int) -> Iterator[Breach]:
    dotted = f"{module}.{name}"
    if module == "__future__" or not is_module(module, rules) or is_module(dotted, rules):
        return
    if name == "*":
        yield Breach(line, f"`from {module} import *` is not allowed: name what is used")
    elif not is_listed(module, rules):
        inside = ", ".join(m for m in (*rules.imports, *rules.named) if m.startswith(f"{module}."))
        yield Breach(line, f"`{dotted[:60]}` is not allowed; of {module}, only {inside}")
    elif module in MEMBERS and name not in MEMBERS[module]:
        yield Breach(line, f"`{dotted[:60]}` is not allowed; of {module}, only {', '.join(sorted(MEMBERS[module]))}")
    elif dotted in BARRED_MEMBERS or name.startswith("_") or _smuggled(module, name):
        yield Breach(line, f"`{dotted[:60]}` is not allowed: use the module's public functions")


def _smuggled(module: str, name: str) -> bool:
    """Another module seen through this one, as in `heapq.sys`."""
    return name in sys.stdlib_module_names and name != module.rpartition(".")[2]


# --- Names and attributes ---------------------------------------------------------------------------------------------


def _escapes(program: Program) -> Iterator[Breach]:
    for line in program.odd_escapes:
        yield Breach(line, "an escape that Python warns about: double the backslash or use a raw string")


def _names(program: Program) -> Iterator[Breach]:
    methods = {id(inner) for node in program.nodes if isinstance(node, ast.ClassDef) for inner in node.body}
    for node in program.nodes:
        if isinstance(node, ast.Name) and node.id in BARRED_BUILTINS:
            yield Breach(node.lineno, f"`{node.id}` is not allowed: write what it would do directly")
        elif not (isinstance(node, ast.FunctionDef) and id(node) in methods):
            for name in identifiers(node):
                if name.startswith("__") and name.endswith("__") and name not in DUNDERS:
                    yield Breach(line_of(node), f"`{name[:40]}` is not allowed: only operator methods may be named so")


def _attributes(program: Program) -> Iterator[Breach]:
    own = _own_attributes(program)
    for node in program.nodes:
        names = [node.attr] if isinstance(node, ast.Attribute) else getattr(node, "kwd_attrs", [])
        for name in names:
            private = name.startswith("_") and not name.startswith("__") and name not in own
            if name in BARRED_ATTRIBUTES or private:
                yield Breach(
                    line_of(node), f"attribute `{name[:40]}` is not allowed: only those that the program defines"
                )


def _own_attributes(program: Program) -> set[str]:
    """Names that the program itself gives to attributes: assignments, methods, class variables, slots."""
    own = {node.attr for node in program.nodes if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)}
    for node in program.nodes:
        for inner in node.body if isinstance(node, ast.ClassDef) else ():
            if isinstance(inner, ast.FunctionDef):
                own.add(inner.name)
            elif isinstance(inner, ast.Assign):
                own |= {name.id for name in inner.targets if isinstance(name, ast.Name)}
                own |= {str(text.value) for text in ast.walk(inner.value) if is_text(text)}  # entries of __slots__
    return own


def _reseeding(program: Program, target: Target) -> Iterator[Breach]:
    for knob in target.knobs:
        if knob.kind == "call":
            uses = [n for n in program.nodes if isinstance(n, ast.Attribute) and ast.unparse(n) == knob.name]
            for use in uses[1:]:
                yield Breach(use.lineno, f"`{knob.name}` is used again: only once, as `{knob.name}({knob.value})`")


# --- Files ------------------------------------------------------------------------------------------------------------


def _files(program: Program) -> Iterator[Breach]:
    inputs = program.rules.inputs
    opened = {id(node.func) for node in program.nodes if isinstance(node, ast.Call) and _reads_an_input(node, inputs)}
    for node in program.nodes:
        if isinstance(node, ast.Name) and node.id == "open" and id(node) not in opened:
            example = f'open("{inputs[0]}")' if inputs else "no open() at all"
            yield Breach(node.lineno, f"`open` may only read an input, named in the call: {example}")
        elif isinstance(node, ast.Call) and id(node.func) not in opened:
            for keyword in node.keywords:
                if keyword.arg == "file" and not _is_stdout(keyword.value, program):
                    yield Breach(line_of(keyword.value), "`file=` may only be sys.stdout")


def _reads_an_input(call: ast.Call, inputs: tuple[str, ...]) -> bool:
    given = dict(zip(("file", "mode"), call.args, strict=False)) | {k.arg: k.value for k in call.keywords if k.arg}
    values = {name: node.value for name, node in given.items() if isinstance(node, ast.Constant)}
    known = {"file", "mode", "encoding", "newline", "errors", "buffering"}
    all_plain = len(values) == len(call.args) + len(call.keywords) and values.keys() <= known
    return all_plain and values.get("file") in inputs and values.get("mode", "r") in ("r", "rt", "rb")


def _is_stdout(node: ast.expr, program: Program) -> bool:
    if isinstance(node, ast.Constant):
        return node.value is None
    return isinstance(node, ast.Attribute) and node.attr == "stdout" and program.module(node.value) == "sys"


# --- Literals ---------------------------------------------------------------------------------------------------------


def _literals(program: Program) -> Iterator[Breach]:
    rules = program.rules
    for node in literal_nodes(program):
        length, size = characters(node), elements(node)
        if length > rules.max_string:
            yield Breach(line_of(node), f"a string of {length} characters: at most {rules.max_string} in one literal")
        if size > rules.max_elements:
            yield Breach(line_of(node), f"{size} elements or arguments: at most {rules.max_elements} in one place")
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value >= 1 << 64:
            yield Breach(node.lineno, f"an integer of {node.value.bit_length()} bits: at most 64 are allowed")
        if is_text(node) and "__" in str(node.value) and node.value not in DUNDER_STRINGS:
            yield Breach(node.lineno, "a string with two underscores is not allowed: attributes are named directly")


def _new_literals(program: Program, baseline: Program) -> Iterator[Breach]:
    """A program without a target.toml may have what literals it likes; a rewrite may have no larger ones."""
    known = list(literal_nodes(baseline))
    rules = program.rules
    longest = max([rules.max_string, *map(characters, known)])
    widest = max([rules.max_elements, *map(elements, known)])
    largest = max([(1 << 64) - 1, *(n.value for n in known if isinstance(n, ast.Constant) and type(n.value) is int)])
    for node in literal_nodes(program):
        if characters(node) > longest:
            yield Breach(line_of(node), f"a string of {characters(node)} characters: at most {longest} in one literal")
        if elements(node) > widest:
            yield Breach(line_of(node), f"{elements(node)} elements or arguments: at most {widest} in one place")
        if isinstance(node, ast.Constant) and type(node.value) is int and node.value > largest:
            yield Breach(node.lineno, f"an integer of {node.value.bit_length()} bits: larger than the program's own")


def _totals(program: Program, baseline: Program) -> Iterator[Breach]:
    """Transcripts and weights in many small pieces."""
    ratio = program.rules.constants_ratio
    most = int(ratio * _count_numbers(baseline)) + SPARE_CONSTANTS
    if (count := _count_numbers(program)) > most:
        yield Breach(1, f"{count} numeric constants in all: at most {most} are allowed")
    most = int(ratio * _count_characters(baseline)) + SPARE_CHARACTERS
    if (count := _count_characters(program)) > most:
        yield Breach(1, f"{count} characters in string literals in all: at most {most} are allowed")


def _count_numbers(program: Program) -> int:
    return sum(isinstance(n, ast.Constant) and type(n.value) in (int, float, complex) for n in program.nodes)


def _count_characters(program: Program) -> int:
    return sum(characters(node) for node in literal_nodes(program) if isinstance(node, ast.Constant))
