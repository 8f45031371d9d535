"""How large the report on a large run is, and how soon it can be read.

    python -m benchmarks.report [--candidates 2000] [--keep FOLDER] [--json]

Writes a run folder through the real journal and the real blobs: microgpt as the baseline, candidates that change a few
lines of an earlier one, prompts that hold the parent and what was tried, answers as the edits that they made. Then
makes the page, and opens it five times in a headless browser, whose own clock says when it was loaded, painted, ready.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from harness import edits
from harness.report.html import run as pages
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.records import plain
from harness.types import Candidate, Reading, Score, Usage

PROGRAM = Path(__file__).parent.parent / "targets" / "microgpt" / "microgpt.py"
STATUSES = (
    ["ok"] * 60 + ["wrong"] * 16 + ["crash"] * 8 + ["invalid"] * 6 + ["rule"] * 5 + ["timeout"] * 3 + ["memory"] * 2
)
WORDS = ["keep", "drop", "hoist", "fuse", "gradient", "loop", "list", "cache", "order", "softmax", "matrix", "state"]
OPENINGS = 5


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--candidates", type=int, default=2000)
    parser.add_argument("--keep", type=Path, help="leave the run in this folder")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        root = asked.keep or Path(scratch)
        folder = synthetic(root, asked.candidates)
        command = [sys.executable, "-c", MAKING, str(folder)]
        made = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
        found = {
            "candidates": asked.candidates,
            "journal_mb": round((folder / "events.jsonl").stat().st_size / 1e6, 2),
            "texts_mb": round(sum(path.stat().st_size for path in (folder / "blobs").iterdir()) / 1e6, 2),
            "page_mb": round((folder / pages.NAME).stat().st_size / 1e6, 2),
            **made,
            **opened(folder / pages.NAME),
            "load_average": round(os.getloadavg()[0], 1),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
        }
    print(
        json.dumps(found, indent=2) if asked.json else "\n".join(f"{key:>20}  {value}" for key, value in found.items())
    )


MAKING = """
import json, resource, sys, time
from pathlib import Path
from harness.report.html import run as pages
began, worked = time.perf_counter(), time.process_time()
pages.write(Path(sys.argv[1]))
took = {"made_in_s": round(time.perf_counter() - began, 2), "made_in_cpu_s": round(time.process_time() - worked, 2)}
print(json.dumps({**took, "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)}))
"""


# --- A run of many candidates -----------------------------------------------------------------------------------------


def synthetic(root: Path, candidates: int) -> Path:
    """A finished run with so many candidates, the same every time."""
    folder = root / "20260301T120000-microgpt-synthetic-0000"
    (folder / "blobs").mkdir(parents=True)
    blobs = Blobs(folder / "blobs")
    with Journal(folder) as journal:
        for kind, data in _events(folder.name, blobs, candidates):
            journal.append(kind, data)
    return folder


def _events(name: str, blobs: Blobs, candidates: int) -> Iterator[tuple[str, dict[str, Any]]]:
    rng = Random(0)
    baseline = Candidate.of(PROGRAM.read_text())
    pool, tried = [baseline], []
    best, level, usage = baseline, 1.0, Usage(1, 5000, 4000, 400, 0.01, 6.0, 1)
    yield "start", _start(name, baseline, blobs)
    numbers = {"memory_mib": 60.0, "cpu_s": 5.0, "floor_mib": 7.5, "spread": 0.03, "planned": candidates}
    yield "baseline", {**numbers, "warnings": []}
    for n in range(1, candidates + 1):
        parent = rng.choice([best, rng.choice(pool)])
        source = changed(parent.source, rng)
        note = " ".join(rng.choices(WORDS, k=10))
        candidate = Candidate.of(source, (parent.id,), note)
        status = rng.choice(STATUSES)
        fitness = level * rng.uniform(0.6, 1.01) if status == "ok" else None
        crowned = fitness is not None and fitness > level
        score = _score(status, fitness, rng)
        yield "ask", {"n": n, "operator": "diff", "parents": [parent.id], "context": {"attempts": tried[-10:]}}
        history = "\n".join(f"- {line}" for line in tried[-10:])
        prompt = f"You improve programs.\n\n# The program\n```python\n{parent.source}```\n\n# Tried\n{history}\n"
        answer = edits.render(parent.source, source, note)
        texts = {"prompt": blobs.put(prompt), "reply": blobs.put(answer)}
        yield "reply", {"n": n, "call": 0, **texts, "model": "made-up", "stop": "end", "usage": asdict(usage)}
        sha = blobs.put(source) if status != "invalid" else None
        known = {"n": n, "operator": "diff", "parents": [parent.id], "score": plain(score)}
        if sha:
            stages = {"rules": 0.01, "wait": 0.5, "screen": 2.0, "measure": 10.0}
            yield (
                "judged",
                {"n": n, "k": 0, "kind": "evaluate", "source": sha, "score": plain(score), "seconds": stages},
            )
        if crowned and fitness:
            best, level = candidate, fitness
            words = {"ratio": 1.01, "low": 1.0, "high": 1.02, "pairs": 4, "alpha": 0.01, "explanation": "4 pairs"}
            yield (
                "crown",
                {"n": n, "candidate": candidate.id, "over": parent.id, "crowned": True, **words, "fallen": None},
            )
        if status == "ok":
            pool.append(candidate)
        tried.append(f"{status}: {note}")
        recorded = {**plain(candidate), "source": sha} if sha else None
        yield "outcome", {**known, "candidate": recorded, "usage": asdict(usage), "crowned": crowned}
    end = {"status": "done", "reason": "made up", "best": best.id, "secret": None}
    yield "end", {**end, "usage": asdict(Usage(candidates, evaluations=candidates))}


def changed(source: str, rng: Random) -> str:
    """The program with one to six of its lines written otherwise."""
    lines = source.split("\n")
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(lines))
        lines[at] = (
            f"{lines[at][: len(lines[at]) - len(lines[at].lstrip())]}made_{rng.getrandbits(32)} = {rng.random()}"
        )
    return "\n".join(lines)


def _score(status: str, fitness: float | None, rng: Random) -> Score:
    if fitness is None:
        return Score(status, None, (), f"short: line {rng.randint(1, 30)} differs", "short")  # type: ignore[arg-type]
    memory = rng.uniform(0.8, 1.2) * fitness
    ratios = {"memory": memory, "speed": fitness**2 / memory}
    readings = tuple(
        Reading(metric, ratio, "x", low=ratio * 0.98, high=ratio * 1.02, explanation="3 pairs")
        for metric, ratio in ratios.items()
    )
    return Score("ok", fitness, readings, stage="measure")


def _start(name: str, baseline: Candidate, blobs: Blobs) -> dict[str, Any]:
    asked = {"run": name, "target": "microgpt", "target_path": None, "program": None, "strategy": "synthetic"}
    how = {"model": "made-up", "seed": 0, "version": "0", "settings": {}, "parallel": 1, "unsafe": False}
    place = {"machine": {"id": "made up"}, "sandbox": {"backend": "none", "covers": [], "lacks": []}}
    aim = {"objective": {"name": "balanced", "memory": 0.5, "speed": 0.5}, "budget": {"evaluations": None}}
    return {**asked, **how, **place, **aim, "baseline": {"id": baseline.id, "source": blobs.put(baseline.source)}}


# --- Opening it -------------------------------------------------------------------------------------------------------

CLOCK = """(() => {
  const load = performance.getEntriesByType("navigation")[0];
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  return {
    loaded_s: load.loadEventEnd / 1000, painted_s: paint ? paint.startTime / 1000 : null,
    ready_s: performance.getEntriesByName("ready")[0].startTime / 1000,
  };
})()"""


def opened(page: Path) -> dict[str, float | str]:
    """Medians of what the browser's clock says, in seconds from the start of the navigation; or why not."""
    import pytest

    from tests.browser import started

    try:
        with started() as browser:
            clocks = []
            for _ in range(OPENINGS):
                browser.open(page)
                time.sleep(0.2)  # the paint is reported after it was made
                clocks.append(browser.ask(CLOCK))
                assert browser.logs() == [], browser.logs()
    except pytest.skip.Exception as reason:
        return {"opened": f"not measured: {reason}"}
    known = {key: [clock[key] for clock in clocks if clock[key] is not None] for key in clocks[0]}
    return {f"{key}": round(statistics.median(values), 2) for key, values in known.items() if values}


if __name__ == "__main__":
    main()
