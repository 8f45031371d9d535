"""Reflective mutation on a Pareto front, after the GEPA paper (genetic-Pareto prompt evolution), applied to programs.

Each objective on each workload is an instance with its own front: the programs within the noise of the best on it. A
parent is drawn in proportion to the number of fronts it is on. The model is shown the parent's traces and asked for a
diagnosis first; what it answers passes a cheap trial before it is worth a measurement. The trial says whether a program
is right, not how good it is, so the gate is that alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from random import Random
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness import edits
from harness.edits import Edited
from harness.errors import Unusable
from harness.strategies.advice import areas_to_improve
from harness.strategies.history import Program, attempt_of, beats, program_of, telling
from harness.strategies.islands import Island
from harness.strategies.prompting import render
from harness.strategies.proposers import DIFF_CHARACTERS, Mode, Question, ask_model, question
from harness.strategies.quoting import one_line, whole_lines
from harness.types import Candidate, JsonObject, Order, Outcome, Score, Target, Tools

OBJECTIVES = ("memory", "speed")
Vector = dict[str, float]


class GepaSettings(BaseModel):
    """The knobs of `gepa`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field("rewrite", description="what the model is asked for: the whole file, or SEARCH/REPLACE edits")
    tolerance: float = Field(
        0.02, ge=0, le=1, description="share below an instance's best that still counts as its front"
    )
    repairs: int = Field(1, ge=0, le=5, description="how often a program that fails its trial may be mended")
    others: int = Field(2, ge=0, le=20, description="other programs of the fronts shown")
    attempts: int = Field(10, ge=0, le=100, description="latest attempts listed, besides the best")
    profile: bool = Field(True, description="show a language model where the parent's time and memory go")
    diffs: int = Field(4, ge=0, le=20, description="attempts whose changes a language model is shown")
    gain: float = Field(0.02, ge=0, le=1, description="gain over its parent from which an attempt is called kept")


class Gepa:
    """Policy and proposer of the `gepa` strategy."""

    name: ClassVar[str] = "gepa"
    summary: ClassVar[str] = (
        "a Pareto front for each objective and workload; the model reflects on traces, then rewrites"
    )
    source: ClassVar[str] = "the GEPA paper, applied to programs"
    Settings: ClassVar[type[GepaSettings]] = GepaSettings

    def __init__(
        self, settings: GepaSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        del evaluations
        self.settings = settings
        self._objective = target.objective
        self._seed = seed
        self._asked = 0
        self._baseline = Program.baseline(baseline)
        self._vectors: dict[str, Vector] = {baseline.id: {}}
        self.population = Island.of(self._baseline)

    def ask(self) -> Order:
        """The next order. Never None: it ends when the budget does."""
        self._asked += 1
        rng = Random(f"{self._seed}/{self._asked}")
        counts = front_counts(self._vectors, self.settings.tolerance)
        parent_id = rng.choices(list(counts), weights=list(counts.values()))[0]
        parent = self.population.programs[parent_id]
        others = [self.population.programs[name] for name in counts if name != parent_id]
        return Order(self._asked, "reflect", (parent_id,), self._context(parent, others, rng))

    def tell(self, outcome: Outcome) -> None:
        """Take the program's scores on every instance; what is not valid is told to the model only."""
        parent = self.population.programs[outcome.order.parents[0]]
        kept = outcome.crowned or beats(outcome.score, parent.fitness, self.settings.gain)
        self.population.remember(attempt_of(outcome, kept))
        program = program_of(outcome, kept)
        if program is not None:
            self.population.add(program)
            self._vectors.setdefault(program.id, vector(outcome.score))

    def propose(self, order: Order, tools: Tools) -> Candidate:
        """A program that passed its trial. Raises Unusable when none did, so that nothing is spent on measuring it."""
        asked = question(order, tools, "gepa.md.j2", self.settings.mode)
        edited = ask_model(asked.system, asked.user, asked.parent, tools)
        verdict = tools.trial(edited.source)
        for _ in range(self.settings.repairs):
            if verdict.status == "ok":
                break
            edited = _mended(asked, edited, verdict, tools)
            verdict = tools.trial(edited.source)
        if verdict.status != "ok":
            raise Unusable(f"trial: {verdict.status}: {one_line(edited.note, 150)} ({one_line(verdict.feedback)})")
        return Candidate.of(edited.source, order.parents, edited.note)

    def _context(self, parent: Program, others: list[Program], rng: Random) -> JsonObject:
        best = self.population.ranked()[0]
        attempts = self.population.told(best=3, latest=self.settings.attempts)
        shown = rng.sample(others, min(self.settings.others, len(others)))
        return {
            "best": best.described(),
            "parent": parent.described(),
            "feedback": parent.feedback,
            "advice": areas_to_improve(parent, best, self._baseline, self._objective, self.population.attempts),
            "attempts": [attempt.described() for attempt in attempts],
            "diffs": telling(self.population.attempts, self.settings.diffs),
            "profiled": self.settings.profile,
            "inspirations": [program.described() for program in shown],
        }


def vector(score: Score) -> Vector:
    """A valid program's score on each instance: an objective on a workload. Ratios to the baseline, more is better."""
    return {
        f"{reading.metric}/{reading.detail.get('workload', '')}": reading.value
        for reading in score.readings
        if reading.metric in OBJECTIVES and reading.status == "ok"
    }


def front_counts(vectors: Mapping[str, Vector], tolerance: float) -> dict[str, int]:
    """How many fronts each program is on, oldest program first; dominated programs and those on none are left out.

    The baseline's vector is empty: it scores 1.0 on every instance, as does any program where it was not measured.
    """
    instances = sorted({name for scores in vectors.values() for name in scores})
    alive = {name: scores for name, scores in vectors.items() if not _dominated(name, vectors, instances)}
    if not instances:
        return dict.fromkeys(vectors, 1)
    best = {name: max(scores.get(name, 1.0) for scores in alive.values()) for name in instances}
    counts = {
        program: sum(scores.get(name, 1.0) >= best[name] * (1 - tolerance) for name in instances)
        for program, scores in alive.items()
    }
    return {program: count for program, count in counts.items() if count}


def _dominated(program: str, vectors: Mapping[str, Vector], instances: list[str]) -> bool:
    own = [vectors[program].get(name, 1.0) for name in instances]
    for other, scores in vectors.items():
        theirs = [scores.get(name, 1.0) for name in instances]
        if other != program and theirs != own and all(t >= o for t, o in zip(theirs, own, strict=True)):
            return True
    return False


def _mended(asked: Question, edited: Edited, verdict: Score, tools: Tools) -> Edited:
    """One more answer, for a program that failed its trial, with the verdict and what it had changed."""
    difference = whole_lines(edits.unified(asked.parent, edited.source, "current", "yours"), DIFF_CHARACTERS)
    repair = render("repair.md.j2", status=verdict.status, feedback=verdict.feedback, difference=difference)
    return ask_model(asked.system, asked.user + repair, asked.parent, tools)
