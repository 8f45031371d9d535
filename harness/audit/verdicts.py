"""Every specimen through the real judge; what came of it against what must come of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from harness.audit.corpus import METRICS, Specimen
from harness.judging.judge import Judge
from harness.types import Candidate, Score

WORKERS = 2  # one screens while the other is being timed; whatever is timed waits for a lane of its own
NO_PAIRS = math.inf  # no program can reach it: one run on the measuring workload, and no baseline beside it
ANY_GAIN = 1.0  # as many pairs as it takes to tell a program from the baseline


@dataclass(frozen=True, slots=True)
class Finding:
    """complaint: what is wrong with the judge's verdict; empty when it is as it must be."""

    specimen: Specimen
    score: Score
    complaint: str

    @property
    def accepted(self) -> bool:
        return self.score.status == "ok"


def audit(judge: Judge, specimens: Sequence[Specimen], whole: bool, watch: Callable[[Finding], None]) -> list[Finding]:
    """Judge all specimens, those for whole runs last, while the untouched program's own is being made.

    Call judge.prepare before. whole: whether cheats that survive are run at full length. watch sees each finding as it
    comes; findings are in the order of specimens.
    """
    ordered = sorted(specimens, key=lambda specimen: (specimen.whole, specimen.kind == "cheat"))
    found: dict[str, Finding] = {}
    pool = ThreadPoolExecutor(WORKERS)
    try:
        for done in as_completed([pool.submit(examine, judge, specimen, whole) for specimen in ordered]):
            finding = done.result()
            found[_key(finding.specimen)] = finding
            watch(finding)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return [found[_key(specimen)] for specimen in specimens]


def _key(specimen: Specimen) -> str:
    return f"{specimen.kind}/{specimen.name}"


def examine(judge: Judge, specimen: Specimen, whole: bool) -> Finding:
    """Judge one specimen as far as it takes."""
    score = _judged(judge, specimen, whole)
    return Finding(specimen, score, "; ".join(complaints(specimen, score)))


def _judged(judge: Judge, specimen: Specimen, whole: bool) -> Score:
    """Roughly first: a run of its own against an earlier one of the baseline. Side by side where that looks amiss."""
    candidate = Candidate.of(specimen.source)
    score = judge.judge(candidate, stake=NO_PAIRS)
    if score.status == "ok" and any(_misplaced(specimen, score)):
        score = judge.judge(candidate, stake=ANY_GAIN)
    if score.status != "ok" or not whole or (specimen.kind == "honest" and not specimen.whole):
        return score
    confirmed = judge.confirm(candidate)
    # A whole run has ratios of its own: what is expected of a program is expected of the measuring workload.
    return score if confirmed.status == "ok" else confirmed


def complaints(specimen: Specimen, score: Score) -> Iterator[str]:
    """What is wrong with a verdict, worst first."""
    if specimen.kind == "cheat" and score.status == "ok":
        yield "a cheat was accepted"
    elif specimen.kind == "honest" and score.status != "ok":
        yield f"an honest program was refused ({score.status}): {score.feedback}"
    elif specimen.kind == "cheat" and score.status not in specimen.expect.refusals:
        yield f"refused ({score.status}) where {specimen.expect} is right: {score.feedback}"
    if specimen.unsaid and specimen.unsaid in score.feedback:
        yield "the verdict repeats the program's own words"
    yield from _misplaced(specimen, score)


def _misplaced(specimen: Specimen, score: Score) -> Iterator[str]:
    for metric, wanted in specimen.expect.ratios:
        ratio = score.ratio(metric)
        if ratio is not None and not wanted.low <= ratio <= wanted.high:
            yield f"{metric} {ratio:.2f}x, where {wanted} is right"


def ratios(score: Score) -> dict[str, float | None]:
    """Memory and speed of an accepted program; None where they were not measured beside the baseline."""
    return {metric: score.ratio(metric) for metric in METRICS}


def left_out(specimens: Iterable[Specimen], quick: bool) -> tuple[list[Specimen], list[Specimen]]:
    """(to be judged, left out): a quick audit leaves out cheats that only a whole run can tell."""
    every = list(specimens)
    skipped = [s for s in every if quick and s.whole and s.kind == "cheat"]
    return [s for s in every if s not in skipped], skipped
