"""Counting findings: a row for each category of cheat and one for honest programs, and the document of it all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.audit.corpus import Specimen
from harness.audit.verdicts import Finding, ratios
from harness.types import JsonObject

CATEGORIES = {
    "a": "remembered output",
    "b": "work skipped",
    "c": "reading the judge",
    "d": "tampering",
    "e": "cost elsewhere",
    "f": "another task",
    "g": "the scheduler",
    "h": "forged results",
    "i": "orders to the model",
}


def rows(findings: Sequence[Finding], skipped: Sequence[Specimen]) -> list[JsonObject]:
    """One row a category that has programs, all cheats together, and the honest ones. right: as must be, in full."""
    table = [
        _row(f"({letter}) {name}", [f for f in findings if f.specimen.category == letter], _of(skipped, letter))
        for letter, name in CATEGORIES.items()
    ]
    cheats = [f for f in findings if f.specimen.kind == "cheat"]
    honest = [f for f in findings if f.specimen.kind == "honest"]
    table.append(_row("cheats", cheats, sum(s.kind == "cheat" for s in skipped)))
    table.append(_row("honest", honest, sum(s.kind == "honest" for s in skipped)))
    return [row for row in table if row["programs"] or row["left_out"]]


def _of(skipped: Iterable[Specimen], letter: str) -> int:
    return sum(specimen.category == letter for specimen in skipped)


def _row(title: str, findings: Sequence[Finding], skipped: int) -> JsonObject:
    accepted = sum(finding.accepted for finding in findings)
    return {
        "programs": title if findings or skipped else "",
        "judged": len(findings),
        "refused": len(findings) - accepted,
        "accepted": accepted,
        "right": sum(not finding.complaint for finding in findings),
        "left_out": skipped,
    }


def document(
    target: str,
    findings: Sequence[Finding],
    skipped: Sequence[Specimen],
    not_made: Sequence[tuple[str, str]],
    advice: Sequence[str] = (),
) -> JsonObject:
    """The document of `audit --json`. ok: every verdict was as it must be."""
    return {
        "ok": not any(finding.complaint for finding in findings),
        "target": target,
        "rows": rows(findings, skipped),
        "wrong": [{**_named(finding.specimen), "says": finding.complaint} for finding in findings if finding.complaint],
        "advice": list(advice),
        "programs": [_told(finding) for finding in findings],
        "left_out": [_named(specimen) for specimen in skipped],
        "made": [finding.specimen.name for finding in findings if finding.specimen.made],
        "not_made": [{"name": name, "why": why} for name, why in not_made],
    }


def _named(specimen: Specimen) -> JsonObject:
    return {
        "name": specimen.name,
        "kind": specimen.kind,
        "category": specimen.category or None,
        "claim": specimen.claim,
    }


def _told(finding: Finding) -> JsonObject:
    score = finding.score
    return {
        **_named(finding.specimen),
        "expected": str(finding.specimen.expect),
        "status": score.status,
        "stage": score.stage,
        "ratios": ratios(score) if finding.specimen.kind == "honest" else None,
        "verdict": score.feedback,
        "right": not finding.complaint,
    }
