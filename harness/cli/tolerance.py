"""`optimize-run tolerance TARGET`: is the tolerance that a target states the one that its own divergence asks for?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Sequence

    from harness.judging.tolerance import Divergence
    from harness.types import JsonObject, Target


def tolerance(
    target: Annotated[str, typer.Argument(help="A target whose target.toml names a `nudge`.")],
    program: Annotated[
        str | None, typer.Option(help="Your own copy of the target's program, or a fast rewrite of it.")
    ] = None,
    whole: Annotated[bool, typer.Option(help="On the full-length workloads too: minutes more.")] = False,
    python: options.Python = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Move every weight by one unit in its last place, see how far the output goes, and calibrate the tolerance."""
    import secrets
    import sys

    from harness import sandbox
    from harness.judging.goldens import Goldens
    from harness.judging.lanes import Lanes
    from harness.judging.reference import Reference
    from harness.judging.tolerance import divergences
    from harness.parts import load_target
    from harness.private import private_folder
    from harness.report.grid import Column

    wanted, lanes = load_target(target, program, None, python), Lanes()
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    reference = Reference(wanted, sandbox.choose(), secrets.token_hex(16), goldens, lanes)
    document = calibration(wanted, list(divergences(reference, whole, lanes.measured[0])))
    columns = (
        Column("workload", "workload"),
        Column("towards", "weights moved to"),
        Column("divergence", "divergence", "{:.1e}".format, "right"),
    )
    options.table(columns, document["divergences"], options.form_of(format_, json), document)
    if not json:
        print(document["explanation"], file=sys.stderr)
    if not document["agrees"]:
        raise typer.Exit(1)


def calibration(target: Target, found: Sequence[Divergence]) -> JsonObject:
    """The document of `tolerance --json`."""
    from harness.judging import bands
    from harness.targets.schema import MOST_TOLERANT

    worst = max((one.value for one in found), default=0.0)
    asked, stated = bands.calibrated(worst), target.promise.rtol
    agrees = worst <= stated <= asked
    said = f"the widest divergence is {worst:.1e} relative; {bands.PER_ULP:,.0f} times that, rounded up to a power of "
    said += f"ten and at most {MOST_TOLERANT:.0e}, is {asked:.0e}; target {target.name} states {stated:.0e}, "
    said += "which agrees" if agrees else "which is too tight" if stated < worst else "which is too wide"
    return {
        "target": target.name,
        "stated": stated,
        "divergence": worst,
        "calibrated": asked,
        "agrees": agrees,
        "divergences": [{"workload": one.workload, "towards": one.towards, "divergence": one.value} for one in found],
        "explanation": said,
    }
