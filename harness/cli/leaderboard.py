"""`optimize-run leaderboard`: all runs on one target, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from harness.store.index import Row
    from harness.types import Objective


def leaderboard(
    target: Annotated[
        str | None, typer.Option("--target", "-t", help="Runs on this target.", show_default="that of the newest run")
    ] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="Rank by memory, speed, balanced, or weights.", show_default="each run's own objective"),
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only so many rows.")] = None,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Rank all runs on a target by fitness: ratios to the baseline, so that machines can be mixed."""
    from harness.report import views
    from harness.store.index import view

    root, form = options.runs_root(runs), options.form_of(format_, json)
    seen = view(root)
    for fault in seen.faults:
        options.note(f"left out: {fault}")
    chosen = target or (seen.rows[0].target if seen.rows else None)
    rows = of_target(seen.rows, chosen)
    if not rows and form is options.Form.TABLE:
        options.note(f"no runs in {root} yet: start one with `optimize-run microgpt`")
        return
    if objective is None:
        say_if_mixed(rows)
    records = views.leaderboard(rows, weights(objective) if objective else None)[:limit]
    document = {"target": chosen, "rows": views.only(views.LEADERBOARD, records)}
    narrow = (*views.WIDE, *views.unremarkable(records))
    options.table(views.LEADERBOARD, records, form, document, title=f"target {chosen}", narrow=narrow)


def of_target(rows: tuple[Row, ...], target: str | None) -> list[Row]:
    """The runs on a target. Raises UnknownName when there are runs, and none of them is on it."""
    from harness.errors import UnknownName

    targets = {row.target for row in rows}
    if rows and target not in targets:
        raise UnknownName("target", str(target), targets)
    if len(targets) > 1:
        others = ", ".join(sorted(targets - {target}))
        options.note(f"runs on {target}; there are others, on {others}: name one with --target")
    return [row for row in rows if row.target == target]


def say_if_mixed(rows: list[Row]) -> None:
    names = sorted({row.objective for row in rows})
    if len(names) > 1:
        options.note(
            f"these runs had different objectives ({', '.join(names)}), and each is ranked by its own: "
            "--objective balanced ranks all alike"
        )


def weights(objective: str) -> Objective:
    from harness.targets import objective as parsed

    return parsed(objective)
