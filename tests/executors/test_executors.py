"""Which executor there is, and what is refused at the door; the cluster has a slow test of its own."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from harness import laps
from harness.errors import ExecutorError, UnknownName, Unrepeatable, UsageError
from harness.executors import make
from harness.executors.local import LocalExecutor
from harness.executors.luggage import Luggage, Post
from harness.executors.ray import Place, RemoteJudge
from harness.judging.lanes import Lanes
from harness.types import Candidate, Sandbox, Score, Target

LEAN = ("        history.append(ballast)\n", "")


def test_an_executor_that_there_is_not_is_named() -> None:
    with pytest.raises(UnknownName, match="rey"):
        make("rey", address=None, sandbox=lambda: None, lanes=None)  # type: ignore[arg-type,return-value]
    with pytest.raises(UsageError, match="--ray-address is for --executor ray"):
        make("local", address="host:1", sandbox=lambda: None, lanes=None)  # type: ignore[arg-type,return-value]


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UsageError, match=r"pip install 'optimize-run\[ray\]'"):
        make("ray", address=None, sandbox=lambda: None, lanes=None)  # type: ignore[arg-type,return-value]


def test_here_the_judge_stays_as_it_is(toy: Target) -> None:
    judge: Any = object()
    assert LocalExecutor().judge(judge, toy, "s") is judge and LocalExecutor().describe() == {"name": "local"}


def test_a_post_judges_from_its_luggage_alone(toy: Target, room: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_setaffinity", lambda *_: None)  # it is this process here
    luggage = Luggage.packed(toy, "a secret", lambda: room, 1)
    assert set(luggage.files) == {"words.txt"}
    post = Post(luggage, 0)
    score, seconds = post.judge(Candidate.of(toy.source.replace(*LEAN)), 1.0)
    assert score.status == "ok" and (score.ratio("memory") or 0.0) > 1.5
    assert seconds["screen"] > 0 and seconds["measure"] > 0
    wrong, _ = post.screen(Candidate.of(toy.source.replace("* 1.1", "* 1.1000001")))
    assert wrong.status == "wrong" and wrong.stage == "short"


def test_each_post_of_a_machine_has_a_lane_of_its_own() -> None:
    every = Lanes().measured
    assert [Lanes(None, nth).measured for nth in range(len(every))] == [(core,) for core in every]


# --- a cluster whose nodes do as they are told ------------------------------------------------------------------------


class Gone(Exception):
    """As Ray's errors of a node that died."""


class Failed(Gone):
    """As Ray's error of a task that raised."""

    def __init__(self, cause: Exception) -> None:
        self.cause = cause


class FakeRay:
    """Calls at once. Where Ray itself is, the slow test has it."""

    class exceptions:
        RayError = Gone
        RayTaskError = Failed

    @staticmethod
    def get(answer: Any) -> Any:
        return answer()


class Bound:
    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def remote(self, *about: object) -> Any:
        return self._answer


class FakeExecutor:
    ray = FakeRay

    def __init__(self, *answers: Any) -> None:
        self.places = {str(n): Place(str(n), "", "", 1) for n in range(len(answers))}
        self._answers = answers
        self.late: list[Place] = []

    def posts(self, place: Place, luggage: Any) -> list[Any]:
        from harness.executors.ray import Lane

        actor: Any = type("Actor", (), {"judge": Bound(self._answers[int(place.node)])})()
        return [Lane(place.node, actor)]

    def survey(self) -> list[Place]:
        late, self.late = self.late, []
        return late


def gone() -> None:
    raise Gone


def unsteady() -> None:
    raise Failed(Unrepeatable("the incumbent does not repeat itself"))


def judge_of(*answers: Any) -> RemoteJudge:
    return RemoteJudge(None, FakeExecutor(*answers), None)  # type: ignore[arg-type]


def test_what_a_dead_node_was_at_is_done_by_another_and_its_lane_is_not_asked_again() -> None:
    judge = judge_of(gone, lambda: (Score("ok", 2.0), {"measure": 1.0}))
    with laps.taken(rest="rest") as took:
        assert judge.judge(Candidate.of("x")).fitness == 2.0
    assert (judge.lost, judge.lanes) == (1, 1) and took.seconds["measure"] == 1.0
    assert judge.judge(Candidate.of("y")).fitness == 2.0 and judge.lost == 1


def test_what_a_judge_raises_on_a_node_is_raised_here_and_the_lane_stays() -> None:
    judge = judge_of(unsteady)
    for _ in range(2):
        with pytest.raises(Unrepeatable, match="does not repeat itself"):
            judge.judge(Candidate.of("x"))
    assert (judge.lost, judge.lanes) == (0, 1)


def test_without_a_node_a_run_ends_with_an_error_unless_one_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    judge = judge_of(gone, lambda: (Score("ok", 3.0), {}))
    judge._free.get(), judge._free.get()
    judge.lanes = 0
    judge._executor.late = [Place("1", "", "", 1)]  # type: ignore[attr-defined]
    assert judge.judge(Candidate.of("x")).fitness == 3.0
    alone = judge_of(gone)
    monkeypatch.setattr("harness.executors.ray.NOBODY_S", 0.0)
    with pytest.raises(ExecutorError, match="no node of the Ray cluster is left"):
        alone.judge(Candidate.of("x"))
