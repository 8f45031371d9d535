"""What kill -9 costs: a run is killed at random instants, resumed each time, and held against one that was let be.

    python -m benchmarks.kill                      # 50 kills, 200 iterations, one worker
    python -m benchmarks.kill --parallel 4         # four workers: every order told exactly once
    python -m benchmarks.kill --strategy shinka --kills 20

The model is scripted, the judge's numbers do not vary (benchmarks/stub.py); journal, texts, strategy, engine and the
process that is killed are real. Prints one JSON document; ends with 1 when anything was lost or paid for twice.
"""

from __future__ import annotations

import argparse
import json
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.stub import ROOT
from harness.store.journal import read
from harness.types import Event

TIMES = ("seconds", "at")
NAMES = ("run", "secret")  # differ from run to run by design
LONGEST_S = 120.0  # of one process


def script(path: Path, answers: int) -> str:
    """Whole programs, each another one; one in ten repeats an earlier one, one in ten is no answer."""
    program = (ROOT / "tests/toy/toy.py").read_text(encoding="utf-8")
    made = []
    for n in range(answers):
        text = program.replace("range(2000)", f"range({2000 - (n - 5 if n % 10 == 9 else n)})")
        made.append("I would rather not." if n % 10 == 4 else f"NOTE: attempt {n}\n\n```python\n{text}```\n")
    path.write_text(json.dumps(made), encoding="utf-8")
    return f"scripted/{path}"


def process(*args: object) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "benchmarks.stub", *map(str, args)]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE)


def finish(running: subprocess.Popen[bytes]) -> None:
    _, errors = running.communicate(timeout=LONGEST_S)
    if running.returncode:
        raise SystemExit(f"a process failed with {running.returncode}: {errors.decode(errors='replace')[-2000:]}")


def let_be(folder: Path, model: str, calls: int, parallel: int, strategy: str) -> Path:
    finish(process("launch", folder, folder.with_suffix(".notes"), model, calls, parallel, strategy))
    return only_run(folder)


def only_run(folder: Path) -> Path:
    return next(path.parent for path in folder.glob("*/events.jsonl") if not path.parent.is_symlink())


def killed_again_and_again(
    folder: Path, model: str, calls: int, parallel: int, strategy: str, kills: int, rng: random.Random
) -> tuple[Path, int]:
    """The run's folder, and how many kills met a process that was still at work."""
    notes, met, begun = folder.with_suffix(".notes"), 0, False
    expected = calls * 3  # events, roughly
    for n in range(kills):
        running = (
            process("resume", only_run(folder), notes)
            if begun
            else process("launch", folder, notes, model, calls, parallel, strategy)
        )
        due = expected * (n + 1) // (kills + 2)
        if rng.random() < 0.2:
            time.sleep(rng.uniform(0.0, 0.4))  # anywhere, the start included
        else:
            wait_for_events(folder, due, running)
            time.sleep(rng.uniform(0.0, 0.01))
        ended = running.poll() is not None
        running.send_signal(signal.SIGKILL)
        _, errors = running.communicate()
        met += not ended
        if ended and b"finished" not in errors and running.returncode:
            raise SystemExit(f"a resumed process failed: {errors.decode(errors='replace')[-2000:]}")
        begun = begun or any(folder.glob("*/run.toml"))
        if begun and finished(only_run(folder)):
            break
    if not finished(only_run(folder)):
        finish(process("resume", only_run(folder), notes))
    return only_run(folder), met


def wait_for_events(folder: Path, due: int, running: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + LONGEST_S
    while running.poll() is None and time.monotonic() < deadline:
        if sum(path.read_bytes().count(b"\n") for path in folder.glob("2*/events.jsonl")) >= due:
            return
        time.sleep(0.002)


def finished(folder: Path) -> bool:
    return any(event.kind == "end" for event in read(folder / "events.jsonl"))


# --- what is compared -------------------------------------------------------------------------------------------------


def told(folder: Path) -> list[object]:
    """A journal without times, names and the lines that say that the run was resumed."""
    events = (e for e in read(folder / "events.jsonl") if e.kind != "resume")
    return [(e.kind, without(e.data)) for e in events]


def without(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without(item) for key, item in value.items() if key not in (*TIMES, *NAMES)}
    return [without(item) for item in value] if isinstance(value, list) else value


def twice(events: list[Event]) -> list[str]:
    """What a journal says more than once and should not: replies, judgements, duels, whole runs, asks, outcomes."""
    keys = {"ask": ("n",), "reply": ("n", "call"), "judged": ("n", "k"), "crown": ("candidate", "over")}
    keys |= {"confirm": ("candidate",), "outcome": ("n",)}
    counted = Counter((e.kind, *(e.data[key] for key in keys[e.kind])) for e in events if e.kind in keys)
    return [" ".join(map(str, name)) for name, count in counted.items() if count > 1]


def made(folder: Path) -> dict[str, int]:
    """How often the model answered and the judge judged, in all processes together."""
    lines = folder.with_suffix(".notes").read_text(encoding="utf-8").splitlines()
    return Counter(line.split()[2] for line in lines)


def recorded(events: list[Event]) -> dict[str, int]:
    kinds = Counter(event.kind for event in events)
    return {"answer": kinds["reply"], "judge": kinds["judged"], "duel": kinds["crown"], "confirm": kinds["confirm"]}


def trial(calls: int, kills: int, parallel: int, strategy: str, seed: int, where: Path) -> dict[str, Any]:
    """Both runs, and what differs between them."""
    model = script(where / "answers.json", calls)
    whole = let_be(where / "whole", model, calls, parallel, strategy)
    broken, met = killed_again_and_again(where / "broken", model, calls, parallel, strategy, kills, random.Random(seed))
    events = list(read(broken / "events.jsonl"))
    asked, outcomes = ([e.data["n"] for e in events if e.kind == kind] for kind in ("ask", "outcome"))
    lost = {what: made(where / "broken")[what] - count for what, count in recorded(events).items()}
    same = told(broken) == told(whole)
    repeated = twice(events)
    return {
        "strategy": strategy, "parallel": parallel, "calls": calls, "kills": met,
        "events": len(events), "iterations": len(outcomes), "same_journal": same if parallel == 1 else None,
        "every_ask_told_once": sorted(asked) == sorted(outcomes) == sorted(set(asked)),
        "recorded_twice": repeated, "made_but_not_recorded": lost,
        "ok": (same or parallel > 1) and not repeated and sorted(asked) == sorted(outcomes)
        and all(0 <= count <= met * parallel for count in lost.values()),
        "first_difference": None if same or parallel > 1 else next(differences(told(whole), told(broken)), "length"),
    }  # fmt: skip


def differences(one: list[object], two: list[object]) -> Iterator[str]:
    return (f"{n}: {a} != {b}" for n, (a, b) in enumerate(zip(one, two, strict=False)) if a != b)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--parallel", type=int, default=1)
    parser.add_argument("--strategy", default="openevolve")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with TemporaryDirectory() as where:
        found = trial(asked.iterations, asked.kills, asked.parallel, asked.strategy, asked.seed, Path(where))
    print(json.dumps(found, indent=2))
    sys.exit(not found["ok"])


if __name__ == "__main__":
    main()
