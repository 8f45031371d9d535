"""The vocabulary: frozen records that pass between rooms, and the protocols that rooms keep. Imports nothing of ours.

Units, everywhere: memory in MiB (2**20 bytes), time in seconds, money in US dollars. A ratio is baseline / candidate:
2.0 means half the memory or half the CPU time, and more is better.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal, Protocol, runtime_checkable

Status = Literal["ok", "wrong", "rule", "crash", "timeout", "memory", "invalid"]
Stage = Literal["rules", "short", "measure", "full"]
Level = Literal["exact", "tolerant"]
JsonObject = dict[str, Any]

# A watch sees standard output as it comes; a returned reason ends the run at once.
Watch = Callable[[bytes], str | None]


# --- What is to be optimized ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What a candidate's text may be; checked before anything runs, and told to the model."""

    imports: tuple[str, ...] = ()  # modules that may be imported and are staged in the sandbox
    named: tuple[str, ...] = ()  # modules that may be named but are never staged: importing one fails
    inputs: tuple[str, ...] = ()  # files that may be opened for reading
    max_bytes: int = 65536
    max_string: int = 200  # characters in one literal (doc strings and bare strings do not count)
    max_elements: int = 64  # elements in one container literal
    constants_ratio: float = 3.0  # numeric constants, times those of the baseline (and 40 more)
    strict: bool = True  # False: only parse, size and imports are checked (programs without a target.toml)


@dataclass(frozen=True, slots=True, kw_only=True)
class Knob:
    """A line that a candidate keeps exactly once and that the judge may turn.

    kind `assign`: `name = <number>` as a statement; `call`: `name(<number>)` as a statement; `format`: the format spec
    of the one replacement field that follows the literal text `name` in an f-string.
    """

    label: str
    kind: Literal["assign", "call", "format"]
    name: str
    value: str  # as written in the program, e.g. "1000", "42", ".4f"


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One input and one setting of the knobs. Hidden ones are drawn afresh for each run from the run's secret."""

    name: str
    stage: Stage
    hidden: bool
    generator: str  # "file" or the name of a generator in harness.workloads
    knobs: Mapping[str, str] = field(default_factory=dict)  # label -> new value; "random" draws a seed
    files: Mapping[str, str] = field(default_factory=dict)  # name in the work folder -> path in the target's folder
    golden: str = ""  # shipped standard output of the target's own program, so that nobody has to make it again


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How two outputs are compared."""

    level: Level = "tolerant"
    rtol: float = 1e-12
    files: bool = False  # files that the program writes belong to the promise


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """Weights of the geometric mean of the two ratios. name: memory, speed, balanced or custom."""

    name: str = "balanced"
    memory: float = 0.5
    speed: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one process of a candidate may use."""

    wall_s: float = 900.0
    cpu_s: float = 600.0
    memory_mib: int = 1024
    output_bytes: int = 1 << 22
    writes_mib: int = 0  # 0: nothing is writable


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """A program, its promise and how to judge it. Made from target.toml or from a plain .py file."""

    name: str
    folder: Path
    title: str
    source: str  # the baseline program
    command: tuple[str, ...]  # "{python}" stands for the interpreter with its flags
    rules: Rules
    knobs: tuple[Knob, ...]
    workloads: tuple[Workload, ...]
    promise: Promise
    objective: Objective
    limits: Limits
    hints: str = ""  # prose for the prompt: what the program is, what may not change


# --- What goes round the loop -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Order:
    """One request for one candidate. Its randomness is Random(f"{seed}/{n}"); context is plain JSON."""

    n: int
    operator: str
    parents: tuple[str, ...] = ()
    context: JsonObject = field(default_factory=dict)


def candidate_id(source: str) -> str:
    """Twelve hex digits that name a program by its text."""
    return hashlib.sha256(source.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class Candidate:
    """A program and where it came from. note is one line of untrusted text."""

    id: str
    source: str
    parents: tuple[str, ...] = ()
    note: str = ""

    @classmethod
    def of(cls, source: str, parents: Sequence[str] = (), note: str = "") -> Candidate:
        return cls(candidate_id(source), source, tuple(parents), " ".join(note.split())[:300])


@dataclass(frozen=True, slots=True)
class Reading:
    """One evaluator's word about one candidate; it explains itself.

    value is a ratio for memory and speed, 1.0 or 0.0 for rules and equivalence; low and high bound it at 95 %.
    detail is plain JSON: candidate and baseline in absolute units, the workload, the first difference.
    """

    metric: str
    value: float
    unit: str = ""
    better: Literal["higher", "lower"] = "higher"
    low: float | None = None
    high: float | None = None
    samples: tuple[float, ...] = ()
    explanation: str = ""
    status: Status = "ok"
    detail: JsonObject = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Score:
    """The judge's verdict. fitness is None unless status is "ok". feedback is safe to show to a model."""

    status: Status
    fitness: float | None = None
    readings: tuple[Reading, ...] = ()
    feedback: str = ""
    stage: Stage = "rules"  # the last stage that was reached
    warnings: tuple[str, ...] = ()

    def reading(self, metric: str) -> Reading | None:
        return next((r for r in self.readings if r.metric == metric), None)

    def ratio(self, metric: str) -> float | None:
        found = self.reading(metric)
        return found.value if found and self.status == "ok" else None


@dataclass(frozen=True, slots=True)
class Usage:
    """What something cost. tokens_in includes tokens_cached. usd None: a price was unknown."""

    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    evaluations: int = 0

    def __add__(self, other: Usage) -> Usage:
        usd = None if self.usd is None or other.usd is None else self.usd + other.usd
        return Usage(
            self.calls + other.calls,
            self.tokens_in + other.tokens_in,
            self.tokens_cached + other.tokens_cached,
            self.tokens_out + other.tokens_out,
            usd,
            self.seconds + other.seconds,
            self.evaluations + other.evaluations,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. candidate is None when no program came of it (a refused or unusable answer)."""

    order: Order
    candidate: Candidate | None
    score: Score
    usage: Usage
    crowned: bool = False


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. at: seconds since the epoch, UTC."""

    n: int
    kind: str
    at: float
    data: JsonObject


# --- Models -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question to a model. system does not change within a run, so it can be cached; seed feeds models that draw."""

    system: str
    user: str
    seed: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A model's answer, word for word, with what it cost and who gave it."""

    text: str
    model: str
    usage: Usage = Usage()
    stop: str = "end"


@runtime_checkable
class Model(Protocol):
    """Raises ModelError when no answer could be had."""

    name: str

    def complete(self, prompt: Prompt) -> Reply: ...


# --- Strategies -------------------------------------------------------------------------------------------------------


@runtime_checkable
class Tools(Protocol):
    """Everything that a proposer may do. Handed to Strategy.propose; works in a worker thread."""

    rng: Random
    target: Target

    def source(self, candidate_id: str) -> str: ...
    def complete(self, prompt: Prompt) -> Reply: ...
    def trial(self, source: str) -> Score: ...  # rules and hidden shorts: is it right? not counted as an evaluation
    def evaluate(self, source: str) -> Score: ...  # the whole judgement; counted


@runtime_checkable
class Strategy(Protocol):
    """A search policy. Pure and single-threaded in ask and tell: same tells in, same asks out.

    propose raises Unusable when an answer cannot be turned into a program.
    """

    name: str

    def ask(self) -> Order | None: ...  # None: wait for a tell, or finished when nothing is in flight
    def tell(self, outcome: Outcome) -> None: ...
    def propose(self, order: Order, tools: Tools) -> Candidate: ...


# --- Running programs -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one program in a room of its own."""

    command: tuple[str, ...]
    files: Mapping[str, bytes]  # read-only files of the work folder, the program among them
    imports: tuple[str, ...] = ()  # standard-library modules to stage; everything else is absent
    limits: Limits = Limits()
    core: int | None = None  # pin to this core
    watch: Watch | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """How a run ended and what it used. peak_mib and cpu_s cover the whole process tree, launcher excluded."""

    end: Literal["exit", "signal", "timeout", "memory", "output", "writes", "watch"]
    code: int  # exit code, or the signal's number
    reason: str  # one line; for "watch", what the watch returned
    stdout: bytes
    stderr: bytes  # the last 8 KiB
    written: Mapping[str, bytes]
    cpu_s: float
    wall_s: float
    peak_mib: float


@dataclass(frozen=True, slots=True)
class Protection:
    """What a sandbox does and does not do, in words for a user."""

    backend: str
    covers: tuple[str, ...]
    lacks: tuple[str, ...]


@runtime_checkable
class Sandbox(Protocol):
    """Raises SandboxError when a room cannot be made; never runs a program without one."""

    def run(self, job: Job) -> JobResult: ...
    def describe(self) -> Protection: ...


# --- Evaluators -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Pair:
    """Candidate and baseline run side by side on one workload, on one core."""

    candidate_s: float
    baseline_s: float
    candidate_mib: float
    baseline_mib: float


@dataclass(frozen=True, slots=True)
class Check:
    """What a checked run showed. difference is None when the output kept the promise."""

    workload: str
    hidden: bool
    status: Status
    difference: str | None  # safe to show: never a hidden value
    result: JobResult

    def reading(self, level: Level) -> Reading:
        """This check as one evaluator's word; it never says more than the difference does."""
        where = f"{'hidden' if self.hidden else 'public'} workload {self.workload}"
        return Reading(
            metric="equivalence",
            value=float(self.status == "ok"),
            explanation=f"{where}: {self.difference or 'same output'}",
            status=self.status,
            detail={
                "workload": self.workload,
                "hidden": self.hidden,
                "level": level,
                "first_difference": self.difference,
            },
        )


@runtime_checkable
class Bench(Protocol):
    """What an evaluator may use: checked runs on a target's workloads, and the pairs measured so far."""

    def check(self, candidate: Candidate, workload: Workload) -> Check: ...
    def pairs(self) -> Sequence[Pair]: ...
    def floor_mib(self) -> float: ...
    def spread(
        self,
    ) -> tuple[float, float]: ...  # deviation of one pair's log CPU ratio here, and its degrees of freedom


@runtime_checkable
class Evaluator(Protocol):
    """Judges one aspect at one stage. Returns readings; a reading whose status is not "ok" ends the judgement."""

    name: str
    stage: Stage

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]: ...
