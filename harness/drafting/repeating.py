"""Does a program say the same each time? And if not, what in it looks like the reason."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness import parsing
from harness.drafting.observing import PROGRAM, Observed, imports_for
from harness.drafting.sources import Given
from harness.errors import BaselineError
from harness.judging import bands
from harness.judging.traces import Trace
from harness.judging.verdicts import tail
from harness.report.text import clean, cut
from harness.types import Job, JobResult, Level, Limits, Sandbox

RUNS = 3
CLOCKS = (
    "time.",
    "datetime.datetime.now",
    "datetime.datetime.today",
    "datetime.datetime.utcnow",
    "datetime.date.today",
)
CHANCE = ("random.", "numpy.random.")
SOURCES = ("secrets.", "uuid.uuid1", "uuid.uuid4", "os.urandom", "random.SystemRandom", "os.getpid", "tempfile.")


@dataclass(frozen=True, slots=True)
class Kept:
    """What a program does each time. level: the promise that this allows. results: of every run."""

    level: Level
    results: tuple[JobResult, ...]

    @property
    def first(self) -> JobResult:
        return self.results[0]


def repeat(given: Given, seen: Observed, sandbox: Sandbox, limits: Limits) -> Kept:
    """Run the program as it will be judged: with its inputs alone, several times.

    Raises BaselineError when its runs differ by more than the last digits of numbers, and names the likely reason.
    """
    job = Job(
        command=tuple(part.replace("{program}", PROGRAM) for part in given.command),
        files={**{name: given.read(name) for name in seen.inputs}, PROGRAM: given.source.encode()},
        imports=imports_for(given),
        limits=limits,
    )
    results = tuple(sandbox.run(job) for _ in range(RUNS))
    for result in results:
        if result.end != "exit":
            raise BaselineError(f"program {given.path} does not finish in the sandbox: {result.reason}. {tail(result)}")
    if all(_same(results[0], result) for result in results[1:]):
        _refuse_onlookers(given, seen, results[0])
        return Kept("exact", results)
    traces = [Trace.of(result) for result in results]
    return Kept(_tolerated(given, traces), results)


def _refuse_onlookers(given: Given, seen: Observed, alone: JobResult) -> None:
    """A program that says something else among its inputs alone looks at what else lies in its folder."""
    if alone.stdout != seen.stdout:
        raise BaselineError(
            f"program {given.path} prints something else where only its inputs lie "
            f"({', '.join(seen.inputs) or 'it reads none'}): let it not look at its own name or at what else lies there"
        )


def _same(one: JobResult, other: JobResult) -> bool:
    return (one.stdout, one.code, bool(one.stderr), one.written) == (
        other.stdout,
        other.code,
        bool(other.stderr),
        other.written,
    )


def _tolerated(given: Given, traces: Sequence[Trace]) -> Level:
    """Level tolerant where only the last digits of numbers change, and not because of a clock or of chance."""
    reason = _reason(given.source)
    try:
        if reason is None and all(trace.written == traces[0].written for trace in traces):
            bands.band_of(traces, "its public input")
            return "tolerant"
    except BaselineError:
        pass  # said below, with what to do about it
    advice = reason or "print nothing that changes by itself: times, addresses of objects, the order of sets"
    raise BaselineError(f"program {given.path} does not repeat itself: {_difference(traces)}; {advice}")


def _difference(traces: Sequence[Trace]) -> str:
    first = traces[0]
    for other in traces[1:]:
        pairs = enumerate(zip(first.lines, other.lines, strict=False), 1)
        for number, (one, two) in pairs:
            if one != two:
                return f"output line {number} was {_shown(one)} in one run and {_shown(two)} in another"
        if len(first.lines) != len(other.lines):
            return f"it printed {len(first.lines)} lines in one run and {len(other.lines)} in another"
        if first.code != other.code:
            return f"its exit code was {first.code} in one run and {other.code} in another"
        if first.written != other.written:
            names = sorted(n for n in {*first.written, *other.written} if first.written.get(n) != other.written.get(n))
            return f"the file {names[0]} that it writes changes from run to run"
    return "standard error is written to in some runs only"


def _shown(line: bytes) -> str:
    return repr(cut(clean(line.decode("utf-8", "replace")), 60))


def _reason(source: str) -> str | None:
    """The first line that looks like the reason, and what to do about it."""
    calls = list(_calls(source))
    named = {name for _, name in calls}
    for line, name in calls:
        if name.startswith(CLOCKS) and name != "time.sleep":
            return f"line {line} calls {name}: leave times out of what it prints"
        if name.startswith(SOURCES):
            return f"line {line} calls {name}, which is never the same: use random with a seed, or a fixed value"
    for line, name in calls:
        if name.startswith(CHANCE) and "random.seed" not in named and name != "random.Random":
            return f"line {line} calls {name} and nothing seeds it: put random.seed(0) before it"
    return None


def _calls(source: str) -> Iterator[tuple[int, str]]:
    """(line, dotted name with its module) of every call, in the order of lines."""
    tree = parsing.parse(source)
    aliases: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            aliases |= {
                a.asname or a.name.split(".")[0]: a.name if a.asname else a.name.split(".")[0] for a in node.names
            }
        elif isinstance(node, ast.ImportFrom):
            aliases |= {a.asname or a.name: f"{node.module}.{a.name}" for a in node.names}
    found = [
        (node.lineno, ast.unparse(node.func))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute)
    ]
    for line, name in sorted(found):
        head, dot, rest = name.partition(".")
        if head in aliases:
            yield line, aliases[head] + dot + rest
