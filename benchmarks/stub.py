"""A run with everything real but the judge: numbers that do not vary and cost nothing, so that the rest can be seen.

`python -m benchmarks.stub launch|resume ...` is one process of such a run; it notes every answer that its model gives
and every judgement that is made in a file that survives it.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness import launch, stats
from harness.budget import Limit
from harness.judging.judge import Baseline, Duel
from harness.spec import Spec
from harness.types import Candidate, Profile, Protection, Reading, Score, Target

ROOT = Path(__file__).resolve().parents[1]


class StubJudge:
    """A program is worth what its text's hash says; an incumbent is beaten by whoever is worth more."""

    def __init__(self, target: Target, note: Callable[[str], None] = lambda _: None) -> None:
        self.target = target
        self._note = note

    def prepare(self, ahead: bool = True) -> Baseline:
        return Baseline(60.0, 1.0, 8.0, 0.03)

    def warnings(self) -> list[str]:
        return []

    def screen(self, candidate: Candidate) -> Score:
        self._note(f"judge {candidate.id}")
        return Score("ok", stage="short")

    def judge(self, candidate: Candidate, stake: float = 0.0, screened: Score | None = None) -> Score:
        self._note(f"judge {candidate.id}")
        worth = self.worth(candidate)
        if worth < 0.8:
            return Score("wrong", feedback="hidden workload few: line 3 differs", stage="short")
        ratios = (("memory", worth * 1.05), ("speed", worth / 1.05))
        readings = tuple(Reading(m, r, "x", low=r * 0.99, high=r * 1.01, samples=(r, r, r)) for m, r in ratios)
        return Score("ok", worth, readings, stage="measure")

    def profile(self, candidate: Candidate) -> Profile:
        return Profile((), (), (), 0.0, "nothing is run")

    @staticmethod
    def worth(candidate: Candidate) -> float:
        """0.7 to 3.0, most of it near 1."""
        share = int(hashlib.sha256(candidate.source.encode()).hexdigest()[:8], 16) / 0xFFFFFFFF
        return 0.7 + 2.3 * share**6

    def contends(self, score: Score, incumbent: Score) -> bool:
        return score.status == "ok" and (score.fitness or 0.0) > (incumbent.fitness or 1.0)

    def may_be_as_good(self, score: Score, incumbent: Score) -> bool:
        return score.status == "ok" and (score.fitness or 0.0) >= (incumbent.fitness or 1.0)

    def duel(self, candidate: Candidate, incumbent: Candidate, nth: int, rule: stats.Rule) -> Duel:
        self._note(f"duel {candidate.id} {incumbent.id}")
        ratio = self.worth(candidate) / self.worth(incumbent)
        return Duel(
            ratio > 1 - rule.margin, stats.Interval(ratio, ratio * 0.99, ratio * 1.01), 3, stats.duel_alpha(nth), "stub"
        )

    def confirm(self, candidate: Candidate, whole: bool = True) -> Score:
        self._note(f"confirm {candidate.id}")
        if int(candidate.id, 16) % 3 == 0:
            return Score("wrong", feedback="the whole run differs", stage="full")
        return self.judge_whole(candidate)

    def judge_whole(self, candidate: Candidate) -> Score:
        return Score("ok", self.worth(candidate), stage="full")

    def stands(self, whole: Score) -> bool:
        return whole.status == "ok"

    def ready(self) -> bool:
        return False

    def confirm_seconds(self, leader: Score) -> float | None:
        return 0.0


class NoSandbox:
    """Nothing is ever run in it."""

    def describe(self) -> Protection:
        return Protection("none: nothing is run", (), ())

    def run(self, job: object) -> Any:
        raise AssertionError("a stub judge runs nothing")


def with_stub_judge(note: Callable[[str], None] = lambda _: None) -> None:
    """From here on runs of this process are judged by the stub, and look for no sandbox."""
    from harness import sandbox

    launch.make_judge = lambda target, *_: StubJudge(target, note)  # type: ignore[assignment]
    sandbox.choose = lambda python=None, backend=None: NoSandbox()  # type: ignore[assignment]


def noting(path: Path) -> Callable[[str], None]:
    """Notes lines in a file; a note that was made is there whatever happens to this process."""
    file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
    return lambda line: void(os.write(file, f"{os.getpid()} {time.time():.4f} {line}\n".encode()))


def void(_: object) -> None:
    return None


def main() -> None:
    """launch ROOT NOTES MODEL EVALUATIONS PARALLEL STRATEGY | resume FOLDER NOTES"""
    job, where, notes, *rest = sys.argv[1:]
    note = noting(Path(notes))
    with_stub_judge(note)
    note_answers(note)
    if job == "resume":
        launch.resume(Path(where), launch.Hooks())
        return
    model, calls, parallel, strategy = rest
    spec = Spec(
        target=str(ROOT / "tests/toy"), strategy=strategy, model=model,
        parallel=int(parallel), limit=Limit(calls=int(calls)),
    )  # fmt: skip
    launch.launch(spec, Path(where), launch.Hooks())


def note_answers(note: Callable[[str], None]) -> None:
    from harness.models.scripted import ScriptedModel
    from harness.types import Prompt, Reply

    answer = ScriptedModel.complete

    def complete(self: ScriptedModel, prompt: Prompt) -> Reply:
        reply = answer(self, prompt)
        note(f"answer {prompt.seed}")
        return reply

    ScriptedModel.complete = complete  # type: ignore[method-assign]


if __name__ == "__main__":
    main()
