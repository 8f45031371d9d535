"""`optimize-run resume [RUN]`: go on with an interrupted run."""

from __future__ import annotations

import typer

from harness.cli import options
from harness.cli.optimize import Answer, follow


def resume(
    run: options.Run = "latest",
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    runs: options.Runs = None,
    quiet: options.Quiet = False,
    json_events: bool = typer.Option(False, "--json-events", help="Stream the journal to standard output."),
    json: options.Json = False,
) -> None:
    """Go on with an interrupted run; nothing that it already paid for is paid for again."""
    from harness import launch
    from harness.store import journal
    from harness.store.runs import find

    options.load_dotenv()
    folder = find(options.runs_root(runs), run)
    past = tuple(journal.read(folder / "events.jsonl"))
    follow(
        lambda hooks: launch.resume(folder, hooks, backend=sandbox, unsafe=unsafe_no_sandbox),
        quiet, json_events, Answer.JSON if json else Answer.TABLE, past=past,
    )  # fmt: skip
