"""Finished runs with seeded curves, written through the real journal: a comparison without a minute of waiting."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

from tests.runs_on_disk import Writing, scored


def climb(rng: Random, end: float, evaluations: int) -> list[float | None]:
    """What each evaluation came to: a new best, or None; the last best is end."""
    rises = sorted(rng.sample(range(evaluations), min(3, evaluations)))
    shares = [0.4, 0.7, 1.0][-len(rises) :]
    return [end ** shares[rises.index(n)] if n in rises else None for n in range(evaluations)]


def run(root: Path, strategy: str, seed: int, bests: Sequence[float | None], width: float = 0.02, **start: Any) -> Path:
    """A finished run whose n-th evaluation reached bests[n], or nothing."""
    budget = {"evaluations": len(bests), "calls": None, "tokens": None, "usd": None, "seconds": None}
    name = f"20260301T{seed:06d}-microgpt-{strategy}-{len(list(root.glob('*'))) if root.exists() else 0:04x}"
    writing = Writing(root, name, **{"strategy": strategy, "seed": seed, "budget": budget, **start})
    writing.measure_baseline()
    best, parents = None, ()
    for reached in bests:
        if reached is None or reached <= 1.0:
            writing.outcome(scored(1.0, 1.0, width), parents=parents)
        else:
            best = writing.outcome(scored(reached, reached, width), parents=parents, crowned=True)
            parents = (best,)
            last = reached
    if best:
        writing.confirm(best, scored(last, last, width))
    writing.end(best=best)
    return writing.close()


def comparison(root: Path, ends: dict[str, Sequence[float]], evaluations: int = 12, **start: Any) -> list[Path]:
    """Runs of each strategy that end with these values, one a seed."""
    rng = Random(1)
    return [
        run(root, name, seed, climb(rng, end, evaluations), **start)
        for name, values in ends.items()
        for seed, end in enumerate(values)
    ]
