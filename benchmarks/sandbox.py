"""What a run in each sandbox costs on top of a bare interpreter: `python benchmarks/sandbox.py [--rounds N]`.

An empty program is run in turn by a bare interpreter, by the launcher without a sandbox, and in every sandbox that
works here; the order is reversed from round to round, so that a busy moment hits all alike. Printed are the medians of
the wall time of a round, the median difference to the bare interpreter of the same round in milliseconds, the median
ratio, and what the run itself reports as its CPU time and peak memory, which are what candidates are judged by.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Callable
from statistics import median

from harness import sandbox
from harness.sandbox.host import PYTHON_FLAGS
from harness.types import Job, JobResult, Sandbox

BARE = "bare interpreter"
EMPTY = Job(command=("{python}", "empty.py"), files={"empty.py": b"pass\n"})


def bare() -> None:
    command = [sys.executable, *PYTHON_FLAGS, "-c", "pass"]
    subprocess.run(command, env={"PYTHONHASHSEED": "0"}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True)


def in_sandbox(room: Sandbox, results: list[JobResult]) -> Callable[[], None]:
    def run() -> None:
        result = room.run(EMPTY)
        if (result.end, result.code) != ("exit", 0):
            raise SystemExit(f"{room.describe().backend}: {result.reason}")
        results.append(result)

    return run


def rounds(runs: dict[str, Callable[[], None]], count: int) -> dict[str, list[float]]:
    """Milliseconds of wall time of every run, by name; the first round warms up and is not kept."""
    times: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(count + 1):
        for name in list(runs)[:: 1 if number % 2 else -1]:
            began = time.perf_counter()
            runs[name]()
            if number:
                times[name].append(1000 * (time.perf_counter() - began))
    return times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=40)
    count = parser.parse_args().rounds
    rooms = {trial.name: trial.sandbox for trial in sandbox.survey() if trial.sandbox is not None}
    results: dict[str, list[JobResult]] = {name: [] for name in ("none", *rooms)}
    runs = {name: in_sandbox(room, results[name]) for name, room in {"none": sandbox.without(), **rooms}.items()}
    times = rounds({BARE: bare, **runs}, count)
    print(f"{count} rounds, load average {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")
    print(f"{'':18}{'wall ms':>9}{'more ms':>9}{'ratio':>8}{'its CPU ms':>12}{'its MiB':>9}")
    for name, taken in times.items():
        pairs = list(zip(taken, times[BARE], strict=True))
        more, ratio = median(a - b for a, b in pairs), median(a / b for a, b in pairs)
        own = results.get(name, [])
        cost = f"{1000 * median(r.cpu_s for r in own):12.1f}{median(r.peak_mib for r in own):9.2f}" if own else ""
        print(f"{name:18}{median(taken):9.1f}{more:9.1f}{ratio:7.2f}x{cost}")


if __name__ == "__main__":
    main()
