"""The policy of `codex` in the toy world: what it keeps, what it drops, where it starts again, when it stops."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from harness.errors import ModelError, ModelRefused, Unusable
from harness.strategies.agent_turns import results_table
from harness.strategies.codex import Codex
from harness.strategies.toy import ToyRun, ToyTools, failed, ok, replay, toy_program, toy_target
from harness.testing import StrategyContract
from harness.types import Brief, Candidate, Order, Outcome, Report, Score, Status, Target, Usage

BASE = toy_program([0] * 8)
TOOLS = frozenset({"tools"})


def make(**settings: Any) -> Codex:
    return Codex(Codex.Settings(**settings), target=toy_target(), seed=0, evaluations=None, baseline=Candidate.of(BASE))


class TestCodexContract(StrategyContract):
    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Codex:
        settings = Codex.Settings(turns=1000, stall_stop=0)
        return Codex(settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline)


class TestCodexThatStops(StrategyContract):
    ends_after = 3

    def make(self, *, target: Target, baseline: Candidate, seed: int = 0, evaluations: int | None = None) -> Codex:
        settings = Codex.Settings(turns=3, stall_stop=0)
        return Codex(settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline)


class Game:
    """A strategy told by hand what came of its turns."""

    def __init__(self, **settings: Any) -> None:
        self.strategy = make(**settings)
        self.orders: list[Order] = []

    def turn(self, source: str | None, score: Score, *, crowned: bool = False, **handoff: Any) -> Order:
        order = self.strategy.ask()
        assert order is not None
        assert self.strategy.ask() is None, "one turn at a time, however many may be in flight"
        candidate = None if source is None else Candidate.of(source, order.parents, "a note")
        spent = Usage(evaluations=int(candidate is not None))
        self.strategy.tell(Outcome(order, candidate, score, spent, crowned, handoff))
        self.orders.append(order)
        return order

    def verdicts(self) -> list[str]:
        return [line.split("\t")[4] for line in self.strategy.papers["results.tsv"].splitlines()[1:]]

    def committed(self) -> list[str]:
        return [commit.source for commit in self.strategy.commits]


def program(*values: int, extra: str = "") -> str:
    return toy_program(values) + extra


def test_what_is_crowned_is_committed_and_the_next_turn_starts_from_it() -> None:
    game = Game()
    better = program(1, 0)
    game.turn(better, ok(1.2), crowned=True)
    order = game.turn(program(2, 0), ok(1.21))
    assert order.parents == (Candidate.of(better).id,)
    assert game.committed() == [BASE, better]
    assert game.verdicts() == ["keep", "discard"]


def test_a_better_number_that_was_not_crowned_is_noise() -> None:
    game = Game()
    game.turn(program(*[1] * 8), ok(1.01))
    assert game.committed() == [BASE]
    assert game.verdicts() == ["discard"]


def test_within_the_noise_only_what_is_simpler_is_kept() -> None:
    game = Game()
    simpler = program(0, 0, 0)
    game.turn(program(*[0] * 8, extra="y = 1 + 2\n"), ok(1.0))
    game.turn(simpler, ok(0.99))
    game.turn(program(0, 0), ok(0.97))
    assert game.committed() == [BASE, simpler]
    assert game.verdicts() == ["discard", "keep", "discard"], "small losses must not add up"


def test_simpler_by_its_syntax_not_by_its_layout() -> None:
    game = Game()
    game.turn(BASE.replace(" = ", "="), ok(1.0))
    assert game.committed() == [BASE]


def test_a_loss_against_the_best_is_never_kept_step_by_step() -> None:
    game = Game()
    game.turn(program(1, 1, 1, 1, 1, 1), ok(2.0), crowned=True)
    game.turn(program(1, 1, 1, 1, 1), ok(1.97))  # within 2 %
    game.turn(program(1, 1, 1, 1), ok(1.94))  # within 2 % of that, but not of the best
    assert len(game.committed()) == 3
    assert game.verdicts() == ["keep", "keep", "discard"]


@pytest.mark.parametrize("status", ["crash", "wrong", "rule", "timeout", "memory"])
def test_a_broken_program_gets_one_turn_to_be_mended(status: Status) -> None:
    game = Game()
    broken = program(3, 3)
    game.turn(broken, failed(status, "line 3 differs"))
    order = game.turn(program(4, 4), failed(status))
    assert (order.operator, order.parents) == ("repair", (Candidate.of(broken).id,))
    assert "line 3 differs" in order.context["failure"]
    after = game.turn(None, failed("invalid"))
    assert (after.operator, after.parents) == ("turn", (Candidate.of(BASE).id,)), "one, and then back"
    assert game.verdicts() == ["crash", "crash", "no-op"]


def test_a_mended_program_is_kept_like_any_other() -> None:
    game = Game()
    game.turn(program(3, 3), failed("crash"))
    game.turn(program(4, 4), ok(1.5), crowned=True)
    assert game.committed() == [BASE, program(4, 4)]


def test_the_last_failure_is_told_until_something_is_kept() -> None:
    game = Game()
    game.turn(None, failed("invalid", "x" * 10_000))
    assert 4000 < len(game.turn(program(1), ok(1.0)).context["failure"]) < 4300
    game.turn(program(2, 2, 2), ok(1.5), crowned=True)
    assert game.turn(None, failed("invalid")).context["failure"] == ""


def test_after_four_stalls_it_starts_from_an_earlier_commit_once() -> None:
    game = Game(stall_stop=0, turns=100)
    first, second = program(1, 0), program(1, 1)
    game.turn(first, ok(1.2), crowned=True)
    game.turn(second, ok(1.5), crowned=True)
    for _ in range(14):
        game.turn(None, failed("invalid"))
    latest = Candidate.of(second).id
    starts = [(order.operator, order.parents[0]) for order in game.orders[2:]]
    assert starts[:5] == [("turn", latest)] * 4 + [("restart", Candidate.of(first).id)]
    assert starts[5:8] == [("turn", latest)] * 3
    assert starts[8] == ("restart", Candidate.of(BASE).id), "another one, the next time"
    assert starts[12] == ("restart", Candidate.of(first).id)


def test_without_an_earlier_commit_it_is_told_to_do_something_else() -> None:
    game = Game()
    for _ in range(5):
        game.turn(None, failed("invalid"))
    assert [order.operator for order in game.orders] == ["turn"] * 4 + ["shift"]


def test_a_restart_must_beat_the_best_not_its_start() -> None:
    game = Game()
    game.turn(program(1, 0), ok(2.0), crowned=True)
    for _ in range(4):
        game.turn(None, failed("invalid"))
    order = game.turn(program(0, 1), ok(1.5))
    assert order.operator == "restart"
    assert len(game.committed()) == 2


def test_it_stops_after_eight_stalls_and_after_its_turns() -> None:
    game = Game()
    for _ in range(8):
        game.turn(None, failed("invalid"))
    assert game.strategy.ask() is None
    game = Game(turns=2)
    for n in range(2):
        game.turn(program(n, n), ok(1.5), crowned=True)
    assert game.strategy.ask() is None


def test_a_broken_program_and_its_failed_repair_are_one_stall() -> None:
    game = Game(stall_stop=1)
    game.turn(program(3), failed("crash"))
    game.turn(program(4), failed("crash"))
    assert game.strategy.ask() is None


def test_notes_are_carried_and_cut_to_size() -> None:
    game = Game()
    game.turn(None, failed("invalid"), notes="slots help; " * 2000)
    notes = game.turn(None, failed("invalid")).context["notes"]
    assert notes.startswith("slots help")
    assert len(notes) < 8400
    assert game.turn(None, failed("none")).context["notes"] == notes, "a turn that handed nothing over loses nothing"


def test_a_row_is_a_line_whatever_a_note_says() -> None:
    row = {"id": "ab", "fitness": 1.5, "memory": None, "speed": 2.0, "verdict": "keep", "note": "a\tb\nc\td"}
    assert results_table([row]).splitlines()[1:] == ["ab\t1.5\t-\t2\tkeep\ta b c d"]


def test_a_model_for_the_builtin_agent_is_the_runs_own() -> None:
    with pytest.raises(ValueError, match="--model"):
        Codex.Settings(agent="builtin", model="some")
    assert Codex.Settings(agent="codex", model="some").model == "some"


def test_quick_evaluations_leave_one_for_the_judge() -> None:
    strategy = Codex(Codex.Settings(), target=toy_target(), seed=0, evaluations=3, baseline=Candidate.of(BASE))
    order = strategy.ask()
    assert order is not None
    assert order.context["quick_evals"] == 2


# --- sessions ---------------------------------------------------------------------------------------------------------


def session(worker: Callable[[Brief, ToyTools], Report], turns: int = 1) -> ToyRun:
    return ToyRun(make(turns=turns), toy_target(), worker=worker, capabilities=TOOLS).go(turns)


def test_an_agent_is_given_the_program_the_table_and_the_notes() -> None:
    briefs: list[Brief] = []

    def work(brief: Brief, tools: ToyTools) -> Report:
        del tools
        briefs.append(brief)
        said = 'done {"hypothesis": "h", "change": "one `more`\\nthing", "expected": "e"}'
        return Report(source=program(len(briefs)), notes="note to self", said=said)

    run = session(work, turns=2)
    assert briefs[0].program == BASE
    assert briefs[0].papers["NOTES.md"] == ""
    assert briefs[1].papers["NOTES.md"] == "note to self"
    assert briefs[1].papers["results.tsv"].count("\n") == 2
    assert "5 times in this turn" in briefs[0].task
    assert [o.candidate.note for o in run.outcomes() if o.candidate] == ["one 'more' thing"] * 2
    replay(make(turns=2), run.transcript)


@pytest.mark.parametrize(
    ("report", "error"),
    [
        (Report(source=BASE), Unusable),
        (Report(source=None, reason="program.py is a symbolic link"), Unusable),
        (Report(source=BASE, end="timeout", reason="the turn took too long"), Unusable),
        (Report(source=BASE, end="failed", reason="the service broke off"), ModelError),
        (Report(source=BASE, end="refused", reason="the key was refused"), ModelRefused),
    ],
)
def test_nothing_to_judge_is_said_as_what_it_is(report: Report, error: type[Exception]) -> None:
    strategy = make()
    order = strategy.ask()
    assert order is not None
    run = ToyRun(make(), toy_target(), worker=lambda _brief, _tools: report, capabilities=TOOLS)
    tools = run.tools(order)
    with pytest.raises(error) as raised:
        strategy.propose(order, tools)
    assert type(raised.value) is error
    assert report.reason in str(raised.value)
    assert tools.handoff["end"] == report.end


def test_what_a_failed_agent_had_changed_is_still_judged() -> None:
    report = Report(source=program(1), end="timeout", reason="the turn took too long")
    (outcome,) = session(lambda _brief, _tools: report).outcomes()
    assert outcome.score.status == "ok"


def test_a_model_without_tools_is_asked_for_edits() -> None:
    run = ToyRun(make(turns=4), toy_target()).go(4)
    assert all(outcome.candidate for outcome in run.outcomes())
    assert "## How to answer" in run.prompts[0].user


def test_edits_that_break_the_promise_go_back_within_the_turn() -> None:
    refused = failed("wrong", "line 3 differs")
    run = ToyRun(make(turns=1), toy_target(), lambda _source: refused).go(1)
    assert len(run.prompts) == 5
    assert "line 3 differs" in run.prompts[1].user
    assert run.outcomes()[0].candidate is None


def test_crowns_alone_decide_in_a_whole_run() -> None:
    class Crowning(ToyRun):
        best_so_far = 1.0

        def _outcome(self, order: Order) -> Outcome:
            outcome = super()._outcome(order)
            crowned = (outcome.score.fitness or 0) > self.best_so_far * 1.02
            self.best_so_far = outcome.score.fitness or 0 if crowned else self.best_so_far
            return replace(outcome, crowned=crowned)

    strategy = make(turns=30, stall_stop=0)
    run = Crowning(strategy, toy_target()).go(30)
    kept = [o.candidate.source for o in run.outcomes() if o.crowned and o.candidate]
    assert len(kept) > 3
    assert [commit.source for commit in strategy.commits] == [BASE, *kept], "exactly the kept ones, in order"
