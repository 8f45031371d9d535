"""A planner, workers on distinct surface areas and Cluster-Elites: Aster, reconstructed from public posts.

Known of Aster: its input is a task, an initial program and an evaluation script; it runs few iterations (8 on
microgpt); a planner, workers and subagents; many interesting candidates are kept and branched from; one worker has one
"surface area"; a handoff says what was done, what was learnt and what worries. Reconstructed: prompts, the shape of a
brief, the archive's clusters. Ours: the descriptor, the rules that a plan must keep, the stopping rule, the plan where
the model fills no schema. Left out: subagents, of which no more than the name is known.
A round is one iteration: a plan, the workers side by side, and what follows from what they hand over.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.strategies.clustering import Vector, cluster, descriptor
from harness.strategies.history import Attempt, Program, attempt_of, beats, program_of, ranked, telling
from harness.strategies.planning import area_key, own_briefs, plan, settled
from harness.strategies.quoting import one_line
from harness.strategies.working import branch, work
from harness.types import Candidate, JsonObject, Order, Outcome, Target, Tools, candidate_id

GRAFT_EVERY = 3
EXHAUSTED_AFTER = 2  # rounds in a row that an area gains nothing
LEARNINGS = 12
HANDOFFS = 4
ATTEMPTS = 8


class AsterSettings(BaseModel):
    """The knobs of `aster`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    iterations: int = Field(8, ge=1, description="rounds of plan and work")
    workers: int = Field(2, ge=1, le=16, description="workers of a round, each on an area of its own")
    evals_per_worker: int = Field(3, ge=1, le=20, description="evaluations that a worker may spend")
    max_steps: int = Field(12, ge=1, le=100, description="edits that a worker may try, wrong ones included")
    clusters_max: int = Field(8, ge=2, le=32, description="clusters of the archive at most")
    elites_per_cluster: int = Field(2, ge=1, le=10, description="programs of a cluster that the planner sees")
    stale_rounds: int = Field(2, ge=0, description="rounds that change nothing after which it ends; 0: never")
    profile: bool = Field(True, description="show a language model where the parent's time and memory go")
    diffs: int = Field(4, ge=0, le=20, description="attempts whose changes a language model is shown")
    gain: float = Field(0.02, ge=0, le=1, description="gain over its parent from which a program is called kept")


@dataclass
class Area:
    """A surface area and what came of it. gain: the best, over the program that a worker started from."""

    name: str
    tried: int = 0
    gain: float = 1.0
    dry: int = 0  # rounds in a row without a gain

    @property
    def status(self) -> str:
        return "exhausted" if self.dry >= EXHAUSTED_AFTER else "promising" if self.gain > 1.0 else "open"

    def described(self) -> JsonObject:
        return {**asdict(self), "status": self.status}


class Aster:
    """Policy and proposer of the `aster` strategy."""

    name: ClassVar[str] = "aster"
    summary: ClassVar[str] = (
        "a planner gives workers distinct surface areas; the best of each cluster of programs is kept"
    )
    source: ClassVar[str] = "reconstructed from public posts about Aster"
    Settings: ClassVar[type[AsterSettings]] = AsterSettings
    roles: ClassVar[tuple[str, ...]] = ("planner", "worker")

    def __init__(
        self, settings: AsterSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        del target
        self.settings = settings
        self._seed = seed
        self._left = evaluations
        self._asked = 0
        self._round = 0
        self._stale = 0
        self._gained = False  # in this round
        self._arrived: set[str] = set()  # programs of this round
        self._planning = False
        self._briefs: list[JsonObject] = []  # of this round, not handed out yet
        self._branches: list[tuple[str, JsonObject]] = []  # programs of this round to be settled, with their parents
        self._working = 0
        self._baseline = Program.baseline(baseline)
        self._programs = {baseline.id: self._baseline}
        self._descriptors: dict[str, Vector] = {baseline.id: descriptor(self._baseline)}
        self._attempts: list[Attempt] = []
        self._learnings: list[str] = []
        self._handoffs: list[JsonObject] = []
        self.areas: dict[str, Area] = {}
        self.clusters: list[list[Program]] = [[self._baseline]]

    # --- the policy --------------------------------------------------------------------------------------------------

    def ask(self) -> Order | None:
        """A plan, then its workers, then the next plan; None while a round is not over, and when it has ended."""
        if self._briefs:
            return self._work_order(self._briefs.pop(0))
        if self._branches:
            self._working += 1
            parent, found = self._branches.pop(0)
            return self._order("branch", (parent,), found)
        if self._planning or self._working or self._ended():
            return None
        return self._plan_order()

    def tell(self, outcome: Outcome) -> None:
        if outcome.order.operator == "plan":
            self._take_plan(outcome)
        else:
            self._take_work(outcome)

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        """A plan hands over briefs and makes no program; a worker's shift ends in its best one, and the others that it
        measured are settled one by one. Raises Unusable."""
        if order.operator == "plan":
            plan(order, tools)
            return None
        return branch(order) if order.operator == "branch" else work(order, tools, self.settings.max_steps)

    def _ended(self) -> bool:
        stale = self.settings.stale_rounds
        return (
            self._round >= self.settings.iterations
            or (stale > 0 and self._stale >= stale)
            or (self._left is not None and self._left <= 0)
        )

    # --- plan --------------------------------------------------------------------------------------------------------

    def _plan_order(self) -> Order:
        self._round += 1
        self._planning = True
        self._gained = False
        return self._order("plan", (self._best().id,), self._plan_context())

    def _plan_context(self) -> JsonObject:
        shown = [[p.described() for p in members[: self.settings.elites_per_cluster]] for members in self.clusters]
        workers = self.settings.workers if self._left is None else min(self.settings.workers, self._left)
        return {
            "round": self._round,
            "rounds": self.settings.iterations,
            "workers": workers,
            "left": self._left,
            "valid": len(self._programs),
            "clusters": shown,
            "areas": [area.described() for area in self.areas.values()],
            "learnings": self._learnings[-LEARNINGS:],
            "handoffs": self._handoffs[-HANDOFFS:],
            "graft": self._graft() if self._round % GRAFT_EVERY == 0 else [],
        }

    def _graft(self) -> list[str]:
        """The best program and the best gain of another cluster: two that were probably found apart; [] without one."""
        best = self._best()
        others = [p for members in self.clusters for p in members if best not in members and p.fitness > 1.0]
        return [best.id, ranked(others)[0].id] if others else []

    def _take_plan(self, outcome: Outcome) -> None:
        """A plan that failed, or kept nothing that a plan must keep, is replaced by ours."""
        self._planning = False
        context, best = outcome.order.context, outcome.order.parents[0]
        elites = [[entry["id"] for entry in group] for group in context["clusters"]]
        exhausted = {key for key, area in self.areas.items() if area.status == "exhausted"}
        for raw in (outcome.handoff.get("briefs", []), own_briefs(context, best)):
            self._briefs = settled(raw, context=context, best=best, elites=elites, exhausted=exhausted)
            if self._briefs:
                break
        else:
            self._stale = max(self._stale, self.settings.stale_rounds)  # every area is exhausted
        for brief, budget in zip(self._briefs, self._budgets(len(self._briefs)), strict=True):
            brief["eval_budget"] = budget

    def _budgets(self, workers: int) -> list[int]:
        """What each worker may spend, so that together they stay within what is left."""
        most = self.settings.evals_per_worker
        if self._left is None:
            return [most] * workers
        return [max(1, min(most, (self._left + w) // workers)) for w in range(workers)]

    # --- work --------------------------------------------------------------------------------------------------------

    def _work_order(self, brief: JsonObject) -> Order:
        self._working += 1
        parent = self._programs[brief["parent"]]
        partner = [self._programs[brief["graft"]]] if brief["graft"] else []
        context: JsonObject = {
            "brief": brief,
            "parent": parent.described(),
            "partner": [p.described() for p in partner],
            "feedback": parent.feedback,
            "learnings": self._learnings[-LEARNINGS:],
            "attempts": [attempt.described() for attempt in self._attempts[-ATTEMPTS:]],
            "diffs": telling(self._attempts, self.settings.diffs),
            "profiled": self.settings.profile,
        }
        return self._order("work", tuple(p.id for p in (parent, *partner)), context)

    def _take_work(self, outcome: Outcome) -> None:
        self._working -= 1
        if self._left is not None:
            self._left -= outcome.usage.evaluations
        parent = self._programs[outcome.order.parents[0]]
        kept = outcome.crowned or beats(outcome.score, parent.fitness, self.settings.gain)
        self._attempts.append(attempt_of(outcome, kept))
        program = program_of(outcome, kept)
        if program is not None and program.id not in self._programs:
            self._programs[program.id] = program
            self._arrived.add(program.id)
            self._descriptors[program.id] = descriptor(program)
        self._gained |= kept
        if outcome.order.operator == "work":
            self._learn(outcome, kept, program.fitness / parent.fitness if program else 1.0)
            self._branch(outcome)
        if not self._working and not self._briefs and not self._branches:
            self._close_round()

    def _branch(self, outcome: Outcome) -> None:
        """Every program that a worker measured is kept, if it is new: the archive is of all that was seen."""
        known = {*self._programs, *(candidate_id(found["source"]) for _, found in self._branches)}
        for found in outcome.handoff.get("branches", ()):
            if candidate_id(found["source"]) not in known:
                known.add(candidate_id(found["source"]))
                self._branches.append((outcome.order.parents[0], found))

    def _learn(self, outcome: Outcome, kept: bool, gain: float) -> None:
        """The area's fate by the harness's numbers; the worker's words are passed on as words."""
        name = outcome.order.context["brief"]["surface_area"]
        area = self.areas.setdefault(area_key(name), Area(name))
        area.tried += 1
        area.dry = 0 if kept else area.dry + 1
        area.gain = max(area.gain, gain) if kept else area.gain
        said = outcome.handoff
        learnings = [one_line(str(words)) for words in said.get("learnings", [])]
        self._learnings += [f"{name}: {words}" for words in learnings if words]
        texts = {key: one_line(str(said.get(key, ""))) for key in ("done", "result", "concerns")}
        self._handoffs.append({"area": name, **texts})

    def _close_round(self) -> None:
        """Cluster all of history again; the elites of each cluster are what the next plan starts from.

        A round changed something when it gained, or brought a program that is now among the elites.
        """
        programs = list(self._programs.values())
        vectors = [self._descriptors[p.id] for p in programs]
        self.clusters = cluster(programs, vectors, f"{self._seed}/{self._round}", self.settings.clusters_max)
        elites = {p.id for members in self.clusters for p in members[: self.settings.elites_per_cluster]}
        self._stale = 0 if self._gained or elites & self._arrived else self._stale + 1
        self._arrived.clear()

    def _best(self) -> Program:
        return ranked(self._programs.values())[0]

    def _order(self, operator: str, parents: tuple[str, ...], context: JsonObject) -> Order:
        self._asked += 1
        return Order(self._asked, operator, parents, context)
