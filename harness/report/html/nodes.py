"""What the page knows of each candidate: plain JSON, in the order in which they were judged."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from harness.edits import unified
from harness.errors import StoreError
from harness.report import panel, text
from harness.report.html import tree
from harness.report.html.page import visible
from harness.report.html.spans import Call, Spans
from harness.report.html.texts import Texts
from harness.store.blobs import Blobs
from harness.store.runrecord import RunRecord, Tried
from harness.types import JsonObject, Reading, Usage

TITLES = {"memory": "peak memory", "speed": "CPU time"}


@dataclass(frozen=True, slots=True)
class Drawn:
    """Candidates, and the numbers (positions) of those on the best path; root: the baseline's place in the tree."""

    nodes: list[JsonObject]
    path: list[int]
    root: tuple[float, float]


def drawn(run: RunRecord, spans: Spans, texts: Texts) -> Drawn:
    """Every candidate. Texts go in as long as there is room: those of the best path first."""
    parents = positions(run)
    root, places = tree.places(parents)
    path = best_path(run, parents)
    library = _Library(run, texts)
    nodes = [
        {**_node(run, tried, spans), "parent": parent, "x": x, "y": y, "best": False}
        for tried, parent, (x, y) in zip(run.tried, parents, places, strict=True)
    ]
    for position in path:
        nodes[position]["best"] = True
    order = [*path, *(position for position in range(len(nodes)) if not nodes[position]["best"])]
    for position in order:
        nodes[position]["diff"] = library.diff(run.tried[position])
    for position in order:
        calls = spans.calls.get(run.tried[position].n, [])
        nodes[position]["calls"] = [_call(call, library) for call in calls]
    return Drawn(nodes, path, root)


def positions(run: RunRecord) -> list[int]:
    """Each outcome's parent as a position among the outcomes before it; the baseline where there is none."""
    first: dict[str, int] = {}
    found: list[int] = []
    for position, tried in enumerate(run.tried):
        parent = tried.parents[0] if tried.parents else run.start.baseline_id
        found.append(first.get(parent, tree.ROOT))
        if tried.id is not None:
            first.setdefault(tried.id, position)
    return found


def best_path(run: RunRecord, parents: Sequence[int]) -> list[int]:
    """Positions from the first step to the best, oldest first."""
    path: list[int] = []
    at = _position(run, run.best)
    while at != tree.ROOT:
        path.append(at)
        at = parents[at]
    return path[::-1]


def pareto(run: RunRecord) -> list[int]:
    """Positions of the valid candidates that no other beats in both memory and speed, fastest first."""
    valid = [(t.score.ratio("memory") or 0.0, t.score.ratio("speed") or 0.0, n) for n, t in enumerate(run.tried)]
    front: list[int] = []
    leanest = 0.0
    for memory, speed, position in sorted(valid, key=lambda point: (-point[1], -point[0], point[2])):
        if memory > leanest and speed > 0.0:
            front.append(position)
            leanest = memory
    return front


def _position(run: RunRecord, id_: str | None) -> int:
    spoken = run.candidate(id_) if id_ else None
    return next((n for n, tried in enumerate(run.tried) if tried is spoken), tree.ROOT)


# --- One candidate ----------------------------------------------------------------------------------------------------


def _node(run: RunRecord, tried: Tried, spans: Spans) -> JsonObject:
    score = tried.score
    ok = score.status == "ok"
    confirms = [confirm for confirm in run.confirms if confirm.candidate == tried.id and tried.id]
    return {
        "n": tried.n,
        "id": visible(tried.id) if tried.id else None,
        "operator": visible(tried.operator),
        "parents": [visible(parent) for parent in tried.parents],
        "note": visible(tried.note),
        "status": score.status,
        "stage": visible(score.stage),
        "kept": tried.kept,
        "fate": panel.fate(tried),
        "fitness": score.fitness if ok else None,
        "memory": score.ratio("memory"),
        "speed": score.ratio("speed"),
        "readings": [_reading(reading) for reading in score.readings],
        "feedback": visible(score.feedback),
        "warnings": [visible(warning) for warning in score.warnings],
        "duels": [visible(words) for words in spans.duels.get(tried.n, [])],
        "confirms": [visible(panel.confirm_line(confirm)) for confirm in confirms],
        "cost": text.cost(tried.usage),
        "at": text.duration(max(tried.at - run.start.at, 0.0)),
    }


def _reading(reading: Reading) -> list[str]:
    """What was looked at, its verdict in words, and its explanation."""
    ratio = reading.metric in TITLES and reading.status == "ok"
    said = text.phrase_of(reading) if ratio else reading.status
    return [visible(word) for word in (TITLES.get(reading.metric, reading.metric), said, reading.explanation)]


def _call(call: Call, library: _Library) -> JsonObject:
    return {
        "model": visible(call.model),
        "stop": visible(call.stop),
        "cost": _price(call.usage),
        "texts": [[title, library.blob(sha)] for title, sha in call.texts],
    }


def _price(usage: Usage) -> str:
    """What one call cost: `100 tokens in, 20 out, $0.01, 1.5 s`."""
    parts = []
    if usage.tokens_in or usage.tokens_out:
        parts.append(f"{text.count(usage.tokens_in, 'token')} in, {text.count(usage.tokens_out)} out")
    if usage.usd is None or usage.usd > 0:
        parts.append(text.money(usage.usd))
    return ", ".join([*parts, text.duration(usage.seconds)])


# --- Texts ------------------------------------------------------------------------------------------------------------


class _Library:
    """Reads blobs once each and files them with the page's texts. A text that cannot be read is said to be missing."""

    def __init__(self, run: RunRecord, texts: Texts) -> None:
        self._blobs = Blobs(run.folder / "blobs")
        self._texts = texts
        self._run = run
        self._shas = {tried.id: tried.source for tried in reversed(run.tried) if tried.id}
        self._shas[run.start.baseline_id] = run.start.baseline_source
        self._filed: dict[str, int | str | None] = {}
        self._diffs: dict[tuple[str, str], JsonObject | str] = {}

    def blob(self, sha: str) -> int | str | None:
        """The number of a text; None when it was left out, and words when it cannot be read."""
        if sha not in self._filed:
            found = self._read(sha)
            self._filed[sha] = found[1] if isinstance(found, tuple) else self._texts.add(found)
        return self._filed[sha]

    def diff(self, tried: Tried) -> JsonObject | str | None:
        """What a candidate changed of its parent: each line's kind, and their text. Words when unreadable."""
        parent = tried.parents[0] if tried.parents else self._run.start.baseline_id
        if tried.source is None:
            return "no program came of this"
        pair = (self._shas.get(parent) or "", tried.source)
        if pair not in self._diffs:
            self._diffs[pair] = self._made(*pair)
        made = self._diffs[pair]
        if isinstance(made, str):
            return made
        number = self._texts.add(made["text"])
        return None if number is None else {"kinds": made["kinds"], "text": number}

    def _made(self, parent: str, child: str) -> JsonObject | str:
        before, after = self._read(parent), self._read(child)
        for found in (before, after):
            if isinstance(found, tuple):
                return found[1]
        if before == after:
            return "the same program as its parent"
        kinds, lines = [], []
        for kind, line in changes(str(before), str(after)):
            kinds.append(kind)
            lines.append(line)
        return {"kinds": "".join(kinds), "text": "\n".join(lines)}

    def _read(self, sha: str) -> str | tuple[None, str]:
        """The text, or (None, why not)."""
        if not re.fullmatch("[0-9a-f]{64}", sha):
            return None, "its text is not recorded"
        try:
            return self._blobs.get(sha)
        except (StoreError, OSError, UnicodeDecodeError) as error:
            return None, visible(f"its text cannot be read: {error}")


def changes(before: str, after: str) -> Iterator[tuple[str, str]]:
    """The lines of a unified diff without its header: each one's kind (space, +, -, @ or \\) and its text."""
    for line in unified(before, after, "", "").split("\n")[2:-1]:
        yield (line[0], line) if line[0] in "@\\" else (line[0], line[1:])
