"""What the offline engine makes of small programs, through whole runs: the real sandbox, judge and confirmation.

    python -m benchmarks.offline [--program solver ...] [--evaluations 24] [--objective balanced] [--seed 0] [--json]

The programs are in benchmarks/programs, which an author wrote without a thought of the engine's rules. For each it
prints the confirmed gain, or that the program stands as it was. A best program has kept its output, exit code and
files, or it would not stand; the benchmark runs it once more beside the original and compares the output itself.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from harness.budget import Limit
from harness.launch import Hooks, launch
from harness.spec import Spec
from harness.store.runs import load

PROGRAMS = Path(__file__).parent / "programs"
ENOUGH = 1.3  # times faster or smaller, to be counted as a gain


def optimized(program: Path, asked: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One run on one program. better is the larger of the two confirmed ratios; kept: the outputs were the same."""
    began = time.monotonic()
    spec = Spec(
        target=str(program),
        strategy=asked.strategy,
        model="offline",
        objective=asked.objective,
        seed=asked.seed,
        limit=Limit(evaluations=asked.evaluations),
    )
    run = load(launch(spec, folder / "runs", Hooks()))
    leader = run.leader
    found: dict[str, Any] = {
        "program": program.stem,
        "evaluations": len(run.tried),
        "failed": sum(tried.score.status != "ok" for tried in run.tried),
        "speed": leader.score.ratio("speed") if leader else 1.0,
        "memory": leader.score.ratio("memory") if leader else 1.0,
        "note": leader.note if leader else "",
        "seconds": time.monotonic() - began,
    }
    best = run.source(leader.id) if leader and leader.id else program.read_text(encoding="utf-8")
    return found | {"kept": output_of(best) == output_of(program.read_text(encoding="utf-8"))}


def output_of(source: str) -> tuple[int, bytes, bytes]:
    """Exit code and both outputs. These are our own programs, and rewrites of them that the judge let through."""
    done = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, timeout=120, check=False)
    return done.returncode, done.stdout, done.stderr


def told(rows: list[dict[str, Any]]) -> str:
    lines = []
    for row in rows:
        gain = f"{row['speed']:.2f}x faster, {row['memory']:.2f}x smaller" if row["note"] else "as it was"
        kept = "output kept" if row["kept"] else "OUTPUT CHANGED"
        lines.append(
            f"{row['program']:12} {gain:32} {kept}; {row['evaluations']} evaluations ({row['failed']} failed), "
            f"{row['seconds']:.0f} s{'; ' + row['note'] if row['note'] else ''}"
        )
    gained = sum(max(row["speed"], row["memory"]) >= ENOUGH for row in rows)
    lines.append(f"{gained} of {len(rows)} programs at least {ENOUGH}x faster or smaller; harmed: {harmed(rows)}")
    return "\n".join(lines)


def harmed(rows: list[dict[str, Any]]) -> int:
    return sum(not row["kept"] for row in rows)


def main() -> None:
    names = sorted(path.stem for path in PROGRAMS.glob("*.py"))
    parser = argparse.ArgumentParser(prog="python -m benchmarks.offline", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--program", nargs="+", choices=names, default=names)
    parser.add_argument("--evaluations", type=int, default=24)
    parser.add_argument("--objective", default="balanced")
    parser.add_argument("--strategy", default="openevolve")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(prefix="optimize-run-offline-") as folder:
        for name in asked.program:
            rows.append(optimized(PROGRAMS / f"{name}.py", asked, Path(folder)))
            print(told(rows).splitlines()[-2], file=sys.stderr)
    print(json.dumps(rows, indent=2) if asked.json else told(rows))
    sys.exit(1 if harmed(rows) else 0)


if __name__ == "__main__":
    main()
