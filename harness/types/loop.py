"""What goes round the loop: orders, candidates, readings, scores, outcomes, events."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from harness.types.words import JsonObject, Stage, Status

SIMPLIFY = "simplify"  # the operator of an order for the best program with less of it changed: see Court


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
    """What something cost. usd None: a price was unknown.

    tokens_in includes those read from a cache (tokens_cached) and written to one (tokens_written); tokens_out includes
    those of reasoning (tokens_reasoning).
    """

    calls: int = 0
    tokens_in: int = 0
    tokens_cached: int = 0
    tokens_out: int = 0
    usd: float | None = 0.0
    seconds: float = 0.0
    evaluations: int = 0
    tokens_written: int = 0
    tokens_reasoning: int = 0

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
            self.tokens_written + other.tokens_written,
            self.tokens_reasoning + other.tokens_reasoning,
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an order. candidate is None when no program came of it (status "invalid") or was meant ("none").

    handoff: what the proposer handed over to the policy, plain JSON; models: who answered its calls, in order.
    """

    order: Order
    candidate: Candidate | None
    score: Score
    usage: Usage
    crowned: bool = False
    handoff: JsonObject = field(default_factory=dict)
    models: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One line of the journal. at: seconds since the epoch, UTC."""

    n: int
    kind: str
    at: float
    data: JsonObject
