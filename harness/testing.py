"""What the author of a plug-in inherits to see that it keeps its contract; needs pytest to run, but does not import it.

    class TestMine(StrategyContract):
        def make(self, *, target, baseline, seed=0, evaluations=None):
            return Mine(Mine.Settings(), target=target, baseline=baseline, seed=seed, evaluations=evaluations)

The world that it runs in, `harness.strategies.toy`, serves for tests of one's own too.
"""

from __future__ import annotations

from typing import get_args

from harness.errors import Unusable
from harness.strategies.toy import (
    Answer,
    Landscape,
    ToyRun,
    failed,
    more_is_better,
    one_change,
    replay,
    through_json,
    toy_target,
)
from harness.types import Candidate, Order, Reply, Score, Status, Strategy, Target, Usage

STATUSES: tuple[Status, ...] = get_args(Status)


class StrategyContract:
    """What every strategy owes the engine. Inherit in a class named Test..., override `make`, set the facts below."""

    steps = 24  # orders of one toy run
    ends_after: int | None = None  # orders after which the strategy as made has nothing more to ask for; None: never

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Strategy:
        """A fresh strategy for this target."""
        raise NotImplementedError("override make: a fresh strategy for this target, baseline and seed")

    def fresh(self, seed: int = 0) -> Strategy:
        target = toy_target()
        return self.make(target=target, baseline=Candidate.of(target.source), seed=seed)

    def run(self, landscape: Landscape = more_is_better, *, parallel: int = 1, answer: Answer = one_change) -> ToyRun:
        """A toy run of a fresh strategy."""
        run = ToyRun(self.fresh(), toy_target(), landscape, parallel=parallel, answer=answer)
        return run.go(self.steps)

    def test_is_a_strategy(self) -> None:
        strategy = self.fresh()
        assert isinstance(strategy, Strategy), "name, ask, tell and propose are needed"
        assert strategy.name, "a strategy has a name"

    def test_orders_are_numbered_and_plain_json(self) -> None:
        orders = self.run(parallel=3).orders()
        assert orders, "a fresh strategy asks for something"
        assert [order.n for order in orders] == list(range(1, len(orders) + 1)), "orders count up from 1"
        for order in orders:
            assert through_json(order) == order, f"order {order.n}: its context must be plain JSON"

    def test_names_only_programs_that_exist(self) -> None:
        known = {Candidate.of(toy_target().source).id}
        for entry in self.run(parallel=3).transcript:
            if isinstance(entry, Order):
                unknown = set(entry.parents) - known
                assert not unknown, f"order {entry.n} names parents that nobody made: {unknown}"
            elif entry.candidate is not None:
                known.add(entry.candidate.id)

    def test_same_tells_same_asks(self) -> None:
        for parallel in (1, 3):
            replay(self.fresh(), self.run(parallel=parallel).transcript)

    def test_survives_every_status(self) -> None:
        for status in STATUSES:
            if status != "ok":
                run = self.run(_always(failed(status)))
                assert len(run.outcomes()) == self._expected(), f"it gave up when every program was {status!r}"

    def test_survives_a_mixture_of_all(self) -> None:
        run = self.run(_every_status_in_turn(), parallel=4)
        assert len(run.outcomes()) == self._expected()
        replay(self.fresh(), run.transcript)

    def test_survives_answers_that_cannot_be_used(self) -> None:
        for stop in ("end", "length", "refusal", "empty"):
            run = self.run(answer=_useless(stop))
            assert len(run.outcomes()) == self._expected(), f"it gave up on useless answers that ended by {stop!r}"
            if run.prompts:
                assert all(outcome.candidate is None for outcome in run.outcomes()), "nothing can come of nothing"

    def test_propose_leaves_the_policy_alone(self) -> None:
        transcript = self.run().transcript
        busy, run = self.fresh(), ToyRun(self.fresh(), toy_target())
        for entry in transcript:
            if isinstance(entry, Order):
                assert busy.ask() == entry, f"order {entry.n} changed because propose had been called"
                for _ in range(2):  # the run above proposed once for each ask
                    _proposed(busy, entry, run)
            else:
                busy.tell(entry)
                if entry.candidate is not None:
                    run.sources.setdefault(entry.candidate.id, entry.candidate.source)

    def test_propose_needs_only_the_order_and_the_tools(self) -> None:
        run = self.run()
        for outcome in run.outcomes():
            again = _proposed(self.fresh(seed=99), outcome.order, run)
            assert again == outcome.candidate, f"order {outcome.order.n}: propose used what the order does not hold"

    def test_ends_when_it_has_nothing_more_to_ask(self) -> None:
        strategy = self.fresh()
        run = ToyRun(strategy, toy_target()).go(self.steps)
        assert len(run.orders()) == self._expected(), "it ended too early or too late"
        if self.ends_after is not None:
            assert strategy.ask() is None, "what has ended stays ended"
            assert strategy.ask() is None, "asking again changes nothing"

    def _expected(self) -> int:
        return self.steps if self.ends_after is None else min(self.steps, self.ends_after)


def _proposed(strategy: Strategy, order: Order, run: ToyRun) -> Candidate | None:
    try:
        return strategy.propose(order, run.tools(order))
    except Unusable:
        return None


def _always(score: Score) -> Landscape:
    return lambda _source: score


def _every_status_in_turn() -> Landscape:
    count = iter(range(1 << 30))

    def judge(source: str) -> Score:
        status = STATUSES[next(count) % len(STATUSES)]
        return more_is_better(source) if status == "ok" else failed(status)

    return judge


def _useless(stop: str) -> Answer:
    return lambda _prompt: Reply("I would rather talk about the weather.", "toy", Usage(calls=1), stop)
