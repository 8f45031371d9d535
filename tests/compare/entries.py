"""Entries of a comparison without folders: only what the arithmetic looks at."""

from __future__ import annotations

from typing import Any

from harness.compare.entries import Entry, Step
from harness.store.rows import Row
from harness.store.runrecord import Start
from harness.types import Objective, Usage

BUDGET = {"evaluations": 20, "calls": None, "tokens": None, "usd": None, "seconds": None}


def entry(
    strategy: str, seed: int, fitness: float, *, usage: Usage | None = None, width: float = 0.01, **start: Any
) -> Entry:
    """A run that ended with this fitness, reached half way through its budget of 20 evaluations."""
    spent = usage or Usage(20, 4000, 0, 1000, 0.5, 100.0, 20)
    begun = _start(strategy, seed, **start)
    row = _row(begun, fitness, spent, width)
    half = Usage(10, 2000, 0, 500, None if spent.usd is None else spent.usd / 2, 50.0, 10)
    return Entry(begun, row, spent, (Step(half, fitness),) if fitness > 1 else ())


def _start(strategy: str, seed: int, **start: Any) -> Start:
    own = {
        "run": f"{strategy}-{seed}", "target": "microgpt", "target_path": None, "program": None, "strategy": strategy,
        "model": "offline", "seed": seed, "version": "0.1.0", "objective": Objective(), "budget": BUDGET,
        "settings": {}, "parallel": 2, "machine": {"id": "m", "cpu": "c", "cores": 2}, "sandbox": {}, "unsafe": False,
        "baseline_id": "b" * 12, "baseline_source": "0" * 64, "at": 1.0 + seed,
    }  # fmt: skip
    return Start(**{**own, **start})  # type: ignore[arg-type]


def _row(begun: Start, fitness: float, spent: Usage, width: float) -> Row:
    low, high = (fitness / (1 + width), fitness * (1 + width)) if fitness > 1 else (1.0, 1.0)
    return Row(
        run=begun.run, folder=begun.run, target=begun.target, strategy=begun.strategy, model=begun.model,
        seed=begun.seed, objective="balanced", status="done", fitness=fitness, memory_ratio=fitness,
        speed_ratio=fitness, evaluations=spent.evaluations, calls=spent.calls,
        tokens=spent.tokens_in + spent.tokens_out, usd=spent.usd, seconds=spent.seconds, best_id=None,
        machine=begun.machine["id"], at=begun.at, unsafe=begun.unsafe, fitness_low=low, fitness_high=high,
        memory_low=low, memory_high=high, speed_low=low, speed_high=high,
    )  # fmt: skip
