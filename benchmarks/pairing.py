"""Does it help to run both sides of a pair at once? And can a program make its neighbour look slow?

    python -m benchmarks.pairing [--pairs 30] [--busy] [--json]

Pairs of one program with itself, in turn one run after the other and both at once, on the same core: how much the ratio
of their CPU times varies. Then the same program beside one that keeps emptying the caches, against beside itself.
"""

from __future__ import annotations

import argparse
import json
import math
import secrets
from dataclasses import replace
from statistics import mean, median, stdev
from typing import Any

from benchmarks.load import busy_core
from harness import sandbox
from harness.judging.bench import Workbench
from harness.judging.calibration import BUSY, busy_target
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.private import private_folder
from harness.stats import NoiseModel, cpu_logs
from harness.types import Pair, Workload

# Walks at random through some 30 MiB and prints what the busy program prints, so that it passes for a rewrite of it.
THRASH = """\
import random
room = list(range(700000))
random.Random(1).shuffle(room)
total = 0
for _ in range(2):
    for place in room:
        total += room[place]
print({printed!r})
"""


def measure(pairs: int, busy: bool) -> dict[str, Any]:
    lanes, goldens = Lanes(), Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    target = busy_target()
    target = replace(target, rules=replace(target.rules, imports=("random",)))
    bench = Workbench(target, sandbox.choose(), secrets.token_hex(16), goldens, lanes, NoiseModel())
    workload = target.workloads[0]
    apart: list[float] = []
    together: list[Pair] = []
    thrashed: list[Pair] = []
    with busy_core(lanes.spare, busy), lanes.kept_clear(), lanes.take() as core:
        printed = bench.golden(workload, core).lines[0].decode().strip()
        thrash = THRASH.format(printed=float(printed))
        for n in range(pairs):
            apart.append(_one_after_the_other(bench, workload, core))
            together.append(_pair(bench, BUSY, workload, core, n))
            thrashed.append(_pair(bench, thrash, workload, core, n))
    logs = cpu_logs(together)
    slowed = median(p.baseline_s for p in thrashed) / median(p.baseline_s for p in together)
    return {
        "pairs": pairs,
        "busy": busy,
        "one_after_the_other": {"deviation": stdev(apart), "robust": _robust(apart), "mean": mean(apart)},
        "at_once": {"deviation": stdev(logs), "robust": _robust(logs), "mean": mean(logs)},
        "pairs_saved": (stdev(apart) / stdev(logs)) ** 2,
        "beside_a_thrasher": slowed,
    }


def _one_after_the_other(bench: Workbench, workload: Workload, core: int) -> float:
    first, second = (bench.check(BUSY, workload, core).result.cpu_s for _ in range(2))
    return math.log(first / second)


def _pair(bench: Workbench, source: str, workload: Workload, core: int, n: int) -> Pair:
    pair = bench.pair(BUSY, source, workload, core, swapped=n % 2 == 1)
    if not isinstance(pair, Pair):
        raise SystemExit(f"the other program does not print the same: {pair.difference}")
    return pair


def _robust(logs: list[float]) -> float:
    """The deviation of normal errors with this median distance from their median."""
    middle = median(logs)
    return 1.4826 * median(abs(log - middle) for log in logs)


def told(found: dict[str, Any]) -> str:
    after, once = found["one_after_the_other"], found["at_once"]
    return "\n".join(
        (
            f"{found['pairs']} pairs each way, {'a busy' if found['busy'] else 'no'} loop on the other core",
            f"one after the other: one pair's ratio varies by {after['deviation']:.2%} ({after['robust']:.2%} robust)",
            f"both at once: one pair's ratio varies by {once['deviation']:.2%} ({once['robust']:.2%} robust); "
            f"{found['pairs_saved']:.0f} times fewer pairs for the same interval",
            f"beside a program that empties the caches: {found['beside_a_thrasher'] - 1:+.1%} CPU time",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pairing", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--pairs", type=int, default=30)
    parser.add_argument("--busy", action="store_true", help="a busy loop on the other core meanwhile")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.pairs, asked.busy)
    print(json.dumps(found, indent=2) if asked.json else told(found))


if __name__ == "__main__":
    main()
