"""From readings to a score: the first that is not "ok" decides, else the two ratios make the fitness."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

from harness import stats
from harness.traces import Trace
from harness.types import JobResult, Objective, Reading, Score, Stage, Target, Workload

NOISY = 0.06  # of one pair's CPU ratio, from which a user is warned


def failed(readings: Sequence[Reading]) -> bool:
    return any(reading.status != "ok" for reading in readings)


def score_of(readings: Sequence[Reading], stage: Stage, objective: Objective) -> Score:
    """fitness stands only where both ratios were measured."""
    bad = next((r for r in readings if r.status != "ok"), None)
    if bad is not None:
        reached: Stage = "rules" if bad.metric == "rules" else stage
        return Score(bad.status, None, tuple(readings), bad.explanation, reached)
    score = Score("ok", None, tuple(readings), "", stage)
    memory, speed = score.ratio("memory"), score.ratio("speed")
    return score if memory is None or speed is None else replace(score, fitness=stats.fitness(memory, speed, objective))


def unchanged() -> Score:
    """The verdict on a program that is the baseline in normal form; nothing is run for it."""
    same = "the same program as the baseline but for comments and layout"
    readings = [
        Reading(metric=metric, value=1.0, unit="x", low=1.0, high=1.0, explanation=same)
        for metric in ("memory", "speed")
    ]
    return Score("ok", 1.0, tuple(readings), same, "rules")


def reservations(target: Target, bands: Mapping[str, float]) -> list[str]:
    """What equivalence does not mean here: a promise that is statistical only, a baseline that has a band."""
    said = []
    if wanted := target.promise.statistical:
        said.append(
            f"NOT EQUIVALENT: the promise is statistical; any number may be off by {wanted.each:.0%}, and the mean of "
            f"the last values by {wanted.within:.2%}"
        )
    if bands:
        shown = ", ".join(f"{band:.0e} on {name}" for name, band in sorted(bands.items()))
        said.append(
            f"the untouched program does not repeat itself: its numbers are compared within a measured band ({shown}, "
            "relative), and what a rewrite changes below that is not seen"
        )
    return said


def same_output(workload: Workload, target: Target) -> Reading:
    """That every timed run on a workload kept the promise."""
    kind = "hidden" if workload.hidden else "public"
    same = "same" if target.promise.statistical is None else "like, NOT EQUIVALENT"
    return Reading(
        metric="equivalence",
        value=1.0,
        explanation=f"{kind} workload {workload.name}: {same} output, every run",
        detail={
            "workload": workload.name,
            "hidden": workload.hidden,
            "level": target.promise.level,
            "first_difference": None,
        },
    )


def gain_over(score: Score, incumbent: Score, objective: Objective) -> stats.Interval | None:
    """Fitness of one measured score over another's, with the first one's own error. None: it was not measured."""
    memory, speed = score.reading("memory"), score.reading("speed")
    if score.fitness is None or memory is None or speed is None:
        return None
    of_memory, of_speed = stats.weights(objective)
    half = math.hypot(of_memory * _half_width(memory), of_speed * _half_width(speed))
    gain = score.fitness / (incumbent.fitness or 1.0)
    return stats.Interval(gain, gain * math.exp(-half), gain * math.exp(half))


def _half_width(reading: Reading) -> float:
    return math.log((reading.high or reading.value) / (reading.low or reading.value)) / 2


# --- The whole run ----------------------------------------------------------------------------------------------------


def with_whole_run(score: Score, base: Trace, used: JobResult, floor_mib: float, objective: Objective) -> Score:
    """A confirmed score: memory as the whole run showed it, and speed too where it gives the short runs the lie.

    base and used are one full-length run each, on the same hidden input, not side by side: good for peak memory, which
    hardly wanders; of CPU time it is a rough ratio, which replaces that of the short runs where it falls below their
    interval, so that what is reported is never more than a whole run showed.
    """
    readings = [
        _whole_memory(r, base, used, floor_mib)
        if r.metric == "memory"
        else _whole_speed(r, base, used)
        if r.metric == "speed"
        else r
        for r in score.readings
    ]
    return replace(score_of(readings, score.stage, objective), warnings=score.warnings)


def _whole_memory(short: Reading, base: Trace, used: JobResult, floor_mib: float) -> Reading:
    before, after = base.peak_mib, used.peak_mib
    ratio = stats.interval([math.log(before / after)], stats.PRIOR_MEMORY, stats.PRIOR_FREEDOM)
    return replace(
        short,
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        samples=(after,),
        explanation=f"whole run: peak {after:.1f} MiB against {before:.1f} (a bare interpreter takes {floor_mib:.1f})",
        detail={**short.detail, "candidate_mib": after, "baseline_mib": before},
    )


def _whole_speed(short: Reading, base: Trace, used: JobResult) -> Reading:
    before, after = base.cpu_s, used.cpu_s
    words = f"whole run: {after:.1f} CPU-s against {before:.1f}"
    if before / after >= (short.low or short.value):
        return replace(short, explanation=f"{short.explanation}; {words}")
    ratio = stats.interval([math.log(before / after)], 2 * stats.PRIOR_CPU, stats.PRIOR_FREEDOM)
    return replace(
        short,
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        samples=(after,),
        explanation=f"{words}: less than the short runs promised ({short.value:.2f}x)",
        detail={**short.detail, "candidate_s": after, "baseline_s": before},
    )
