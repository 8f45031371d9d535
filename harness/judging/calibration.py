"""How noisy is this machine? Pairs of one program with itself, and what they say about the gains that can be told."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import median, stdev

from harness import stats
from harness.errors import BaselineError
from harness.judging.bench import Workbench
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.private import private_folder
from harness.stats import promise
from harness.types import Check, Limits, Objective, Pair, Promise, Rules, Sandbox, Target, Workload

PAIRS = 16  # a deviation from 16 pairs is known to about a fifth
GAINS = (0.01, 0.02, 0.03, 0.05, 0.10)
POWERS = (0.80, 0.95)

# About 0.3 CPU seconds of what programs in Python do: arithmetic, dictionaries, objects that come and go.
BUSY = """\
class Item:
    def __init__(self, value, other):
        self.value = value
        self.other = other


def turn(n):
    table, last, total = {}, None, 0.0
    for i in range(n):
        last = Item(i * 7 % 13 * 0.5, last if i % 64 else None)
        table[i % 997] = last
        total += last.value + (last.other.value if last.other else 0.0)
    return total + len(table)


print(sum(turn(4000) for _ in range(200)))
"""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a machine's noise is, and what follows. Deviations are of one pair's log ratio; seconds are wall time.

    cautious: the CPU deviation that promises are made for. smallest: power -> the smallest gain in CPU time that the
    first duel of a run crowns that often (infinite: none). costs: for GAINS, at 95 % power.
    """

    target: str
    pairs: int
    seconds_a_pair: float
    cpu: float
    memory: float
    cautious: float
    others: float
    smallest: dict[float, float]
    costs: tuple[promise.Cost, ...]

    def promised(self, gain: float) -> int | None:
        """Pairs that tell a gain."""
        return next(cost.pairs for cost in self.costs if cost.gain == gain)


def busy_target() -> Target:
    """The built-in program, as a target whose only input is itself."""
    return Target(
        name="busy",
        folder=Path(__file__).parent,
        title="a busy program",
        source=BUSY,
        command=("{python}", "{program}"),
        rules=Rules(),
        knobs=(),
        workloads=(Workload(name="busy", stage="measure", hidden=False, generator="file"),),
        promise=Promise(level="exact"),
        objective=Objective(),
        limits=Limits(wall_s=60.0, cpu_s=30.0),
    )


def calibrate(
    target: Target, sandbox: Sandbox, lanes: Lanes, pairs: int = PAIRS, tick: Callable[[int], None] = lambda _: None
) -> Calibration:
    """Run pairs of the untouched program with itself on its measuring workload. tick: told how many are done.

    Raises BaselineError when the program does not repeat itself.
    """
    return conclusions(target.name, *with_itself(target, sandbox, lanes, pairs, tick))


def with_itself(
    target: Target, sandbox: Sandbox, lanes: Lanes, pairs: int, tick: Callable[[int], None] = lambda _: None
) -> tuple[list[Pair], float]:
    """The pairs themselves, and the wall seconds of one."""
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    bench = Workbench(target, sandbox, secrets.token_hex(16), goldens, lanes, stats.NoiseModel())
    workload = next(w for w in target.workloads if w.stage == "measure")
    measured: list[Pair] = []
    with lanes.take() as core:
        bench.golden(workload, core)
        began = time.monotonic()
        for n in range(pairs):
            pair = bench.pair(target.source, target.source, workload, core, swapped=n % 2 == 1)
            if isinstance(pair, Check):
                raise BaselineError(
                    f"target {target.name}: the untouched program does not repeat itself on workload {workload.name} "
                    f"({pair.difference}); make its output repeatable first"
                )
            measured.append(pair)
            tick(n + 1)
        return measured, (time.monotonic() - began) / pairs


def conclusions(target: str, measured: list[Pair], seconds_a_pair: float) -> Calibration:
    """What pairs of a program with itself say about a machine."""
    noise = stats.NoiseModel()
    noise.learn(measured)
    cautious = promise.cautious(noise.cpu.deviation, noise.cpu.freedom)
    return Calibration(
        target=target,
        pairs=len(measured),
        seconds_a_pair=seconds_a_pair,
        cpu=stdev(stats.cpu_logs(measured)),
        memory=stdev(stats.memory_logs(measured)),
        cautious=cautious,
        others=median(pair.others for pair in measured),
        smallest={power: promise.smallest_gain(cautious, noise.cpu, power) for power in POWERS},
        costs=tuple(promise.cost(gain, cautious, noise.cpu) for gain in GAINS),
    )
