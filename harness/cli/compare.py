"""`optimize-run compare`: strategies against each other at one budget, or runs that are there already."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.cli.optimize import stop_on_interrupt
from harness.errors import UsageError

if TYPE_CHECKING:
    from harness.compare.plan import Member, Plan
    from harness.compare.results import Comparison
    from harness.compare.run import Recorded, Show
    from harness.launch import Hooks
    from harness.types import Event

PAGE = "compare.html"


def compare(
    things: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="TARGET | RUN RUN... | COMPARISON",
            help="With --strategy, what to optimize; else finished runs, or a comparison, to be read again.",
            show_default=False,
        ),
    ] = None,
    strategy: Annotated[
        list[str] | None, typer.Option("--strategy", "-s", help="A way to search; two or more.")
    ] = None,
    control: Annotated[bool, typer.Option("--control", help="Add best-of-n, the control to beat.")] = False,
    model: Annotated[str, typer.Option("--model", "-m", help="Who writes candidates.")] = "offline",
    seeds: Annotated[int, typer.Option(min=1, max=99, help="Runs of each strategy, with seeds 0, 1, 2, ...")] = 3,
    max_evaluations: Annotated[int | None, typer.Option(min=1, help="The budget of each run, in judgements.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="The budget of each run, in tokens.")] = None,
    max_usd: Annotated[float | None, typer.Option(min=0.0, help="The budget of each run, in dollars.")] = None,
    max_time: Annotated[str | None, typer.Option(help="The budget of each run, in wall time: 90s, 8m, 1h.")] = None,
    program: Annotated[str | None, typer.Option(help="Your own copy of the target's program.")] = None,
    objective: Annotated[str | None, typer.Option(help="memory, speed, balanced, or weights.")] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A strategy's knob: strategy.name=value.")] = None,
    python: options.Python = None,
    parallel: Annotated[int, typer.Option(min=1, max=64, help="Candidates in the making at once.")] = 2,
    lanes: Annotated[int | None, typer.Option(min=1, help="Cores kept for timing; default all but one.")] = None,
    resume: Annotated[
        str | None, typer.Option(metavar="COMPARISON", help="Go on with this one: an id, a prefix, or latest.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write the page to this .html file too.")
    ] = None,
    save_reference: Annotated[
        Path | None, typer.Option(help="Write the runs to this file, as reference rows for the leaderboard.")
    ] = None,
    runs: options.Runs = None,
    quiet: options.Quiet = False,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Compare strategies: each with every seed, all at one budget, seed by seed in turn.

    A comparison that was stopped goes on when the same command is given again.
    """
    from harness.budget import Limit, duration
    from harness.compare.plan import CONTROL, Plan

    root, form = options.runs_root(runs), options.form_of(format_, json)
    names = [*(strategy or ()), *([CONTROL] if control and CONTROL not in (strategy or ()) else ())]
    limit = Limit(
        evaluations=max_evaluations, tokens=max_tokens, usd=max_usd, seconds=duration(max_time) if max_time else None
    )
    if resume is not None:
        if things or names:
            raise UsageError("--resume goes on with a comparison as it was planned: leave out targets and strategies")
        result = made(_found(root, resume), quiet or form is not options.Form.TABLE)
    elif names:
        if len(things or ()) != 1:
            raise UsageError("with --strategy, name one TARGET to optimize; without, finished runs to compare")
        plan = Plan(
            target=options.absolute_if_path((things or [""])[0]), strategies=tuple(names), model=model,
            seeds=tuple(range(seeds)), limit=limit, program=str(Path(program).resolve()) if program else None,
            objective=objective, python=options.interpreter(python), settings=tuple(set_ or ()),
            parallel=parallel, lanes=lanes,
        )  # fmt: skip
        result = made(started(plan, root), quiet or form is not options.Form.TABLE)
    else:
        if limit.bounded:
            raise UsageError("a budget is for comparisons that are to be made: name strategies with --strategy")
        result = of_runs(things or [], root)
    show(result, form)
    if output:
        output.write_text(_page(result), encoding="utf-8")
        options.note(f"page written to {output}")
    if save_reference:
        _save_reference(result, save_reference)


# --- Making one -------------------------------------------------------------------------------------------------------


def started(plan: Plan, root: Path) -> Path:
    """The folder of the comparison: a new one, or that of the same plan which has not come to its end."""
    from harness.compare import run
    from harness.compare.plan import checked

    options.load_dotenv()
    checked(plan)
    if before := run.unfinished(plan, root):
        options.note(f"going on with {before.name}, which was stopped before its end")
        return before
    return run.begin(plan, root)


def _found(root: Path, ref: str) -> Path:
    from harness.compare import run

    options.load_dotenv()
    return run.find(root, ref)


def made(folder: Path, quiet: bool) -> Comparison:
    """See a comparison through, keep its answers in its folder, and return them. Exit 130 when it was stopped."""
    from harness.compare import run
    from harness.errors import OptimizeRunError

    recorded = run.read(folder)
    options.note(f"comparison {folder.name}: {_size(recorded)}")
    if len(recorded.plan.strategies) > 1 and "best-of-n" not in recorded.plan.strategies:
        options.note("hint: --control adds best-of-n, which a strategy must beat to be worth its search")
    again = f"optimize-run compare --resume {folder.name}"
    with stop_on_interrupt(again) as asked:
        try:
            complete = run.carry_out(folder, _shower(len(recorded.plan.members()), quiet, asked))
        except OptimizeRunError:
            options.note(f"the comparison is not complete; go on with: {again}")
            raise
    if not complete:
        options.note(f"stopped; go on with: {again}")
        raise typer.Exit(130)
    result = of_comparison(folder)
    keep(result, folder)
    return result


def _size(recorded: Recorded) -> str:
    from harness.report.comparison import spent
    from harness.report.text import count

    plan, members = recorded.plan, recorded.plan.members()
    budget = spent(plan.unit, getattr(plan.limit, plan.unit))
    there = f", {len(recorded.runs)} of them begun" if recorded.runs else ""
    turns = f"{', '.join(plan.strategies)}; {count(len(plan.seeds), 'seed')}, in turn"
    return f"{len(members)} runs{there}, {budget} each; {turns}"


def _shower(total: int, quiet: bool, asked: Callable[[], str | None]) -> Show:
    """How each run is shown while it goes: as a run of its own is."""
    from harness.launch import Hooks
    from harness.report.live import LiveView

    @contextmanager
    def show(member: Member, past: tuple[Event, ...]) -> Iterator[Hooks]:
        options.note(f"[{member.place}/{total}] {member.strategy}, seed {member.seed}")
        with LiveView(quiet=quiet, past=past) as view:
            yield Hooks(watch=view.on_event, asked_to_stop=asked)

    return show


def keep(result: Comparison, folder: Path) -> None:
    """The answers as files in the comparison's folder; a failure to write them is said, and loses nothing."""
    from harness.compare.document import document
    from harness.report.comparison import markdown
    from harness.report.grid import as_json
    from harness.store.blobs import write_whole

    try:
        write_whole(folder / "compare.json", (as_json(document(result)) + "\n").encode())
        write_whole(folder / "compare.md", (markdown(result) + "\n").encode())
        write_whole(folder / PAGE, _page(result).encode())
    except OSError as error:
        options.note(f"warning: the answers could not be kept in {folder}: {error.strerror}")
        return
    options.note(f"page: {folder / PAGE}")


# --- Reading ----------------------------------------------------------------------------------------------------------


def of_comparison(folder: Path) -> Comparison:
    """A comparison whose runs are all finished. Raises UsageError for one that is not."""
    from harness.compare import run
    from harness.compare.entries import read_entry
    from harness.compare.results import compare as results

    found = run.read(folder)
    left = len(found.plan.members()) - len(found.folders())
    if left:
        raise UsageError(
            f"comparison {folder.name} is not complete ({left} runs are missing): go on with "
            f"`optimize-run compare --resume {folder.name}`"
        )
    return results([read_entry(path) for path in found.folders()], folder.name)


def of_runs(refs: Sequence[str], root: Path) -> Comparison:
    """Finished runs, or one comparison by its name."""
    from harness.compare import run
    from harness.compare.entries import read_entry
    from harness.compare.results import compare as results
    from harness.store.runs import find

    if not refs:
        raise UsageError(
            "compare what? a target with --strategy A --strategy B, or two finished runs or more, or a comparison"
        )
    if len(refs) == 1:
        refuse_lone(refs[0], root)
        return of_comparison(run.find(root, refs[0]))
    entries = [read_entry(find(root, ref)) for ref in refs]
    return results(entries, f"{len(entries)} runs")


def refuse_lone(ref: str, root: Path) -> None:
    """Raises UsageError for a target without strategies, or a run without another, that was meant as a comparison."""
    from harness.store.runs import folders
    from harness.targets import builtin

    path = Path(ref).expanduser()
    if ref in builtin() or path.suffix == ".py" or (path / "target.toml").is_file():
        raise UsageError(f"to compare strategies on {ref}, name two or more with --strategy, and one budget")
    if any(folder.name == ref for folder in folders(root)) or (path / "events.jsonl").is_file():
        raise UsageError(f"one run cannot be compared: name a second beside {ref}")


def show(result: Comparison, form: options.Form) -> None:
    from harness.compare.document import document
    from harness.report import comparison, grid

    match form:
        case options.Form.JSON:
            options.print_json(document(result))
        case options.Form.CSV:
            print(grid.as_csv(comparison.STANDINGS, comparison.standings(result)))
        case options.Form.MD:
            print(comparison.markdown(result))
        case options.Form.TABLE:
            options.answer(comparison.for_people(result))


def _page(result: Comparison) -> str:
    from harness.report.html.comparison import page_of

    return page_of(result)


def _save_reference(result: Comparison, file: Path) -> None:
    from harness.report.grid import as_json
    from harness.report.reference import reference_of

    file.write_text(as_json(reference_of(result)) + "\n", encoding="utf-8")
    options.note(f"reference rows written to {file}")
