"""What a strategy remembers of its outcomes: programs that may be parents, and attempts that a model is told about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.strategies.quoting import middle_cut, one_line
from harness.types import Candidate, JsonObject, Outcome, Score, Status

ARTIFACT_BYTES = 20 * 1024
_FEEDBACK_CHARACTERS = 300


@dataclass(frozen=True, slots=True)
class Program:
    """A valid program. fitness, memory and speed are ratios to the baseline: 1.0 is as good as it, more is better."""

    id: str
    source: str
    fitness: float
    memory: float
    speed: float
    note: str = ""
    feedback: str = ""
    kept: bool = False  # it was clearly better than its parent
    n: int = 0  # the order that it came from; 0: the baseline
    parent: str = ""  # id of the program that it changed

    @classmethod
    def baseline(cls, candidate: Candidate) -> Program:
        return cls(candidate.id, candidate.source, 1.0, 1.0, 1.0, "the program as it was given")

    def described(self) -> JsonObject:
        """What a prompt says of it; plain JSON, its text left out since every candidate can be had by its id."""
        return {
            "id": self.id,
            "fitness": self.fitness,
            "memory": self.memory,
            "speed": self.speed,
            "note": one_line(self.note),
        }


@dataclass(frozen=True, slots=True)
class Attempt:
    """A thing that was tried, as one line of a prompt. fitness is a ratio to the baseline; None if not valid.

    id and parent: of the program and the one that it changed; "" where no program came of it.
    """

    n: int
    status: Status
    fitness: float | None
    kept: bool
    note: str
    feedback: str
    id: str = ""
    parent: str = ""

    def described(self) -> JsonObject:
        return {
            "n": self.n,
            "status": self.status,
            "fitness": self.fitness,
            "kept": self.kept,
            "note": self.note,
            "feedback": self.feedback,
        }


def program_of(outcome: Outcome, kept: bool) -> Program | None:
    """The program of an outcome if it is valid, else None: only valid ones may ever be parents."""
    candidate, score = outcome.candidate, outcome.score
    if candidate is None or score.status != "ok" or score.fitness is None:
        return None
    return Program(
        candidate.id,
        candidate.source,
        score.fitness,
        _ratio(score, "memory"),
        _ratio(score, "speed"),
        candidate.note,
        artifacts(score),
        kept,
        outcome.order.n,
        _first(candidate.parents),
    )


def attempt_of(outcome: Outcome, kept: bool) -> Attempt:
    """How an outcome is told to a model; all of it that is not ours is one line, and short."""
    candidate, score = outcome.candidate, outcome.score
    return Attempt(
        n=outcome.order.n,
        status=score.status,
        fitness=score.fitness if score.status == "ok" else None,
        kept=kept,
        note=one_line(candidate.note if candidate else "") or ("no note" if candidate else "no program"),
        feedback=one_line(score.feedback, _FEEDBACK_CHARACTERS),
        id=candidate.id if candidate else "",
        parent=_first(candidate.parents) if candidate else "",
    )


def told(program: Program) -> Attempt:
    """A program as the attempt that it was."""
    note = one_line(program.note) or "no note"
    return Attempt(program.n, "ok", program.fitness, program.kept, note, "", program.id, program.parent)


def telling(attempts: Sequence[Attempt], count: int) -> list[JsonObject]:
    """Attempts whose changes are worth showing, oldest first: half of them gained, and half lost or failed."""
    made = [attempt for attempt in attempts if attempt.id and attempt.parent]
    worked = sorted((a for a in made if a.kept), key=lambda a: (-(a.fitness or 0.0), a.n))[: (count + 1) // 2]
    rest = count - len(worked)
    in_vain = [a for a in made if not a.kept][-rest:] if rest else []
    shown = sorted((*worked, *in_vain), key=lambda attempt: attempt.n)
    return [{**attempt.described(), "id": attempt.id, "parent": attempt.parent} for attempt in shown]


def beats(score: Score, parent_fitness: float, gain: float) -> bool:
    """Whether a score is better than a parent's by more than the share `gain`, which stands for the noise."""
    return score.status == "ok" and score.fitness is not None and score.fitness > parent_fitness * (1.0 + gain)


def artifacts(score: Score) -> str:
    """What a program's judgement said about it, at most 20 KB."""
    return middle_cut("\n".join(part for part in (score.feedback, *score.warnings) if part), ARTIFACT_BYTES)


def ranked(programs: Iterable[Program]) -> list[Program]:
    """Best first; of two alike the older, so that nothing is displaced by its equal."""
    return sorted(programs, key=rank)


def rank(program: Program) -> tuple[float, int, str]:
    """What programs are ranked by: the smaller the better."""
    return -program.fitness, program.n, program.id


def _first(parents: Sequence[str]) -> str:
    return parents[0] if parents else ""


def _ratio(score: Score, metric: str) -> float:
    ratio = score.ratio(metric)
    return 1.0 if ratio is None else ratio
