"""Candidates that differ from the baseline in a comment only, through a whole run: is any of them crowned?

    python -m benchmarks.aa [--candidates 200] [--busy] [--objective speed] [--json]

A run of the strategy `noop` with comments, on a brief microgpt: the real sandbox, judge and court. Prints how many were
crowned, and how often the reported 95 % intervals hold 1.0, which is the truth.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.brief import write_brief_microgpt
from benchmarks.load import busy_core
from harness.budget import Limit
from harness.judging.lanes import Lanes
from harness.launch import Hooks, launch
from harness.spec import Spec
from harness.stats.promise import binomial
from harness.store.runrecord import RunRecord
from harness.store.runs import load
from harness.types import Event, Reading


@dataclass(frozen=True, slots=True)
class Question:
    candidates: int
    busy: bool
    objective: str
    lanes: int | None = None


def measure(question: Question, folder: Path) -> dict[str, Any]:
    """One run, and what it showed."""
    began = time.monotonic()
    spec = Spec(
        target=str(write_brief_microgpt(folder / "microgpt-brief")),
        strategy="noop",
        model="offline",
        objective=question.objective,
        settings=("comments=true", f"n={question.candidates}"),
        lanes=question.lanes,
        limit=Limit(evaluations=question.candidates),
    )
    with busy_core(Lanes().spare, question.busy):
        run = load(launch(spec, folder / "runs", Hooks(watch=_progress)))
    return {
        "candidates": len(run.tried),
        "measured": sum(tried.score.status == "ok" for tried in run.tried),
        "crowned": sum(crown.crowned for crown in run.crowns),
        "duels": len(run.crowns),
        "best": run.best,
        "objective": question.objective,
        "busy": question.busy,
        "speed": coverage(run, "speed"),
        "memory": coverage(run, "memory"),
        "seconds": time.monotonic() - began,
    }


def coverage(run: RunRecord, metric: str) -> dict[str, Any]:
    """How often the intervals of one metric hold 1.0, with the 95 % interval of that share itself."""
    readings = [found for tried in run.tried if (found := tried.score.reading(metric)) and tried.score.status == "ok"]
    held = sum(_bounds(reading)[0] <= 1.0 <= _bounds(reading)[1] for reading in readings)
    low, high = binomial(held, len(readings))
    widths = [b - a for a, b in map(_bounds, readings)]
    return {
        "intervals": len(readings),
        "held": held,
        "share": held / len(readings) if readings else None,
        "low": low,
        "high": high,
        "median_width": median(widths) if widths else None,
        "worst": max((max(reading.value, 1 / reading.value) for reading in readings), default=None),
    }


def _bounds(reading: Reading) -> tuple[float, float]:
    return reading.low or reading.value, reading.high or reading.value


def _progress(event: Event) -> None:
    if event.kind == "outcome" and sys.stderr.isatty():
        print(f"\r{event.data['n']} candidates", end="", file=sys.stderr)


def told(found: dict[str, Any]) -> str:
    lines = [
        f"{found['candidates']} candidates that differ in a comment only, objective {found['objective']}, "
        f"{'a busy' if found['busy'] else 'no'} loop on the other core: {found['seconds']:.0f} s",
        f"crowned: {found['crowned']} ({found['duels']} duels were fought)",
    ]
    for metric in ("speed", "memory"):
        of = found[metric]
        if of["intervals"]:
            lines.append(
                f"{metric}: 1.0 is in {of['held']} of {of['intervals']} intervals, {of['share']:.1%} "
                f"({of['low']:.1%}-{of['high']:.1%}); median width {of['median_width']:.4f}, worst {of['worst']:.3f}x"
            )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.aa", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--candidates", type=int, default=200)
    parser.add_argument("--busy", action="store_true", help="a busy loop on the other core meanwhile")
    parser.add_argument("--objective", default="speed", help="speed is the noisiest")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="optimize-run-aa-") as folder:
        found = measure(Question(asked.candidates, asked.busy, asked.objective), Path(folder))
    print(json.dumps(found, indent=2) if asked.json else told(found))


if __name__ == "__main__":
    main()
