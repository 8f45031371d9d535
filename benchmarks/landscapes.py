"""How often each strategy finds two changes that each lose alone and win together, at equal evaluations.

    python -m benchmarks.landscapes [--seeds 100] [--evaluations 40] [--strategy NAME ...] [--json]

A toy (harness/strategies/toy.py): a program of eight assignments; a model that knows nothing flips one of them, and two
in one answer of twenty. x0 or x1 alone loses a fifth, both together triple the score, each of the others gains a
hundredth and lures whoever follows small gains. Real strategies and the real edit format; no sandbox, no real model.
"""

from __future__ import annotations

import argparse
import json
import math
from random import Random

from harness import registry
from harness.edits import program_in, render
from harness.strategies.toy import ToyRun, ok, toy_program, toy_target, toy_values
from harness.types import Candidate, Prompt, Reply, Score, Usage

STRATEGIES = ("openevolve", "shinka", "gepa", "aster", "best-of-n")
ORDERS_EACH = 3  # orders that are tried for at most, per evaluation: plans, repeats and useless answers cost none
FOUND = 3.0


def deceptive(source: str) -> Score:
    first, second, *others = toy_values(source)
    fitness = FOUND if first and second else 0.8 if first or second else 1.0
    return ok(fitness + sum(others) / 100)


def flips(prompt: Prompt) -> Reply:
    rng, source = Random(prompt.seed), program_in(prompt.user)
    values = list(toy_values(source))
    for i in rng.sample(range(len(values)), 2 if rng.random() < 0.05 else 1):
        values[i] = 1 - values[i]
    return Reply(render(source, toy_program(values), "a flip"), "toy", Usage(calls=1))


def found(name: str, seed: int, evaluations: int) -> bool:
    """Whether one run finds both changes before its evaluations are spent."""
    target = toy_target()
    strategy = registry.make_strategy(
        name, registry.settings_of(name, ()), target=target, seed=seed, evaluations=evaluations,
        baseline=Candidate.of(target.source),
    )  # fmt: skip
    run = ToyRun(strategy, target, deceptive, seed=seed, answer=flips)
    for _ in range(evaluations * ORDERS_EACH):
        before = len(run.outcomes())
        run.go(1)
        if run.best() >= FOUND:
            return True
        if len(run.outcomes()) == before or len(run.scores) >= evaluations:
            break
    return False


def interval(hits: int, trials: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, p = 1.96, hits / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * math.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)) / (1 + z * z / trials)
    return middle - half, middle + half


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--evaluations", type=int, default=40)
    parser.add_argument("--strategy", action="append")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    for name in asked.strategy or STRATEGIES:
        hits = sum(found(name, seed, asked.evaluations) for seed in range(asked.seeds))
        low, high = interval(hits, asked.seeds)
        rows.append({"strategy": name, "found": hits, "of": asked.seeds, "low": round(low, 3), "high": round(high, 3)})
    if asked.json:
        print(json.dumps({"evaluations": asked.evaluations, "rows": rows}, indent=1))
        return
    for row in rows:
        print(f"{row['strategy']:12} {row['found']:4} of {row['of']}  ({row['low']:.0%}-{row['high']:.0%})")


if __name__ == "__main__":
    main()
