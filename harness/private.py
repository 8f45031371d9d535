"""Folders that nobody but this user can look into: caches of golden traces, secrets of hidden inputs."""

from __future__ import annotations

import os
from pathlib import Path


def private_folder(kind: str, variable: str, default: str) -> Path:
    """A folder of this user's alone (mode 0700), under the XDG folder that variable names."""
    folder = Path(os.environ.get(variable) or Path.home() / default) / "optimize-run" / kind
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    return folder
