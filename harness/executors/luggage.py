"""What a judge needs on a machine that has nothing of the driver's: the target with its files, the secret, a lane."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from harness import laps, registry
from harness.judging.bench import Workbench
from harness.judging.goldens import Goldens
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.private import private_folder
from harness.stats import NoiseModel
from harness.types import Candidate, Sandbox, Score, Target


@dataclass(frozen=True, slots=True)
class Luggage:
    """files: those of the target's folder that its workloads read, by their names there."""

    target: Target
    files: dict[str, bytes]
    secret: str
    sandbox: Callable[[], Sandbox]
    lanes: int | None

    @classmethod
    def packed(cls, target: Target, secret: str, sandbox: Callable[[], Sandbox], lanes: int | None) -> Luggage:
        names = {name for workload in target.workloads for name in (*workload.files.values(), workload.golden) if name}
        files = {name: (target.folder / name).read_bytes() for name in sorted(names)}
        return cls(target, files, secret, sandbox, lanes)


class Post:
    """One lane of one machine, with a judge of its own that measures candidate and baseline side by side there."""

    def __init__(self, luggage: Luggage, nth: int) -> None:
        """nth: of the machine's lanes. Raises SandboxError where there is no sandbox."""
        folder = Path(tempfile.mkdtemp(prefix="optimize-run-"))
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        for name, data in luggage.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        target = replace(luggage.target, folder=folder)
        lanes = Lanes(luggage.lanes, nth)
        if others := set(lanes.cores) - set(lanes.all_measured):
            os.sched_setaffinity(0, others)  # this process stays off what is timed
        goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
        bench = Workbench(target, luggage.sandbox(), luggage.secret, goldens, lanes, NoiseModel())
        self._judge = Judge(target, bench, registry.evaluators())
        self._ready = False

    def screen(self, candidate: Candidate) -> tuple[Score, dict[str, float]]:
        """A score, and the seconds that it took by stage."""
        self._prepare()
        with laps.taken(rest="screen") as took:
            score = self._judge.screen(candidate)
        return score, took.seconds

    def judge(
        self, candidate: Candidate, stake: float, screened: Score | None = None
    ) -> tuple[Score, dict[str, float]]:
        self._prepare()
        with laps.taken(rest="measure") as took:
            score = self._judge.judge(candidate, stake, screened)
        return score, took.seconds

    def _prepare(self) -> None:
        if not self._ready:
            self._judge.prepare(ahead=False)
            self._ready = True
