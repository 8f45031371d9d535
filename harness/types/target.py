"""What is to be optimized, and how it is judged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from harness.types.words import Level, Stage


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
    of the one replacement field that follows the literal text `name` in an f-string; `define`, in C:
    `#define name <number or string>`.
    """

    label: str
    kind: Literal["assign", "call", "format", "define"]
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
class Statistical:
    """What is asked of a program that need not print the same numbers. It is not equivalence, and is labelled so.

    each: the most that any number may be off, relative; within: the most that the mean of the last values of `seeds`
    hidden runs may be off, relative, shown by two one-sided tests at 5 %.
    """

    value: str  # the words before the number whose last value counts
    within: float = 0.01
    each: float = 0.5
    seeds: int = 8
    free: tuple[str, ...] = ()  # starts of lines of which nothing else is promised


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """How two outputs are compared."""

    level: Level = "tolerant"
    rtol: float = 1e-12
    files: bool = False  # files that the program writes belong to the promise
    nudge: str = ""  # the call whose results are the weights, as `random.gauss`: what calibrates rtol moves them an ulp
    statistical: Statistical | None = None  # there when the level is


@dataclass(frozen=True, slots=True, kw_only=True)
class Metamorphic:
    """Another run of a candidate whose output follows from its own run on a workload; no golden trace is needed."""

    relations: tuple[str, ...]  # names in harness.metamorphic, applied one after another to make one run
    workload: str  # whose input and knobs it starts from
    step: str = ""  # words that stand on the line of each step and on no other
    echo: str = ""  # start of the lines that show characters of the documents, after the first ": "
    shuffled: bool = False  # the program shuffles its documents by random.shuffle right after seeding with knob `seed`


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


@dataclass(frozen=True, slots=True)
class Interpreter:
    """What runs a program. build: the words by which it tells itself from all others, as sys.version."""

    path: str
    name: str  # "CPython 3.13.0"
    build: str


@dataclass(frozen=True, slots=True)
class Toolchain:
    """What makes a program of a text. shown: the files that it needs, and nothing else of the machine's."""

    path: str
    name: str  # "gcc 12.2.0"
    build: str
    shown: tuple[str, ...]


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
    metamorphic: tuple[Metamorphic, ...] = ()
    hints: str = ""  # prose for the prompt: what the program is, what may not change
    language: str = "python"
    flags: tuple[str, ...] = ()  # of the compiler, where the language has one
    python: Interpreter | None = None  # what runs it and every candidate; None: the harness's own
