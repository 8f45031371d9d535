"""`optimize-run evaluate PROGRAM --target T`: judge one program as a run would judge its best."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.types import JsonObject, Score, Target


def evaluate(
    program: Annotated[str, typer.Argument(help="The program to judge.")],
    target: Annotated[str, typer.Option("--target", "-t", help="The target whose promise it must keep.")],
    baseline: Annotated[
        str | None, typer.Option(help="Compare with your own copy of the target's program instead.")
    ] = None,
    objective: Annotated[str | None, typer.Option(help="memory, speed, balanced, or weights.")] = None,
    quick: Annotated[bool, typer.Option(help="Leave out the whole run: minutes less, and less sure.")] = False,
    python: options.Python = None,
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    json: options.Json = False,
) -> None:
    """Judge one program on fresh hidden inputs: equivalence, memory and speed against the baseline."""
    import secrets
    import sys

    from harness import sandbox as rooms
    from harness.judging.lanes import Lanes
    from harness.parts import load_target, make_judge
    from harness.targets.program import read_program
    from harness.types import Candidate

    wanted = load_target(target, baseline, objective, python)
    candidate = Candidate.of(read_program(Path(program)))
    lanes = Lanes()
    room = rooms.asked_for(sandbox, unsafe=unsafe_no_sandbox)
    judge = make_judge(wanted, room, secrets.token_hex(16), lanes)
    if not json:
        print(f"judging {program} against {wanted.name} on hidden inputs drawn for this call", file=sys.stderr)
    with lanes.kept_clear():
        score = judge.appraise(candidate, whole=not quick)
    safety = {"sandbox": room.describe().backend, "unsafe": unsafe_no_sandbox}
    document = {**evaluation_json(program, wanted, score), **safety}
    if json:
        options.print_json(document)
    else:
        from harness.report import tables

        options.answer(tables.evaluation(document))
    if score.status != "ok":
        raise typer.Exit(1)


def evaluation_json(program: str, target: Target, score: Score) -> JsonObject:
    """The document of `evaluate --json`."""
    from harness.judging.launching import runs_on

    checks = [r for r in score.readings if r.metric == "equivalence"]
    return {
        "program": program,
        "target": target.name,
        "interpreter": found.name if (found := runs_on(target)) else None,
        "status": score.status,
        "fitness": score.fitness,
        "memory": _ratio(score, "memory", ("candidate_mib", "baseline_mib", "floor_mib")),
        "speed": _ratio(score, "speed", ("candidate_s", "baseline_s")),
        "equivalence": {
            "level": target.promise.level,
            "workloads": [
                {
                    "name": check.detail["workload"],
                    "hidden": check.detail["hidden"],
                    "ok": check.status == "ok",
                    "first_difference": check.detail["first_difference"],
                }
                for check in checks
            ],
        },
        "explanation": score.feedback or "; ".join(r.explanation for r in score.readings),
        "warnings": list(score.warnings),
    }


def _ratio(score: Score, metric: str, details: tuple[str, ...]) -> JsonObject | None:
    reading = score.reading(metric)
    if reading is None or score.status != "ok":
        return None
    return {
        "ratio": reading.value,
        "low": reading.low,
        "high": reading.high,
        **{key: reading.detail.get(key) for key in details},
    }
