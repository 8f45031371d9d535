"""Sessions in a real journal: recorded before they are used, never repeated when over, counted when cut off."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.budget import Limit
from harness.errors import UsageError
from harness.store.fold import Fold
from harness.store.journal import read
from harness.types import Brief, Candidate, Order, Prompt, Report, Tools, Usage
from tests.test_engine import BASELINE, Bed, Counting, Killed, killer, without_seconds


class Sessions(Counting):
    """Each number is a session's; the agent makes the program of it."""

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        report = tools.session(Brief(agent="some", task=str(order.context["worth"]), program=BASELINE.source))
        tools.hand_over({"notes": report.notes, "end": report.end})
        assert report.source is not None
        return Candidate.of(report.source, order.parents, report.said)


@dataclass
class Through:
    """An agent that does everything through Tools."""

    name: str = "some"
    replays: bool = True
    worked: int = 0

    def work(self, brief: Brief, tools: Tools) -> Report:
        self.worked += 1
        for _ in range(2):
            reply = tools.complete(Prompt("system", f"worth = {brief.task}\n"))
            tools.evaluate(f"worth = {float(brief.task) / 2}\n")
        return Report(source=reply.text, notes="learnt", said="done", transcript="what it did", steps=2)


@dataclass
class Elsewhere:
    """An agent that spends on its own, and does otherwise each time. tries: what each session evaluates."""

    tries: list[list[float]]
    name: str = "some"
    replays: bool = False
    worked: int = 0

    def work(self, brief: Brief, tools: Tools) -> Report:
        self.worked += 1
        for worth in self.tries[self.worked - 1]:
            tools.evaluate(f"worth = {worth}\n")
        spent = Usage(calls=1, tokens_in=100, tokens_out=10, usd=0.5)
        return Report(source=f"worth = {brief.task}\n", usage=spent, models=("some/model",), end="steps", reason="all")


@pytest.mark.parametrize("last", range(1, 15))
def test_killed_anywhere_a_session_through_tools_goes_on_where_it_was(last: int, tmp_path: Path) -> None:
    whole = Bed(tmp_path / "whole", [2.0, 3.0], made=Sessions, agents=lambda _name: Through())
    whole.go()
    agent = Through()
    broken = Bed(tmp_path / "broken", [2.0, 3.0], made=Sessions, agents=lambda _name: agent, watch=killer(last))
    assert last < len(whole.journal)
    with pytest.raises(Killed):
        broken.go()
    again = Bed(
        tmp_path / "broken", [2.0, 3.0], made=Sessions, agents=lambda _name: agent, judge=broken.judge,
        model=broken.model,
    )  # fmt: skip
    again.go()
    assert without_seconds(again.journal) == without_seconds(whole.journal)
    assert again.judge.judged == whole.judge.judged
    assert again.model.calls == whole.model.calls


def test_a_session_that_is_over_is_never_repeated(tmp_path: Path) -> None:
    agent = Elsewhere([[1.5]])
    with pytest.raises(Killed):
        Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, watch=killer(2)).go()
    bed = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent)
    bed.go()
    assert [kind for _, kind, _ in bed.journal][:4] == ["ask", "judged", "session", "judged"]
    assert agent.worked == 1
    (outcome,) = bed.strategy.told
    assert outcome.candidate is not None and outcome.candidate.source == "worth = 2.0\n"
    assert outcome.handoff == {"notes": "", "end": "steps"}
    usage = outcome.usage
    assert (usage.calls, usage.tokens_in, usage.usd, usage.evaluations) == (1, 100, 0.5, 2), "all of it is counted"
    assert outcome.models == ("some/model",)


def test_a_session_that_was_cut_off_is_repeated_and_what_was_judged_is_known(tmp_path: Path) -> None:
    agent = Elsewhere([[1.5, 1.6], [1.6, 1.7, 1.5]])
    first = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, watch=killer(2))
    with pytest.raises(Killed):
        first.go()
    bed = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, judge=first.judge)
    bed.go()
    assert agent.worked == 2
    assert bed.judge.judged == [f"worth = {worth}\n" for worth in (1.5, 1.6, 1.7, 2.0)], "none of them twice"
    (outcome,) = bed.strategy.told
    assert outcome.usage.evaluations == 4, "what the first attempt paid for is counted"
    assert outcome.score.fitness == 2.0, "and no verdict went to another program"


def test_evaluations_of_an_agent_stay_within_the_budget(tmp_path: Path) -> None:
    agent = Elsewhere([[1.5, 1.6, 1.7]])
    bed = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, limit=Limit(evaluations=2))
    bed.go()
    assert bed.judge.judged == ["worth = 1.5\n", "worth = 1.6\n"]
    assert bed.strategy.told[0].score.feedback.startswith("not finished")


def test_no_session_outlasts_the_limit_on_time(tmp_path: Path) -> None:
    briefs: list[Brief] = []

    class Timed(Through):
        def work(self, brief: Brief, tools: Tools) -> Report:
            briefs.append(brief)
            return super().work(brief, tools)

    Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: Timed(), limit=Limit(seconds=100)).go()
    assert 0 < briefs[0].seconds < 100


def test_who_looks_on_sees_what_an_open_session_cost(tmp_path: Path) -> None:
    agent = Elsewhere([[1.5]])
    with pytest.raises(Killed):
        Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, watch=killer(2)).go()
    fold = Fold()
    for event in read(tmp_path / "events.jsonl"):
        fold.take(event)
    assert fold.spent().tokens_in == 100


def test_without_agents_a_session_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="agent some"):
        Bed(tmp_path, [2.0], made=Sessions).go()


def test_an_agent_that_does_otherwise_gets_the_verdict_on_what_it_did(tmp_path: Path) -> None:
    agent = Elsewhere([[1.5], [1.7]], replays=True)
    first = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, watch=killer(1))
    with pytest.raises(Killed):
        first.go()
    bed = Bed(tmp_path, [2.0], made=Sessions, agents=lambda _name: agent, judge=first.judge)
    bed.go()
    assert bed.judge.judged == ["worth = 1.5\n", "worth = 1.7\n", "worth = 2.0\n"]
