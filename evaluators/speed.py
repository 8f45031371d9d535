"""CPU seconds (user + system, whole process tree), as a ratio to the baseline's, run side by side on one core."""

from __future__ import annotations

from statistics import median

from harness.stats import cpu_logs, interval
from harness.types import Bench, Candidate, Reading, Target


class Speed:
    """Ratio baseline / candidate with a 95 % interval from paired log ratios and this machine's own spread."""

    name = "speed"
    stage = "measure"

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]:
        pairs = bench.pairs()
        deviation, freedom = bench.spread()
        ratio = interval(cpu_logs(pairs), deviation, freedom)
        used = median(pair.candidate_s for pair in pairs)
        base = median(pair.baseline_s for pair in pairs)
        return [
            Reading(
                metric="speed",
                value=ratio.value,
                unit="x",
                low=ratio.low,
                high=ratio.high,
                samples=tuple(pair.candidate_s for pair in pairs),
                explanation=f"{used:.2f} CPU-s against {base:.2f} CPU-s, {len(pairs)} pairs",
                detail={"candidate_s": used, "baseline_s": base},
            )
        ]
