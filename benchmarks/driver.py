"""What the driver of a run sustains: outcomes a second through engine, journal and texts, with no one to wait for.

    python -m benchmarks.driver                         # 20,000 outcomes, 64 at once
    python -m benchmarks.driver --parallel 1000         # as with 1,000 workers
    python -m benchmarks.driver --no-model              # a judgement and no model call for each outcome
    python -m benchmarks.driver --lanes 4 --lane-s 0.5 --screen-s 0.05 --parallel 5 --outcomes 200    # busy lanes

The judge, the model and the strategy answer at once; engine, court, ledger, budget, journal, texts and their syncing
are real, on the disk of --where. Each outcome has a prompt and a program of --bytes of its own, and a short answer.
Prints one JSON document: the rate, and per outcome the events, bytes and fsyncs, and the CPU time of all threads.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import asdict, dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock, Semaphore
from typing import Any
from unittest import mock

from benchmarks.overhead import program
from benchmarks.stub import StubJudge
from harness import targets
from harness.budget import Budget, Limit
from harness.court import Court
from harness.engine import Engine
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.recording import Recording
from harness.toolbox import Ledger
from harness.types import Candidate, Event, Order, Outcome, Prompt, Reading, Reply, Score, Target, Tools, Usage

ROOT = Path(__file__).resolve().parents[1]
WARM_UP = 0.2  # of the outcomes, not counted: caches, and the first texts, which are files of their own


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds that a judgement takes: of screening, on a core that all share, then on one of the lanes."""

    lanes: int = 1
    screen_s: float = 0.0
    lane_s: float = 0.0


class EvenJudge(StubJudge):
    """Every program is right and gains nothing: no duels, which a run has but few of."""

    def __init__(self, target: Target, pace: Pace) -> None:
        super().__init__(target)
        self._pace = pace
        self._spare, self._lanes = Lock(), Semaphore(pace.lanes)
        self.busy_s = 0.0  # of all lanes together

    def judge(self, candidate: Candidate, stake: float = 0.0, screened: Score | None = None) -> Score:
        if self._pace.screen_s:
            with self._spare:
                time.sleep(self._pace.screen_s)
        if self._pace.lane_s:
            with self._lanes:
                began = time.perf_counter()
                time.sleep(self._pace.lane_s)
                self.busy_s += time.perf_counter() - began
        readings = tuple(Reading(m, 0.99, "x", low=0.98, high=1.0, samples=(0.98, 0.99, 1.0)) for m in METRICS)
        return Score("ok", 0.99, readings, stage="measure")


METRICS = ("memory", "speed")


@dataclass
class Instant:
    """Strategy and model at once: every order becomes another program, and nothing is thought about."""

    body: str
    outcomes: int
    asks_model: bool
    name: str = "instant"
    asked: int = 0
    tells: bool = False  # the number of each outcome, to standard output, before another is asked for

    def ask(self) -> Order | None:
        self.asked += 1
        if self.asked > self.outcomes:
            return None
        return Order(self.asked, "diff", ("0" * 12,), {"island": self.asked % 5})

    def tell(self, outcome: Outcome) -> None:
        if self.tells:
            os.write(1, b"%d\n" % outcome.order.n)

    def propose(self, order: Order, tools: Tools) -> Candidate:
        text = f"step = {order.n}\n{self.body}"
        if self.asks_model:
            tools.complete(Prompt("You make programs faster.", text))
        return Candidate.of(text, order.parents, "another step")

    def complete(self, prompt: Prompt) -> Reply:
        number = prompt.user.partition("\n")[0]
        return Reply(f"NOTE: {number}\n<<<<<<< SEARCH\nstep = 0\n=======\n{number}\n>>>>>>> REPLACE\n", "instant",
                     Usage(calls=1, tokens_in=3000, tokens_out=60, seconds=0.001))  # fmt: skip


@dataclass
class Meter:
    """Counts what goes to the disk while a run goes on."""

    outcomes: int
    syncs: Counter[str] = field(default_factory=Counter)
    marks: list[dict[str, float]] = field(default_factory=list)
    seen: int = 0

    def watch(self, event: Event) -> None:
        if event.kind == "outcome":
            self.seen += 1
            if self.seen in (int(self.outcomes * WARM_UP), self.outcomes):
                self.mark(event.n + 1)

    def mark(self, events: int) -> None:
        written = int(Path("/proc/self/io").read_text().split("wchar: ")[1].split()[0])
        now = {"at": time.perf_counter(), "cpu": time.process_time(), "events": events, "bytes": written}
        self.marks.append({**now, "syncs": sum(self.syncs.values())})

    def counted(self, name: str, call: Callable[[int], Any]) -> Callable[[int], Any]:
        def sync(file: int) -> Any:
            self.syncs[name] += 1
            return call(file)

        return sync


def drive(
    folder: Path, *, outcomes: int, parallel: int, size: int, asks_model: bool = True, tells: bool = False,
    pace: Pace = Pace(),
) -> dict[str, Any]:  # fmt: skip
    """One run of the engine. size: bytes of a program, and of a prompt."""
    (folder / "blobs").mkdir(parents=True, exist_ok=True)
    target: Target = targets.load(str(ROOT / "tests/toy"), None)
    strategy = Instant(body_of(size), outcomes, asks_model, tells=tells)
    meter = Meter(outcomes)
    with mock.patch("os.fsync", meter.counted("fsync", os.fsync)), Journal(folder) as journal:
        ledger = Ledger(journal, Blobs(folder / "blobs", journal.syncer), Recording(), meter.watch)
        judge: Any = EvenJudge(target, pace)
        baseline = Candidate.of("step = 0\n" + strategy.body)
        engine = Engine(
            strategy=strategy, model=strategy, judge=judge, court=Court(judge, ledger, baseline, None),  # type: ignore[arg-type]
            ledger=ledger, budget=Budget(Limit()), seed=0, parallel=parallel,
            keep=lambda _: None, asked_to_stop=lambda: None,
        )  # fmt: skip
        began = time.perf_counter()
        engine.run()
        landed = time.perf_counter()
        journal.settle()
        settled = time.perf_counter()
    first, last = meter.marks
    lasted = last["at"] - first["at"]
    counted = outcomes - int(outcomes * WARM_UP)
    return {
        "outcomes": outcomes, "parallel": parallel, "bytes_of_a_program": size, "model_call": asks_model,
        "outcomes_per_s": round(counted / lasted),
        "outcomes_per_s_from_the_first": round(outcomes / (landed - began), 2),
        "until_all_is_on_disk_s": round(settled - landed, 3),
        "per_outcome": {
            "cpu_ms": round((last["cpu"] - first["cpu"]) / counted * 1e3, 3),
            "events": round((last["events"] - first["events"]) / counted, 2),
            "bytes": round((last["bytes"] - first["bytes"]) / counted),
            "fsyncs": round((last["syncs"] - first["syncs"]) / counted, 4),
        },
        "per_s": {what: round((last[what] - first[what]) / lasted) for what in ("events", "bytes", "syncs")},
        "pace": asdict(pace), "lanes_busy": round(judge.busy_s / pace.lanes / (landed - began), 3),
        "syncs": dict(meter.syncs), "load": os.getloadavg()[0],
    }  # fmt: skip


def body_of(size: int) -> str:
    text = program()
    return (text * (size // len(text) + 1))[:size].rpartition("\n")[0] + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--outcomes", type=int, default=20_000)
    parser.add_argument("--parallel", type=int, default=64)
    parser.add_argument("--bytes", type=int, default=8000)
    parser.add_argument("--no-model", action="store_true")
    parser.add_argument("--where", type=Path, help="a folder on the disk that is meant")
    parser.add_argument("--run", type=Path, help="keep the run in this folder, which is to be empty")
    parser.add_argument("--tell", action="store_true", help="print the number of each outcome as it is told")
    parser.add_argument("--lanes", type=int, default=1)
    parser.add_argument("--lane-s", type=float, default=0.0, help="seconds that each judgement keeps a lane")
    parser.add_argument("--screen-s", type=float, default=0.0, help="seconds before that, on a core that all share")
    asked = parser.parse_args()
    what: dict[str, Any] = {"outcomes": asked.outcomes, "parallel": asked.parallel, "size": asked.bytes}
    what |= {"asks_model": not asked.no_model, "tells": asked.tell}
    what |= {"pace": Pace(asked.lanes, asked.screen_s, asked.lane_s)}
    with nullcontext(asked.run) if asked.run else TemporaryDirectory(dir=asked.where) as folder:
        print(json.dumps(drive(Path(folder), **what), indent=2))


if __name__ == "__main__":
    main()
