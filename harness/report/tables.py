"""Answers for people: the end of a run, and the judgement of one program. Foreign text is shown letter by letter."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from statistics import NormalDist
from typing import TYPE_CHECKING

from harness.report import text
from harness.report.times import times, told
from harness.report.views import measured
from harness.stats import CONFIDENCE, PRIOR_FREEDOM, Interval, t_quantile
from harness.store.runrecord import RunRecord, Tried
from harness.types import SIMPLIFY, JsonObject, Reading

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table
    from rich.text import Text

_BARE_TAG = re.compile(r"(^|; )\[([\w-]+)(?:@([^\]]+))?\](?=;|$| \()")
METRICS = (("memory", "peak memory", "mib", text.mib), ("speed", "CPU time", "s", text.cpu))
UNSAFE = "UNSAFE: candidates ran without a sandbox, with this user's files, keys and network"


def summary(run: RunRecord) -> RenderableType:
    """The end of a run for people; in red when its candidates ran without a sandbox."""
    from rich.console import Group
    from rich.text import Text

    style = "red" if run.start.unsafe else ""
    parts: list[RenderableType] = [Text(UNSAFE, "bold red")] if run.start.unsafe else []
    parts += [Text(heading(run), f"bold {style}"), _table(run, style), Text(outcome(run), f"bold {style}")]
    return Group(*parts, *_remarks(run, style))


def heading(run: RunRecord) -> str:
    start, why = run.start, text.clean(run.reason)
    asked = (
        f"{start.target} by {start.strategy} with {start.model}, objective {start.objective.name}, seed {start.seed}"
    )
    return text.clean(f"{start.run}: {asked}; {run.status}{f' ({why})' if why else ''}")


def _table(run: RunRecord, style: str) -> Table:
    table = _comparison("baseline", "best", style)
    for metric, title, unit, show in METRICS:
        reading = measured(run.leader.score if run.leader else None, metric)
        absolute = reading.detail if reading else {}
        before = show(absolute.get(f"baseline_{unit}", _of_baseline(run, metric)))
        after = show(absolute.get(f"candidate_{unit}")) if reading else "-"
        table.add_row(title, before, after, text.phrase_of(reading) if reading else "-")
    fitness = run.leader.score.fitness if run.leader else None
    table.add_row("fitness", "1.00x", text.times(fitness) if fitness else "-", "")
    return table


def _comparison(before: str, after: str, style: str = "") -> Table:
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, style=style, row_styles=[style])
    table.add_column("")
    table.add_column(before, justify="right")
    table.add_column(after, justify="right")
    table.add_column("ratio with 95 % interval")
    return table


def _of_baseline(run: RunRecord, metric: str) -> float | None:
    if run.baseline is None:
        return None
    return run.baseline.memory_mib if metric == "memory" else run.baseline.cpu_s


def verdict(run: RunRecord) -> str:
    """The run in one sentence: the best, or plainly that there is none; and that there was no sandbox."""
    return f"{UNSAFE}. {outcome(run)}" if run.start.unsafe else outcome(run)


def outcome(run: RunRecord) -> str:
    if leader := run.leader:
        readings = [reading for metric, *_ in METRICS if (reading := measured(leader.score, metric))]
        return text.clean(f"Best: {leader.id}, {text.listed([text.phrase_of(reading) for reading in readings])}")
    return f"No improvement: nothing was crowned; {_standing(run)}"


def _standing(run: RunRecord) -> str:
    """What was seen although nothing was crowned."""
    scored = [tried for tried in run.tried if tried.score.status == "ok" and tried.score.fitness]
    if not run.tried:
        return "nothing was tried."
    if not scored:
        return "no candidate was valid, and the baseline stands."
    if run.start.strategy == "noop":
        bands = [f"{_shown(pooled(scored, metric))} for {title}" for metric, title, *_ in METRICS]
        times = text.count(len(scored), "measurement")
        return f"{text.listed(bands)} over {times} of the same program: differences within that are noise."
    near = max(scored, key=lambda tried: tried.score.fitness or 0.0)
    readings = [reading for metric, *_ in METRICS if (reading := measured(near.score, metric))]
    best = text.listed([text.phrase_of(reading) for reading in readings])
    return text.clean(f"the baseline stands. The nearest, {near.id}, measured {best}, which is not beyond doubt.")


def _shown(band: Interval | None) -> str:
    return f"{text.times(band.value)} {text.bounds(band.value, band.low, band.high)}" if band else "not measured"


def pooled(scored: Sequence[Tried], metric: str) -> Interval | None:
    """The noise band of one measurement: the mean log ratio of all candidates and where 95 % of single ones fall.

    A prediction interval, since the question is what a single measurement may show by chance. Its variance is that
    between the measurements, on top of what their own intervals claim, which counts as much as a few of them.
    """
    readings = [reading for tried in scored if (reading := measured(tried.score, metric))]
    if not readings:
        return None
    logs = [math.log(reading.value) for reading in readings]
    mean, n = sum(logs) / len(logs), len(logs)
    freedom = PRIOR_FREEDOM + n - 1
    squares = PRIOR_FREEDOM * _claimed_variance(readings) + sum((x - mean) ** 2 for x in logs)
    half = t_quantile(0.5 + CONFIDENCE / 2, freedom) * math.sqrt(squares / freedom * (1 + 1 / n))
    return Interval(math.exp(mean), math.exp(mean - half), math.exp(mean + half))


def _claimed_variance(readings: Sequence[Reading]) -> float:
    """The mean variance of a log ratio that the readings' own 95 % intervals stand for."""
    normal = NormalDist().inv_cdf(0.5 + CONFIDENCE / 2)
    errors = [math.log(r.high / r.low) / (2 * normal) for r in readings if r.low and r.high]
    return sum(error**2 for error in errors) / len(errors) if errors else 0.0


def _remarks(run: RunRecord, style: str) -> Iterator[Text]:
    from rich.text import Text

    for line in remarks(run):
        yield Text(line, "yellow" if line.startswith("Warning") and not style else style)


def remarks(run: RunRecord) -> Iterator[str]:
    """The lines under the table."""
    if run.leader:
        yield f"Why: {_steps(run)}"
        yield _confirmed(run)
    if run.start.plugins:
        yield f"Plug-ins: {plugged(run)}"
    yield f"Tried: {tally(run)}"
    yield f"Cost: {text.cost(run.usage)}"
    yield f"Time: {told(times(run))}"
    if run.leader:
        yield f"Files: {text.clean(run.folder / f'best{run.start.suffix}')}, {text.clean(run.folder / 'best.diff')}"
    if (run.folder / "report.html").exists():
        yield f"Report: {text.clean(run.folder / 'report.html')}"
    for warning in warnings(run):
        yield f"Warning: {text.clean(warning)}"


def _confirmed(run: RunRecord) -> str:
    verdicts = [confirm for confirm in run.confirms if confirm.candidate == run.best]
    if not verdicts:
        return "Not confirmed: the full-length run of the best is not recorded"
    readings = [reading for metric, *_ in METRICS if (reading := measured(verdicts[-1].score, metric))]
    shown = text.listed([text.phrase_of(reading) for reading in readings])
    return f"Confirmed on the full-length run{': ' if shown else ''}{shown}"


def _steps(run: RunRecord) -> str:
    """What was done on the way from the baseline to the best, one note a step."""
    steps = [found for id_ in run.lineage()[1:] if (found := run.candidate(id_))]
    simplified = [nth for nth, step in enumerate(steps) if step.operator == SIMPLIFY]
    steps = steps[simplified[-1] :] if simplified else steps  # such a note names all that is left of what came before
    return "; then ".join(_told(text.clean(step.note)) or "no note was left" for step in steps)


def _told(note: str) -> str:
    """A note whose rewrites are named by their tags alone, `[collector-off]; [drop-dead@all]`, as words."""
    return _BARE_TAG.sub(lambda tag: f"{tag[1]}{tag[2]}" + (f" ({tag[3]})" if tag[3] else ""), note)


def plugged(run: RunRecord) -> str:
    """Code of the user's that took part: `evaluator small.py:Small (sha256 0123456789ab)`."""
    return text.listed(
        [f"{text.clean(p['kind'])} {text.clean(p['title'])} (sha256 {p['sha256'][:12]})" for p in run.start.plugins]
    )


def tally(run: RunRecord) -> str:
    """What was tried: `24 candidates: 20 ok (3 kept), 2 wrong, 1 crash`."""
    statuses = Counter(tried.score.status for tried in run.tried)
    kept = sum(tried.kept for tried in run.tried)
    told = [f"{n:,} {status}{f' ({kept:,} kept)' if status == 'ok' else ''}" for status, n in statuses.most_common()]
    told += [f"{text.count(run.planned, 'plan')}"] if run.planned else []
    unfinished = f"; {text.count(len(run.open), 'order')} unfinished" if run.open else ""
    return f"{text.count(len(run.tried), 'candidate')}{': ' if told else ''}{', '.join(told)}{unfinished}"


def warnings(run: RunRecord) -> list[str]:
    """Those of the baseline and of the best, each once, in order."""
    said = [*(run.baseline.warnings if run.baseline else ()), *(run.leader.score.warnings if run.leader else ())]
    return list(dict.fromkeys(said))


# --- One program ------------------------------------------------------------------------------------------------------


def evaluation(document: JsonObject) -> RenderableType:
    """The document of `evaluate --json` for people."""
    from rich.console import Group
    from rich.text import Text

    good, unsafe = document["status"] == "ok", document.get("unsafe", False)
    lines = [Text(UNSAFE, "bold red")] if unsafe else []
    lines += [Text(text.clean(line), "" if good and not unsafe else "red") for line in judgement(document)]
    return Group(*lines, _measurements(document, "red" if unsafe else "")) if good else Group(*lines)


def judgement(document: JsonObject) -> Iterator[str]:
    """The lines above the table of one program's judgement."""
    yield f"{document['program']} against {document['target']}: {document['status']}"
    for workload in document["equivalence"]["workloads"]:
        kind = "hidden" if workload["hidden"] else "public"
        said = "same output" if workload["ok"] else workload["first_difference"]
        yield f"{kind} workload {workload['name']}, {document['equivalence']['level']}: {said}"
    for other in document.get("others", ()):
        yield f"{other['metric']}: {other['value']:.4g}{other['unit']}; {other['explanation']}"
    if document["status"] != "ok":
        yield str(document["explanation"])
    for warning in document.get("warnings", ()):
        yield f"Warning: {warning}"


def _measurements(document: JsonObject, style: str) -> Table:
    table = _comparison("baseline", "candidate", style)
    for metric, title, unit, show in METRICS:
        if found := document[metric]:
            words = text.phrase(metric, found["ratio"], found["low"], found["high"])
            table.add_row(title, show(found[f"baseline_{unit}"]), show(found[f"candidate_{unit}"]), words)
    table.add_row("fitness", "1.00x", text.times(document["fitness"]) if document["fitness"] else "-", "")
    return table
