"""The loop with a real journal and a judge whose numbers do not vary: what is recorded, crowned and resumed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import stats
from harness.archive import Leader
from harness.budget import Budget, Limit
from harness.court import Court
from harness.engine import BARREN_IN_A_ROW, FAILURES_IN_A_ROW, Engine
from harness.errors import BaselineError, Diverged, ModelError, ModelRefused, NothingTried, Unusable
from harness.judging.judge import Duel
from harness.store.blobs import Blobs
from harness.store.journal import Journal, read
from harness.store.recording import Recording
from harness.toolbox import Ledger, no_agents
from harness.types import (
    Agent,
    Candidate,
    Event,
    HotLine,
    Order,
    Outcome,
    Profile,
    Prompt,
    Reading,
    Reply,
    Score,
    Tools,
    Usage,
)

BASELINE = Candidate.of("worth = 1.0\n")
PLAN = 0.5  # asks for no program


@dataclass
class FixedJudge:
    """A program is worth the number that it names; a negative one is wrong, above 100 falls in its whole run."""

    target: object = None
    judged: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    profiled: int = 0
    screened: int = 0  # programs that a trial had shown to be right, and were not screened again
    traced: bool = False

    @staticmethod
    def worth(candidate: Candidate) -> float:
        return float(candidate.source.split("=")[1])

    def judge(self, candidate: Candidate, stake: float = 0.0, screened: Score | None = None) -> Score:
        self.judged.append(candidate.source)
        self.screened += screened is not None
        worth = self.worth(candidate)
        if worth < 0:
            return Score("wrong", feedback="line 1 differs", stage="short")
        both = tuple(Reading(m, worth, low=worth, high=worth) for m in ("memory", "speed"))
        return Score("ok", worth, both, stage="measure")

    screen = judge

    def profile(self, candidate: Candidate) -> Profile:
        self.profiled += 1
        return Profile((HotLine(1, 2, 0.5),), (), (("int", 3),), 1.5, "done")

    def contends(self, score: Score, incumbent: Score) -> bool:
        return (score.fitness or 0) > (incumbent.fitness or 1)

    def may_be_as_good(self, score: Score, incumbent: Score) -> bool:
        return (score.fitness or 0) > (incumbent.fitness or 1) * 0.9

    def duel(self, candidate: Candidate, incumbent: Candidate, nth: int, rule: stats.Rule) -> Duel:
        ratio = self.worth(candidate) / self.worth(incumbent)
        return Duel(ratio > 1 - rule.margin, stats.Interval(ratio, ratio, ratio), 3, 0.01, "fixed")

    def confirm(self, candidate: Candidate) -> Score:
        self.confirmed.append(candidate.source)
        worth = self.worth(candidate)
        return Score("wrong", feedback="full") if worth > 100 else Score("ok", worth, stage="full")

    def stands(self, whole: Score) -> bool:
        return whole.status == "ok"

    def ready(self) -> bool:
        return self.traced

    def confirm_seconds(self, leader: Score) -> float:
        return 0.0


@dataclass
class Counting:
    """Asks for one number after another; the context carries everything that propose needs."""

    numbers: list[float]
    name: str = "counting"
    calls_each: int = 1
    asked: int = 0
    told: list[Outcome] = field(default_factory=list)

    def ask(self) -> Order | None:
        if self.asked == len(self.numbers):
            return None
        self.asked += 1
        return Order(self.asked - 1, "count", (BASELINE.id,), {"worth": self.numbers[self.asked - 1]})

    def tell(self, outcome: Outcome) -> None:
        self.told.append(outcome)

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        tools.hand_over({"wanted": order.context["worth"]})
        if order.context["worth"] == PLAN:
            tools.hand_over({"seen": tools.profile(BASELINE.source).traced_mib})
            return None
        prompt = Prompt("system", f"worth = {order.context['worth']}\n")
        for _ in range(self.calls_each - 1):
            tools.complete(prompt)
        reply = tools.complete(prompt)
        if "= 0.0" in reply.text:
            raise Unusable("not a program")
        return Candidate.of(reply.text, order.parents, "a note")


@dataclass
class Echo:
    """Answers with the question; fails when it is told to."""

    name: str = "echo"
    calls: int = 0
    fails: Callable[[int], bool] = lambda call: False
    error: ModelError = field(default_factory=lambda: ModelError("the server is away"))

    def complete(self, prompt: Prompt) -> Reply:
        self.calls += 1
        if self.fails(self.calls):
            raise self.error
        return Reply(prompt.user, "echo", Usage(calls=1, tokens_out=3))

    def can(self, what: str, role: str = "") -> bool:
        return what == "tools"


@dataclass
class Bed:
    """Everything that an engine needs, in a folder."""

    folder: Path
    numbers: list[float]
    parallel: int = 1
    limit: Limit = Limit()
    judge: FixedJudge = field(default_factory=FixedJudge)
    model: Echo = field(default_factory=Echo)
    watch: Callable[[Event], None] = lambda event: None
    kept: list[str] = field(default_factory=list)
    made: type[Counting] = Counting
    calls_each: int = 1
    stop: Callable[[], str | None] = lambda: None
    prepared: Callable[[], None] = lambda: None
    agents: Callable[[str], Agent] = no_agents

    def go(self) -> tuple[Engine, Leader | None]:
        (self.folder / "blobs").mkdir(parents=True, exist_ok=True)
        self.strategy = self.made(self.numbers, calls_each=self.calls_each)
        with Journal(self.folder) as journal:
            blobs = Blobs(self.folder / "blobs", journal.syncer)
            ledger = Ledger(journal, blobs, Recording.of(journal.past), self.watch)
            ledger.keep_text(BASELINE.source)
            court = Court(self.judge, ledger, BASELINE, self.limit.target_score)  # type: ignore[arg-type]
            engine = Engine(
                self.strategy, self.model, self.judge, court, ledger,  # type: ignore[arg-type]
                Budget(self.limit), 0, self.parallel, self._keep, self.stop, self.prepared, agents=self.agents,
            )  # fmt: skip
            return engine, engine.run()

    def _keep(self, best: Leader | None) -> None:
        self.kept.append(best.candidate.source if best else "")

    @property
    def journal(self) -> list[tuple[int, str, object]]:
        return [(e.n, e.kind, e.data) for e in read(self.folder / "events.jsonl")]


def without_seconds(journal: list[tuple[int, str, object]]) -> list[object]:
    def strip(value: object) -> object:
        if isinstance(value, dict):
            return {k: strip(v) for k, v in value.items() if k != "seconds"}
        return [strip(v) for v in value] if isinstance(value, list) else value

    return [(n, kind, strip(data)) for n, kind, data in journal]


def test_the_best_is_crowned_confirmed_and_kept(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [0.5, 2.0, -1, 3.0, 1.5])
    _, best = bed.go()
    assert best is not None and best.fitness == 3.0 and best.confirmed
    assert bed.judge.confirmed == ["worth = 3.0\n"]
    assert [o.crowned for o in bed.strategy.told] == [False, True, False, True, False]
    assert bed.strategy.told[2].score.status == "wrong"
    assert bed.kept == ["worth = 2.0\n", "worth = 3.0\n", "worth = 3.0\n"]


def test_everything_is_on_disk_before_it_is_used(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0])
    bed.go()
    assert [kind for _, kind, _ in bed.journal] == ["ask", "reply", "judged", "crown", "outcome", "confirm"]


@dataclass
class Trying(Counting):
    """Tries a program first, as a cheap gate, and asks for its judgement then."""

    name: str = "trying"

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        made = Candidate.of(f"worth = {order.context['worth']}\n")
        return made if tools.trial(made.source).status == "ok" else None


def test_what_a_trial_has_shown_is_not_run_again(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, -1.0, 3.0], made=Trying)
    bed.go()
    assert bed.judge.screened == 2, "each program that passed its trial was measured at once"
    again = Bed(tmp_path / "again", [2.0])
    again.go()
    assert again.judge.screened == 0, "without a trial the judge screens for itself"


def test_a_leader_that_fails_its_whole_run_falls_and_the_one_before_stands(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, 200.0, 300.0])
    _, best = bed.go()
    assert best is not None and best.fitness == 2.0
    assert bed.judge.confirmed == ["worth = 300.0\n", "worth = 200.0\n", "worth = 2.0\n"]
    assert bed.kept[-1] == "worth = 2.0\n"


def test_a_leader_is_tried_whole_during_a_long_run_and_the_strategy_hears_of_its_fall(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [*(0.5 + n / 100 for n in range(25)), 200.0, 2.0])
    _, best = bed.go()
    assert bed.strategy.told[25].score.status == "wrong" and not bed.strategy.told[25].crowned
    assert best is not None and best.fitness == 2.0


def test_a_decisive_leader_is_tried_whole_at_once_when_that_can_be_had(tmp_path: Path) -> None:
    bed = Bed(tmp_path / "ready", [2.0, 2.5, 3.5, 200.0, 4.0], judge=FixedJudge(traced=True))
    _, best = bed.go()
    assert bed.judge.confirmed == ["worth = 2.0\n", "worth = 3.5\n", "worth = 200.0\n", "worth = 4.0\n"]
    assert best is not None and best.fitness == 4.0 and bed.strategy.told[3].score.feedback == "full"
    bed = Bed(tmp_path / "not", [2.0, 2.5, 3.5])
    bed.go()
    assert bed.judge.confirmed == ["worth = 3.5\n"]


def test_a_run_that_goes_on_tries_whole_what_it_tried_and_when_it_did(tmp_path: Path) -> None:
    numbers = [2.0, 3.5, 200.0, 2.5, 4.0, 7.0]
    whole = Bed(tmp_path / "whole", numbers, judge=FixedJudge(traced=True))
    whole.go()
    for last in range(2, len(whole.journal)):
        folder = tmp_path / str(last)
        with pytest.raises(Killed):
            Bed(folder, numbers, judge=FixedJudge(traced=True), watch=killer(last)).go()
        bed = Bed(folder, numbers, judge=FixedJudge(traced=True))
        bed.go()
        assert without_seconds(bed.journal) == without_seconds(whole.journal), last


class Late(FixedJudge):
    """Ready for whole runs once the third program is judged, and from the first on when a run goes on."""

    def ready(self) -> bool:
        return self.traced or "worth = 1.5\n" in self.judged


def test_what_fell_when_the_machine_was_ready_reigns_until_then_when_it_is_retold(tmp_path: Path) -> None:
    numbers = [200.0, 1.2, 1.5, 1.1, 1.05]
    whole = Bed(tmp_path / "whole", numbers, judge=Late())
    whole.go()
    crowned = [outcome.crowned for outcome in whole.strategy.told]
    assert crowned[0] and whole.judge.confirmed[0] == "worth = 200.0\n"
    with pytest.raises(Killed):
        Bed(tmp_path / "cut", numbers, judge=Late(), watch=killer(len(whole.journal) - 4)).go()
    bed = Bed(tmp_path / "cut", numbers, judge=Late(traced=True))
    bed.go()
    assert [outcome.crowned for outcome in bed.strategy.told] == crowned


def test_a_leader_that_falls_has_kept_nobody_from_the_crown(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, 500.0, 3.0, 5.0, 4.0])
    _, best = bed.go()
    assert best is not None and best.fitness == 5.0 and best.confirmed


def test_who_fell_once_is_not_crowned_again(tmp_path: Path) -> None:
    numbers = [200.0, *(0.5 + n / 100 for n in range(25)), 200.0, 2.0, 200.0]
    bed = Bed(tmp_path, numbers)
    _, best = bed.go()
    assert best is not None and best.fitness == 2.0
    assert bed.judge.confirmed.count("worth = 200.0\n") == 1
    assert [o.score.status for o in bed.strategy.told if o.order.context["worth"] == 200.0][1:] == ["wrong", "wrong"]


def test_a_long_run_with_a_fall_resumes_to_the_same_journal(tmp_path: Path) -> None:
    numbers = [2.0, 200.0, *(0.5 + n / 100 for n in range(25)), 3.0, 300.0, 4.0]
    whole = Bed(tmp_path / "whole", numbers)
    whole.go()
    for last in range(5, len(whole.journal), 7):
        broken = Bed(tmp_path / str(last), numbers, watch=killer(last))
        with pytest.raises(Killed):
            broken.go()
        resumed = Bed(tmp_path / str(last), numbers, judge=broken.judge, model=broken.model)
        resumed.go()
        assert without_seconds(resumed.journal) == without_seconds(whole.journal), f"killed after event {last}"
        assert resumed.judge.confirmed == whole.judge.confirmed


def test_a_run_that_ended_for_want_of_a_model_goes_on_when_the_model_is_back(tmp_path: Path) -> None:
    numbers = [1.0 + n for n in range(20)]
    with pytest.raises(ModelError):
        Bed(tmp_path, numbers, model=Echo(fails=lambda call: call > 3)).go()
    _, best = Bed(tmp_path, numbers).go()
    assert best is not None and best.fitness == 20.0


def test_nothing_better_leaves_the_baseline(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [0.9, 1.0, -1])
    engine, best = bed.go()
    assert best is None and engine.reason == "the strategy is done" and bed.judge.confirmed == []


def test_a_repeated_program_costs_no_evaluation(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, 2.0, 2.0])
    engine, _ = bed.go()
    assert bed.judge.judged == ["worth = 2.0\n"]
    assert engine.budget.spent.evaluations == 1 and engine.budget.spent.calls == 3


@pytest.mark.parametrize("parallel", [1, 4])
def test_limits_count_what_is_in_flight(tmp_path: Path, parallel: int) -> None:
    bed = Bed(tmp_path, [1.0 + n for n in range(50)], parallel, Limit(evaluations=7))
    engine, _ = bed.go()
    assert engine.budget.spent.evaluations == 7 and engine.reason == "7 evaluations"
    assert sorted(o.order.n for o in bed.strategy.told) == list(range(7))


@pytest.mark.parametrize("parallel", [1, 4])
@pytest.mark.parametrize("each", [1, 3])
def test_calls_never_pass_their_limit_even_where_an_order_makes_several(
    tmp_path: Path, parallel: int, each: int
) -> None:
    bed = Bed(tmp_path, [1.0 + n for n in range(50)], parallel, Limit(calls=8), calls_each=each)
    engine, _ = bed.go()
    assert bed.model.calls == engine.budget.spent.calls == 8 and engine.reason == "8 model calls"
    cut = [o for o in bed.strategy.told if "the budget is spent: 8 model calls" in o.score.feedback]
    assert bool(cut) == (each == 3) and all(o.candidate is None and o.score.status == "invalid" for o in cut)


def test_what_was_kept_for_an_order_and_not_used_is_there_for_the_next(tmp_path: Path) -> None:
    """Repeated programs cost no evaluation: with four in flight the limit is reached all the same."""
    bed = Bed(tmp_path, [n // 4 + 1.0 for n in range(60)], 4, Limit(evaluations=7))
    engine, _ = bed.go()
    assert engine.budget.spent.evaluations == 7 and engine.reason == "7 evaluations"


@pytest.mark.parametrize("parallel", [1, 4])
def test_tokens_pass_their_limit_by_no_more_than_orders_get_dearer(tmp_path: Path, parallel: int) -> None:
    bed = Bed(tmp_path, [1.0 + n for n in range(50)], parallel, Limit(tokens=31))  # three tokens each
    engine, _ = bed.go()
    assert engine.budget.spent.tokens_out == 30 and engine.reason == "31 tokens"


def test_a_target_score_that_was_only_measured_does_not_end_a_run(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [200.0, 1.5, 3.0, 4.0], limit=Limit(target_score=2.5))
    engine, best = bed.go()
    assert bed.judge.confirmed == ["worth = 200.0\n", "worth = 3.0\n"]
    assert engine.reason == "target score 2.5 reached" and len(bed.strategy.told) == 3
    assert best is not None and best.fitness == 3.0 and best.confirmed


def test_a_target_score_that_the_whole_run_does_not_show_does_not_end_a_run(tmp_path: Path) -> None:
    class Sobering(FixedJudge):
        def confirm(self, candidate: Candidate) -> Score:
            self.confirmed.append(candidate.source)
            return Score("ok", self.worth(candidate) - 1, stage="full")

    bed = Bed(tmp_path, [3.0, 3.2, 4.0, 5.0], limit=Limit(target_score=2.5), judge=Sobering())
    engine, best = bed.go()
    assert [o.order.n for o in bed.strategy.told] == [0, 1, 2] and engine.reason == "target score 2.5 reached"
    assert best is not None and best.whole is not None and best.whole.fitness == 3.0


def test_a_run_that_did_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(NothingTried, match="nothing was tried, since the run ended before: asked to stop by a test"):
        Bed(tmp_path / "stopped", [2.0], stop=lambda: "asked to stop by a test").go()
    with pytest.raises(NothingTried, match="the strategy is done"):
        Bed(tmp_path / "idle", []).go()
    with pytest.raises(NothingTried, match="1e-09 s"):
        Bed(tmp_path / "late", [2.0], limit=Limit(seconds=1e-9)).go()
    with pytest.raises(ModelError, match="no answer came at all: the server is away"):
        Bed(tmp_path / "silent", [2.0, 3.0], model=Echo(fails=lambda call: True)).go()


def test_an_unusable_answer_is_an_outcome_and_the_run_goes_on(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [0.0, 2.0])
    _, best = bed.go()
    assert bed.strategy.told[0].candidate is None and "not a program" in bed.strategy.told[0].score.feedback
    assert best is not None


def test_a_model_that_fails_in_a_row_ends_the_run_with_an_error(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [1.0 + n for n in range(50)], model=Echo(fails=lambda call: call > 3))
    with pytest.raises(ModelError, match="in a row: no answer: the server is away"):
        bed.go()
    assert len(bed.strategy.told) == 3 + FAILURES_IN_A_ROW


def test_a_model_that_refuses_from_the_start_ends_the_run_at_once(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [1.0 + n for n in range(50)], model=Echo(fails=bool, error=ModelRefused("wrong key")))
    with pytest.raises(ModelRefused, match=r"^wrong key$"):
        bed.go()
    assert len(bed.strategy.told) == 1


def test_a_model_that_answered_before_is_asked_on_when_it_refuses(tmp_path: Path) -> None:
    """A gateway that hiccups says 401 too; one that keeps on refusing ends the run as any failure does."""
    refused = ModelRefused("wrong key")
    bed = Bed(tmp_path / "a", [1.0 + n for n in range(20)], model=Echo(fails=lambda call: call % 3 == 0, error=refused))
    bed.go()
    assert sum(outcome.candidate is None for outcome in bed.strategy.told) == 6
    bed = Bed(tmp_path / "b", [1.0 + n for n in range(50)], model=Echo(fails=lambda call: call > 3, error=refused))
    with pytest.raises(ModelError, match="in a row: no answer: wrong key"):
        bed.go()
    assert len(bed.strategy.told) == 3 + FAILURES_IN_A_ROW


class Killed(BaseException):
    """Stands for kill -9 at one exact event."""


def killer(last: int) -> Callable[[Event], None]:
    def kill(event: Event) -> None:
        if event.n == last:
            raise Killed

    return kill


@pytest.mark.parametrize("last", range(1, 22))
def test_killed_after_any_event_a_run_resumes_to_the_same_journal_and_pays_nothing_twice(
    tmp_path: Path, last: int
) -> None:
    numbers = [2.0, -1, 2.0, 0.0, 3.0, 1.5]
    whole = Bed(tmp_path / "whole", numbers)
    whole.go()

    def kill(event: Event) -> None:
        if event.n == last:
            raise Killed

    broken = Bed(tmp_path / "broken", numbers, watch=kill)
    if last < len(whole.journal):
        with pytest.raises(Killed):
            broken.go()
    resumed = Bed(tmp_path / "broken", numbers, judge=broken.judge, model=broken.model)
    resumed.go()
    assert without_seconds(resumed.journal) == without_seconds(whole.journal)
    assert resumed.judge.judged == whole.judge.judged
    assert resumed.model.calls == whole.model.calls


def test_a_changed_strategy_is_told_where_it_differs(tmp_path: Path) -> None:
    def kill(event: Event) -> None:
        if event.n == 5:
            raise Killed

    with pytest.raises(Killed):
        Bed(tmp_path, [2.0, 3.0], watch=kill).go()
    with pytest.raises(Diverged, match="order 0 was count of"):
        Bed(tmp_path, [9.0, 3.0]).go()


def test_with_four_workers_every_ask_is_told_exactly_once_after_a_kill(tmp_path: Path) -> None:
    def kill(event: Event) -> None:
        if event.n == 30:
            raise Killed

    numbers = [1.0 + n for n in range(30)]
    with pytest.raises(Killed):
        Bed(tmp_path, numbers, 4, watch=kill).go()
    resumed = Bed(tmp_path, numbers, 4)
    resumed.go()
    asked = [d["n"] for _, kind, d in resumed.journal if kind == "ask"]  # type: ignore[index]
    told = [d["n"] for _, kind, d in resumed.journal if kind == "outcome"]  # type: ignore[index]
    assert sorted(asked) == sorted(told) == list(range(30))


def test_what_a_proposer_hands_over_reaches_the_policy_and_survives_a_kill(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, PLAN, 0.0, PLAN])
    bed.go()
    told = bed.strategy.told
    planned = {"wanted": PLAN, "seen": 1.5}
    assert [o.handoff for o in told] == [{"wanted": 2.0}, planned, {"wanted": 0.0}, planned]
    assert [o.models for o in told] == [("echo",), (), ("echo",), ()]
    assert [o.score.status for o in told] == ["ok", "none", "invalid", "none"]

    lines = (tmp_path / "events.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "events.jsonl").write_text("".join(lines[:-3]))
    bed.go()
    assert [(o.handoff, o.models, o.score.status) for o in bed.strategy.told] == [
        (o.handoff, o.models, o.score.status) for o in told
    ]
    assert bed.judge.profiled == 1, "a profile is made once, however often it is looked at"


def test_a_model_that_brings_nothing_new_ends_the_run(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [2.0, *[0.0] * (BARREN_IN_A_ROW + 50)])
    engine, best = bed.go()
    assert best is not None, "what was found before stands"
    assert len(bed.strategy.told) == 1 + BARREN_IN_A_ROW
    assert engine.reason == f"nothing new in {BARREN_IN_A_ROW} answers"


def test_a_target_that_cannot_be_measured_ends_the_run_though_no_answer_can_be_used(tmp_path: Path) -> None:
    bed = Bed(tmp_path, [0.0] * 30)
    bed.prepared = _cannot
    with pytest.raises(BaselineError):
        bed.go()
    assert bed.model.calls == 1


def _cannot() -> None:
    raise BaselineError("it needs numbers.txt")
