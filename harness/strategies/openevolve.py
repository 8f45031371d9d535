"""One-shot edits on islands with MAP-Elites maps, after the public OpenEvolve project, which follows AlphaEvolve.

Where this departs from the project, it is on purpose: a map is drawn from the island's programs whenever it is needed,
so that its scale is never stale; the islands of a short run are fewer; and which model of an ensemble answers is the
model layer's draw. The policy is single-threaded and pure; propose needs only the order and the tools.
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Annotated, Any, ClassVar, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from harness.strategies.advice import areas_to_improve
from harness.strategies.features import Axis, FeatureSpace
from harness.strategies.history import Program, attempt_of, beats, program_of, telling
from harness.strategies.islands import EliteArchive, Island, migrate, prune
from harness.strategies.proposers import Mode, proposer
from harness.types import Candidate, JsonObject, Order, Outcome, Target, Tools

CELLS_KNOWN = 2  # times the population; beyond, those of programs that are gone are forgotten
SHORT_RUN = 60  # evaluations; up to here the sizes below are scaled down


def _listed(value: Any) -> Any:
    """`a, b` as it comes from a command line, as a list of two."""
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else value


class OpenEvolveSettings(BaseModel):
    """The knobs of `openevolve`. A size that is not set is chosen by the length of the run."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mode: Mode = Field("diff", description="what the model is asked for: SEARCH/REPLACE edits, or the whole file")
    num_islands: int | None = Field(None, ge=1, le=100, description="populations; unset: 5, short run 2")
    bins: int | None = Field(None, ge=1, le=100, description="cells on each axis of a map; unset: 10, short run 5")
    migration_interval: int | None = Field(
        None, ge=1, description="generations of an island between migrations; unset: 50, short run 10"
    )
    migration_rate: float = Field(0.1, ge=0, le=1, description="share of an island, best first, that migrates")
    population: int = Field(1000, ge=2, description="programs kept on all islands together")
    archive: int | None = Field(
        None, ge=1, description="programs in the archive of the best of all islands; unset: 100, short run 10"
    )
    axes: Annotated[tuple[Axis, ...], BeforeValidator(_listed)] = Field(
        ("complexity", "diversity"),
        min_length=1,
        description="axes of the maps: complexity, diversity, fitness, memory, speed",
    )
    references: int = Field(20, ge=1, le=200, description="programs that diversity is measured against")
    exploration: float = Field(0.2, ge=0, le=1, description="share of parents drawn uniformly from the island")
    exploitation: float = Field(0.7, ge=0, le=1, description="share drawn from the archive; the rest by fitness")
    elites: float = Field(0.1, ge=0, le=1, description="share of the island that counts as its top, for inspirations")
    inspirations: int = Field(5, ge=0, le=20, description="programs of the island shown as inspirations")
    top_programs: int = Field(3, ge=0, le=20, description="best programs of the island shown")
    diverse_programs: int = Field(2, ge=0, le=20, description="programs of other cells shown")
    attempts: int = Field(10, ge=0, le=100, description="latest attempts of the island listed, besides its best")
    profile: bool = Field(True, description="show a language model where the parent's time and memory go")
    diffs: int = Field(4, ge=0, le=20, description="attempts whose changes a language model is shown")
    gain: float = Field(0.02, ge=0, le=1, description="gain over its parent from which an attempt is called kept")

    @model_validator(mode="after")
    def _shares_fit(self) -> Self:
        if self.exploration + self.exploitation > 1:
            raise ValueError("exploration + exploitation must be at most 1: the rest is drawn by fitness")
        if len(set(self.axes)) != len(self.axes):
            raise ValueError("axes must differ from each other")
        return self

    def scaled(self, evaluations: int | None) -> OpenEvolveSettings:
        """These settings with every size filled in for a run of so many evaluations (None: no limit)."""
        short = evaluations is not None and evaluations <= SHORT_RUN
        sizes = {"num_islands": 2, "bins": 5, "migration_interval": 10, "archive": 10}
        if not short:
            sizes = {"num_islands": 5, "bins": 10, "migration_interval": 50, "archive": 100}
        unset = {name: size for name, size in sizes.items() if getattr(self, name) is None}
        return self.model_copy(update=unset)


class OpenEvolve:
    """Policy and proposer of the `openevolve` strategy."""

    name: ClassVar[str] = "openevolve"
    summary: ClassVar[str] = "one-shot edits; islands, MAP-Elites maps, an elite archive and migration"
    source: ClassVar[str] = "the public OpenEvolve project (after AlphaEvolve)"
    Settings: ClassVar[type[OpenEvolveSettings]] = OpenEvolveSettings

    def __init__(
        self, settings: OpenEvolveSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        self.settings = settings.scaled(evaluations)
        self._objective = target.objective
        self._seed = seed
        self._asked = 0
        self._last_migration = 0
        self._baseline = first = Program.baseline(baseline)
        self.space = FeatureSpace(self.settings.axes, self.settings.bins or 1, self.settings.references)
        self.space.add(first)
        self.archive = EliteArchive(self.settings.archive or 1)
        self.archive.add(first)
        self.islands = [Island.of(first) for _ in range(self.settings.num_islands or 1)]

    def ask(self) -> Order:
        """The next order: islands take turns. Never None: it ends when the budget does."""
        self._asked += 1
        rng = Random(f"{self._seed}/{self._asked}")
        index = (self._asked - 1) % len(self.islands)
        parent = self._parent(self.islands[index], rng)
        return Order(self._asked, self.settings.mode, (parent.id,), self._context(index, parent, rng))

    def tell(self, outcome: Outcome) -> None:
        """Settle what came of an order on the island that asked for it; migrate when it is time."""
        island = self.islands[outcome.order.context["island"]]
        kept = outcome.crowned or beats(outcome.score, outcome.order.context["parent"]["fitness"], self.settings.gain)
        island.remember(attempt_of(outcome, kept))
        island.generation += 1
        program = program_of(outcome, kept)
        if program is not None:
            self._settle(island, program)
        self._migrate_if_due()

    def propose(self, order: Order, tools: Tools) -> Candidate:
        """One model call, and one more if its answer cannot be used."""
        return proposer(order.operator)(order, tools, "evolve.md.j2")

    def _settle(self, island: Island, program: Program) -> None:
        program = self._known(program.id) or program
        self.space.add(program)
        self.archive.add(program)
        island.add(program)
        prune(self.islands, self.space, max(self.settings.population, len(self.islands)))
        if self.space.cells_known > CELLS_KNOWN * self.settings.population:
            self.space.forget(name for island in self.islands for name in island.programs)

    def _known(self, program_id: str) -> Program | None:
        """A program of any island or of the archive, as it was measured first."""
        homes = (island.programs.get(program_id) for island in self.islands)
        return next((program for program in homes if program), None) or self.archive.get(program_id)

    def _migrate_if_due(self) -> None:
        generation = max(island.generation for island in self.islands)
        if generation - self._last_migration >= (self.settings.migration_interval or 1):
            migrate(self.islands, self.settings.migration_rate)
            self._last_migration = generation

    def _parent(self, island: Island, rng: Random) -> Program:
        """Uniform from the island, uniform from its members in the archive, or in proportion to fitness."""
        members = list(island.programs.values())
        draw = rng.random()
        if draw < self.settings.exploration:
            return rng.choice(members)
        if draw < self.settings.exploration + self.settings.exploitation:
            return rng.choice([p for p in members if p.id in self.archive] or members)
        return rng.choices(members, weights=[max(p.fitness, 1e-9) for p in members])[0]

    def _context(self, index: int, parent: Program, rng: Random) -> JsonObject:
        island = self.islands[index]
        best = island.ranked()[0]
        attempts = island.told(best=self.settings.top_programs, latest=self.settings.attempts)
        elsewhere = self._elsewhere(island, parent)
        return {
            "island": index,
            "generation": island.generation,
            "best": best.described(),
            "parent": parent.described(),
            "coordinates": self.space.coordinates(parent),
            "bins": self.settings.bins,
            "feedback": parent.feedback,
            "advice": areas_to_improve(parent, best, self._baseline, self._objective, island.attempts),
            "attempts": [attempt.described() for attempt in attempts],
            "diffs": telling(island.attempts, self.settings.diffs),
            "profiled": self.settings.profile,
            "top": [p.described() for p in island.ranked()[: self.settings.top_programs]],
            "diverse": [p.described() for p in _some(elsewhere, self.settings.diverse_programs, rng)],
            "inspirations": [p.described() for p in self._inspirations(island, parent, elsewhere, rng)],
        }

    def _inspirations(
        self, island: Island, parent: Program, elsewhere: Sequence[Program], rng: Random
    ) -> list[Program]:
        """The island's best and its top share, then programs from other cells than the parent's; never the parent."""
        wanted = self.settings.inspirations
        chosen = [p for p in island.top(self.settings.elites) if p.id != parent.id][:wanted]
        taken = {p.id for p in chosen}
        others = [p for p in _some(elsewhere, wanted, rng) if p.id not in taken]
        return (chosen + others)[:wanted]

    def _elsewhere(self, island: Island, parent: Program) -> list[Program]:
        """The holders of other cells than the parent's, best first."""
        here = self.space.cell(parent)
        return [p for cell, p in island.map(self.space).items() if cell != here]


def _some(programs: Sequence[Program], count: int, rng: Random) -> list[Program]:
    return rng.sample(programs, min(count, len(programs)))
