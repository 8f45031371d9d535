"""Reading runs: from a folder to a RunRecord, and to the folder from the names that people give to runs."""

from __future__ import annotations

import fcntl
from collections.abc import Callable, Iterator
from difflib import get_close_matches
from pathlib import Path

from harness.errors import StoreError, UsageError
from harness.store import journal
from harness.store.fold import JOURNAL, Fold
from harness.store.runrecord import RunRecord, unique
from harness.types import Event


def load(path: Path, also: Callable[[Event], None] = lambda _: None) -> RunRecord:
    """The run in a folder. A torn last line is passed over; damage elsewhere is a StoreError that names the line.

    also: is shown every event, for what a RunRecord does not keep.
    """
    fold = Fold()
    try:
        for event in journal.read(path / JOURNAL):
            fold.take(event)
            also(event)
    except FileNotFoundError:
        raise StoreError(f"{path} is not a run folder: it has no {JOURNAL}") from None
    return fold.record(path, "running" if fold.end is None and written_now(path) else "killed")


def written_now(folder: Path) -> bool:
    """Whether a process holds the run's lock. Asked with a shared lock that is let go at once."""
    try:
        with (folder / "lock").open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


# --- Finding runs -----------------------------------------------------------------------------------------------------


def folders(root: Path) -> Iterator[Path]:
    """Run folders below root, in no order; none when root does not exist."""
    if root.is_dir():
        yield from (p for p in root.iterdir() if not p.is_symlink() and (p / JOURNAL).is_file())


def newest(root: Path) -> Path | None:
    """The run that started last: ids begin with the time in UTC; runs of one second go by their last event."""

    def started(folder: Path) -> tuple[str, int]:
        return folder.name.partition("-")[0], (folder / JOURNAL).stat().st_mtime_ns

    return max(folders(root), key=started, default=None)


def find(root: Path, ref: str) -> Path:
    """The folder of RUN: an id, a unique prefix of one, a path, or `latest`. Raises UnknownName, or UsageError."""
    if ref == "latest":
        found = newest(root)
        if found is None:
            raise UsageError(f"no runs in {root} yet: start one with `optimize-run microgpt`")
        return found
    for path in (root / ref, Path(ref).expanduser()):
        if ref and (path / JOURNAL).is_file():
            return path
    if Path(ref).name == JOURNAL and Path(ref).is_file():
        return Path(ref).parent
    names = sorted(path.name for path in folders(root))
    near = get_close_matches(ref, names, n=1, cutoff=0.5) or names[-5:]
    return root / unique("run", ref, names, [*near, "latest"] if names else ())
