"""Reference results: recorded runs that come with a built-in target, so that a leaderboard is never empty.

`targets/<name>/reference.json` travels with the target, in a checkout as in a wheel. It holds leaderboard rows, not
runs; where and when they were recorded stands beside them, and wherever they are shown they are called reference.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, asdict, dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

from harness.errors import StoreError
from harness.report import text
from harness.store.rows import Row
from harness.types import JsonObject

if TYPE_CHECKING:
    from harness.compare.results import Comparison

FILE = "reference.json"
TARGETS = Path(__file__).resolve().parents[2] / "targets"  # found without loading what reads targets: that takes longer


@dataclass(frozen=True, slots=True)
class Reference:
    """Recorded rows with the machine and the day (UTC) of the recording."""

    rows: tuple[Row, ...]
    machine: str
    day: str

    @property
    def label(self) -> str:
        return text.clean(f"reference results, recorded on {self.machine} on {self.day}")


def reference_of(result: Comparison) -> JsonObject:
    """What `compare --save-reference` writes: a row a run, and what the comparison said, without its curves."""
    from harness.compare.document import document

    entries = [entry for standing in result.standings for entry in standing.entries]
    first = min(entries, key=lambda entry: entry.start.at)
    told = document(result)
    return {
        "target": result.target,
        "recorded": text.when(first.start.at)[:10],
        "machine": first.start.machine,
        "version": first.start.version,
        "budget": first.start.budget,
        "rows": [asdict(entry.row) for entry in entries],
        "comparison": {**told, "strategies": [_without_curve(found) for found in told["strategies"]]},
    }


def _without_curve(strategy: JsonObject) -> JsonObject:
    return {key: value for key, value in strategy.items() if key != "curve"}


def recorded(target: str) -> Reference | None:
    """The reference results of a built-in target; None where it has none. Raises StoreError for a damaged file."""
    file = TARGETS / target / FILE
    return read(file) if Path(target).name == target and file.is_file() else None


def _row(row: JsonObject) -> Row:
    """Raises KeyError for a field that is not there and has no default."""
    names = [field.name for field in fields(Row) if field.name in row or field.default is MISSING]
    return Row(**{name: row[name] for name in names})


def read(file: Path) -> Reference:
    """Raises StoreError."""
    try:
        table = json.loads(file.read_text(encoding="utf-8"))
        rows = tuple(_row(row) for row in table["rows"])
        machine = f"{table['machine']['cores']} cores of {table['machine']['cpu']}"
        return Reference(rows, machine, str(table["recorded"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        what = f"no {error}" if isinstance(error, KeyError) else str(error)
        raise StoreError(
            f"{file} is not a file of reference results: {what}; write it with compare --save-reference"
        ) from None
