"""Taking changes out of the best again: which are proposed, which the court takes, and that no other byte moves."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from harness import registry, stats
from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from harness.models.offline.rewriting import apply
from harness.models.offline.steps import replayed, without
from harness.simplifying import PLATEAU, Simplifying
from harness.strategies.toy import ToyRun, ToyTools, ok, one_change, toy_target
from harness.testing import StrategyContract
from harness.types import (
    SIMPLIFY,
    Candidate,
    Order,
    Outcome,
    Prompt,
    Reply,
    Score,
    Strategy,
    Target,
    Tools,
    Usage,
)
from tests.models.offline.programs import PROGRAMS
from tests.test_engine import BASELINE as ONE
from tests.test_engine import Bed, Counting, FixedJudge

SOURCE = """\
import math
import json

# how far   (kept as it is)
total = 0
for n in range( 6 ) :   # odd layout
    xs = list()
    total += max(0, n) + n**2
    print(total , math.floor(2.5), xs)
"""
BASELINE = Candidate.of(SOURCE)


def chain(source: str, names: list[str]) -> tuple[str, list[str]]:
    """A program after the first site of each operator, and the tags."""
    known, tags = {operator.name: operator for operator in operators()}, []
    for name in names:
        program = Program(source)
        site = known[name].sites(program)[0]
        source = apply(program, site)
        tags.append(site.tag)
    return source, tags


NAMES = ["unused-import", "integer-power", "literal-container", "collector-off"]


def test_a_program_is_its_steps() -> None:
    best, tags = chain(SOURCE, NAMES)
    assert replayed(SOURCE, tags).source == best and replayed(SOURCE, tags).steps == tuple(tags)


def test_without_one_step_every_line_that_no_other_step_touched_is_as_it_was() -> None:
    best, tags = chain(SOURCE, NAMES)
    for name, tag in zip(NAMES, tags, strict=True):
        made = without(SOURCE, tags, tag, best)
        assert made is not None and made.source == chain(SOURCE, [n for n in NAMES if n != name])[0]
        assert "# how far   (kept as it is)\n" in made.source
        assert "for n in range( 6 ) :   # odd layout\n" in made.source


def test_what_stood_on_a_step_goes_with_it() -> None:
    best, tags = chain("import math\nfor n in range(3):\n    print(n ** 2)\n", ["integer-power", "loop-into-function"])
    second = "[integer-power@run_n.n]"  # a place that only the function makes
    assert replayed(SOURCE, [second]).steps == ()
    made = without("import math\nfor n in range(3):\n    print(n ** 2)\n", tags, tags[1], best)
    assert made is not None and made.steps == (tags[0],)


def test_a_lineage_that_does_not_make_the_program_is_left_alone() -> None:
    best, tags = chain(SOURCE, NAMES)
    assert without(SOURCE, tags, tags[0], best + "\n") is None
    assert without(SOURCE, tags, "[add-slots@P]", best) is None


def test_random_lineages_are_replayed_to_the_byte() -> None:
    rng = Random(3)
    for source in PROGRAMS.values():
        text, tags = source, []
        for operator in rng.sample(operators(), 6):
            sites = operator.sites(Program(text))
            if sites:
                text, tags = apply(Program(text), sites[0]), [*tags, sites[0].tag]
        assert replayed(source, tags).source == text


# --- the strategy around a strategy -------------------------------------------------------------------------


@dataclass
class Lineage:
    """Asks for the best with one more step, while there are names; then for the same again."""

    names: list[str]
    name: str = "lineage"
    asked: int = 0
    told: list[Outcome] = field(default_factory=list)
    parent: str = BASELINE.id

    def ask(self) -> Order | None:
        self.asked += 1
        return Order(self.asked, "diff", (self.parent,), {"own": self.asked})

    def tell(self, outcome: Outcome) -> None:
        assert outcome.order.context == {"own": outcome.order.n}
        self.told.append(outcome)
        if outcome.crowned and outcome.candidate:
            self.parent = outcome.candidate.id

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        raise AssertionError("the test answers for it")


def told(strategy: Simplifying, order: Order, candidate: Candidate | None, crowned: bool, **more: Any) -> None:
    strategy.tell(Outcome(order, candidate, Score("ok", 2.0), Usage(evaluations=1), crowned, **more))


def on_a_plateau(tells: bool = False) -> tuple[Simplifying, Candidate, list[str]]:
    """A strategy whose best has all steps of NAMES, in two candidates, and has not been beaten for long."""
    strategy = Simplifying(Lineage(NAMES), BASELINE, tells=tells)
    (half, _), (best, tags) = chain(SOURCE, NAMES[:2]), chain(SOURCE, NAMES)
    first = Candidate.of(half, [BASELINE.id], f"two {' and '.join(tags[:2])} (before: integer-power kept 1 of 2)")
    last = Candidate.of(best, [first.id], f"more: {'; '.join(tags[2:])}")
    for candidate in (first, last):
        order = strategy.ask()
        assert order is not None
        told(strategy, order, candidate, crowned=True)
    for _ in range(PLATEAU):
        order = strategy.ask()
        assert order is not None and order.operator == "diff"
        told(strategy, order, Candidate.of("x = 1\n", [last.id], "no tag"), crowned=False)
    return strategy, last, tags


def test_on_a_plateau_the_latest_step_is_left_out_first_and_the_strategy_does_not_hear_of_it() -> None:
    strategy, best, tags = on_a_plateau()
    order = strategy.ask()
    assert order is not None and (order.operator, order.parents) == (SIMPLIFY, (best.id,))
    assert order.context == {"steps": tags, "without": tags[-1]} and order.n == PLATEAU + 3
    other = strategy.ask()
    assert other is not None and other.operator == "diff" and other.n == order.n + 1
    told(strategy, order, None, crowned=False)
    again = strategy.ask()
    assert again is not None and again.context["without"] == tags[-2]
    assert len(strategy.inner.told) == PLATEAU + 2  # type: ignore[attr-defined]


def test_what_was_taken_out_stays_out_and_the_rest_is_tried_from_there() -> None:
    strategy, best, tags = on_a_plateau()
    order = strategy.ask()
    assert order is not None
    tools = ToyTools(Random(1), toy_target(), {best.id: best.source}, lambda _: "", lambda _: ok(1.0), [])
    made = strategy.propose(order, tools)
    assert made is not None and "gc.disable" not in made.source and made.note.endswith("without collector-off")
    told(strategy, order, made, crowned=True, handoff={"steps": tags[:-1]})
    other = strategy.ask()
    assert other is not None and other.operator == "diff"
    again = strategy.ask()
    assert again is not None and again.parents == (made.id,)
    assert again.context == {"steps": tags[:-1], "without": tags[-2]}


def test_findings_are_told_where_somebody_reads_them() -> None:
    strategy, _, _ = on_a_plateau(tells=True)
    strategy.ask()
    order = strategy.ask()
    assert order is not None and "- integer-power: kept 1 of 1 times, at best 2.00x." in order.context["findings"]
    strategy, _, _ = on_a_plateau()
    strategy.ask()
    order = strategy.ask()
    assert order is not None and "findings" not in order.context


def tagged(prompt: Prompt) -> Reply:
    """A model whose notes read like the offline engine's."""
    reply = one_change(prompt)
    return replace(reply, text=reply.text.replace("NOTE: ", "NOTE: [integer-power@f] ", 1))


@pytest.mark.parametrize("name", ["openevolve", "shinka", "gepa", "aster", "codex"])
def test_every_strategy_that_asks_a_model_tells_it_what_rules_found(name: str) -> None:
    target = toy_target()
    settings = registry.settings_of(name, [])
    baseline = Candidate.of(target.source)
    inner = registry.make_strategy(name, settings, target=target, seed=0, evaluations=20, baseline=baseline)
    run = ToyRun(Simplifying(inner, baseline, tells=True), target, answer=tagged).go(8)
    assert "## What rewriting rules already found\n" in run.prompts[-1].user
    assert "- integer-power: kept" in run.prompts[-1].user
    inner = registry.make_strategy(name, settings, target=target, seed=0, evaluations=20, baseline=baseline)
    run = ToyRun(Simplifying(inner, baseline), target, answer=tagged).go(8)
    assert "rewriting rules already found" not in run.prompts[-1].user


class TestAStrategyThatIsFollowed(StrategyContract):
    steps = 30

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Strategy:
        settings = registry.settings_of("openevolve", [])
        inner = registry.make_strategy(
            "openevolve", settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline
        )
        return Simplifying(inner, baseline, tells=True)


# --- the court --------------------------------------------------------------------------------------------------------


@dataclass
class Bigger(FixedJudge):
    """A program is worth the last number in it; lines above that are what was changed."""

    @staticmethod
    def worth(candidate: Candidate) -> float:
        return float(candidate.source.rpartition("=")[2])


class Plan(Counting):
    """Texts in turn; one that starts with a plus is ordered as a simpler form of the latest that was crowned."""

    best: str = ONE.id

    def ask(self) -> Order | None:
        order = super().ask()
        simpler = order is not None and str(order.context["worth"]).startswith("+")
        return replace(order, operator=SIMPLIFY, parents=(self.best,)) if order and simpler else order

    def tell(self, outcome: Outcome) -> None:
        super().tell(outcome)
        if outcome.crowned and outcome.candidate:
            self.best = outcome.candidate.id

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        return Candidate.of(str(order.context["worth"]).lstrip("+"), order.parents, "a note")


def crowned(folder: Path, *texts: str) -> list[bool]:
    bed = Bed(folder, list(texts), judge=Bigger(), made=Plan)  # type: ignore[arg-type]
    bed.go()
    return [outcome.crowned for outcome in bed.strategy.told]


LONG = "a = 1\nb = 2\nc = 3\nworth = 2.0"


def test_a_simpler_form_that_is_no_worse_than_the_margin_takes_the_crown(tmp_path: Path) -> None:
    assert crowned(tmp_path, LONG, "+a = 1\nb = 2\nworth = 1.97") == [True, True]
    record = next(e for e in Bed(tmp_path, []).journal if e[1] == "crown" and e[2].get("margin"))[2]  # type: ignore[attr-defined]
    assert record["margin"] == stats.SIMPLER_MARGIN and "simpler: " in record["explanation"]


def test_a_worse_form_a_longer_form_and_one_that_nobody_ordered_do_not(tmp_path: Path) -> None:
    assert crowned(tmp_path / "worse", LONG, "+a = 1\nworth = 1.9") == [True, False]
    assert crowned(tmp_path / "longer", LONG, f"+x = 1\n{LONG}") == [True, False]
    assert crowned(tmp_path / "unasked", LONG, "a = 1\nworth = 1.99") == [True, False]


def test_small_losses_do_not_add_up(tmp_path: Path) -> None:
    texts = (LONG, "+a = 1\nb = 2\nworth = 1.97", "+a = 1\nworth = 1.95")
    assert crowned(tmp_path, *texts) == [True, True, False]


def test_a_simpler_form_that_fails_its_whole_run_gives_the_crown_back(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [LONG, "+a = 1\nworth = 2.0"], judge=Bigger(), made=Plan)  # type: ignore[arg-type, list-item]
    bed.judge.confirm = lambda candidate: Score("ok" if "c = 3" in candidate.source else "wrong", 2.0)  # type: ignore[method-assign]
    _, best = bed.go()
    assert best is not None and best.candidate.source == LONG


def test_the_rule_asks_for_no_loss_beyond_the_margin() -> None:
    rule = stats.Rule(0.01, margin=0.02)
    assert rule.verdict(stats.Interval(1.0, 0.985, 1.015), 5) is True
    assert rule.verdict(stats.Interval(1.0, 0.975, 1.025), 5) is None
    assert rule.verdict(stats.Interval(1.0, 0.975, 1.025), rule.most) is False
    assert rule.verdict(stats.Interval(0.985, 0.95, 1.02), 5) is False, "given up: half the margin is gone already"
