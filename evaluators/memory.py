"""Peak resident memory of the candidate's processes, as a ratio to the baseline's on the same workload."""

from __future__ import annotations

from statistics import median

from harness.stats import PRIOR_FREEDOM, PRIOR_MEMORY, interval, memory_logs
from harness.types import Bench, Candidate, Reading, Target


class Memory:
    """Ratio baseline / candidate with a 95 % interval; detail in MiB, with the interpreter's own floor."""

    name = "memory"
    stage = "measure"

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]:
        pairs = bench.pairs()
        logs = memory_logs(pairs)
        ratio = interval(logs, PRIOR_MEMORY, PRIOR_FREEDOM + len(logs) - 1)
        used = median(pair.candidate_mib for pair in pairs)
        base = median(pair.baseline_mib for pair in pairs)
        floor = bench.floor_mib()
        return [
            Reading(
                metric="memory",
                value=ratio.value,
                unit="x",
                low=ratio.low,
                high=ratio.high,
                samples=tuple(pair.candidate_mib for pair in pairs),
                explanation=f"peak {used:.1f} MiB against {base:.1f} MiB (a bare interpreter takes {floor:.1f})",
                detail={"candidate_mib": used, "baseline_mib": base, "floor_mib": floor},
            )
        ]
