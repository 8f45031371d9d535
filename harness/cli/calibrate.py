"""`optimize-run calibrate [TARGET]`: how noisy this machine is, and which gains can be told on it at what cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.judging.calibration import Calibration
    from harness.types import JsonObject


def calibrate(
    target: Annotated[
        str | None,
        typer.Argument(help="A built-in target, a folder with target.toml, or a .py file; none: a program of 0.3 s."),
    ] = None,
    pairs: Annotated[int, typer.Option(min=6, max=1000, help="How often the program is run against itself.")] = 16,
    lanes: Annotated[int | None, typer.Option(min=1, help="Cores kept for timing; default all but one.")] = None,
    json: options.Json = False,
) -> None:
    """Measure this machine's noise: a program against itself, and the gains that can be told from nothing.

    Nothing is stored: a machine is as noisy as it is now, and every run learns its own noise while it goes.
    """
    from harness import sandbox, targets
    from harness.judging.calibration import busy_target
    from harness.judging.calibration import calibrate as measure
    from harness.judging.lanes import Lanes

    wanted = targets.load(target) if target else busy_target()
    cores = Lanes(lanes)
    options.note(f"running {wanted.name} against itself, {pairs} pairs")
    with cores.kept_clear():
        found = measure(wanted, sandbox.choose(), cores, pairs)
    document = calibration_json(found)
    if json:
        options.print_json(document)
    else:
        show(document)


def calibration_json(found: Calibration) -> JsonObject:
    """The document of `calibrate --json`."""
    from harness.machine import machine
    from harness.stats import MOST_PAIRS, duel_alpha

    return {
        "target": found.target,
        "machine": machine(),
        "pairs": found.pairs,
        "seconds_a_pair": found.seconds_a_pair,
        "cpu": {"deviation": found.cpu, "reckoned_with": found.cautious},
        "memory": {"deviation": found.memory},
        "others": found.others,
        "error_rate": duel_alpha(1),
        "most_pairs": MOST_PAIRS,
        "smallest_gain": {
            f"{power:.0%}": gain if gain < float("inf") else None for power, gain in found.smallest.items()
        },
        "costs": [
            {
                "gain": cost.gain,
                "pairs": cost.pairs,
                "usual_pairs": cost.usual,
                "seconds": cost.pairs and cost.pairs * found.seconds_a_pair,
            }
            for cost in found.costs
        ],
        "warnings": list(warnings(found)),
    }


def warnings(found: Calibration) -> Iterator[str]:
    """When not to believe a number that is measured here now."""
    from harness.judging.scoring import DISTURBED, NOISY

    if found.cpu > NOISY:
        yield (
            f"this machine is too noisy for small gains: one pair's CPU ratio varies by {found.cpu:.1%}; close what "
            f"else runs on it, or believe no difference below {_percent(found.smallest[0.95])}"
        )
    if found.others > DISTURBED:
        yield f"other work took {found.others:.0%} of the core that was timed: CPU seconds are high"


def show(document: JsonObject) -> None:
    """The same for people."""
    from harness.report import grid
    from harness.report.grid import Column

    smallest = document["smallest_gain"]
    print(f"{document['target']} against itself, {document['pairs']} pairs of {document['seconds_a_pair']:.1f} s")
    print(f"one pair's ratio varies by {document['cpu']['deviation']:.2%} in CPU time", end=" ")
    print(f"and by {document['memory']['deviation']:.2%} in memory (standard deviation)")
    print(f"reckoned with: {document['cpu']['reckoned_with']:.2%}, since few pairs may show less noise than there is")
    print(
        f"a duel of at most {document['most_pairs']} pairs crowns a gain of {_percent(smallest['80%'])} in 80 % of "
        f"cases, one of {_percent(smallest['95%'])} in 95 %, and no gain at all in at most {document['error_rate']:.0%}"
    )
    columns = (
        Column("gain", "true gain", lambda gain: f"{gain:.0%}", "right"),
        Column("pairs", "told within", lambda n: f"{n} pairs" if n else "more than 2000 pairs", "right"),
        Column("usual_pairs", "usually after", lambda n: f"{n}" if n else "-", "right"),
        Column("seconds", "seconds", lambda s: f"{s:,.0f}" if s else "-", "right"),
    )
    options.answer(grid.rich_table(columns, document["costs"], "What it takes to tell a gain, 95 times in 100"))
    for warning in document["warnings"]:
        print(f"Warning: {warning}")


def _percent(gain: float | None) -> str:
    return "more than any" if gain is None or gain == float("inf") else f"{gain:.1%}"
