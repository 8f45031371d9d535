"""`optimize-run evaluate PROGRAM --target T`: judge one program as a run would judge its best."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli import options


def evaluate(
    program: Annotated[str, typer.Argument(help="The program to judge.")],
    target: Annotated[str, typer.Option("--target", "-t", help="The target whose promise it must keep.")],
    baseline: Annotated[
        str | None, typer.Option(help="Compare with your own copy of the target's program instead.")
    ] = None,
    objective: Annotated[str | None, typer.Option(help="memory, speed, balanced, or weights.")] = None,
    evaluator: Annotated[
        list[str] | None,
        typer.Option(help="One of your own, beside the built-in ones: FILE.py:NAME.", show_default=False),
    ] = None,
    quick: Annotated[bool, typer.Option(help="Leave out the whole run: minutes less, and less sure.")] = False,
    python: options.Python = None,
    sandbox: options.Sandbox = None,
    unsafe_no_sandbox: options.UnsafeNoSandbox = False,
    json: options.Json = False,
) -> None:
    """Judge one program on fresh hidden inputs: equivalence, memory and speed against the baseline."""
    from harness import api

    if not json:
        options.note(f"judging {program} against {target} on hidden inputs drawn for this call")
    judged = api.evaluate(
        program, target, baseline=baseline, objective=objective, evaluators=evaluator or (), quick=quick,
        python=python, sandbox=sandbox, unsafe_no_sandbox=unsafe_no_sandbox,
    )  # fmt: skip
    document = judged.document()
    if json:
        options.print_json(document)
    else:
        from harness.report import tables

        options.answer(tables.evaluation(document))
    if not judged.ok:
        raise typer.Exit(1)
