"""`optimize-run init FOLDER --program my.py`: a target of one's own that already works."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.drafting import Draft


def init(
    folder: Annotated[Path, typer.Argument(help="Where the target is to be written: a folder that does not exist.")],
    program: Annotated[Path, typer.Option("--program", "-p", help="Your program: one Python file.")],
    args: Annotated[str, typer.Option(help="What comes after the program's name, as in a shell.")] = "",
    stdin: Annotated[Path | None, typer.Option(help="A file that is its standard input.", show_default="none")] = None,
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    json: options.Json = False,
) -> None:
    """Make a target of a program: run it in the sandbox, record its output as the promise, find its inputs.

    Writes FOLDER with the program, its inputs, what it printed and a commented target.toml.
    """
    from dataclasses import asdict

    from harness import sandbox as rooms
    from harness.drafting import draft

    room = rooms.asked_for(sandbox, unsafe=unsafe_no_sandbox)
    made = draft(folder.expanduser(), program.expanduser(), room, arguments=words(args), stdin=stdin, tell=options.note)
    if json:
        options.print_json({**asdict(made), "folder": str(made.folder)})
        return
    for line in told(made):
        print(line)


def words(args: str) -> tuple[str, ...]:
    """Arguments as a shell would split them. Raises UsageError for a quote that is not closed."""
    import shlex

    from harness.errors import UsageError

    try:
        return tuple(shlex.split(args))
    except ValueError:
        raise UsageError(f"--args {args!r} has a quote that is not closed") from None


def told(made: Draft) -> Iterator[str]:
    """What was found, and what to do next."""
    from harness.report.text import clean, count

    folder = clean(made.folder)
    files = ", ".join(map(clean, made.inputs)) or "none"
    yield f"{folder}/target.toml: {clean(made.program)} is now the target {made.name}"
    yield f"  inputs: {files}"
    wrote = f", files {', '.join(map(clean, made.written))}" if made.written else ""
    yield f"  promise ({made.level}): {count(made.lines, 'line')} of output, exit code {made.code}{wrote}"
    yield f"  one run: {made.cpu_s:.2f} s of CPU, {made.peak_mib:.1f} MiB"
    if made.cpu_s < SHORT_S:
        yield f"  {made.cpu_s:.2f} s is short: give it more to do if you can, or most of what is measured is its start"
    if made.hidden:
        yield "  hidden workloads: none yet, and it would take these; switch on in target.toml what must hold:"
        yield from (f"    - {clean(what)}" for what in made.hidden)
    else:
        yield "  hidden workloads: none, and none was found; target.toml says how to add one"
    yield f"Next: optimize-run targets check {folder}    (is it fit? what will it cost?)"
    yield f"      optimize-run {folder} --model offline  (no key needed)"


SHORT_S = 0.2
