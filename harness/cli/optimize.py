"""`optimize-run TARGET`: the main job."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import defaults, options
from harness.errors import NothingTried, UsageError
from harness.spec import DEFAULT_MODEL, DEFAULT_STRATEGY

if TYPE_CHECKING:
    from harness.launch import Hooks
    from harness.spec import Spec
    from harness.store.runrecord import RunRecord
    from harness.types import Event


class Answer(StrEnum):
    """How the end of a run is told."""

    TABLE = "table"
    JSON = "json"
    MD = "md"


def optimize(
    target: Annotated[str, typer.Argument(help="A built-in target, a folder with target.toml, or a .py file.")],
    strategy: Annotated[
        str, typer.Option("--strategy", "-s", help="How to search; one of your own as FILE.py:NAME.")
    ] = DEFAULT_STRATEGY,
    model: Annotated[
        str, typer.Option("--model", "-m", help="Who writes candidates; one of your own as FILE.py:NAME.")
    ] = DEFAULT_MODEL,
    role: Annotated[
        list[str] | None, typer.Option(help="Another model for one role of a strategy: role=model.", show_default=False)
    ] = None,
    program: Annotated[
        str | None, typer.Option(help="Your own copy of the target's program; its inputs beside it are used.")
    ] = None,
    objective: Annotated[
        str | None, typer.Option(help="memory, speed, balanced, or weights: memory=0.7,speed=0.3.")
    ] = None,
    set_: Annotated[list[str] | None, typer.Option("--set", help="A strategy's knob: name=value.")] = None,
    evaluator: Annotated[
        list[str] | None,
        typer.Option(help="One of your own, beside the built-in ones: FILE.py:NAME.", show_default=False),
    ] = None,
    seed: Annotated[int, typer.Option(help="Same seed, same answers, same judgements: same run.")] = 0,
    parallel: Annotated[
        int | None,
        typer.Option(min=1, max=1024, help="Candidates in the making at once; default one more than there are lanes."),
    ] = None,
    lanes: Annotated[int | None, typer.Option(min=1, help="Cores kept for timing; default all but one.")] = None,
    executor: Annotated[str, typer.Option(help="Where candidates are judged: local, or ray for a cluster.")] = "local",
    ray_address: Annotated[
        str | None, typer.Option(help="A Ray cluster that is there; default: one of its own on this machine.")
    ] = None,
    max_evaluations: Annotated[int | None, typer.Option(min=1, help="Judgements.")] = None,
    max_calls: Annotated[int | None, typer.Option(min=1, help="Model calls.")] = None,
    max_tokens: Annotated[int | None, typer.Option(min=1, help="Tokens, in and out.")] = None,
    max_usd: Annotated[float | None, typer.Option(min=0.0, help="Dollars.")] = None,
    max_time: Annotated[
        str | None, typer.Option(help="Wall time, the final confirmation included: 90s, 8m, 1h30m.")
    ] = None,
    target_score: Annotated[float | None, typer.Option(help="Stop at this fitness; the baseline is 1.0.")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="Stop after so many evaluations without gain.")] = None,
    polish: Annotated[
        bool, typer.Option(help="Hand what gains to the offline engine too; counted as evaluations.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option(help="Show the first prompt and its cost; ask, run and write nothing.")
    ] = False,
    python: options.Python = None,
    fail_if_no_improvement: Annotated[
        str | None,
        typer.Option(
            metavar="[PERCENT]",
            help="Exit 3 unless the best's whole 95 % interval of fitness is above this gain, as in 5%; alone, 0%.",
            show_default=False,
        ),
    ] = None,
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    runs: options.Runs = None,
    quiet: options.Quiet = False,
    json_events: Annotated[bool, typer.Option(help="Stream the journal to standard output.")] = False,
    format_: Annotated[Answer, typer.Option("--format", "-f", help="How to tell the end.")] = Answer.TABLE,
    json: options.Json = False,
) -> None:
    """Optimize a program: the best lineage that is proved to keep its promise.

    Without a limit it ends after 8 minutes, or after 24 evaluations without a gain. Defaults can stand in
    optimize.toml in the working folder: options in [run], knobs in [strategy.NAME].
    """
    from harness.budget import limit_of
    from harness.judging.lanes import workers
    from harness.launch import launch
    from harness.spec import Spec

    form = Answer.JSON if json else format_
    if form is not Answer.TABLE and json_events:
        asked = "--json" if form is Answer.JSON else f"--format {form}"
        raise UsageError(f"{asked} and --json-events both want standard output: choose one")
    least = gain_asked(fail_if_no_improvement)
    limit = limit_of(
        max_evaluations=max_evaluations, max_calls=max_calls, max_tokens=max_tokens, max_usd=max_usd,
        max_time=max_time, target_score=target_score, patience=patience,
    )  # fmt: skip
    spec = Spec(
        target=options.absolute_if_path(target), strategy=strategy, model=model, roles=tuple(role or ()),
        program=str(Path(program).resolve()) if program else None, objective=objective,
        python=options.interpreter(python), settings=(*defaults.knobs_of(strategy), *(set_ or ())),
        evaluators=tuple(evaluator or ()), seed=seed, parallel=parallel or workers(lanes), lanes=lanes, limit=limit,
        polish=polish, sandbox=sandbox, unsafe_no_sandbox=unsafe_no_sandbox, executor=executor, ray_address=ray_address,
    )  # fmt: skip
    options.load_dotenv()
    if dry_run:
        rehearsed(spec, options.runs_root(runs), form is Answer.JSON)
        return
    record = follow(lambda hooks: launch(spec, options.runs_root(runs), hooks), quiet, json_events, form)
    summarize_for_ci(record)
    if least is not None:
        refuse_less_than(least, record)


# --- In a pipeline ----------------------------------------------------------------------------------------------------


def gain_asked(text: str | None) -> float | None:
    """The gain that --fail-if-no-improvement asks for, 0.05 for `5%`. Raises UsageError."""
    if text is None:
        return None
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*%\s*", text)
    if found is None:
        raise UsageError(f"--fail-if-no-improvement {text!r} is not understood: write a percentage, as in 5%")
    return float(found[1]) / 100


def refuse_less_than(least: float, record: RunRecord) -> None:
    """Exit 3 unless the lower end of the best's fitness shows more than this gain over the baseline's 1."""
    from harness.report import text
    from harness.store.rows import row_of

    row = row_of(record)
    if record.best is not None and row.fitness_low > 1 + least:
        return
    shown = f"{text.times(row.fitness)} {text.bounds(row.fitness, row.fitness_low, row.fitness_high)}"
    missed = f"fitness {shown} is not above {text.times(1 + least)} beyond doubt"
    said = missed if record.best else "nothing was crowned"
    options.note(f"not enough: {said} (--fail-if-no-improvement {100 * least:g}%)")
    raise typer.Exit(3)


def summarize_for_ci(record: RunRecord) -> None:
    """The run as Markdown at the end of the file that GITHUB_STEP_SUMMARY names; what prevents that is only said."""
    if not (path := os.environ.get("GITHUB_STEP_SUMMARY")):
        return
    from harness.report import markdown

    try:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(f"{markdown.summary(record)}\n")
    except OSError as error:
        options.note(f"warning: no summary was written to {path}: {error.strerror}")


# --- Showing it -------------------------------------------------------------------------------------------------------


def rehearsed(spec: Spec, root: Path, json: bool) -> None:
    """The first prompt on standard output, word for word; what is known of its cost to people."""
    from dataclasses import asdict

    from harness.rehearsal import rehearse
    from harness.report import text

    found = rehearse(spec, root)
    if json:
        options.print_json(asdict(found))
        return
    if found.prompt is None:
        options.note(f"strategy {found.strategy} asks no model first: there is no prompt")
        return
    print(f"--- system\n{found.prompt.system}\n--- user\n{found.prompt.user}")
    costs = [f"{name}: {'an unknown sum' if usd is None else text.money(usd)}" for name, usd in found.usd.items()]
    options.note(
        f"about {found.tokens:,} tokens in, which cost {'; '.join(costs)}, and the answer's on top; nothing was sent"
    )
    if found.lacks:
        options.note(f"a run would be refused: {found.lacks}")


def follow(
    job: Callable[[Hooks], Path],
    quiet: bool,
    json_events: bool,
    form: Answer,
    past: Iterable[Event] = (),
) -> RunRecord:
    """Show a run while it goes, say how it ended, and return it. past: what a resumed run had recorded."""
    from harness.cli.report import writer
    from harness.cli.show import show_json
    from harness.launch import Hooks
    from harness.report import live, markdown, tables
    from harness.store.runs import load

    with (
        live.LiveView(quiet=quiet or form is not Answer.TABLE, json_events=json_events, past=past) as view,
        stop_on_interrupt() as asked_to_stop,
    ):
        try:
            folder = job(Hooks(watch=view.on_event, asked_to_stop=asked_to_stop, closed=writer()))
        except NothingTried:
            if asked_to_stop() is not None:
                raise typer.Exit(130) from None
            raise
    record = load(folder)
    if form is Answer.JSON:
        options.print_json(show_json(record))
    elif form is Answer.MD:
        print(markdown.summary(record))
    elif not json_events:
        options.answer(tables.summary(record))
    if asked_to_stop() is not None:
        raise typer.Exit(130)
    return record


@contextmanager
def stop_on_interrupt(again: str = "optimize-run resume") -> Iterator[Callable[[], str | None]]:
    """The first Ctrl-C asks for an end after what is in flight; the second ends at once, and the run can be resumed.

    again: the command that does."""
    asked: list[str] = []

    def on_interrupt(_number: int, _frame: object) -> None:
        if asked:
            os.write(2, f"\x1b[?25h\nstopped; go on with: {again}\n".encode())
            os._exit(130)
        asked.append("asked to stop by Ctrl-C")
        import sys

        print("\nfinishing what is in flight; Ctrl-C again stops now", file=sys.stderr)

    before = signal.signal(signal.SIGINT, on_interrupt)
    try:
        yield lambda: asked[0] if asked else None
    finally:
        signal.signal(signal.SIGINT, before)
