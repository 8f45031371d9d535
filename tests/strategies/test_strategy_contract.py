"""Our strategies keep the contract that plug-in authors inherit; and the contract notices those that do not."""

from __future__ import annotations

from random import Random

import pytest

from harness.strategies.aster import Aster
from harness.strategies.best_of_n import BestOfN
from harness.strategies.gepa import Gepa
from harness.strategies.noop import Noop
from harness.strategies.openevolve import OpenEvolve
from harness.strategies.shinka import Shinka
from harness.strategies.toy import ToyRun, toy_target
from harness.testing import StrategyContract
from harness.types import Candidate, Order, Outcome, Target, Tools


class TestOpenEvolve(StrategyContract):
    steps = 40

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> OpenEvolve:
        settings = OpenEvolve.Settings(num_islands=2, migration_interval=5, population=12)
        return OpenEvolve(settings, target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestOpenEvolveByWholeFiles(StrategyContract):
    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> OpenEvolve:
        settings = OpenEvolve.Settings(mode="rewrite")
        return OpenEvolve(settings, target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestAster(StrategyContract):
    steps = 30

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Aster:
        settings = Aster.Settings(stale_rounds=0, iterations=50, evals_per_worker=2)
        return Aster(settings, target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestGepa(StrategyContract):
    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Gepa:
        return Gepa(Gepa.Settings(), target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestShinka(StrategyContract):
    steps = 40

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Shinka:
        settings = Shinka.Settings(crossover=0.4, migration_interval=5, archive=6)
        return Shinka(settings, target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestBestOfN(StrategyContract):
    ends_after = 10

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> BestOfN:
        return BestOfN(BestOfN.Settings(n=10), target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestBestOfNWithoutEnd(StrategyContract):
    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> BestOfN:
        return BestOfN(BestOfN.Settings(), target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestNoopWithComments(StrategyContract):
    ends_after = 7

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Noop:
        settings = Noop.Settings(n=7, comments=True)
        return Noop(settings, target=target, baseline=baseline, seed=seed, evaluations=evaluations)


class TestNoop(StrategyContract):
    ends_after = 7

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Noop:
        return Noop(Noop.Settings(n=7), target=target, baseline=baseline, seed=seed, evaluations=evaluations)


# --- The contract can fail --------------------------------------------------------------------------------------------


class Broken:
    """A strategy that keeps the contract until one fault is switched on."""

    name = "broken"

    def __init__(self, fault: str, target: Target, baseline: Candidate, seed: int) -> None:
        self.fault, self.baseline, self.rng = fault, baseline, Random(seed)
        self.asked = self.proposed = self.nones = 0
        self.parent = baseline.id
        self.waiting = False

    def ask(self) -> Order | None:
        if self.fault == "counts its waiting" and self.waiting:
            self.nones += 1
            return None
        if self.fault == "gives up" and self.asked == 3:
            return None
        self.waiting = True
        self.asked += 1
        parent = "0" * 12 if self.fault == "names strangers" and self.asked > 3 else self.parent
        return Order(self.asked, "diff", (parent,), self.context())

    def context(self) -> dict[str, object]:
        return {
            "holds a tuple": {"bins": (1, 2)},
            "keys by number": {"bins": {1: 2}},
            "draws without a seed": {"draw": Random().random()},
            "remembers proposals": {"proposed": self.proposed},
            "counts its waiting": {"nones": self.nones},
        }.get(self.fault, {})

    def tell(self, outcome: Outcome) -> None:
        self.waiting = False
        if self.fault == "needs a candidate":
            assert outcome.candidate is not None

    def propose(self, order: Order, tools: Tools) -> Candidate:
        self.proposed += 1
        note = str(self.asked) if self.fault == "proposes from its state" else "a"
        return Candidate.of(tools.source(self.baseline.id), order.parents, note)


FAULTS = {
    "holds a tuple": "test_orders_are_numbered_and_plain_json",
    "keys by number": "test_orders_are_numbered_and_plain_json",
    "names strangers": "test_names_only_programs_that_exist",
    "draws without a seed": "test_same_tells_same_asks",
    "counts its waiting": "test_same_tells_same_asks",
    "gives up": "test_survives_every_status",
    "remembers proposals": "test_propose_leaves_the_policy_alone",
    "proposes from its state": "test_propose_needs_only_the_order_and_the_tools",
}


def contract_with(fault: str) -> StrategyContract:
    class Contract(StrategyContract):
        def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Broken:
            return Broken(fault, target, baseline, seed)

    return Contract()


@pytest.mark.parametrize("test", sorted({*FAULTS.values(), "test_survives_a_mixture_of_all"}))
def test_a_plain_strategy_keeps_the_contract(test: str) -> None:
    getattr(contract_with("none"), test)()


@pytest.mark.parametrize(("fault", "test"), FAULTS.items(), ids=list(FAULTS))
def test_the_contract_notices(fault: str, test: str) -> None:
    with pytest.raises(AssertionError):
        getattr(contract_with(fault), test)()


def test_a_toy_run_tells_every_order_once() -> None:
    strategy = Broken("none", toy_target(), Candidate.of(toy_target().source), 0)
    run = ToyRun(strategy, toy_target(), parallel=3).go(10)
    assert sorted(o.order.n for o in run.outcomes()) == list(range(1, 11))
    assert [o.order.n for o in run.outcomes()] != list(range(1, 11)), "orders in flight are told out of order"
