"""`optimize-run rescore RUN`: judge what a run recorded once more, on fresh hidden inputs, on this machine."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.judging.judge import Judge
    from harness.store.runrecord import RunRecord, Tried
    from harness.types import Candidate, JsonObject, Score, Target

FOLDER = "rescores"  # in the run's folder, one file each time


class Which(StrEnum):
    """Which programs of a run."""

    BEST = "best"
    LINEAGE = "lineage"
    OK = "ok"


def rescore(
    run: options.Run = "latest",
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Judge by another target; default: the run's own.")
    ] = None,
    which: Annotated[Which, typer.Option(help="The best, all on the way to it, or all that were right.")] = Which.BEST,
    top: Annotated[int | None, typer.Option(min=1, help="The N best of all that were right, instead.")] = None,
    quick: Annotated[bool, typer.Option(help="Leave out the whole runs: minutes less, and less sure.")] = False,
    python: Annotated[
        str | None,
        typer.Option(
            metavar="VERSION | PATH",
            help="By another interpreter, the untouched program too: does the gain carry over? Default: the run's own.",
        ),
    ] = None,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Judge a run's programs again, without one model call: fresh hidden inputs, today's evaluators, this machine.

    The run's journal stays as it is; the results go to a file in its folder. Ends with 1 when something no longer
    stands: it is wrong now, or shows no gain beyond its error where it had shown one.
    """
    from harness.errors import UsageError
    from harness.store.runs import find, load

    record = load(find(options.runs_root(runs), run))
    chosen = _chosen(record, which, top)
    if not chosen:
        raise UsageError(f"run {record.start.run} has no program to judge again: nothing it tried was right")
    form = options.form_of(format_, json)
    if own := [plugin["title"] for plugin in record.start.plugins if plugin["kind"] == "evaluator"]:
        options.note(f"the run was judged by {', '.join(own)} too; now it is by the built-in evaluators alone")
    document = _judged(record, _target(record, target, python), chosen, not quick)
    fallen = [row["id"] for row in document["candidates"] if not row["stands"]]
    if form is not options.Form.JSON:
        options.note(f"kept in {document['path']}; the run's journal is as it was")
    options.table(_columns(), document["candidates"], form, document)
    if fallen:
        options.note(f"no longer stands: {', '.join(fallen)}")
        raise typer.Exit(1)


def _chosen(record: RunRecord, which: Which, top: int | None) -> list[Tried]:
    """Each program once, best first or oldest first; those of the lineage with the score that they were kept with."""
    right = {tried.id: tried for tried in record.tried if tried.id and tried.score.status == "ok"}
    best_first = sorted(right.values(), key=lambda tried: -(tried.score.fitness or 0.0))
    if top is not None:
        return best_first[:top]
    if which is Which.OK:
        return list(right.values())
    if which is Which.LINEAGE:
        return [found for id_ in record.lineage() if (found := right.get(id_))]
    return [record.leader] if record.leader else best_first[:1]


def _target(record: RunRecord, reference: str | None, python: str | None = None) -> Target:
    """The run's own target, with the program that the run began with; or another as it is.

    python: the interpreter; None: the one that the run was made with.
    """
    from dataclasses import replace

    from harness import pledges
    from harness.parts import load_target

    start = record.start
    recorded = (start.interpreter or {}).get("path") if start.suffix == ".py" else None  # a compiler is found again
    if recorded and not python:
        pledges.refuse_strange(start.run, [pledges.interpreter(recorded)])
        python = recorded
    if reference is not None:
        return replace(load_target(reference, None, None, python), objective=start.objective)
    target = load_target(start.target_path or start.target, start.program, None, python)
    return replace(target, objective=start.objective, source=record.source(start.baseline_id))


def _judged(record: RunRecord, target: Target, chosen: Iterable[Tried], whole: bool) -> JsonObject:
    """The document, on disk after each program, so that a kill loses one judgement and no more."""
    import json
    import secrets
    import time

    from harness import sandbox
    from harness.judging.lanes import Lanes
    from harness.judging.launching import runs_on
    from harness.machine import machine, version
    from harness.parts import make_judge
    from harness.store.blobs import write_whole

    lanes, secret, room = Lanes(), secrets.token_hex(16), sandbox.choose()
    if target.python:
        sandbox.prove(room, target.python)
    now = found.name if (found := runs_on(target)) else str(machine()["python"])
    path = _new_file(record.folder)
    document: JsonObject = {
        "run": record.start.run, "target": target.name, "at": round(time.time(), 3), "version": version(),
        "machine": machine(), "interpreter": {"then": record.start.runs_on, "now": now}, "whole": whole,
        "path": str(path), "done": False, "candidates": [],
    }  # fmt: skip
    if now != record.start.runs_on:
        options.note(f"the run was made on {record.start.runs_on}; both programs are judged on {now} now")
    judge = make_judge(target, room, secret, lanes)
    with lanes.kept_clear():
        judge.prepare(ahead=whole)
        for tried in chosen:
            options.note(f"judging {tried.id} again")
            document["candidates"].append(_row(record, tried, judge, whole))
            write_whole(path, json.dumps(document, indent=1).encode())
    document |= {"done": True, "secret": secret}
    write_whole(path, json.dumps(document, indent=1).encode())
    return document


def _new_file(folder: Path) -> Path:
    """Where the results will be; refused here, before anything was judged, when the folder cannot be written."""
    from datetime import UTC, datetime

    from harness.errors import StoreError

    path = folder / FOLDER / f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S%f')}.json"
    try:
        path.parent.mkdir(exist_ok=True)
        path.touch(exist_ok=False)
    except OSError as error:
        raise StoreError(f"run folder {folder} cannot be written: {error.strerror}; copy it elsewhere first") from None
    return path


def _row(record: RunRecord, tried: Tried, judge: Judge, whole: bool) -> JsonObject:
    from harness.store.records import plain
    from harness.types import Candidate

    candidate = Candidate.of(record.source(tried.id or ""), tried.parents, tried.note)
    score = _score(judge, candidate, whole)
    had_gained = tried.kept or tried.id == record.best
    lasting = score.status == "ok" and (judge.stands(score) or not had_gained)
    return {
        "id": tried.id, "note": candidate.note, "kept": tried.kept, "status": score.status,
        "stands": lasting, "why": score.feedback,
        "fitness": {"then": tried.score.fitness, "now": score.fitness},
        "memory": {"then": _interval(tried.score, "memory"), "now": _interval(score, "memory")},
        "speed": {"then": _interval(tried.score, "speed"), "now": _interval(score, "speed")},
        "score": plain(score),
    }  # fmt: skip


def _score(judge: Judge, candidate: Candidate, whole: bool) -> Score:
    screened = judge.screen(candidate)
    return judge.confirm(candidate, whole) if screened.status == "ok" else screened


def _interval(score: Score, metric: str) -> JsonObject | None:
    from harness.report.views import measured

    found = measured(score, metric)
    return {"ratio": found.value, "low": found.low, "high": found.high} if found else None


def _columns() -> list[Any]:
    from harness.report import text
    from harness.report.grid import Column

    def both(pair: JsonObject) -> str:
        return " -> ".join(_shown(pair[when]) for when in ("then", "now"))

    def fitness(pair: JsonObject) -> str:
        return " -> ".join(text.times(pair[when]) if pair[when] else "-" for when in ("then", "now"))

    return [
        Column("id", "id"), Column("status", "status"), Column("stands", "stands", lambda yes: "yes" if yes else "NO"),
        Column("fitness", "fitness", fitness), Column("memory", "memory, then -> now", both),
        Column("speed", "speed, then -> now", both), Column("why", "why"), Column("note", "note"),
    ]  # fmt: skip


def _shown(found: JsonObject | None) -> str:
    from harness.report import text

    if not found:
        return "-"
    return f"{text.times(found['ratio'])} {text.bounds(found['ratio'], found['low'], found['high'])}"
