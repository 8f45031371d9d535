"""`optimize-run TARGET`: the main job."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options
from harness.errors import NothingTried, UsageError

if TYPE_CHECKING:
    from harness.launch import Hooks
    from harness.spec import Spec
    from harness.types import Event

DEFAULT_SECONDS = 480.0  # when nothing else ends a run: enough for real gains on two slow cores


def optimize(
    target: Annotated[str, typer.Argument(help="A built-in target, a folder with target.toml, or a .py file.")],
    strategy: Annotated[str, typer.Option("--strategy", "-s", help="How to search.")] = "openevolve",
    model: Annotated[str, typer.Option("--model", "-m", help="Who writes candidates.")] = "offline",
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
        str | None, typer.Option(help="Wall time, the final confirmation included: 90s, 8m, 1h30m. Default 8m.")
    ] = None,
    target_score: Annotated[float | None, typer.Option(help="Stop at this fitness; the baseline is 1.0.")] = None,
    patience: Annotated[int | None, typer.Option(min=1, help="Stop after so many evaluations without gain.")] = None,
    dry_run: Annotated[
        bool, typer.Option(help="Show the first prompt and its cost; ask, run and write nothing.")
    ] = False,
    fail_if_no_improvement: Annotated[bool, typer.Option(help="Exit 3 when nothing was crowned.")] = False,
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    runs: options.Runs = None,
    quiet: options.Quiet = False,
    json_events: Annotated[bool, typer.Option(help="Stream the journal to standard output.")] = False,
    json: options.Json = False,
) -> None:
    """Optimize a program: the best lineage that is proved to keep its promise."""
    from harness.budget import Limit, duration
    from harness.launch import launch
    from harness.spec import Spec

    if json and json_events:
        raise UsageError("--json and --json-events both want standard output: choose one")
    _above("--target-score", target_score, 1.0, "the baseline has 1; write 1.2 or more")
    _above("--max-usd", max_usd, 0.0, "write an amount above 0")
    seconds = duration(max_time) if max_time else None
    _above("--max-time", seconds, 0.0, "write 90s, 8m or 1h30m")
    limit = Limit(
        evaluations=max_evaluations, calls=max_calls, tokens=max_tokens, usd=max_usd,
        seconds=seconds, target_score=target_score, patience=patience,
    )  # fmt: skip
    if not limit.bounded:
        limit = Limit(seconds=DEFAULT_SECONDS, target_score=target_score)
    spec = Spec(
        target=options.absolute_if_path(target), strategy=strategy, model=model, roles=tuple(role or ()),
        program=str(Path(program).resolve()) if program else None, objective=objective,
        settings=tuple(set_ or ()), seed=seed, parallel=parallel or workers(lanes), lanes=lanes, limit=limit,
        sandbox=sandbox, unsafe_no_sandbox=unsafe_no_sandbox, executor=executor, ray_address=ray_address,
    )  # fmt: skip
    options.load_dotenv()
    if dry_run:
        rehearsed(spec, options.runs_root(runs), json)
        return
    follow(lambda hooks: launch(spec, options.runs_root(runs), hooks), quiet, json_events, json, fail_if_no_improvement)


def workers(lanes: int | None) -> int:
    """So many that every lane has somebody who is timed, and one more is written or screened meanwhile."""
    from harness.judging.lanes import Lanes

    return len(Lanes(lanes).measured) + 1


def _above(option: str, value: float | None, least: float, why: str) -> None:
    if value is not None and not least < value < float("inf"):
        raise UsageError(f"{option} {value:g} would end the run before it began: {why}")


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
    json: bool,
    fail_if_no_improvement: bool,
    past: Iterable[Event] = (),
) -> None:
    """Show a run while it goes, and say how it ended. past: what a resumed run had recorded."""
    from harness.cli.report import writer
    from harness.cli.show import show_json
    from harness.launch import Hooks
    from harness.report import live, tables
    from harness.store.runs import load

    with (
        live.LiveView(quiet=quiet or json, json_events=json_events, past=past) as view,
        stop_on_interrupt() as asked_to_stop,
    ):
        try:
            folder = job(Hooks(watch=view.on_event, asked_to_stop=asked_to_stop, closed=writer()))
        except NothingTried:
            if asked_to_stop() is not None:
                raise typer.Exit(130) from None
            raise
    record = load(folder)
    if json:
        options.print_json(show_json(record))
    elif not json_events:
        options.answer(tables.summary(record))
    if asked_to_stop() is not None:
        raise typer.Exit(130)
    if fail_if_no_improvement and record.best is None:
        raise typer.Exit(3)


@contextmanager
def stop_on_interrupt(again: str = "optimize-run resume") -> Iterator[Callable[[], str | None]]:
    """The first Ctrl-C asks for an end after what is in flight; the second ends at once, and the run can be resumed.

    again: the command that does."""
    asked: list[str] = []

    def on_interrupt(_number: int, _frame: object) -> None:
        if asked:
            import os

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
