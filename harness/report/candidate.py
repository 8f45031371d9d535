"""All that a run recorded of one candidate: what it is, how it was judged, and the exchange that it came from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from harness import edits
from harness.errors import StoreError
from harness.report import text, views
from harness.report.grid import Column
from harness.store import journal
from harness.store.blobs import Blobs
from harness.store.fold import JOURNAL
from harness.store.runrecord import RunRecord, Tried
from harness.types import JsonObject

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

READINGS = (
    Column("metric", "metric"),
    Column("status", "status"),
    Column("shown", "value with 95 % interval"),
    Column("explanation", "how it was found"),
)


def told(run: RunRecord, id_: str) -> JsonObject:
    """The document of `show --candidate --json`. A text whose blob is gone is replaced by what is wrong with it.

    Raises StoreError for the baseline: it was not proposed by anybody.
    """
    tried = run.candidate(id_)
    if tried is None:
        raise StoreError(f"candidate {id_} is the untouched program of run {run.start.run}: nobody proposed it")
    return {
        "run": run.start.run,
        "candidate": views.candidate(tried)
        | {"feedback": tried.score.feedback, "stage": tried.score.stage, "warnings": list(tried.score.warnings)},
        "usage": asdict(tried.usage),
        "readings": [
            {key: value for key, value in asdict(reading).items() if key not in ("samples", "better")}
            for reading in tried.score.readings
        ],
        "duels": [asdict(crown) for crown in run.crowns if id_ in (crown.candidate, crown.over)],
        "confirmed": [
            {"ok": confirm.ok, "fitness": confirm.score.fitness} for confirm in run.confirms if confirm.candidate == id_
        ],
        "diff": _diff(run, tried),
        "source": _source(run, id_),
        "exchanges": list(_exchanges(run, tried.n)),
    }


def _source(run: RunRecord, id_: str) -> str:
    try:
        return run.source(id_)
    except StoreError as error:
        return f"({error})\n"


def _diff(run: RunRecord, tried: Tried) -> str:
    """From the first parent, or from the untouched program where that is not known."""
    known = {run.start.baseline_id, *(other.id for other in run.tried)}
    parent = next((parent for parent in tried.parents if parent in known), run.start.baseline_id)
    own = tried.id or ""
    return edits.unified(_source(run, parent), _source(run, own), f"{parent}.py", f"{own}.py")


def _exchanges(run: RunRecord, n: int) -> Iterator[JsonObject]:
    """Each question of order n to a model, with its answer."""
    blobs = Blobs(run.folder / "blobs")
    for event in journal.read(run.folder / JOURNAL):
        if event.kind == "reply" and event.data["n"] == n:
            own = {key: event.data[key] for key in ("call", "model", "stop", "usage")}
            yield own | {key: _text(blobs, event.data[key]) for key in ("prompt", "reply")}


def _text(blobs: Blobs, sha: str) -> str:
    try:
        return blobs.get(sha)
    except StoreError as error:
        return f"({error})"


# --- For people -------------------------------------------------------------------------------------------------------


def for_people(document: JsonObject) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from harness.report.grid import rich_table

    heading, *lines = _lines(document)
    parts: list[RenderableType] = [Text(text.clean(heading), "bold"), *(Text(text.clean(line)) for line in lines)]
    if document["readings"]:
        parts.append(rich_table(READINGS, [r | {"shown": _value(r)} for r in document["readings"]]))
    parts += _section("What it changed", document["diff"] or "nothing\n")
    for exchange in document["exchanges"]:
        parts += _section(f"Answer of {exchange['model']}, call {exchange['call'] + 1}", exchange["reply"])
        parts += _section("to this", exchange["prompt"])
    return Group(*parts)


def _value(reading: JsonObject) -> str:
    if reading["unit"] != "x" or reading["status"] != "ok":
        return "-"
    return text.phrase(reading["metric"], reading["value"], reading["low"], reading["high"])


def _lines(document: JsonObject) -> Iterator[str]:
    own, usage = document["candidate"], document["usage"]
    verdict = own["status"] if own["status"] != "ok" else "kept" if own["kept"] else "not kept"
    reached = f", {text.times(own['fitness'])}" if own["fitness"] else ""
    yield f"{own['id']} of {document['run']}: {verdict}{reached}"
    yield f"Note: {own['note'] or 'none was left'}"
    yield f"Order {own['n']}: {own['operator']} of {' and '.join(own['parents']) or 'nothing'}"
    if own["feedback"]:
        yield f"Said to the model: {own['feedback']}"
    for duel in document["duels"]:
        won = "won" if duel["crowned"] == (duel["candidate"] == own["id"]) else "lost"
        other = duel["over"] if duel["candidate"] == own["id"] else duel["candidate"]
        yield f"Duel with {other}: {won}; {duel['explanation']}"
    for whole in document["confirmed"]:
        at = f", {text.times(whole['fitness'])}" if whole["fitness"] else ""
        yield f"Whole run: {'it stood' if whole['ok'] else 'it fell'}{at}"
    parts = [text.count(usage["calls"], "call"), text.count(usage["tokens_in"] + usage["tokens_out"], "token")]
    parts += [] if usage["usd"] == 0 else [text.money(usage["usd"])]
    yield f"Cost: {', '.join([*parts, text.duration(usage['seconds'])])}"


def _section(title: str, body: str) -> list[Text]:
    from rich.text import Text

    return [Text(f"\n{text.clean(title)}", "bold"), Text(text.clean_lines(body).rstrip("\n"))]
