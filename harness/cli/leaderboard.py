"""`optimize-run leaderboard`: all runs on one target, best first, and no further apart than their intervals say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.errors import UnknownName, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from harness.report.reference import Reference
    from harness.store.rows import Row
    from harness.types import JsonObject, Objective


def leaderboard(
    target: Annotated[
        str | None, typer.Argument(help="Runs on this target.", show_default="that of the newest run")
    ] = None,
    target_option: Annotated[str | None, typer.Option("--target", "-t", hidden=True)] = None,
    objective: Annotated[
        str | None,
        typer.Option(help="Rank by memory, speed, balanced, or weights.", show_default="each run's own objective"),
    ] = None,
    strategy: Annotated[list[str] | None, typer.Option("--strategy", "-s", help="Only runs of this strategy.")] = None,
    model: Annotated[list[str] | None, typer.Option("--model", "-m", help="Only runs with this model.")] = None,
    machine: Annotated[str | None, typer.Option(help="Only runs on machines whose id has this in it.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Only runs begun since: a day in UTC (2026-03-01), or so long ago (12h, 7d).")
    ] = None,
    limit: Annotated[int | None, typer.Option("--limit", "-n", min=1, help="Only so many rows.")] = None,
    reference: Annotated[
        bool | None,
        typer.Option(
            "--reference/--no-reference",
            help="Rank the reference results that come with the target among the runs, or leave them out.",
            show_default="shown apart",
        ),
    ] = None,
    runs: options.Runs = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Rank all runs on a target by fitness: ratios to the baseline, so that machines can be mixed.

    A run's rank is one more than the number of runs whose 95 % interval lies wholly above its own: runs that were not
    told apart share it.
    """
    from harness.report import views
    from harness.store.index import view

    root, form = options.runs_root(runs), options.form_of(format_, json)
    seen = view(root)
    for fault in seen.faults:
        options.note(f"left out: {fault}")
    weighed = weights(objective) if objective else None
    chosen = target or target_option or (seen.rows[0].target if seen.rows else None)
    recorded = None if reference is False else reference_of(chosen or DEFAULT_TARGET)
    own = of_target(seen.rows, chosen, recorded)
    if not own and recorded is None and form is options.Form.TABLE:
        options.note(f"no runs in {root} yet: start one with `optimize-run microgpt`")
        return
    rows = kept(own, strategy, model, machine, options.moment(since) if since else None)
    if own and not rows:
        options.note(f"none of the {len(own)} runs on {chosen} is left by these filters")
    say_if_mixed(rows if objective is None else [])
    records = views.leaderboard([*rows, *(labelled(recorded) if reference and recorded else ())], weighed)[:limit]
    apart = views.leaderboard(labelled(recorded), weighed)[:limit] if recorded and reference is None else []
    if form is not options.Form.TABLE or records:
        document: JsonObject = {"target": chosen, "rows": views.rows_json(records)}
        if recorded and apart:
            document["reference"] = reference_json(recorded, apart)
        narrow = (*views.WIDE, *views.unremarkable(records))
        options.table(views.LEADERBOARD, records, form, document, title=f"target {chosen}", narrow=narrow)
    if recorded and apart and form is options.Form.TABLE:
        show_apart(recorded, apart, bool(records))


DEFAULT_TARGET = "microgpt"  # whose reference results are shown where there is no run yet


# --- Reference results ------------------------------------------------------------------------------------------------


def reference_of(target: str) -> Reference | None:
    from harness.report.reference import recorded

    return recorded(target)


def labelled(recorded: Reference) -> Iterable[Row]:
    """Rows that cannot be taken for runs of this machine."""
    from dataclasses import replace

    return [replace(row, run=f"reference: {row.run}") for row in recorded.rows]


def reference_json(recorded: Reference, records: Sequence[JsonObject]) -> JsonObject:
    from harness.report import views

    return {"machine": recorded.machine, "recorded": recorded.day, "rows": views.rows_json(records)}


def show_apart(recorded: Reference, records: Sequence[JsonObject], beside_runs: bool) -> None:
    from harness.report import views

    if not beside_runs:
        options.note("no runs here yet: start one with `optimize-run microgpt`; until then, what others came to:")
    shown = [{**record, "style": "dim"} for record in records]
    options.table(views.LEADERBOARD, shown, options.Form.TABLE, None, title=recorded.label, narrow=views.WIDE)


# --- Which runs -------------------------------------------------------------------------------------------------------


def of_target(rows: tuple[Row, ...], target: str | None, recorded: Reference | None) -> list[Row]:
    """The runs on a target. Raises UnknownName when nothing is known of it, and something is of others."""
    targets = {row.target for row in rows}
    if rows and target not in targets and recorded is None:
        raise UnknownName("target", str(target), targets)
    if len(targets - {target}) and target is not None:
        others = ", ".join(sorted(targets - {target}))
        options.note(f"runs on {target}; there are others, on {others}: name one as `optimize-run leaderboard TARGET`")
    return [row for row in rows if row.target == target]


def kept(
    rows: Sequence[Row],
    strategies: Sequence[str] | None,
    models: Sequence[str] | None,
    machine: str | None,
    since: float | None,
) -> list[Row]:
    """The rows that the filters leave. Raises UnknownName for a strategy or model that no row has."""
    for kind, wanted, there in (
        ("strategy", strategies, {row.strategy for row in rows}),
        ("model", models, {row.model for row in rows}),
    ):
        for name in wanted or ():
            if rows and name not in there:
                raise UnknownName(f"{kind} among these runs", name, there)
    if machine and rows and not any(machine in (row.machine or "") for row in rows):
        known = ", ".join(sorted({row.machine or "unknown" for row in rows}))
        raise UsageError(f"no run was made on a machine like {machine!r}: there are {known}")
    return [
        row
        for row in rows
        if (not strategies or row.strategy in strategies)
        and (not models or row.model in models)
        and (not machine or machine in (row.machine or ""))
        and (since is None or row.at >= since)
    ]


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
