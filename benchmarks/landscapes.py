"""How often each strategy finds two changes that each lose alone and win together, at equal evaluations.

    python -m benchmarks.landscapes [--seeds 100] [--evaluations 40] [--strategy NAME ...] [--json]

A toy (harness/strategies/toy.py): a program of eight assignments; a model that knows nothing flips one of them, and two
in one answer of twenty. x0 or x1 alone loses a fifth, both together triple the score, each of the others gains a
hundredth and lures whoever follows small gains. Two landscapes with the same scores: on `deceptive`, what loses does so
in memory and in speed alike; on `trade-off`, x0 alone wins speed and loses more memory, and x1 the other way round.
Real strategies and the real edit format; no sandbox, no real model. Whoever beats the best before it by half a percent
is crowned; no strategy ends by itself before its evaluations are spent.
"""

from __future__ import annotations

import argparse
import json
import math
from random import Random

from harness import registry
from harness.edits import program_in, render
from harness.strategies.toy import Landscape, ToyRun, ok, toy_program, toy_target, toy_values
from harness.types import Candidate, Prompt, Reply, Score, Usage

STRATEGIES: dict[str, tuple[str, tuple[str, ...]]] = {  # by what they are called here: name and knobs
    "openevolve": ("openevolve", ()),
    "shinka": ("shinka", ()),
    "shinka by rank": ("shinka", ("parents=rank",)),
    "gepa": ("gepa", ()),
    "aster": ("aster", ("iterations=1000", "stale_rounds=0")),
    "codex": ("codex", ("turns=1000", "stall_stop=0")),
    "best-of-n": ("best-of-n", ()),
}
ORDERS_EACH = 3  # orders that are tried for at most, per evaluation: plans, repeats and useless answers cost none
FOUND = 3.0
CROWNS = 0.005


def deceptive(source: str) -> Score:
    first, second, *others = toy_values(source)
    fitness = FOUND if first and second else 0.8 if first or second else 1.0
    return ok(fitness + sum(others) / 100)


def trade_off(source: str) -> Score:
    """The same fitness; what x0 or x1 alone costs in one objective, it gains in part in the other."""
    first, second, *_ = toy_values(source)
    fitness = deceptive(source).fitness or 0.0
    tilt = 1.6 ** (first - second)
    return ok(fitness, memory=fitness / tilt, speed=fitness * tilt)


LANDSCAPES = {"deceptive": deceptive, "trade-off": trade_off}


def flips(prompt: Prompt) -> Reply:
    rng, source = Random(prompt.seed), program_in(prompt.user)
    values = list(toy_values(source))
    for i in rng.sample(range(len(values)), 2 if rng.random() < 0.05 else 1):
        values[i] = 1 - values[i]
    return Reply(render(source, toy_program(values), "a flip"), "toy", Usage(calls=1))


def found(called: str, landscape: Landscape, seed: int, evaluations: int) -> bool:
    """Whether one run finds both changes before its evaluations are spent."""
    target, (name, knobs) = toy_target(), STRATEGIES[called]
    strategy = registry.make_strategy(
        name, registry.settings_of(name, knobs), target=target, seed=seed, evaluations=evaluations,
        baseline=Candidate.of(target.source),
    )  # fmt: skip
    run = ToyRun(strategy, target, landscape, seed=seed, answer=flips, crowns=CROWNS)
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
    parser.add_argument("--strategy", action="append", choices=STRATEGIES)
    parser.add_argument("--landscape", action="append", choices=LANDSCAPES)
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    rows = []
    for place in asked.landscape or LANDSCAPES:
        for name in asked.strategy or STRATEGIES:
            hits = sum(found(name, LANDSCAPES[place], seed, asked.evaluations) for seed in range(asked.seeds))
            low, high = interval(hits, asked.seeds)
            rows.append({"landscape": place, "strategy": name, "found": hits, "of": asked.seeds})
            rows[-1] |= {"low": round(low, 3), "high": round(high, 3)}
            if not asked.json:
                print(f"{place:10} {name:15} {hits:4} of {asked.seeds}  ({low:.0%}-{high:.0%})", flush=True)
    if asked.json:
        print(json.dumps({"evaluations": asked.evaluations, "rows": rows}, indent=1))


if __name__ == "__main__":
    main()
