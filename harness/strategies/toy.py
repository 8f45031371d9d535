"""A toy world for tests of strategies: a program of a few assignments, a model that flips one, a function that judges.

No sandbox and no real model; but the real types and the real edit format, so what holds here holds in a run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from harness.edits import program_in
from harness.errors import ModelError, Unusable
from harness.types import (
    Brief,
    Candidate,
    Capability,
    HotLine,
    JsonObject,
    Limits,
    Objective,
    Order,
    Outcome,
    Profile,
    Promise,
    Prompt,
    Reading,
    Reply,
    Report,
    Rules,
    Score,
    Status,
    Strategy,
    Target,
    Usage,
)

Landscape = Callable[[str], Score]
Answer = Callable[[Prompt], Reply]
Worker = Callable[[Brief, "ToyTools"], Report]
Transcript = list[Order | Outcome]

_ASSIGNMENT = re.compile(r"^x(\d+) = (\d+)$", re.MULTILINE)


def toy_program(values: Iterable[int]) -> str:
    """A program that assigns these values to x0, x1, ..."""
    return "".join(f"x{i} = {value}\n" for i, value in enumerate(values))


def toy_values(source: str) -> tuple[int, ...]:
    """The values that a toy program assigns, in the order of its lines."""
    return tuple(int(match[2]) for match in _ASSIGNMENT.finditer(source))


def toy_target(source: str = "") -> Target:
    """A target without knobs or workloads whose program is `source` (default: eight zeros)."""
    return Target(
        name="toy",
        folder=Path("toy"),
        title="A toy",
        source=source or toy_program([0] * 8),
        command=("{python}", "{program}"),
        rules=Rules(imports=("math",)),
        knobs=(),
        workloads=(),
        promise=Promise(),
        objective=Objective(),
        limits=Limits(),
    )


def ok(fitness: float, memory: float | None = None, speed: float | None = None, feedback: str = "") -> Score:
    """A valid score; memory and speed are ratios, and the fitness itself where they are not given."""
    readings = (
        Reading("memory", fitness if memory is None else memory),
        Reading("speed", fitness if speed is None else speed),
    )
    return Score("ok", fitness, readings, feedback, "measure")


def failed(status: Status, feedback: str = "line 3 differs") -> Score:
    """A score of a program that is not valid."""
    return Score(status, None, (), feedback, "short")


def more_is_better(source: str) -> Score:
    """A smooth landscape: every one raises memory or speed by a tenth."""
    values = toy_values(source)
    memory, speed = 1 + sum(values[::2]) / 10, 1 + sum(values[1::2]) / 10
    return ok((memory * speed) ** 0.5, memory, speed, f"{sum(values)} of {len(values)}")


def one_change(prompt: Prompt) -> Reply:
    """A model that flips one assignment of the current program, drawn by the prompt's seed, and knows nothing else."""
    lines = _ASSIGNMENT.findall(program_in(prompt.user))
    name, value = Random(prompt.seed).choice(lines)
    old, new = f"x{name} = {value}", f"x{name} = {1 - min(int(value), 1)}"
    text = f"NOTE: {new}\n\n<<<<<<< SEARCH\n{old}\n=======\n{new}\n>>>>>>> REPLACE\n"
    return Reply(text, "toy", Usage(calls=1))


@dataclass(slots=True)
class ToyTools:
    """Tools over a table of known programs; `prompts` keeps what the model was asked."""

    rng: Random
    target: Target
    sources: Mapping[str, str]
    answer: Answer
    landscape: Landscape
    prompts: list[Prompt]
    handoff: JsonObject = field(default_factory=dict)
    models: tuple[str, ...] = ()
    scores: dict[str, Score] = field(default_factory=dict)
    evaluations: int = 0
    capabilities: frozenset[Capability] = frozenset()
    worker: Worker | None = None

    def source(self, candidate_id: str) -> str:
        return self.sources[candidate_id]

    def complete(self, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        reply = self.answer(prompt)
        self.models = (*self.models, reply.model)
        return reply

    def can(self, what: Capability, role: str = "") -> bool:  # noqa: ARG002
        return what in self.capabilities

    def trial(self, source: str) -> Score:
        return self.landscape(source)

    def evaluate(self, source: str) -> Score:
        """Counted, and as in a run a program that was judged before costs nothing."""
        if source not in self.scores:
            self.scores[source] = self.landscape(source)
            self.evaluations += 1
        return self.scores[source]

    def profile(self, source: str) -> Profile:
        """Every line costs the same."""
        lines = tuple(HotLine(n + 1, 1, 1 / source.count("\n")) for n in range(source.count("\n")))
        return Profile(lines, lines, (("int", len(lines)),), 1.0, "done")

    def session(self, brief: Brief) -> Report:
        if self.worker is None:
            raise ModelError(f"agent {brief.agent} is not in the toy world: give ToyRun a worker")
        return self.worker(brief, self)

    def hand_over(self, notes: JsonObject) -> None:
        self.handoff = {**self.handoff, **json.loads(json.dumps(notes))}


class ToyRun:
    """The loop around a strategy, in one thread: ask, propose, score, tell. `transcript` is what a journal would hold.

    parallel: orders in flight; they are told in an order drawn by the seed, as workers that take different times would.
    capabilities: what the model that answers takes, as Tools.can says. worker: what a coding agent does in a session.
    crowns: a program that beats the best before it by more than this share is crowned; None: nobody is.
    """

    def __init__(
        self,
        strategy: Strategy,
        target: Target,
        landscape: Landscape = more_is_better,
        *,
        seed: int = 0,
        parallel: int = 1,
        answer: Answer = one_change,
        capabilities: frozenset[Capability] = frozenset(),
        worker: Worker | None = None,
        crowns: float | None = None,
    ) -> None:
        self._crowns, self._reigning = crowns, 1.0
        self.strategy, self.target, self.landscape, self.answer = strategy, target, landscape, answer
        self.seed, self.parallel, self.capabilities, self.worker = seed, parallel, capabilities, worker
        baseline = Candidate.of(target.source)
        self.sources = {baseline.id: baseline.source}
        self.prompts: list[Prompt] = []
        self.scores: dict[str, Score] = {}
        self.transcript: Transcript = []
        self._rng = Random(f"{seed}/world")
        self._open: list[Order] = []

    def tools(self, order: Order) -> ToyTools:
        rng = Random(f"{self.seed}/{order.n}")
        known = (self.target, self.sources, self.answer, self.landscape, self.prompts)
        return ToyTools(rng, *known, capabilities=self.capabilities, scores=self.scores, worker=self.worker)

    def go(self, orders: int) -> ToyRun:
        """Ask for up to so many orders more and tell all that were asked for."""
        asked = 0
        while True:
            while len(self._open) < self.parallel and asked < orders and (order := self.strategy.ask()) is not None:
                asked += 1
                self.transcript.append(order)
                self._open.append(order)
            if not self._open:
                return self
            self._tell(self._open.pop(self._rng.randrange(len(self._open))))

    def outcomes(self) -> list[Outcome]:
        return [entry for entry in self.transcript if isinstance(entry, Outcome)]

    def orders(self) -> list[Order]:
        return [entry for entry in self.transcript if isinstance(entry, Order)]

    def best(self) -> float:
        """The best fitness told, or 1.0, the baseline's."""
        return max([1.0, *(o.score.fitness for o in self.outcomes() if o.score.fitness is not None)])

    def _tell(self, order: Order) -> None:
        outcome = self._outcome(order)
        fitness = outcome.score.fitness or 0.0
        if self._crowns is not None and fitness > self._reigning * (1.0 + self._crowns):
            outcome, self._reigning = replace(outcome, crowned=True), fitness
        if outcome.candidate is not None:
            self.sources.setdefault(outcome.candidate.id, outcome.candidate.source)
        self.transcript.append(outcome)
        self.strategy.tell(outcome)

    def _outcome(self, order: Order) -> Outcome:
        tools = self.tools(order)
        candidate = None
        try:
            candidate = self.strategy.propose(order, tools)
        except Unusable as reason:
            score = failed("invalid", str(reason))
        else:
            score = tools.evaluate(candidate.source) if candidate is not None else failed("none", "")
        usage = Usage(calls=len(tools.models), evaluations=tools.evaluations)
        return Outcome(order, candidate, score, usage, handoff=tools.handoff, models=tools.models)


def through_json(order: Order) -> Order:
    """An order as it comes back from a journal."""
    return replace(order, parents=tuple(order.parents), context=json.loads(json.dumps(order.context)))


def replay(strategy: Strategy, transcript: Transcript) -> None:
    """Feed a fresh strategy what was asked and told, as a resumed run does. AssertionError at the first difference."""
    for entry in transcript:
        if isinstance(entry, Order):
            asked = strategy.ask()
            assert asked == through_json(entry), f"order {entry.n} was asked differently on replay: {asked} != {entry}"
        else:
            strategy.tell(replace(entry, order=through_json(entry.order)))
