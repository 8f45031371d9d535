"""From readings to a score: the first that is not "ok" decides, else the two ratios make the fitness."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from statistics import median

from harness import stats
from harness.judging.traces import Trace
from harness.types import Check, JobResult, JsonObject, Objective, Pair, Reading, Score, Stage, Target, Workload

REMEMBERED = 2.0  # times less CPU than expected, on public input, that no honest program takes
REMEMBERED_S = 0.5  # and at least so much: below, starting up decides
NOISY = 0.04  # of one pair's CPU ratio, from which a user is warned
DISTURBED = 0.25  # share of the timed core that others took, from which a user is warned


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


def remembered(target: Target, checks: Sequence[Check], base_s: Callable[[Workload], float]) -> list[Reading]:
    """A reading against a program whose public run took far less than the like work on hidden input: it is right there,
    and did not calculate.

    base_s: what the untouched program takes on a workload; infinite where that is not known: like work costs the same.
    """
    spent = {check.workload: check.result.cpu_s for check in checks if check.status == "ok"}
    run = [workload for workload in target.workloads if workload.name in spent]
    for public in (w for w in run if not w.hidden):
        for hidden in (w for w in run if w.hidden and _like(w, public, target)):
            share = base_s(public) / base_s(hidden)
            expected = spent[hidden.name] * (share if math.isfinite(share) else 1.0)
            if spent[public.name] * REMEMBERED < expected and expected - spent[public.name] > REMEMBERED_S:
                words = (
                    f"public workload {public.name}: took {spent[public.name]:.1f} CPU-s, where the like work on "
                    f"hidden input lets expect {expected:.1f}: what it prints there is not calculated"
                )
                return [Reading("equivalence", 0.0, explanation=words, status="wrong", detail=_place(public, target))]
    return []


def _like(one: Workload, other: Workload, target: Target) -> bool:
    """Whether two workloads are made of the same files and have the same sizes: only seeds and formats are turned."""
    sizes = [knob.label for knob in target.knobs if knob.kind == "assign"]
    same = all(one.knobs.get(label) == other.knobs.get(label) != "random" for label in sizes)
    return same and one.files == other.files and one.stage == other.stage


def _place(workload: Workload, target: Target) -> JsonObject:
    """What every reading about equivalence says of where it was taken."""
    return {
        "workload": workload.name,
        "hidden": workload.hidden,
        "level": target.promise.level,
        "first_difference": "the public run was not calculated",
    }


def gain_over(score: Score, incumbent: Score, objective: Objective) -> stats.Interval | None:
    """Fitness of one measured score over another's, with the first one's own error. None: it was not measured."""
    memory, speed = score.reading("memory"), score.reading("speed")
    if score.fitness is None or memory is None or speed is None:
        return None
    of_memory, of_speed = stats.weights(objective)
    half = math.hypot(of_memory * _half_width(memory), of_speed * _half_width(speed))
    gain = score.fitness / (incumbent.fitness or 1.0)
    return stats.Interval(gain, gain * math.exp(-half), gain * math.exp(half))


def doubts(score: Score, pairs: Sequence[Pair], spread: float, objective: Objective) -> tuple[str, ...]:
    """When not to believe a number: what a user should know of how a score was measured.

    spread: of one pair's log CPU ratio on this machine.
    """
    said = []
    if spread > NOISY:
        said.append(f"this machine is noisy: one pair's CPU ratio varies by {spread:.1%}; see optimize-run calibrate")
    gain = gain_over(score, Score("ok", 1.0), objective)
    if gain is not None and gain.low <= 1.0 < 1.0 + stats.MINIMUM_GAIN < gain.value:
        said.append(f"too noisy for the gain shown: {gain.value:.3f}x ({gain.low:.3f}-{gain.high:.3f}) may be nothing")
    others = median(pair.others for pair in pairs) if pairs else 0.0
    if others > DISTURBED:
        said.append(
            f"other work took {others:.0%} of the core that was timed: the ratios hold, since both programs had to "
            "share it alike, but CPU seconds are higher than on a quiet machine"
        )
    return tuple(said)


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
    ratio = stats.interval([math.log(before / after)], stats.ROUGH_CPU, stats.PRIOR_FREEDOM)
    return replace(
        short,
        value=ratio.value,
        low=ratio.low,
        high=ratio.high,
        samples=(after,),
        explanation=f"{words}: less than the short runs promised ({short.value:.2f}x)",
        detail={**short.detail, "candidate_s": after, "baseline_s": before},
    )
