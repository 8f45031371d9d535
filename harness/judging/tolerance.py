"""Calibrating a tolerance: what moving every weight of the untouched program by one unit in its last place does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness import languages
from harness.errors import BadTarget, BaselineError
from harness.judging import differences
from harness.judging.reference import Reference
from harness.types import Target, Workload

DIRECTIONS = ("inf", "-inf")


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far the output of a program with moved weights is from its own, relative, at most."""

    workload: str
    towards: str  # which way every weight was moved
    value: float


def divergences(reference: Reference, whole: bool, core: int) -> Iterator[Divergence]:
    """One for each direction on each workload that prints at full precision; whole: the full-length ones too.

    Raises BadTarget when the target does not say how to move its weights, BaselineError when more than numbers change.
    """
    target = reference.target
    if not target.promise.nudge:
        raise BadTarget(
            f'target {target.name} does not say what draws its weights: write nudge = "random.gauss" (or the like) '
            "under [promise] in target.toml"
        )
    languages.of(target).nudged(target.source, target.promise.nudge, DIRECTIONS[0])  # refused before anything runs
    for workload in target.workloads:
        if (workload.stage != "full" or whole) and _is_precise(workload, target):
            yield from _of_workload(reference, workload, core)


def _of_workload(reference: Reference, workload: Workload, core: int) -> Iterator[Divergence]:
    target = reference.target
    lines = reference.golden(workload, core).lines
    for towards in DIRECTIONS:
        settings = reference.drawn(workload).settings
        turned = reference.turned(target.source, settings)
        moved = languages.of(target).nudged(turned, target.promise.nudge, towards)
        value = differences.divergence(reference.trace_of(moved, workload, core).lines, lines)
        if value is None:
            raise BaselineError(
                f"on workload {workload.name} more than numbers change when the weights are moved by one unit in "
                "their last place: choose a workload that prints no choices"
            )
        yield Divergence(workload.name, towards, value)


def _is_precise(workload: Workload, target: Target) -> bool:
    """Rounded numbers hide a divergence, or make a large one of it: where a format can be turned, it must be."""
    formats = {knob.label for knob in target.knobs if knob.kind == "format" or knob.value.startswith('"')}
    return not formats or bool(formats & workload.knobs.keys())
