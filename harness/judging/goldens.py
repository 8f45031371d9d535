"""Golden traces: what the untouched program does, made once per content and kept where no candidate can read them.

A trace is keyed by everything that decides it: program as turned, inputs, interpreter, platform. Traces of hidden
inputs are cached too, so that a resumed run does not make them again; they are forgotten after two weeks.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import platform
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Lock

from harness.judging.traces import Trace
from harness.store.blobs import write_whole
from harness.types import Job

KEPT_S = 14 * 24 * 3600.0


def content_key(job: Job) -> str:
    """Names a trace by everything that decides it: interpreter, platform, command, modules, program and inputs."""
    digest = hashlib.sha256()
    interpreter = job.python.build if job.python else sys.version
    words = [interpreter, platform.platform(), *job.command, "", *job.imports, "", str(job.limits.writes_mib)]
    parts = [word.encode() for word in words]
    for name in sorted(job.files):
        parts += [name.encode(), job.files[name]]
    for part in parts:
        digest.update(hashlib.sha256(part).digest())
    return digest.hexdigest()


class Goldens:
    """A cache of traces by key; a trace that two threads want is made by one of them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Trace] = {}
        self._making: defaultdict[str, Lock] = defaultdict(Lock)
        self._mutex = Lock()
        self._forget_old()

    def get(self, key: str, make: Callable[[], Trace]) -> Trace:
        with self._mutex:
            lock = self._making[key]
        with lock:
            if key not in self._known:
                self._known[key] = self._load(key) or self._store(key, make())
            return self._known[key]

    def replace(self, key: str, trace: Trace) -> None:
        """Another trace for a key, from now on."""
        with self._mutex:
            lock = self._making[key]
        with lock:
            self._known[key] = self._store(key, trace)

    def peek(self, key: str) -> Trace | None:
        """A trace if it is at hand, without waiting."""
        return self._known.get(key)

    def _load(self, key: str) -> Trace | None:
        path = self._folder / f"{key}.json"
        if not path.exists():
            return None
        try:
            record = json.loads(path.read_text(encoding="ascii"))
            os.utime(path)
            return Trace(
                lines=tuple(base64.b64decode(line) for line in record["lines"]),
                code=record["code"],
                stderr=base64.b64decode(record["stderr"]),
                written={name: base64.b64decode(data) for name, data in record["written"].items()},
                cpu_s=record["cpu_s"],
                peak_mib=record["peak_mib"],
                band=record["band"],
            )
        except (ValueError, KeyError, TypeError):
            path.unlink()  # a damaged cache entry costs one run of the baseline, no more
            return None

    def _store(self, key: str, trace: Trace) -> Trace:
        record = {
            "lines": [base64.b64encode(line).decode() for line in trace.lines],
            "code": trace.code,
            "stderr": base64.b64encode(trace.stderr).decode(),
            "written": {name: base64.b64encode(data).decode() for name, data in trace.written.items()},
            "cpu_s": trace.cpu_s,
            "peak_mib": trace.peak_mib,
            "band": trace.band,
        }
        write_whole(self._folder / f"{key}.json", json.dumps(record).encode("ascii"))
        return trace

    def _forget_old(self) -> None:
        horizon = time.time() - KEPT_S
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError):  # another process may forget it first
                if path.stat().st_mtime < horizon:
                    path.unlink()
