"""How long the leaderboard takes over many runs: with its index thrown away, with one new run, and as it is.

    python benchmarks/leaderboard.py [RUNS] [CANDIDATES]

Writes a few runs through the real store and copies them under other names (every event is synced to disk: a thousand
runs would take long), times the command as a whole process, and prints each CPU time beside that of
`optimize-run --version`, which is what starting the program takes on this machine at this moment.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from statistics import median
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.runs_on_disk import Writing, failed, scored

TEMPLATES = 10
REPEATS = 5


def write_template(root: Path, n: int, candidates: int) -> Path:
    """A run of so many candidates; every sixth is a new best, every fourth is wrong."""
    run = Writing(root, f"template-{n}", seed=n, strategy=("openevolve", "gepa", "shinka", "best-of-n")[n % 4])
    run.measure_baseline()
    best, reached = "", 1.0
    for k in range(candidates):
        if k % 6 == 5:
            reached *= 1.05 + n / 100
            best = run.outcome(scored(reached, reached), crowned=True, parents=(best,) if best else ())
        else:
            run.outcome(failed() if k % 4 == 3 else scored(1.0, 1.0))
    run.confirm(best, scored(reached, reached))
    run.end(best=best)
    return run.close()


def fill(root: Path, runs: int, candidates: int) -> int:
    """Runs in root; returns their journals' size in bytes."""
    with TemporaryDirectory() as workshop:
        texts = [(write_template(Path(workshop), n, candidates) / "events.jsonl").read_text() for n in range(TEMPLATES)]
    size = 0
    for n in range(runs):
        name = f"20260301T{n:06d}-microgpt-bench-{n:04x}"
        (root / name).mkdir(parents=True)
        text = texts[n % TEMPLATES].replace(f"template-{n % TEMPLATES}", name)
        (root / name / "events.jsonl").write_text(text)
        size += len(text)
    return size


def seconds(root: Path, *args: str) -> tuple[float, float]:
    """Wall time and CPU time of the command."""
    begun, worked = time.perf_counter(), cpu()
    command = [sys.executable, "-m", "harness.cli.main", *args]
    ended = subprocess.run(command, capture_output=True, check=True, env={"OPTIMIZE_RUN_RUNS": str(root)})
    took = time.perf_counter() - begun, cpu() - worked
    if "leaderboard" in args:
        assert len(json.loads(ended.stdout)["rows"]) == len(list(root.glob("*-bench-*")))
    return took


def cpu() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def main() -> None:
    runs, candidates = (int(given) for given in (sys.argv[1:] + ["1000", "24"][len(sys.argv) - 1 :])[:2])
    board = ("leaderboard", "microgpt", "--json", "--no-reference")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        size = fill(root, runs, candidates)
        print(f"{runs} runs of {candidates} candidates, {size / 2**20:.0f} MiB of journals; medians of {REPEATS}")
        taken: dict[str, list[tuple[float, float]]] = {"start": [], "cold": [], "one new run": [], "warm": []}
        for _ in range(REPEATS):
            taken["start"].append(seconds(root, "--version"))
            (root / "index.sqlite").unlink(missing_ok=True)
            taken["cold"].append(seconds(root, *board))
            journal = next(root.glob("*-bench-*")) / "events.jsonl"
            journal.touch()
            taken["one new run"].append(seconds(root, *board))
            taken["warm"].append(seconds(root, *board))
    start = median(worked for _, worked in taken["start"])
    for name, times in taken.items():
        wall, worked = (median(column) for column in zip(*times, strict=True))
        print(f"{name:12} {wall:6.2f} s   {worked:6.2f} CPU-s   {worked / start:5.1f} x start")


if __name__ == "__main__":
    main()
