"""Areas to improve: what a program's numbers and the latest attempts suggest, in words that a model can use."""

from __future__ import annotations

from collections.abc import Sequence

from harness.strategies.history import Attempt, Program
from harness.types import Objective

_STALLED = 4  # attempts without a gain after which another kind of change is asked for
_APART = 1.25  # one ratio this many times the other makes the other the one to work on
_LONGER = 1.5


def areas_to_improve(
    parent: Program, best: Program, baseline: Program, objective: Objective, attempts: Sequence[Attempt]
) -> list[str]:
    """At most a few sentences; none when nothing stands out. attempts: oldest first."""
    found = [
        _distance_to_best(parent, best),
        _lagging(parent, objective),
        _stalled(attempts),
        _failing(attempts),
        _length(parent, baseline),
    ]
    return [sentence for sentence in found if sentence]


def _distance_to_best(parent: Program, best: Program) -> str:
    if parent.id == best.id:
        return ""
    return f"The current program scores {parent.fitness:.2f}x; the best one {best.fitness:.2f}x."


def _lagging(parent: Program, objective: Objective) -> str:
    if objective.memory > 0 and parent.speed > parent.memory * _APART:
        return f"Memory lags behind: {parent.memory:.2f}x less, while speed is {parent.speed:.2f}x."
    if objective.speed > 0 and parent.memory > parent.speed * _APART:
        return f"Speed lags behind: {parent.speed:.2f}x faster, while memory is {parent.memory:.2f}x less."
    return ""


def _stalled(attempts: Sequence[Attempt]) -> str:
    latest = attempts[-_STALLED:]
    if len(latest) < _STALLED or any(attempt.kept for attempt in latest):
        return ""
    return f"The last {_STALLED} attempts gained nothing: try a structurally different idea."


def _failing(attempts: Sequence[Attempt]) -> str:
    latest = attempts[-_STALLED:]
    failed = sum(1 for attempt in latest if attempt.status != "ok")
    if failed * 2 <= _STALLED:
        return ""
    return f"{failed} of the last {len(latest)} attempts were not valid: change less, and keep the output the same."


def _length(parent: Program, baseline: Program) -> str:
    if len(parent.source) <= len(baseline.source) * _LONGER:
        return ""
    return "The program has grown long: look for parts that can go."
