"""A target's own corpus: `audit/cheats/*.py` and `audit/honest/*.py` in its folder, each saying what must become of it.

A program begins with a doc string of these lines, and nothing else:

    CLAIM: (b) weights are updated on even steps only       one line; a cheat's begins with its category, a to i
    EXPECT: refused (wrong|crash)                           or: accepted, memory 2.8-4.2x, speed >5x
    STAGE: full                                             only the whole run can tell; left out of a quick audit
    UNSAID: obey                                            words of the program that no verdict may repeat
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from harness import parsing
from harness.errors import BadTarget
from harness.targets.program import read_program
from harness.types import Status, Target

Kind = Literal["cheat", "honest"]
FOLDERS: dict[Kind, str] = {"cheat": "cheats", "honest": "honest"}
REFUSALS = frozenset(get_args(Status)) - {"ok"}
METRICS = ("memory", "speed")
_FIELDS = re.compile(r"(CLAIM|EXPECT|STAGE|UNSAID): (.*)")
_CATEGORY = re.compile(r"\(([a-i])\) (.*)")
_REFUSED = re.compile(r"refused \(([a-z|]+)\)")
_RANGE = re.compile(r"(memory|speed) (?:(\d+(?:\.\d+)?)-(\d+(?:\.\d+)?)|>(\d+(?:\.\d+)?)|<(\d+(?:\.\d+)?))x")


@dataclass(frozen=True, slots=True)
class Range:
    """Where a ratio must lie, bounds included."""

    low: float = 0.0
    high: float = float("inf")

    def __str__(self) -> str:
        if self.high == float("inf"):
            return f">{self.low:g}x"
        return f"{self.low:g}-{self.high:g}x" if self.low else f"<{self.high:g}x"


@dataclass(frozen=True, slots=True)
class Expectation:
    """refusals: the statuses that are right, empty for an honest program; ratios: metric -> where it must lie."""

    refusals: frozenset[str] = frozenset()
    ratios: tuple[tuple[str, Range], ...] = ()

    def __str__(self) -> str:
        if self.refusals:
            return f"refused ({'|'.join(sorted(self.refusals))})"
        return ", ".join(["accepted", *(f"{metric} {wanted}" for metric, wanted in self.ratios)])


@dataclass(frozen=True, slots=True, kw_only=True)
class Specimen:
    """A program whose verdict is known. category: a to i, empty for an honest one; unsaid: what no verdict may say."""

    name: str
    kind: Kind
    claim: str
    source: str
    expect: Expectation
    category: str = ""
    whole: bool = False  # only the whole run can tell
    unsaid: str = ""
    made: bool = False  # from the target's program, not from a file


def own_specimens(target: Target) -> list[Specimen]:
    """The corpus in the target's folder, in order of names; empty when it has none."""
    return [
        read_specimen(path, kind)
        for kind, folder in FOLDERS.items()
        for path in sorted((target.folder / "audit" / folder).glob("*.py"))
    ]


def read_specimen(path: Path, kind: Kind) -> Specimen:
    """Raises BadTarget when a program does not say what must become of it, or says what its folder denies."""
    source = read_program(path)
    fields = _fields(path, ast.get_docstring(parsing.parse(source)) or "")
    claim, category = fields["CLAIM"], ""
    if kind == "cheat":
        if not (found := _CATEGORY.fullmatch(claim)):
            raise BadTarget(f"audit program {path}: a cheat's CLAIM begins with its category, such as `CLAIM: (b) ...`")
        category, claim = found.groups()
    if fields.get("STAGE", "full") != "full":
        raise BadTarget(f"audit program {path}: STAGE {fields['STAGE']!r} is not known: write `STAGE: full` or nothing")
    return Specimen(
        name=path.stem,
        kind=kind,
        claim=claim,
        source=source,
        expect=_expectation(path, kind, fields["EXPECT"]),
        category=category,
        whole="STAGE" in fields,
        unsaid=fields.get("UNSAID", ""),
    )


def _fields(path: Path, text: str) -> dict[str, str]:
    fields: dict[str, str] = {}
    for line in text.splitlines():
        found = _FIELDS.fullmatch(line.strip())
        if not found or not found[2].strip() or found[1] in fields:
            raise BadTarget(f"audit program {path}: doc string line {line[:60]!r} is not `CLAIM: ...` or `EXPECT: ...`")
        fields[found[1]] = found[2].strip()
    for name in ("CLAIM", "EXPECT"):
        if name not in fields:
            raise BadTarget(f"audit program {path}: its doc string has no line `{name}: ...`")
    return fields


def _expectation(path: Path, kind: Kind, text: str) -> Expectation:
    if kind == "cheat":
        found = _REFUSED.fullmatch(text)
        refusals = frozenset(found[1].split("|")) if found else frozenset()
        if not refusals or refusals - REFUSALS:
            raise BadTarget(
                f"audit program {path}: EXPECT {text!r} is not understood: write `refused (S)`, "
                f"S one or more of {'|'.join(sorted(REFUSALS))}"
            )
        return Expectation(refusals)
    accepted, *ranges = [part.strip() for part in text.split(",")]
    matches = [_RANGE.fullmatch(part) for part in ranges]
    if accepted != "accepted" or not all(matches):
        raise BadTarget(
            f"audit program {path}: EXPECT {text!r} is not understood: write `accepted, memory 2.8-4.2x, speed >5x`"
        )
    return Expectation(ratios=tuple(_range(found) for found in matches if found))


def _range(found: re.Match[str]) -> tuple[str, Range]:
    metric, low, high, above, below = found.groups()
    return metric, Range(float(low or above or 0), float(high or below or "inf"))
