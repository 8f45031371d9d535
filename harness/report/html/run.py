"""The report on one run: a page with everything that its folder tells, made by `optimize-run report` and at its end."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from harness.errors import StoreError
from harness.report import tables, text, times
from harness.report.html import page, words
from harness.report.html.nodes import Drawn, changes, drawn, pareto
from harness.report.html.spans import STAGES, Spans
from harness.report.html.texts import Texts
from harness.store import runs
from harness.store.blobs import write_whole
from harness.store.runrecord import RunRecord
from harness.types import JsonObject, Usage

NAME = "report.html"


def write(folder: Path, to: Path | None = None) -> Path:
    """Make the report on the run in this folder, into report.html there or another file. Returns where it is.

    Raises StoreError for a folder that holds no readable run, OSError for a file that cannot be written.
    """
    path = to or folder / NAME
    write_whole(path, made(folder).encode("utf-8"))
    return path


def made(folder: Path) -> str:
    """The page for the run in this folder."""
    spans = Spans()
    run = runs.load(folder, spans.take)
    texts = Texts()
    nodes = drawn(run, spans, texts)
    best, missing = _program(run)
    body = page.render(
        "run.html.j2",
        run=run,
        headline=words.headline(run),
        asked=_asked(run),
        unfinished=words.unfinished(run),
        unsafe=tables.UNSAFE if run.start.unsafe else "",
        rows=words.rows(run),
        fitness=text.times(run.leader.score.fitness) if run.leader and run.leader.score.fitness else "-",
        certainty=list(words.certainty(run)),
        cost=text.cost(run.usage),
        tally=tables.tally(run),
        steps=words.steps(run),
        confirmed=words.confirmed(run),
        warnings=words.all_warnings(run),
        program=best,
        missing=missing,
        diff=_best_diff(run, best),
        stages=list(_stages(run, spans)),
        busy=times.lanes(times.times(run, spans)),
        models=list(_models(spans)),
        workers=text.count(run.start.parallel, "worker"),
        wall=text.duration(run.usage.seconds),
        facts=list(_facts(run)),
        knobs=[(key, _plain(value)) for key, value in run.start.settings.items()],
        left_out=text.count(texts.left_out, "text") if texts.left_out else "",
    )
    packed = {"run": json.dumps(_data(run, nodes, texts), ensure_ascii=False, separators=(",", ":"), allow_nan=False)}
    if best:
        packed["best"] = best
    return page.document(
        title=f"{words.headline(run)} ({run.start.run})",
        body=body,
        scripts=("charts.js", "candidates.js", "run.js"),
        packed=packed,
        charts=True,
    )


def _data(run: RunRecord, found: Drawn, texts: Texts) -> JsonObject:
    """What the page's scripts work with. Foreign text in it has its unseen characters spelt out."""
    leader = run.leader
    return {
        "run": page.visible(run.start.run),
        "baseline": {"id": page.visible(run.start.baseline_id), "x": found.root[0], "y": found.root[1]},
        "nodes": found.nodes,
        "path": found.path,
        "front": pareto(run),
        "climb": _climb(run),
        "confirmed": leader.score.fitness if leader and words.confirmed(run) else None,
        "statuses": dict(Counter(tried.score.status for tried in run.tried).most_common()),
        **texts.document(),
    }


def _climb(run: RunRecord) -> list[float]:
    """The best so far after each candidate, from the baseline's 1.0."""
    best, levels = 1.0, [1.0]
    for tried in run.tried:
        best = tried.score.fitness if tried.kept and tried.score.fitness else best
        levels.append(best)
    return levels


# --- The program ------------------------------------------------------------------------------------------------------


def _program(run: RunRecord) -> tuple[str, str]:
    """The best program, or why it cannot be shown; two empty texts when there is none."""
    if run.best is None:
        return "", ""
    try:
        return run.source(run.best), ""
    except (StoreError, OSError, UnicodeDecodeError) as error:
        return "", str(error)


def _best_diff(run: RunRecord, best: str) -> list[tuple[str, str]]:
    if not best:
        return []
    try:
        return list(changes(run.source(run.start.baseline_id), best))
    except (StoreError, OSError, UnicodeDecodeError):
        return []


# --- Facts ------------------------------------------------------------------------------------------------------------


def _asked(run: RunRecord) -> str:
    start = run.start
    how = f"{run.status} ({run.reason})" if run.reason else run.status
    return f"{start.strategy} with {start.model}, objective {start.objective.name}, seed {start.seed}; {how}"


def _stages(run: RunRecord, spans: Spans) -> Iterator[JsonObject]:
    by_stage = spans.by_stage(run.usage.seconds)
    longest = max(by_stage.values(), default=0.0)
    for stage, seconds in by_stage.items():
        yield {
            "name": stage,
            "means": STAGES.get(stage, ""),
            "took": text.duration(seconds),
            "width": round(100 * seconds / longest, 2),
        }


def _models(spans: Spans) -> Iterator[JsonObject]:
    for name, usage in spans.by_model().items():
        yield {"name": name, **_spent(usage)}


def _spent(usage: Usage) -> JsonObject:
    return {
        "calls": text.count(usage.calls),
        "tokens_in": text.count(usage.tokens_in),
        "tokens_cached": text.count(usage.tokens_cached),
        "tokens_out": text.count(usage.tokens_out),
        "usd": text.money(usage.usd),
        "took": text.duration(usage.seconds),
    }


def _facts(run: RunRecord) -> Iterator[tuple[str, str | list[str]]]:
    """The machine, the sandbox, and what the run was asked to do."""
    start = run.start
    yield "run", start.run
    yield "started", f"{text.when(start.at)} UTC"
    yield "ended", f"{text.when(run.ended)} UTC" if run.ended else f"not recorded: the run is {run.status}"
    yield "version", f"optimize-run {start.version}"
    if start.target_path or start.program:
        yield "program", str(start.program or start.target_path)
    if start.plugins:
        yield "plug-ins", [f"{plugin['kind']} {plugin['title']}, sha256 {plugin['sha256']}" for plugin in start.plugins]
    yield "limits", _limits(start.budget)
    for key in ("system", "cpu", "cores", "python"):
        if start.machine.get(key) is not None:
            yield key, str(start.machine[key])
    yield "programs ran on", start.runs_on
    yield "sandbox", str(start.sandbox.get("backend", "not recorded"))
    yield "it covers", [str(line) for line in start.sandbox.get("covers", ())] or "nothing"
    yield "it lacks", [str(line) for line in start.sandbox.get("lacks", ())] or "nothing that is known"
    if run.baseline:
        yield "interpreter's own memory", text.mib(run.baseline.floor_mib)
        yield "noise of one pair here", f"{run.baseline.spread:.1%} of CPU time, when the run began"


def _limits(budget: JsonObject) -> str:
    """`480 seconds, patience 12`."""
    said = [f"{value:,} {key.replace('_', ' ')}" for key, value in budget.items() if value is not None]
    return ", ".join(said) or "none"


def _plain(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value)
