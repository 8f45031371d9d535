"""How far a program's numbers may be off: what a baseline does that does not repeat itself, and calibrated tolerances.

Both rules are ours. A tolerance is a thousand times what moving every weight by one unit in its last place does to the
output, rounded up to a power of ten, and never more than 1e-11. A baseline whose own runs differ, as sums in the order
of addresses do, gets a band of ten times the widest divergence among a few of its runs, and never more than 1e-6.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations

from harness.errors import BadTarget, BaselineError
from harness.judging import differences
from harness.judging.traces import Trace
from harness.targets.schema import MOST_TOLERANT

RUNS = 5
WHOLE_RUNS = 3  # a full-length run takes minutes
MARGIN = 10.0
WIDEST = 1e-6
PER_ULP = 1000.0


def band_of(traces: Sequence[Trace], where: str) -> float:
    """The band that these runs of one program on one input ask for; where names them in the refusal.

    Raises BaselineError when more than numbers differ, or when they differ too much to tell a right program by.
    """
    worst = 0.0
    for one, other in combinations(traces, 2):
        apart = differences.divergence(one.lines, other.lines)
        if apart is None or one.code != other.code:
            raise BaselineError(
                f"the untouched program does not repeat itself on {where}: more than the last digits of its numbers "
                "changes from run to run; make its output repeatable first (seed what it draws)"
            )
        worst = max(worst, apart)
    if worst * MARGIN > WIDEST:
        raise BaselineError(
            f"the untouched program does not repeat itself on {where}: its numbers are off by {worst:.0e} from run to "
            f"run, and a band of {MARGIN:.0f} times that is more than the {WIDEST:.0e} allowed; make its sums in a "
            "fixed order first (lists for sets, sorted keys)"
        )
    return worst * MARGIN


def calibrated(divergence: float) -> float:
    """The tolerance that a divergence under one unit in the last place of every weight asks for.

    Raises BadTarget when there was none: what was moved were not the weights.
    """
    if divergence <= 0:
        raise BadTarget("promise.nudge: moving it changes no number of the output; name the call that draws weights")
    return float(min(MOST_TOLERANT, 10.0 ** math.ceil(math.log10(PER_ULP * divergence) - 1e-9)))
