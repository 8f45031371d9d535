"""A program that does 3 % more work than another, by construction: is it told, in the right direction, at the cost that
`calibrate` promised?

    python -m benchmarks.slowed [--trials 100] [--busy] [--json]

First a calibration, as `optimize-run calibrate` makes it; then duels of at most so many pairs as it promised for 3 %,
in turn with the faster and with the slower program as the candidate. The rule is that of a run's first duel.
"""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import time
from dataclasses import replace
from statistics import mean, median
from typing import Any

from benchmarks.load import busy_core
from harness import sandbox, stats, targets
from harness.judging.calibration import busy_target, calibrate
from harness.judging.duels import Duel
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.stats.promise import binomial
from harness.types import Candidate, Target

UNITS = 1000
MORE = 1030  # units of the same work; the start of the interpreter, some 4 % of the whole, is the same for both
GAIN = 0.03
PROGRAM = """\
def unit(n):
    table, total = {}, 0.0
    for i in range(n):
        table[i % 97] = total
        total += i * 7 % 13 * 0.5 + table[i % 97] * 1e-9
    return total


for _ in range(UNITS):
    last = unit(4000)
print(last)
"""


def program(units: int) -> str:
    return PROGRAM.replace("UNITS", str(units))


def slowed_target(units: int = UNITS) -> Target:
    return replace(busy_target(), name="slowed", source=program(units), objective=targets.objective("speed"))


def measure(trials: int, busy: bool, units: int = UNITS) -> dict[str, Any]:
    """Calibrate, then trials duels, half of them in each direction."""
    target, room, lanes = slowed_target(units), sandbox.choose(), Lanes()
    fast, slow = Candidate.of(target.source), Candidate.of(program(units * MORE // UNITS))
    with busy_core(lanes.spare, busy), lanes.kept_clear():
        calibrated = calibrate(target, room, lanes)
        promised = calibrated.promised(GAIN)
        if promised is None:
            raise SystemExit("this machine is too noisy: calibrate promises 3 % for no number of pairs")
        judge = make_judge(target, room, secrets.token_hex(16), lanes)
        began = time.monotonic()
        duels = [_trial(judge, fast, slow, promised, n) for n in range(trials)]
    right = sum(_right(duel, n) for n, duel in enumerate(duels))
    wrong = sum(_right(duel, n + 1) for n, duel in enumerate(duels))
    low, high = binomial(right, trials)
    return {
        "trials": trials,
        "busy": busy,
        "deviation": calibrated.cpu,
        "promised_pairs": promised,
        "right": right,
        "wrong": wrong,
        "open": trials - right - wrong,
        "share": right / trials,
        "low": low,
        "high": high,
        "median_pairs": median(duel.pairs for duel in duels),
        "most_pairs": max(duel.pairs for duel in duels),
        "mean_ratio": mean(max(duel.ratio.value, 1 / duel.ratio.value) for duel in duels),
        "seconds": time.monotonic() - began,
        "promised_seconds": promised * calibrated.seconds_a_pair * trials,
    }


def _trial(judge: Judge, fast: Candidate, slow: Candidate, promised: int, n: int) -> Duel:
    rule = stats.Rule(stats.duel_alpha(1), promised, gives_up=False)
    duel = judge.duel(fast, slow, 1, rule) if n % 2 == 0 else judge.duel(slow, fast, 1, rule)
    if sys.stderr.isatty():
        print(f"\r{n + 1} trials", end="", file=sys.stderr)
    return duel


def _right(duel: Duel, n: int) -> bool:
    """Even trials have the faster program as the candidate, odd ones the slower."""
    return duel.ratio.low > 1.0 if n % 2 == 0 else duel.ratio.high < 1.0


def told(found: dict[str, Any]) -> str:
    return "\n".join(
        (
            f"calibrate: one pair's CPU ratio varies by {found['deviation']:.2%}; it promises 3 % in at most "
            f"{found['promised_pairs']} pairs, 95 times in 100",
            f"{found['trials']} trials, {'a busy' if found['busy'] else 'no'} loop on the other core: told rightly in "
            f"{found['right']}, {found['share']:.1%} ({found['low']:.1%}-{found['high']:.1%}); wrongly in "
            f"{found['wrong']}; left open in {found['open']}",
            f"pairs: median {found['median_pairs']:g}, most {found['most_pairs']}; mean ratio shown "
            f"{found['mean_ratio']:.4f}; {found['seconds']:.0f} s, {found['promised_seconds']:.0f} s were promised",
        )
    )


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.slowed", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--trials", type=int, default=100)
    parser.add_argument("--busy", action="store_true", help="a busy loop on the other core meanwhile")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    found = measure(asked.trials, asked.busy)
    print(json.dumps(found, indent=2) if asked.json else told(found))


if __name__ == "__main__":
    main()
