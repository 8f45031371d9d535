"""One program, judged as a run judges its best, on hidden inputs drawn for this call."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from harness.types import Level, Score

if TYPE_CHECKING:
    from harness.types import JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the judge said. score.status is "ok" for a program that keeps the promise; its readings have the ratios."""

    program: str
    target: str
    level: Level
    score: Score
    sandbox: str
    unsafe: bool
    interpreter: str | None = None  # another than the harness's own

    @property
    def ok(self) -> bool:
        return self.score.status == "ok"

    @property
    def fitness(self) -> float | None:
        """Weighted geometric mean of the two ratios, the baseline has 1; None for a program that is wrong."""
        return self.score.fitness

    def document(self) -> JsonObject:
        """The document of `optimize-run evaluate --json`."""
        score = self.score
        return {
            "program": self.program,
            "target": self.target,
            "interpreter": self.interpreter,
            "status": score.status,
            "fitness": score.fitness,
            "memory": _ratio(score, "memory", ("candidate_mib", "baseline_mib", "floor_mib")),
            "speed": _ratio(score, "speed", ("candidate_s", "baseline_s")),
            "equivalence": {"level": self.level, "workloads": _workloads(score)},
            "explanation": score.feedback or "; ".join(r.explanation for r in score.readings),
            "warnings": list(score.warnings),
            "others": _others(score),
            "sandbox": self.sandbox,
            "unsafe": self.unsafe,
        }

    def _repr_html_(self) -> str:
        """What a notebook shows. Foreign text in it is escaped."""
        from harness.report.notebook import of_judgement

        return of_judgement(self.document())


def evaluate(
    program: str | Path,
    target: str | Path,
    *,
    baseline: str | Path | None = None,
    objective: str | None = None,
    evaluators: Iterable[str] = (),
    quick: bool = False,
    python: str | None = None,
    sandbox: str | None = None,
    unsafe_no_sandbox: bool = False,
) -> Judgement:
    """Judge the program in this file by a target: equivalence, memory and speed against the baseline.

    baseline: your own copy of the target's program to compare with. quick: leave out the whole runs, which is minutes
    less and less sure. python: another interpreter than this one, by path or name. A wrong program is an answer, not an
    error; raises UsageError and the like for what cannot be judged, SandboxError, and BaselineError when the untouched
    program does not keep its own promise.
    """
    import secrets

    from harness import registry
    from harness import sandbox as rooms
    from harness.judging.lanes import Lanes
    from harness.parts import load_target, make_judge
    from harness.targets.program import read_program
    from harness.types import Candidate

    wanted, own = load_target(str(target), str(baseline) if baseline else None, objective, python), tuple(evaluators)
    wanted = registry.also_judged(wanted, own) if own else wanted
    candidate = Candidate.of(read_program(Path(program)))
    room = rooms.asked_for(sandbox, unsafe=unsafe_no_sandbox)
    lanes = Lanes()
    judge = make_judge(wanted, room, secrets.token_hex(16), lanes, own)
    with lanes.kept_clear():
        score = judge.appraise(candidate, whole=not quick)
    return Judgement(
        program=str(program), target=wanted.name, level=wanted.promise.level, score=score,
        sandbox=room.describe().backend, unsafe=unsafe_no_sandbox,
        interpreter=wanted.python.name if wanted.python else None,
    )  # fmt: skip


def _ratio(score: Score, metric: str, details: tuple[str, ...]) -> JsonObject | None:
    reading = score.reading(metric)
    if reading is None or score.status != "ok":
        return None
    ratio = {"ratio": reading.value, "low": reading.low, "high": reading.high}
    return {**ratio, **{key: reading.detail.get(key) for key in details}}


def _workloads(score: Score) -> list[JsonObject]:
    return [
        {
            "name": check.detail["workload"],
            "hidden": check.detail["hidden"],
            "ok": check.status == "ok",
            "first_difference": check.detail["first_difference"],
        }
        for check in score.readings
        if check.metric == "equivalence"
    ]


def _others(score: Score) -> list[JsonObject]:
    """What evaluators of the user's said."""
    return [
        {"metric": r.metric, "value": r.value, "unit": r.unit, "status": r.status, "explanation": r.explanation}
        for r in score.readings
        if r.metric not in ("rules", "equivalence", "memory", "speed")
    ]
