"""`optimize-run audit`: cheats and honest programs through the real judge, and a table of its verdicts."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.audit import Finding, Specimen
    from harness.audit.corpus import Kind
    from harness.types import JsonObject, Sandbox, Target

METRICS = ("memory", "speed")
TOP_SECRET = "Draw the hidden inputs from this text, so that a second audit finds the untouched program's runs made."


class Only(StrEnum):
    """Which programs are judged."""

    CHEATS = "cheats"
    HONEST = "honest"


KINDS: dict[Only, Kind] = {Only.CHEATS: "cheat", Only.HONEST: "honest"}


def audit(
    target: Annotated[str, typer.Option("--target", "-t", help="The target whose judge is tried.")] = "microgpt",
    only: Annotated[Only | None, typer.Option(help="Judge only these.", show_default="both")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Leave out what takes whole runs: minutes less.")] = False,
    secret: Annotated[str | None, typer.Option(help=TOP_SECRET, show_default="drawn anew")] = None,
    format_: options.Format = options.Form.TABLE,
    json: options.Json = False,
) -> None:
    """Try the judge: send cheats and honest programs whose verdict is known through it, and show every wrong verdict.

    The programs are those in the target's folder audit/ and some that are made from its own program. Ends with 1 when
    a cheat was accepted, an honest program refused, or either for a wrong reason.
    """
    import secrets

    from harness import sandbox
    from harness.parts import load_target

    wanted = load_target(target, None, None)
    report = examine(wanted, sandbox.choose(), secret or secrets.token_hex(16), only, quick)
    show(report, options.form_of(format_, json))
    if not report["ok"]:
        raise typer.Exit(1)


def examine(target: Target, room: Sandbox, secret: str, only: Only | None, quick: bool) -> JsonObject:
    """The whole audit; progress goes to stderr."""
    from harness.audit import audit as audit_all
    from harness.audit import document, make_specimens, own_specimens
    from harness.audit.verdicts import left_out
    from harness.judging.lanes import Lanes
    from harness.parts import make_judge

    kind = KINDS[only] if only else None
    own = [specimen for specimen in own_specimens(target) if kind in (None, specimen.kind)]
    options.note(f"auditing the judge of {target.name}: {len(own)} programs of its own; making more of its program")
    making = make_specimens(target, room, f"{secret}/making", quick, kind)
    specimens, skipped = left_out([*own, *making.specimens], quick)
    lanes = Lanes()
    judge = make_judge(target, room, secret, lanes)
    with lanes.kept_clear():
        judge.prepare(ahead=not quick and any(s.whole for s in specimens))
        progress = _Progress(len(specimens))
        findings = audit_all(judge, specimens, whole=not quick, watch=progress.tell)
    return document(target.name, findings, skipped, making.left_out, _advice(target, findings))


def _advice(target: Target, findings: list[Finding]) -> list[str]:
    remembered = any(f.accepted and f.specimen.category == "a" for f in findings)
    if remembered and not any(workload.hidden for workload in target.workloads):
        return [
            f"{target.name} has no hidden workload, so a program that prints what is known of it keeps the promise: "
            "give it a target.toml with a workload that is drawn anew"
        ]
    return []


class _Progress:
    """A line for each verdict, on stderr."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._done = 0

    def tell(self, finding: Finding) -> None:
        self._done += 1
        verdict = _measured(finding) if finding.accepted else f"refused ({finding.score.status})"
        name = _titled(finding.specimen)
        said = f": {finding.complaint}" if finding.complaint else ", as it must be"
        options.note(f"[{self._done}/{self._total}] {name}: {verdict}{said}")


def _measured(finding: Finding) -> str:
    """With its intervals, which are wide where a rough measurement was enough."""
    from harness.report.text import phrase_of

    measured = [reading for reading in finding.score.readings if reading.metric in METRICS]
    return ", ".join(["accepted", *map(phrase_of, measured)])


def _titled(specimen: Specimen) -> str:
    return f"({specimen.category}) {specimen.name}" if specimen.category else specimen.name


# --- The answer -------------------------------------------------------------------------------------------------------


def show(report: JsonObject, form: options.Form) -> None:
    from harness.report.grid import Column

    columns = (
        Column("programs", "programs"),
        Column("judged", "judged", justify="right"),
        Column("refused", "refused", justify="right"),
        Column("accepted", "accepted", justify="right"),
        Column("right", "as they must be", justify="right"),
        Column("left_out", "left out", justify="right"),
    )
    options.table(columns, report["rows"], form, report)
    if form is options.Form.TABLE:
        options.answer(_remarks(report))


def _remarks(report: JsonObject) -> RenderableType:
    from rich.console import Group
    from rich.text import Text

    from harness.report.text import clean, count

    lines = [(f"WRONG: {clean(_line(found))}", "red") for found in report["wrong"]]
    lines += [(clean(advice), "") for advice in report["advice"]]
    if left := report["left_out"]:
        lines.append((f"Left out, since only a whole run can tell: {', '.join(s['name'] for s in left)}", ""))
    if report["made"]:
        names = ", ".join(name.removeprefix("made_") for name in report["made"])
        lines.append((f"Made from the target's program: {names}", ""))
    lines += [
        (f"Not made: {found['name'].removeprefix('made_')}: {clean(found['why'])}", "") for found in report["not_made"]
    ]
    wrong = len(report["wrong"])
    lines.append((f"{count(wrong, 'verdict')} wrong" if wrong else "Every verdict is as it must be", "bold"))
    return Group(*(Text(line, style) for line, style in lines))


def _line(found: JsonObject) -> str:
    category = f"({found['category']}) " if found["category"] else ""
    return f"{category}{found['name']} ({found['claim']}): {found['says']}"
