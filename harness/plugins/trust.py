"""Whose code may run: files that this user has named, and for a run that goes on only those that it was begun with.

A run's folder names its plug-ins. It may come from elsewhere, so a name in it is not enough: the file must be one that
this user once began a run with, which is kept as a fingerprint where only this user can write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.errors import BadPlugin
from harness.plugins.loading import Origin, fingerprint
from harness.plugins.references import is_reference, parts, settled, titled
from harness.private import private_folder
from harness.types import JsonObject


def remember(origins: Iterable[Origin]) -> None:
    """This user began a run with these."""
    for origin in origins:
        if origin.by == "file":
            (_known() / origin.sha256).touch(mode=0o600)


def refuse_strangers(run: str, references: Iterable[str], recorded: Sequence[JsonObject] = ()) -> None:
    """Before anything of them is run: raises BadPlugin for a file that is not as recorded, or with which this user
    never began a run."""
    before = {entry["reference"]: entry["sha256"] for entry in recorded}
    for text in references:
        where = parts(settled(text))[0] if is_reference(text) else ""
        if not where.endswith(".py"):
            continue
        digest = fingerprint(Path(where))
        if before.get(text, digest) != digest:
            raise BadPlugin(_changed(run, titled(text)))
        if not (_known() / digest).exists():
            raise BadPlugin(
                f"run {run} names plug-in {where}, with which you never began a run: read it, and begin one with it if "
                "you trust it"
            )


def refuse_changed(run: str, recorded: Sequence[JsonObject], today: Sequence[Origin]) -> None:
    """Raises BadPlugin when a plug-in is not what the run was begun with."""
    before = {(entry["kind"], entry["reference"]): entry for entry in recorded}
    now = {(origin.kind, origin.reference): origin for origin in today}
    for key, origin in now.items():
        entry = before.get(key)
        if entry is None or entry["sha256"] != origin.sha256 or entry["release"] != origin.release:
            raise BadPlugin(_changed(run, titled(origin.reference)))


def _changed(run: str, title: str) -> str:
    return f"plug-in {title} is not what it was when run {run} began: put it back as it was, or start a new run"


def _known() -> Path:
    return private_folder("plugins", "XDG_STATE_HOME", ".local/state")
