"""Runs and judgements as a notebook shows them: small HTML without scripts, every foreign text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape

from harness.report import text
from harness.report.markdown import COLUMNS, rows
from harness.report.tables import METRICS, UNSAFE, heading, judgement, outcome, remarks
from harness.store.runrecord import RunRecord
from harness.types import JsonObject


def of_run(run: RunRecord) -> str:
    body = [[str(row[column.key]) for column in COLUMNS] for row in rows(run)]
    head = [column.title for column in COLUMNS]
    return _page(outcome(run), [heading(run), *remarks(run)], head, body, run.start.unsafe)


def of_judgement(document: JsonObject) -> str:
    """document: of `optimize-run evaluate --json`."""
    body = []
    for metric, title, unit, show in METRICS:
        if found := document[metric]:
            words = text.phrase(metric, found["ratio"], found["low"], found["high"])
            body.append([title, show(found[f"baseline_{unit}"]), show(found[f"candidate_{unit}"]), words])
    head, *lines = judgement(document)
    return _page(head, lines, ["", "baseline", "candidate", "ratio with 95 % interval"], body, document["unsafe"])


def _page(title: str, lines: Iterable[str], head: Sequence[str], body: Sequence[Sequence[str]], unsafe: bool) -> str:
    alarm = f'<p style="color:#b00020"><b>{escape(UNSAFE)}</b></p>' if unsafe else ""
    cells = "".join(f"<tr>{_row('td', row)}</tr>" for row in body)
    table = f"<table><thead><tr>{_row('th', head)}</tr></thead><tbody>{cells}</tbody></table>" if body else ""
    said = "".join(f"<li>{escape(text.clean(line))}</li>" for line in lines)
    return f"<div>{alarm}<p><b>{escape(text.clean(title))}</b></p>{table}<ul>{said}</ul></div>"


def _row(tag: str, cells: Sequence[str]) -> str:
    return "".join(f"<{tag}>{escape(text.clean(cell))}</{tag}>" for cell in cells)
