"""What each layer of screening costs: CPU seconds of every run that a right or a wrong program takes, side by side.

    python benchmarks/screening.py [PROGRAM ...] [--target microgpt] [--json]

The first line of figures is the untouched program. Ratios are to its own first short run, in the same process.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
from collections.abc import Iterator
from pathlib import Path

from harness import registry, sandbox, targets
from harness.judging.bench import CandidateBench, Workbench
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.private import private_folder
from harness.stats import NoiseModel
from harness.types import Candidate, Check, Target


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("programs", nargs="*", type=Path)
    parser.add_argument("--target", default="microgpt")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    target = targets.load(asked.target)
    sources = {target.name: target.source} | {path.stem: path.read_text(encoding="utf-8") for path in asked.programs}
    records = list(measured(target, sources))
    if asked.json:
        print(json.dumps(records, indent=2))
        return
    for record in records:
        print(f"{record['program']:28} {record['run']:36} {record['status']:6} {record['cpu_s']:8.2f} CPU-s", end="")
        print(f" {record['ratio']:6.2f}x its first run")


def measured(target: Target, sources: dict[str, str]) -> Iterator[dict[str, object]]:
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    lanes = Lanes()
    workbench = Workbench(target, sandbox.choose(), secrets.token_hex(16), goldens, lanes, NoiseModel.fresh())
    (rules,) = (one for one in registry.evaluators() if one.stage == "rules")
    for name, source in sources.items():
        candidate, bench = Candidate.of(source), CandidateBench(workbench, lanes.measured[0])
        (reading,) = rules.evaluate(candidate, target, bench)
        if reading.status != "ok":
            print(f"{name}: {reading.explanation}", file=sys.stderr)
            continue
        first = 0.0
        for check in runs_of(candidate, target, bench):
            first = first or check.result.cpu_s
            ratio = check.result.cpu_s / first
            yield {
                "program": name,
                "run": check.workload,
                "status": check.status,
                "cpu_s": check.result.cpu_s,
                "ratio": ratio,
            }
            if check.status != "ok":
                break


def runs_of(candidate: Candidate, target: Target, bench: CandidateBench) -> Iterator[Check]:
    for workload in target.workloads:
        if workload.stage == "short":
            yield bench.check(candidate, workload)
    for relation in target.metamorphic:
        yield bench.follow(candidate, relation)


if __name__ == "__main__":
    main()
