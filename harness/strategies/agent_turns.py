"""One turn of `codex`: what a coding agent is told, and what is taken back from its session."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from harness import edits
from harness.edits import Edited
from harness.errors import ModelError, ModelRefused, Unusable
from harness.strategies.evidence import changes_of, profile_of
from harness.strategies.prompting import render
from harness.strategies.proposers import DIFF_CHARACTERS, ask_model
from harness.strategies.quoting import one_line, whole_lines
from harness.types import Brief, Candidate, JsonObject, Order, Report, Score, Tools

if TYPE_CHECKING:
    from harness.strategies.codex import CodexSettings

RESULTS = "results.tsv"
NOTES = "NOTES.md"
COLUMNS = ("id", "score", "memory", "speed", "verdict", "description")


def turn(order: Order, tools: Tools, settings: CodexSettings) -> Candidate:
    """A session of the agent that the settings name. Raises Unusable, and ModelError when the agent itself failed."""
    start = tools.source(order.parents[0])
    values = {**order.context, "rows": _latest(order.context), "target": tools.target}
    values["profile"] = profile_of(start, tools, order.context["profiled"])
    values["changes"] = changes_of(order.context["diffs"], tools)
    brief = Brief(
        agent=settings.agent,
        model=settings.model,
        rules=render("codex_rules.md.j2", **values),
        task=render("codex_task.md.j2", **values),
        program=start,
        papers={RESULTS: results_table(order.context["rows"]), NOTES: order.context["notes"]},
        seconds=settings.turn_timeout,
        max_steps=settings.max_steps,
        quick_evals=order.context["quick_evals"],
    )
    report = tools.session(brief)
    tools.hand_over(
        {
            "notes": report.notes,
            "said": one_line(report.said, 600),
            "steps": report.steps,
            "end": report.end,
            "reason": one_line(report.reason),
        }
    )
    return _candidate(order, report, start)


def plain_turn(order: Order, tools: Tools, tries: int) -> Candidate:
    """A turn with a model that can call no tools: edits are asked for until one keeps its promise, at most `tries`.

    Raises Unusable when none did.
    """
    start = tools.source(order.parents[0])
    system = render("system.md.j2", target=tools.target, mode="diff")
    values = {**order.context, "attempts": _latest(order.context), "program": start, "target": tools.target}
    user = render("codex_plain.md.j2", **values, mode="diff")
    mend, verdict = "", Score("invalid")
    for _ in range(tries):
        edited = ask_model(system, user + mend, start, tools)
        verdict = tools.trial(edited.source)
        if verdict.status == "ok":
            return Candidate.of(edited.source, order.parents, edited.note)
        mend = _told_to_mend(start, edited, verdict)
    raise Unusable(f"no program of this turn kept its promise: {verdict.status}: {one_line(verdict.feedback)}")


def results_table(rows: Iterable[JsonObject]) -> str:
    """results.tsv: tabs between columns, one line a turn, oldest first."""
    lines = ["\t".join(COLUMNS)]
    for row in rows:
        ratios = [_ratio(row[key]) for key in ("fitness", "memory", "speed")]
        lines.append("\t".join([row["id"] or "-", *ratios, row["verdict"], one_line(row["note"])]))
    return "\n".join(lines) + "\n"


def _candidate(order: Order, report: Report, start: str) -> Candidate:
    if report.end == "refused":
        raise ModelRefused(report.reason)
    if report.source is None:
        raise Unusable(f"nothing could be taken back: {report.reason}")
    if report.source == start:
        if report.end == "failed":
            raise ModelError(report.reason)
        words = f" ({report.reason})" if report.reason else ""
        raise Unusable(f"the program file was left as it was{words}")
    return Candidate.of(report.source, order.parents, _note(report.said))


def _note(said: str) -> str:
    """What the agent says that it changed, from the object that it was asked to finish with, else its first words."""
    begin, end = said.rfind("{"), said.rfind("}")
    try:
        found = json.loads(said[begin : end + 1])
    except (ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("change"), str):
        return one_line(found["change"])
    return one_line(said)


def _latest(context: JsonObject) -> Sequence[JsonObject]:
    return context["rows"][-context["shown"] :] if context["shown"] else []


def _told_to_mend(start: str, edited: Edited, score: Score) -> str:
    difference = whole_lines(edits.unified(start, edited.source, "current", "yours"), DIFF_CHARACTERS)
    return render("repair.md.j2", status=score.status, feedback=score.feedback, difference=difference)


def _ratio(value: float | None) -> str:
    return "-" if value is None else f"{value:.4g}"
