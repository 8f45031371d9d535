"""The loop: ask, propose, judge, record, tell."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from queue import Empty, SimpleQueue

from harness.archive import Leader
from harness.budget import Budget
from harness.court import Court
from harness.errors import Diverged, ModelError, ModelRefused, NothingTried, Spent, Unusable
from harness.judging.judge import Judge
from harness.store.records import order_of, plain, score_of, usage_of
from harness.toolbox import Ledger, OrderTools, no_agents
from harness.types import SIMPLIFY, Agent, Candidate, JsonObject, Model, Order, Outcome, Score, Strategy

FAILURES_IN_A_ROW = 8  # of the model, after its own retries: the run stops
BARREN_IN_A_ROW = 100  # outcomes that brought no program that was not known: nothing more will come
HEARTBEAT_S = 0.25
RESERVED_UNKNOWN = 0.35  # of a limit on time, for a confirmation whose cost, or candidate, is not known yet
MOST_RESERVED = 0.6  # of it, however long the confirmation takes: a run must have time to search
NO_ANSWER = "no answer"


@dataclass
class Engine:
    """Runs one strategy against one target until the budget, the strategy or the user ends it.

    keep(leader) is called when there is a new best; asked_to_stop() answers why the user wants an end, or None;
    prepared() waits until candidates can be judged, which questions to a model need not wait for; agents(name) is a
    coding agent; told() is called when the strategy was told of an outcome.
    """

    strategy: Strategy
    model: Model
    judge: Judge
    court: Court
    ledger: Ledger
    budget: Budget
    seed: int
    parallel: int
    keep: Callable[[Leader | None], None]
    asked_to_stop: Callable[[], str | None]
    prepared: Callable[[], None] = lambda: None
    agents: Callable[[str], Agent] = no_agents
    told: Callable[[], None] = lambda: None
    reason: str = ""  # why the run ended
    _flying: dict[Future[Outcome], Order] = field(default_factory=dict)
    _done: SimpleQueue[Future[Outcome]] = field(default_factory=SimpleQueue)  # of those in flight, who came back
    _answered: int = 0  # outcomes that are more than the want of an answer
    _failures: int = 0  # of the model, in a row
    _barren: int = 0  # outcomes in a row that brought nothing new
    _failure: ModelError | None = None
    _why_no_answer: str = ""  # to the latest order
    _submit: Callable[[Callable[[Order], Outcome], Order], Future[Outcome]] = field(init=False)

    # --- the loop ----------------------------------------------------------------------------------------------------

    def run(self) -> Leader | None:
        """The confirmed best, or None when nothing was crowned. After confirming: ModelError when the model gave up,
        NothingTried when nothing came of anything."""
        with ThreadPoolExecutor(self.parallel, thread_name_prefix="order") as pool:
            self._submit = pool.submit
            self._replay()
            while self._ask() or self._flying:
                for outcome in self._landed():
                    self._settle(outcome)
        best = self.court.close()
        self.keep(best)
        if self._failure is not None:
            raise self._failure
        if not self._answered:
            raise self._nothing()
        return best

    def _ask(self) -> bool:
        """Fill the pool with orders; False when there was none to start."""
        started = False
        while len(self._flying) < self.parallel and self._may_start():
            order = self.strategy.ask()
            if order is None:
                if not self._flying:
                    self._end("the strategy is done")
                break
            self.ledger.record("ask", plain(order))
            self._start(order)
            started = True
        return started

    def _may_start(self) -> bool:
        """Whether another order may start now. What is in flight may cost less than is kept for it: then there is more
        to come, and the run has not ended."""
        wanted = str(self._failure or "") or self.asked_to_stop() or self._barren_for()
        why = wanted or self.budget.why_not(self._reserve())
        if why and (wanted or not self._flying):
            self._end(why)
        return not why and not self.reason

    def _barren_for(self) -> str:
        return f"nothing new in {self._barren} answers" if self._barren >= BARREN_IN_A_ROW else ""

    def _nothing(self) -> ModelError | NothingTried:
        if self._why_no_answer:
            return ModelError(f"no answer came at all: {self._why_no_answer}")
        return NothingTried(f"nothing was tried, since the run ended before: {self.reason}")

    def _end(self, reason: str) -> None:
        self.reason = self.reason or reason

    def _reserve(self) -> float:
        """Seconds to keep for the confirmation at the end."""
        limit = self.budget.limit.seconds
        if limit is None:
            return 0.0
        incumbent = self.court.throne.incumbent
        needed = self.judge.confirm_seconds(incumbent.score)
        if self.court.throne.best is None or needed is None:
            return limit * RESERVED_UNKNOWN
        return min(limit * MOST_RESERVED, needed)

    def _start(self, order: Order) -> None:
        self.budget.start(order.n)
        future = self._submit(self._work, order)
        self._flying[future] = order
        future.add_done_callback(self._done.put)

    def _work(self, order: Order) -> Outcome:
        """One order, in a worker thread: from a request to a judged candidate."""
        tools = OrderTools(order, self.seed, self.model, self.judge, self.ledger, self.budget, self, self.agents)
        began = time.monotonic()
        candidate = None
        try:
            candidate = self.strategy.propose(order, tools)
            score = tools.evaluate(candidate.source) if candidate is not None else Score("none")
        except Unusable as error:
            score = Score("invalid", feedback=f"unusable answer: {error}")
        except Spent as error:
            candidate, score = None, Score("invalid", feedback=f"not finished: {error}")
        except ModelError as error:
            score = Score("invalid", feedback=f"{NO_ANSWER}: {error}")
            if isinstance(error, ModelRefused) and not self.budget.spent.calls + tools.usage.calls:
                self._failure = error  # asking again cannot help; who answered before may yet, and is asked on
        usage = replace(tools.usage, seconds=round(time.monotonic() - began, 3))
        return Outcome(order, candidate, score, usage, handoff=tools.handoff, models=tools.models)

    def stake(self) -> float:
        return self.court.throne.incumbent.fitness

    def _landed(self) -> list[Outcome]:
        """Outcomes of the orders that are finished, oldest order first; waits for one."""
        done: list[Future[Outcome]] = []
        while self._flying and not done:
            with suppress(Empty):
                done.append(self._done.get(timeout=HEARTBEAT_S))
        while not self._done.empty():
            done.append(self._done.get())
        orders = sorted(((self._flying.pop(future).n, future) for future in done), key=lambda item: item[0])
        return [future.result() for _, future in orders]

    def _settle(self, outcome: Outcome) -> None:
        """Crown or not, record, tell. What is wrong with the target ends the run here, if no judgement came before."""
        self.prepared()
        before = self.court.throne.best
        considered = self.court.consider(outcome)
        self.ledger.record("outcome", self._record(considered, outcome.score))
        self._tell(considered)
        if self.court.throne.best is not before:
            self.keep(self.court.throne.best)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.candidate is not None:
            self.ledger.learn_score(outcome.candidate.source, outcome.score)
        gained = outcome.crowned and outcome.order.operator != SIMPLIFY
        self.budget.add(outcome.order.n, outcome.usage, gained)
        self.budget.confirmed = self.court.confirmed
        self.strategy.tell(outcome)
        if outcome.score.status != "none":
            self._barren = 0 if outcome.usage.evaluations else self._barren + 1
        self.told()
        self._watch_model(outcome)

    def _watch_model(self, outcome: Outcome) -> None:
        failed = outcome.candidate is None and outcome.score.feedback.startswith(NO_ANSWER)
        self._answered += not failed
        self._why_no_answer = outcome.score.feedback.removeprefix(f"{NO_ANSWER}: ") if failed else ""
        self._failures = self._failures + 1 if failed else 0
        if self._failures >= FAILURES_IN_A_ROW:
            words = f"the model failed {FAILURES_IN_A_ROW} times in a row: {outcome.score.feedback}"
            self._failure = self._failure or ModelError(words)

    def _record(self, outcome: Outcome, measured: Score) -> JsonObject:
        """measured: the score before the court had its say; kept where that differs, for a retelling."""
        candidate = outcome.candidate
        said_before = {"measured": plain(measured)} if measured != outcome.score else {}
        return {
            "n": outcome.order.n,
            "operator": outcome.order.operator,
            "parents": list(outcome.order.parents),
            "candidate": candidate and {**plain(candidate), "source": self.ledger.keep_text(candidate.source)},
            "score": plain(outcome.score),
            "usage": plain(outcome.usage),
            "crowned": outcome.crowned,
            "handoff": outcome.handoff,
            "models": list(outcome.models),
            **said_before,
        }

    # --- resuming ----------------------------------------------------------------------------------------------------

    def _replay(self) -> None:
        """Feed a fresh strategy what was recorded; orders that were under way go on with what they already have."""
        asked: dict[int, Order] = {}
        for kind, data in self.ledger.recording.steps():
            if kind == "ask":
                asked[data["n"]] = self._expect(order_of(data))
            elif kind == "judged":
                self.ledger.know_text(data["source"])
                if data["kind"] == "evaluate":
                    self.ledger.learn_score(self.ledger.blobs.get(data["source"]), score_of(data["score"]))
            else:
                order = asked.pop(data["n"])
                self._tell(self.court.consider(self._recorded_outcome(order, data), retold=True))
        if not asked:
            self.court.catch_up()
        self._failures, self._failure = 0, None  # what failed then may answer now
        for order in asked.values():
            self._start(order)

    def _expect(self, recorded: Order) -> Order:
        asked = self.strategy.ask()
        if asked is None or plain(asked) != plain(recorded):
            now = f"{asked.operator} of {', '.join(asked.parents)}" if asked else "nothing"
            raise Diverged(
                f"order {recorded.n} was {recorded.operator} of {', '.join(recorded.parents)}, and now {now} is asked: "
                "the strategy or its settings have changed since; start a new run"
            )
        return asked

    def _recorded_outcome(self, order: Order, data: JsonObject) -> Outcome:
        found = data["candidate"]
        if found:
            self.ledger.know_text(found["source"])
        candidate = found and Candidate(
            found["id"], self.ledger.blobs.get(found["source"]), tuple(found["parents"]), found["note"]
        )
        score = score_of(data.get("measured") or data["score"])
        models = tuple(data.get("models", ()))
        return Outcome(order, candidate, score, usage_of(data["usage"]), handoff=data.get("handoff", {}), models=models)
