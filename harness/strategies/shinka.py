"""Weighted parents, three kinds of patch and rejection of what is not new, after the public ShinkaEvolve project.

An island's archive is its best programs. A parent is drawn by how far it stands above the archive's median and by how
few children it has; a program too much like a known one is not evaluated, but asked for again. Which model of an
ensemble answers is chosen by a bandit, and every few programs a summary of what was tried becomes recommendations, one
of which each prompt shows. Ours: likeness is that of the changes, as the parser sees them, where the project compares
embeddings and may ask a model; a model that fills no schema is asked for no summary.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from random import Random
from statistics import median
from typing import ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.errors import Unusable
from harness.strategies.advice import areas_to_improve
from harness.strategies.bandit import ModelBandit
from harness.strategies.history import Program, attempt_of, beats, program_of, ranked, telling
from harness.strategies.islands import Island, migrate
from harness.strategies.novelty import changes, nearest
from harness.strategies.proposers import proposer
from harness.strategies.recommending import MOST, recommend
from harness.types import Candidate, JsonObject, Order, Outcome, Target, Tools

OPERATORS = ("diff", "rewrite", "crossover")
Parents = Literal["weighted", "rank"]
SUMMED_UP = 20  # latest attempts that a summary is of


class ShinkaSettings(BaseModel):
    """The knobs of `shinka`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    num_islands: int = Field(2, ge=1, le=100, description="populations")
    archive: int = Field(20, ge=1, description="best programs of an island that may be parents")
    parents: Parents = Field("weighted", description="how parents are drawn: weighted (fitness, children) or by rank")
    sharpness: float = Field(10.0, ge=0, description="weighted: how strongly those above the archive's median go first")
    rank_power: float = Field(1.0, ge=0, description="rank: the n-th best is drawn in proportion to 1 / n ** this")
    diff: float = Field(0.6, ge=0, le=1, description="share of orders that ask for edits")
    rewrite: float = Field(0.3, ge=0, le=1, description="share of orders that ask for the whole file")
    crossover: float = Field(0.1, ge=0, le=1, description="share of orders that graft a second parent on the first")
    similarity: float = Field(0.99, ge=0, le=1, description="a program more like a known one than this is rejected")
    resamples: int = Field(3, ge=0, le=10, description="how often a rejected program is asked for again")
    inspirations: int = Field(3, ge=0, le=20, description="other programs of the archive shown")
    attempts: int = Field(10, ge=0, le=100, description="latest attempts of the island listed, besides its best")
    migration_interval: int = Field(10, ge=1, description="generations of an island between migrations")
    migration_rate: float = Field(0.1, ge=0, le=1, description="share of an island, best first, that migrates")
    profile: bool = Field(True, description="show a language model where the parent's time and memory go")
    diffs: int = Field(4, ge=0, le=20, description="attempts whose changes a language model is shown")
    gain: float = Field(0.02, ge=0, le=1, description="gain over its parent from which an attempt is called kept")
    bandit: bool = Field(True, description="choose among an ensemble's models by what they gained; else by weight")
    model_exploration: float = Field(1.0, ge=0, description="factor of the bonus for a model that is little tried")
    model_epsilon: float = Field(0.2, ge=0, le=1, description="chance that any model of the ensemble is asked")
    model_decay: float = Field(0.95, gt=0, le=1, description="how what is known of models fades, at each outcome")
    model_cost: float = Field(0.25, ge=0, le=1, description="share of its value that the dearest model loses")
    recommend_every: int = Field(10, ge=0, description="programs between two summaries by the model; 0: none")

    @model_validator(mode="after")
    def _something_can_be_drawn(self) -> Self:
        if self.diff + self.rewrite <= 0:
            raise ValueError("diff + rewrite must be above 0: crossover needs a second parent, which may be missing")
        return self


class Shinka:
    """Policy and proposer of the `shinka` strategy."""

    name: ClassVar[str] = "shinka"
    summary: ClassVar[str] = "weighted parents, edits, rewrites and crossover; programs that are not new are rejected"
    source: ClassVar[str] = "the public ShinkaEvolve project"
    Settings: ClassVar[type[ShinkaSettings]] = ShinkaSettings
    chooses_models: ClassVar[bool] = True

    def __init__(
        self, settings: ShinkaSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate,
        models: Sequence[str] = (),
    ) -> None:  # fmt: skip
        """models: the members of the run's ensemble, which the bandit chooses among; one or none leaves no choice."""
        del evaluations
        self.settings = settings
        self._objective = target.objective
        self._seed = seed
        self._asked = 0
        self._turns = 0  # orders for a program
        self._told = 0  # programs since the last summary
        self._recommendations: list[str] = []
        self.bandit = _bandit(settings, models)
        self._last_migration = 0
        self._baseline = Program.baseline(baseline)
        self._programs = {baseline.id: self._baseline}
        self._children: Counter[str] = Counter()
        self.islands = [Island.of(self._baseline) for _ in range(settings.num_islands)]

    def ask(self) -> Order:
        """The next order: islands take turns. Never None: it ends when the budget does."""
        self._asked += 1
        if 0 < self.settings.recommend_every <= self._told:
            return self._summary_order()
        rng = Random(f"{self._seed}/{self._asked}")
        index = self._turns % len(self.islands)
        self._turns += 1
        archive = self._archive(self.islands[index])
        parent = rng.choices(archive, weights=self.weights(archive))[0]
        self._children[parent.id] += 1
        others = [program for program in archive if program.id != parent.id]
        mates = [program for program in others if program.id != self._baseline.id]
        operator = self._operator(rng, crossable=bool(mates))
        partner = [rng.choice(mates)] if operator == "crossover" else []
        context = self._context(index, parent, partner, others, rng)
        return Order(self._asked, operator, tuple(p.id for p in (parent, *partner)), context)

    def tell(self, outcome: Outcome) -> None:
        """Settle what came of an order on the island that asked for it; migrate when it is time."""
        if outcome.order.operator == "recommend":
            self._recommendations = list(outcome.handoff.get("recommendations", self._recommendations))[:MOST]
            return
        self._told += 1
        island = self.islands[outcome.order.context["island"]]
        parent = self._programs[outcome.order.parents[0]]
        self._credit(outcome, parent)
        kept = outcome.crowned or beats(outcome.score, parent.fitness, self.settings.gain)
        island.remember(attempt_of(outcome, kept))
        island.generation += 1
        program = program_of(outcome, kept)
        if program is not None:
            island.add(self._programs.setdefault(program.id, program))
        self._migrate_if_due()

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        """A program that is new on its island; of a summary none comes.

        Raises Unusable when every sample was too much like a known one.
        """
        if order.operator == "recommend":
            recommend(order, tools)
            return None
        mode = "rewrite" if order.operator == "rewrite" else "diff"
        baseline = tools.target.source
        known = [changes(tools.source(program_id), baseline) for program_id in order.context["known"]]
        for _ in range(1 + self.settings.resamples):
            candidate = proposer(mode)(order, tools, "shinka.md.j2")
            alike = nearest(changes(candidate.source, baseline), known)
            if alike <= self.settings.similarity:
                return candidate
        raise Unusable(f"not new: {alike:.0%} of its changes are those of a program that was tried before")

    def weights(self, archive: list[Program]) -> list[float]:
        """For each program of an archive, best first: by rank, or sigmoid(sharpness * (fitness - median) / MAD) divided
        by 1 + its children. The latter breeds from the better half alone, ranks from losing programs too, at times.
        """
        if self.settings.parents == "rank":
            return [(place + 1) ** -self.settings.rank_power for place in range(len(archive))]
        middle = median(p.fitness for p in archive)
        spread = median(abs(p.fitness - middle) for p in archive) or 1.0
        return [
            _sigmoid(self.settings.sharpness * (p.fitness - middle) / spread) / (1 + self._children[p.id])
            for p in archive
        ]

    def _credit(self, outcome: Outcome, parent: Program) -> None:
        """Tell the bandit what the model that was asked gained over max(parent, baseline), and what it cost."""
        name, usage = outcome.order.context["model"], outcome.usage
        if self.bandit is not None and name:
            stood = outcome.score.fitness if outcome.score.status == "ok" else None
            gain = (stood or 0.0) / max(parent.fitness, self._baseline.fitness) - 1.0
            self.bandit.told(name, gain, usage.calls, usage.usd)

    def _summary_order(self) -> Order:
        """What the best programs and the latest attempts say, to be summed up; no program is asked for."""
        self._told = 0
        attempts = sorted((a for island in self.islands for a in island.attempts), key=lambda attempt: attempt.n)
        best = ranked(self._programs.values())[0]
        context: JsonObject = {
            "best": best.described(),
            "attempts": [attempt.described() for attempt in attempts[-SUMMED_UP:]],
            "recommendations": self._recommendations,
        }
        return Order(self._asked, "recommend", (best.id,), context)

    def _archive(self, island: Island) -> list[Program]:
        return island.ranked()[: self.settings.archive]

    def _operator(self, rng: Random, *, crossable: bool) -> str:
        shares = [self.settings.diff, self.settings.rewrite, self.settings.crossover if crossable else 0.0]
        return rng.choices(OPERATORS, weights=shares)[0]

    def _migrate_if_due(self) -> None:
        generation = max(island.generation for island in self.islands)
        if generation - self._last_migration >= self.settings.migration_interval:
            migrate(self.islands, self.settings.migration_rate)
            self._last_migration = generation

    def _context(
        self, index: int, parent: Program, partner: list[Program], others: list[Program], rng: Random
    ) -> JsonObject:
        island, settings = self.islands[index], self.settings
        best = island.ranked()[0]
        inspirations = rng.sample(others, min(settings.inspirations, len(others)))
        return {
            "island": index,
            "best": best.described(),
            "parent": parent.described(),
            "partner": [p.described() for p in partner],
            "feedback": parent.feedback,
            "advice": areas_to_improve(parent, best, self._baseline, self._objective, island.attempts),
            "attempts": [attempt.described() for attempt in island.told(best=3, latest=settings.attempts)],
            "diffs": telling(island.attempts, settings.diffs),
            "profiled": settings.profile,
            "inspirations": [p.described() for p in inspirations if p not in partner],
            "known": list(island.programs),
            "recommendation": rng.choice(self._recommendations) if self._recommendations else "",
            "model": self.bandit.choose(Random(f"{self._seed}/{self._asked}/model")) if self.bandit else "",
        }


def _bandit(settings: ShinkaSettings, models: Sequence[str]) -> ModelBandit | None:
    if not settings.bandit or len(models) < 2:
        return None
    knobs = (settings.model_exploration, settings.model_epsilon, settings.model_decay, settings.model_cost)
    return ModelBandit(models, *knobs)


def _sigmoid(x: float) -> float:
    """Never quite zero, so that something can always be drawn."""
    return 1.0 / (1.0 + math.exp(-max(min(x, 500.0), -500.0)))
