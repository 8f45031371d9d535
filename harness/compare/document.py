"""A comparison as plain JSON, for programs."""

from __future__ import annotations

from harness.compare.results import Comparison, Pair, Standing
from harness.compare.statistics import Bounds
from harness.types import JsonObject


def document(result: Comparison) -> JsonObject:
    """The comparison as plain JSON: the document of `compare --json`."""
    return {
        "comparison": result.title,
        "target": result.target,
        "objective": result.objective,
        "budget": {"unit": result.unit, "amount": result.horizon, "unequal": result.unequal or None},
        "seeds": result.seeds,
        "seeds_needed": result.seeds_needed,
        "strategies": [_standing(standing) for standing in result.standings],
        "pairs": [_pair(pair) for pair in result.pairs],
        "beats_best_of_n": dict(result.against_control) or None,
        "more_seeds": [{"seeds": seeds, "would_find": factor} for seeds, factor in result.more],
        "remarks": list(result.remarks),
    }


def _standing(standing: Standing) -> JsonObject:
    return {
        "strategy": standing.name,
        "runs": [
            {"run": e.start.run, "seed": e.start.seed, "fitness": e.fitness, "low": e.row.fitness_low,
             "high": e.row.fitness_high, "memory_ratio": e.row.memory_ratio, "speed_ratio": e.row.speed_ratio,
             "evaluations": e.usage.evaluations, "tokens": e.row.tokens, "usd": e.usage.usd,
             "seconds": e.usage.seconds}
            for e in standing.entries
        ],
        "median": _bounds(standing.median),
        "spent": standing.spent,
        "area": standing.area,
        "gain_per_evaluation": standing.gain_per_evaluation,
        "gain_per_1k_tokens": standing.gain_per_1k_tokens,
        "gain_per_dollar": standing.gain_per_dollar,
        "curve": [{"spent": x, "low": low, "median": mid, "high": high} for x, low, mid, high in standing.curve],
    }  # fmt: skip


def _pair(pair: Pair) -> JsonObject:
    return {
        "strategy": pair.ours,
        "over": pair.theirs,
        "verdict": pair.verdict,
        "p": pair.p,
        "p_needed": pair.needed,
        "probability_of_superiority": _bounds(pair.superiority),
        "ratio": _bounds(pair.ratio),
        "would_find": pair.detectable,
    }


def _bounds(bounds: Bounds) -> JsonObject:
    return {"value": bounds.value, "low": bounds.low, "high": bounds.high, "confidence": bounds.confidence}
