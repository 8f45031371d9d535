"""A run as it is read back: everything its journal tells, in frozen records."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from harness.errors import StoreError, UnknownName, UsageError
from harness.store.blobs import Blobs
from harness.types import JsonObject, Objective, Order, Score, Usage

RunStatus = Literal["running", "done", "interrupted", "failed", "killed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """What a run was asked to do. budget: limits by name, None for no limit."""

    run: str
    target: str
    target_path: str | None
    program: str | None
    strategy: str
    model: str
    seed: int
    version: str
    objective: Objective
    budget: JsonObject
    settings: JsonObject
    parallel: int
    machine: JsonObject
    sandbox: JsonObject
    unsafe: bool
    baseline_id: str
    baseline_source: str  # sha of its blob
    at: float
    interpreter: JsonObject | None = None  # path, name and build; None: the harness's own, see machine
    plugins: tuple[JsonObject, ...] = ()  # code of the user's that took part: kind, title, reference, file, sha256
    suffix: str = ".py"  # of the files that hold a program
    lanes: int | None = None  # cores for timing

    @property
    def runs_on(self) -> str:
        """The interpreter that ran every program, in words; ratios are within one."""
        return str((self.interpreter or {}).get("name") or self.machine.get("python") or "not recorded")


@dataclass(frozen=True, slots=True)
class Baseline:
    """What the untouched program uses: MiB and CPU seconds. spread: that of one pair's log CPU ratio."""

    memory_mib: float
    cpu_s: float
    floor_mib: float
    spread: float
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One outcome. id and source (the sha of its blob) are None when no program came of the order."""

    n: int
    operator: str
    parents: tuple[str, ...]
    id: str | None
    source: str | None
    note: str
    score: Score
    usage: Usage
    kept: bool  # crowned, and not dethroned since
    at: float


@dataclass(frozen=True, slots=True)
class Crown:
    """How a duel with the incumbent ended; ratio is challenger over incumbent, in fitness.

    margin: what a simpler form of the incumbent may lose; 0 for a challenger that had to be better.
    """

    candidate: str
    over: str
    crowned: bool
    ratio: float | None
    low: float | None
    high: float | None
    explanation: str
    margin: float = 0.0


@dataclass(frozen=True, slots=True)
class Confirm:
    """The full-length run of a leader; ok False took its crown away."""

    candidate: str
    ok: bool
    score: Score


@dataclass(frozen=True, slots=True)
class Open:
    """An order without an outcome yet: in flight, or lost with the process."""

    order: Order
    at: float
    usage: Usage = field(default_factory=Usage)
    stage: str = "asked"  # asked, answered, trial or evaluate


@dataclass(frozen=True, slots=True)
class End:
    """How a run's process ended; a resumed run has none until it ends again."""

    status: RunStatus
    reason: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """Everything that a journal tells. best is None while the baseline stands. Times are seconds since the epoch.

    usage.seconds is the wall time during which a process worked on the run, whatever the number of workers.
    """

    folder: Path
    start: Start
    status: RunStatus
    reason: str
    ended: float | None
    last: float  # when the last event was written
    usage: Usage
    baseline: Baseline | None
    planned: int  # orders that were to make no program: plans, summaries
    tried: tuple[Tried, ...]
    crowns: tuple[Crown, ...]
    confirms: tuple[Confirm, ...]
    open: tuple[Open, ...]
    best: str | None

    def candidate(self, id_: str) -> Tried | None:
        """The outcome that speaks for a candidate: the one that was kept, else the first."""
        same = [tried for tried in self.tried if tried.id == id_]
        return next((tried for tried in same if tried.kept), same[0] if same else None)

    @property
    def leader(self) -> Tried | None:
        """The best, with the score of its confirmation where there is one: pairs that chose nothing do not flatter."""
        found = self.candidate(self.best) if self.best else None
        stood = [c.score for c in self.confirms if c.candidate == self.best and c.ok and c.score.fitness is not None]
        return replace(found, score=stood[-1]) if found and stood else found

    def lineage(self, id_: str | None = None) -> tuple[str, ...]:
        """Ids from the baseline to a candidate (default: the best), oldest first, along first parents."""
        at: str | None = id_ or self.best or self.start.baseline_id
        line: list[str] = []
        while at and at not in line:
            line.append(at)
            found = None if at == self.start.baseline_id else self.candidate(at)
            at = found.parents[0] if found and found.parents else None
        return tuple(reversed(line))

    def resolve(self, ref: str) -> str:
        """A candidate's full id from `baseline`, `best`, an id or a unique prefix. Raises UnknownName, UsageError."""
        named = {"baseline": self.start.baseline_id, "best": self.best or self.start.baseline_id}
        known = {self.start.baseline_id, *(tried.id for tried in self.tried if tried.id)}
        return named[ref] if ref in named else unique("candidate", ref, sorted(known), sorted({*known, *named}))

    def source(self, id_: str) -> str:
        """The text of a candidate. Raises StoreError when its blob is missing or has changed."""
        found = self.candidate(id_)
        sha = self.start.baseline_source if id_ == self.start.baseline_id else found.source if found else None
        if sha is None or not re.fullmatch("[0-9a-f]{64}", sha):
            raise StoreError(f"run {self.start.run} records no source for candidate {id_}")
        return Blobs(self.folder / "blobs").get(sha)


def unique(kind: str, ref: str, names: Sequence[str], suggestions: Sequence[str]) -> str:
    """The one name that begins with ref. Raises UnknownName, or UsageError when several do."""
    matches = [ref] if ref in names else [name for name in names if ref and name.startswith(ref)]
    if not matches:
        raise UnknownName(kind, ref, suggestions)
    if len(matches) > 1:
        shown = ", ".join(matches[:4]) + (", ..." if len(matches) > 4 else "")
        raise UsageError(f"{kind} {ref!r} is not unique: it could be {shown}")
    return matches[0]
