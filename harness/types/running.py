"""One run of one program, and who confines it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, runtime_checkable

from harness.types.target import Interpreter, Limits, Toolchain
from harness.types.words import Watch


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One run of one program in a room of its own."""

    command: tuple[str, ...]
    files: Mapping[str, bytes]  # read-only files of the work folder, the program among them
    imports: tuple[str, ...] = ()  # standard-library modules to stage; everything else is absent
    python: Interpreter | None = None  # what `{python}` stands for; None: the sandbox's own
    programs: tuple[str, ...] = ()  # those of the files that can be run
    toolchain: Toolchain | None = None  # shown in the room, and may start processes; nothing else may
    limits: Limits = field(default_factory=Limits)
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
