"""Work on a core, so that a benchmark can be made on a machine that is not quiet."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

# Goes through 8 MiB again and again, and ends when whoever started it is gone.
HOG = """
import os, sys
os.sched_setaffinity(0, [int(sys.argv[1])])
parent, room = os.getppid(), list(range(1 << 20))
while os.getppid() == parent:
    room.reverse()
    sum(room)
"""


@contextmanager
def busy_core(core: int, busy: bool = True) -> Iterator[None]:
    """Keep a core busy meanwhile; with busy False, do nothing."""
    if not busy:
        yield
        return
    with subprocess.Popen([sys.executable, "-S", "-c", HOG, str(core)], env=dict(os.environ)) as process:
        try:
            yield
        finally:
            process.kill()
