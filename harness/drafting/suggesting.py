"""Hidden workloads that a program could have: found in its text, tried in the sandbox, and offered, never imposed.

Only the author knows whether a rewrite must be right on another seed, another size, other lines of input. So what the
program was seen to take is written into target.toml as settings that are off.
"""

from __future__ import annotations

import ast
import builtins
import secrets
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from harness import knobs, parsing
from harness.drafting import toml
from harness.drafting.toml import Suggestion
from harness.judging.traces import Trace
from harness.types import Knob

MOST_TRIED = 4  # sizes; each costs a run of the program
SMALLEST = 8  # a number below it is more often a choice than a size
LONGEST_S = 20.0  # of a run: above it nothing is tried
DEARER = 1.5  # times the public run's CPU time: a hidden run is to cost no more


@dataclass(frozen=True, slots=True)
class Trial:
    """Runs the program with settings in force: TOML and the name of the workload -> its trace, None when it fails."""

    run: Callable[[str, str], Trace | None]
    public: Trace

    def taken(self, settings: str, workload: str) -> Trace | None:
        """The trace where the program takes the workload, prints something else there, and costs about as much."""
        trace = self.run(settings, workload)
        if trace is None or trace.stderr or trace.lines == self.public.lines:
            return None
        return trace if trace.cpu_s <= DEARER * self.public.cpu_s + 0.1 else None


def suggestions(source: str, inputs: Sequence[str], trial: Trial) -> Iterator[Suggestion]:
    """What the program was seen to take."""
    yield from _seed(source, inputs, trial)
    yield from _sizes(source, inputs, trial)
    yield from _lines(inputs, trial)


def _seed(source: str, inputs: Sequence[str], trial: Trial) -> Iterator[Suggestion]:
    value = next((value for kind, name, value in _turnable(source) if (kind, name) == ("call", "random.seed")), None)
    if value is None:
        return
    knob = Knob(label="seed", kind="call", name="random.seed", value=value)
    settings = _settings(knob, "other-seed", "random", inputs)
    if trace := _tried(source, knob, settings, "other-seed", trial):
        what = f"Another seed ({_cost(trace)}): right where a rewrite must keep every draw, in its order."
        yield Suggestion(what=what, settings=settings)


def _sizes(source: str, inputs: Sequence[str], trial: Trial) -> Iterator[Suggestion]:
    """The first number that can be turned down."""
    found = [
        (kind, name, value)
        for kind, name, value in _turnable(source)
        if name != "random.seed" and value.isdigit() and int(value) >= SMALLEST
    ]
    ranges = _ranges(source)
    for kind, name, value in sorted(found, key=lambda one: (one[1] not in ranges, -int(one[2])))[:MOST_TRIED]:
        knob = Knob(label="size", kind="assign" if kind == "assign" else "call", name=name, value=value)
        other = str(Random(secrets.token_hex(8)).randrange(int(value) // 2, int(value)))
        settings = _settings(knob, "other-size", other, inputs)
        if trace := _tried(source, knob, settings, "other-size", trial):
            what = (
                f"Another size ({_cost(trace)}), which no rewrite is told: right where `{name}` is no more than a size."
            )
            yield Suggestion(what=what, settings=settings)
            return


def _lines(inputs: Sequence[str], trial: Trial) -> Iterator[Suggestion]:
    if not inputs:
        return
    settings = f"[[workloads]]\n{toml.workload('other-lines', 'short', inputs, 'relabel')}"
    if trace := trial.taken(settings, "other-lines"):
        what = (
            f"Other input ({_cost(trace)}): the lines in another order, letters and digits exchanged; right where a "
            "rewrite must be right on any such text."
        )
        yield Suggestion(what=what, settings=settings)


def _tried(source: str, knob: Knob, settings: str, workload: str, trial: Trial) -> Trace | None:
    return None if knobs.locate(source, [knob]) else trial.taken(settings, workload)


def _settings(knob: Knob, workload: str, value: str, inputs: Sequence[str]) -> str:
    return f"""\
[[knobs]]
label = {toml.quoted(knob.label)}
kind = {toml.quoted(knob.kind)}
name = {toml.quoted(knob.name)}
value = {toml.quoted(knob.value)}

[[workloads]]
{toml.workload(workload, "short", inputs, knobs={knob.label: value})}"""


def _cost(trace: Trace) -> str:
    return f"tried: {trace.cpu_s:.1f} s, {len(trace.lines)} lines, other output"


def _turnable(source: str) -> Iterator[tuple[str, str, str]]:
    """(kind, name, number as written) of lines `name = 2000` and `name(2000)`."""
    for node in ast.walk(parsing.parse(source)):
        if isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name):
            kind, name, number = "assign", node.targets[0].id, node.value
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and len(node.value.args) == 1:
            kind, name, number = "call", ast.unparse(node.value.func), node.value.args[0]
        else:
            continue
        if isinstance(number, ast.Constant) and type(number.value) is int and not hasattr(builtins, name):
            yield kind, name, str(number.value)


def _ranges(source: str) -> set[str]:
    """Names that stand in a range(): likely sizes."""
    return {
        inner.id
        for node in ast.walk(parsing.parse(source))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "range"
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name)
    }
