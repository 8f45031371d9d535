"""A view of all runs in one SQLite file: fast to ask, safe to delete, rebuilt from the journals whenever they changed.

Nothing is true because it is here. A run is read again when its journal's size or time differs from what was seen.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any
from zlib import crc32

from harness.errors import StoreError
from harness.store import runs
from harness.store.fold import JOURNAL
from harness.store.glance import glance
from harness.store.rows import Row, row_of

CREATE = "create table if not exists runs (name text primary key, size int, mtime int, row text, fault text)"


SHAPE = crc32(" ".join(Row.__slots__).encode()) >> 1  # a file of another shape is started over


@dataclass(frozen=True, slots=True)
class View:
    """All runs that could be read, newest first, and one line for each that could not."""

    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()


def view(root: Path) -> View:
    """Every run below root. Brings runs/index.sqlite up to date first; where that cannot be written, goes without."""
    if not root.is_dir():
        return View(())
    file = root / "index.sqlite"
    try:
        return _view(root, str(file))
    except sqlite3.OperationalError:  # a read-only folder, a full disk, or a lock that is held too long
        return _view(root, ":memory:")
    except sqlite3.DatabaseError:  # not a database, or a damaged one: it is only a view
        file.unlink(missing_ok=True)
        return _view(root, str(file))


def _view(root: Path, file: str) -> View:
    with _opened(file) as table:
        _refresh(table, root)
        found = table.execute("select name, row, fault from runs").fetchall()
    rows = [_now(Row(**json.loads(row)), root) for _, row, _ in found if row]
    rows.sort(key=lambda row: (row.at, row.run), reverse=True)
    return View(tuple(rows), tuple(fault for _, _, fault in found if fault))


@contextmanager
def _opened(file: str) -> Iterator[sqlite3.Connection]:
    table = sqlite3.connect(file, timeout=5)
    try:
        if table.execute("pragma user_version").fetchone()[0] != SHAPE:
            table.execute("drop table if exists runs")
            table.execute(f"pragma user_version = {SHAPE}")
        table.execute(CREATE)
        yield table
        table.commit()
    finally:
        table.close()


def _refresh(table: sqlite3.Connection, root: Path) -> None:
    seen = {name: (size, mtime) for name, size, mtime in table.execute("select name, size, mtime from runs")}
    there = dict(_journals(root))
    table.executemany("delete from runs where name = ?", [(name,) for name in seen.keys() - there.keys()])
    changed = [name for name, stamp in there.items() if seen.get(name) != stamp]
    table.executemany("insert or replace into runs values (?, ?, ?, ?, ?)", _read(root, changed, there))


def _journals(root: Path) -> Iterator[tuple[str, tuple[int, int]]]:
    """Folder names with the size and time of their journals; one stat a folder, since there may be thousands."""
    with os.scandir(root) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                try:
                    stamp = (root / entry.name / JOURNAL).stat()
                except FileNotFoundError:
                    continue
                yield entry.name, (stamp.st_size, stamp.st_mtime_ns)


def _read(root: Path, names: Iterable[str], stamps: dict[str, tuple[int, int]]) -> Iterator[tuple[Any, ...]]:
    for name in names:
        try:
            row, fault = json.dumps(asdict(glance(root / name) or row_of(runs.load(root / name)))), None
        except (StoreError, OSError) as error:
            row, fault = None, str(error)
        yield name, *stamps[name], row, fault


def _now(row: Row, root: Path) -> Row:
    """A run without an end may have lost or found its writer since; only the lock can tell."""
    if row.status not in ("running", "killed"):
        return row
    return replace(row, status="running" if runs.written_now(root / row.folder) else "killed")
