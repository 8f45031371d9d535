"""`optimize-run targets`: what can be optimized by name. `targets check PATH`: is a target fit to be?"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from collections.abc import Iterator

    from harness.types import JsonObject
    from harness.vetting import Vetting


class Action(StrEnum):
    """What is done about targets."""

    LIST = "list"
    CHECK = "check"


def targets(
    action: Annotated[Action, typer.Argument(help="list: the built-in ones; check: prove one.")] = Action.LIST,
    target: Annotated[
        str | None,
        typer.Argument(
            help="For check: a built-in target, a folder with target.toml, or a .py file.", show_default=False
        ),
    ] = None,
    pairs: Annotated[int, typer.Option(min=6, max=1000, help="How often check runs it against itself.")] = 6,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """List the built-in targets, or check one of yours before money is spent on it.

    A check says whether it repeats itself, how noisy it is here, whether the judge refuses broken copies of it and
    accepts harmless ones, and what a judgement costs. It ends with 1 when the target is not fit.
    """
    from harness.errors import UsageError

    form = options.form_of(format_, json)
    if action is Action.CHECK:
        if target is None:
            raise UsageError("targets check wants a target: a built-in one, a folder with target.toml, or a .py file")
        check(target, pairs, form)
    elif target is not None:
        raise UsageError(f"targets list takes no target: to check {target}, write targets check {target}")
    else:
        list_them(form)


def list_them(form: options.Form) -> None:
    from harness.report.grid import Column
    from harness.targets import builtin

    records = [{"name": name, "title": title_of(folder)} for name, folder in builtin().items()]
    columns = (Column("name", "target"), Column("title", "what it is"))
    options.table(columns, records, form, records)


def check(reference: str, pairs: int, form: options.Form) -> None:
    """The checks as a table, the advice below it, and exit code 1 where one says that the target is not fit."""
    from harness import sandbox
    from harness.judging.lanes import Lanes
    from harness.parts import load_target
    from harness.report.grid import Column
    from harness.vetting import vet

    vetting = vet(load_target(reference, None, None), sandbox.choose(), Lanes(), pairs=pairs, tell=options.note)
    document = vetting_json(vetting)
    columns = (Column("check", "check"), Column("verdict", "verdict"), Column("found", "what was seen"))
    options.table(columns, document["checks"], form, document)
    if form is options.Form.TABLE:
        for line in remarks(vetting):
            print(line)
    if not vetting.fit:
        raise typer.Exit(1)


def vetting_json(vetting: Vetting) -> JsonObject:
    """The document of `targets check --json`."""
    return {
        "target": vetting.target,
        "fit": vetting.fit,
        "judgement_s": vetting.judgement_s,
        "checks": [
            {"check": one.check, "verdict": one.verdict, "found": one.said, "advice": one.advice or None}
            for one in vetting.checks
        ],
    }


def remarks(vetting: Vetting) -> Iterator[str]:
    """What to do, and the sum of it."""
    from harness.report.text import clean

    for one in vetting.checks:
        if one.advice:
            yield f"{one.check}: {clean(one.advice)}"
    weak = [one.check for one in vetting.checks if one.verdict == "weak"]
    if not vetting.fit:
        yield f"{vetting.target} is not fit to be optimized yet"
    elif weak:
        yield f"{vetting.target} can be optimized; weak: {', '.join(weak)}"
    else:
        yield f"{vetting.target} is fit to be optimized"


def title_of(folder: Path) -> str:
    """The title in a target.toml. Raises BadTarget when it is not TOML."""
    import tomllib

    from harness.errors import BadTarget

    file = folder / "target.toml"
    try:
        return str(tomllib.loads(file.read_text(encoding="utf-8")).get("title", ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTarget(f"{file} is not valid TOML: {error}") from None
