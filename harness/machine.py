"""This machine and this version, in words for a record."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path

from harness.types import JsonObject


def version() -> str:
    from importlib.metadata import version as installed

    return installed("optimize-run")


def machine() -> JsonObject:
    return {
        "id": f"{platform.system()}-{platform.machine()}-{_cpu_name()}-{os.cpu_count()}",
        "system": platform.platform(),
        "cpu": _cpu_name(),
        "cores": os.cpu_count(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
    }


def _cpu_name() -> str:
    try:
        found = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    except OSError:
        found = None
    return found.group(1).strip() if found else platform.processor() or "unknown"
