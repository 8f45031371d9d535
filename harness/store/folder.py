"""Making a run folder, and pointing at the newest."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path

from harness.errors import StoreError


def new_folder(root: Path, target: str, strategy: str) -> Path:
    """runs/<utc>-<target>-<strategy>-<4 hex>/ with its blobs folder; StoreError when it cannot be made."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = root / f"{stamp}-{target}-{strategy}-{secrets.token_hex(2)}"
    try:
        folder.mkdir(parents=True)
        (folder / "blobs").mkdir()
    except OSError as error:
        raise StoreError(f"runs folder {root} cannot be written: {error.strerror}; name another with --runs") from None
    return folder


def point_latest(root: Path, folder: Path) -> None:
    """runs/latest leads to the newest run."""
    fresh = root / f".latest-{folder.name}"
    fresh.symlink_to(folder.name)
    fresh.replace(root / "latest")
