"""One run in one line: what a leaderboard shows of it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from harness.stats import weights
from harness.store.runrecord import RunRecord, RunStatus, Start
from harness.types import Objective, Score, Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One run on a leaderboard. Ratios are to the baseline, 1.0 while it stands; tokens in and out together."""

    run: str
    folder: str
    target: str
    strategy: str
    model: str
    seed: int
    objective: str
    status: str
    fitness: float
    memory_ratio: float
    speed_ratio: float
    evaluations: int
    calls: int
    tokens: int
    usd: float | None
    seconds: float
    best_id: str | None
    machine: str | None
    at: float
    unsafe: bool
    fitness_low: float  # 95 % intervals; 1.0 while the baseline stands
    fitness_high: float
    memory_low: float
    memory_high: float
    speed_low: float
    speed_high: float
    interpreter: str | None = None  # what ran the programs; ratios are within one


def row_of(run: RunRecord) -> Row:
    """The row of a run; the numbers of its best are those it was measured with against the baseline."""
    score = run.leader.score if run.leader else None
    return row(run.start, run.folder.name, run.status, run.usage, run.best, score)


def row(start: Start, folder: str, status: RunStatus, usage: Usage, best: str | None, score: Score | None) -> Row:
    """best and score are None while the baseline stands."""
    reached = (score.fitness if score else None) or 1.0
    memory, speed = _bounds(score, "memory"), _bounds(score, "speed")
    half = fitness_error(memory, speed, start.objective)
    return Row(
        run=start.run,
        folder=folder,
        target=start.target,
        strategy=start.strategy,
        model=start.model,
        seed=start.seed,
        objective=start.objective.name,
        status=status,
        fitness=reached,
        memory_ratio=(score.ratio("memory") if score else None) or 1.0,
        speed_ratio=(score.ratio("speed") if score else None) or 1.0,
        evaluations=usage.evaluations,
        calls=usage.calls,
        tokens=usage.tokens_in + usage.tokens_out,
        usd=usage.usd,
        seconds=usage.seconds,
        best_id=best,
        machine=start.machine.get("id"),
        at=start.at,
        unsafe=start.unsafe,
        fitness_low=reached * math.exp(-half),
        fitness_high=reached * math.exp(half),
        memory_low=memory[0],
        memory_high=memory[1],
        speed_low=speed[0],
        speed_high=speed[1],
        interpreter=start.runs_on,
    )


def _bounds(score: Score | None, metric: str) -> tuple[float, float]:
    """The interval of a ratio; a reading without one is taken at its word."""
    reading = score.reading(metric) if score and score.status == "ok" else None
    return (reading.low or reading.value, reading.high or reading.value) if reading else (1.0, 1.0)


def fitness_error(memory: tuple[float, float], speed: tuple[float, float], objective: Objective) -> float:
    """Half the width of the interval of a log fitness, from those of its two ratios, which err independently."""
    of_memory, of_speed = weights(objective)
    return math.hypot(
        *(weight * math.log(high / low) / 2 for weight, (low, high) in ((of_memory, memory), (of_speed, speed)))
    )
