"""Every strategy, with and without a language model, with one worker and with four, killed in the middle and resumed.

    python -m benchmarks.matrix                        # 28 cells: 7 strategies, 2 models, 1 and 4 workers
    python -m benchmarks.matrix --quick                # each strategy once: 7 cells
    python -m benchmarks.matrix --strategy aster --model scripted --parallel 4

Everything is real but the program's length and the scripted model's words: `optimize-run` as a process of its own on
microgpt with 1 step and 1 sample, the judge, the sandbox, SIGKILL, `optimize-run resume`. A cell is right when the
resumed run comes to its end, tells every order once, has nothing twice, keeps to its budget, counts what it spent, and
leaves no process of the killed one behind. Ends with 1 when a cell is not.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import tomli_w

from benchmarks.brief import write_brief_microgpt
from benchmarks.kill import only_run, twice
from harness.store import journal
from harness.strategies import known
from harness.targets import builtin
from harness.types import Event

MODELS = ("offline", "scripted")
PARALLEL = (1, 4)
EVALUATIONS = 4
KILLED_AFTER = 3  # judgements that are on disk
LONGEST_S = 900.0  # of one process: others may keep the machine busy
GONE_S = 10.0  # in which what a killed process had started must be gone
ANSWERS = 60
STDERR = "stderr"


@dataclass(frozen=True, slots=True)
class Cell:
    strategy: str
    model: str
    parallel: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What came of a cell. wrong: "" where all is right."""

    strategy: str
    model: str
    parallel: int
    evaluations: int
    recorded: int  # outcomes
    resumed: int  # times
    best: float  # fitness; 1.0 where nothing was crowned
    wrong: str


# --- what is optimized, and by whom -----------------------------------------------------------------------------------


def target(folder: Path) -> Path:
    """microgpt with one step and one sample, one hidden short run and the measuring one."""
    write_brief_microgpt(folder, steps=1)
    original = tomllib.loads((builtin()["microgpt"] / "target.toml").read_text(encoding="utf-8"))
    table = tomllib.loads((folder / "target.toml").read_text(encoding="utf-8"))
    short = next(workload for workload in original["workloads"] if workload["stage"] == "short")
    table["workloads"].append(short | {"knobs": short["knobs"] | {"steps": "1"}})
    (folder / "target.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    return folder


def script(folder: Path, strategy: str) -> str:
    """The name of a model whose every answer fits every question of a strategy, whichever worker asks first."""
    path = folder / f"{strategy}.json"
    make = _turn if strategy == "codex" else _answer
    path.write_text(json.dumps([make(n) for n in range(ANSWERS)]), encoding="utf-8")
    return f"scripted/{path}"


def _lines(n: int) -> str:
    """What the n-th answer adds: a gain, a wrong program, one that ends early, a repetition, or a line of no use."""
    odd = {1: "import gc\ngc.disable()", 3: "random.random()", 6: "raise SystemExit(1)", 8: "spare_7 = 7"}
    return odd.get(n % 10, f"spare_{n} = {n}")


def _blocks(n: int) -> str:
    line = "num_steps = 1000"
    return f"<<<<<<< SEARCH\n{line}\n=======\n{line}\n{_lines(n)}\n>>>>>>> REPLACE\n"


def _answer(n: int) -> str:
    """Edits that fit any descendant, and the fields of a plan, a handoff and a summary in one object."""
    if n % 10 == 5:
        return "I would rather not."
    brief = {"surface_area": f"area {n}", "parent": "best", "hypothesis": "less is more"}
    said = {
        "briefs": [brief, brief | {"surface_area": f"aspect {n}"}],
        "done": f"attempt {n}", "result": "see the numbers", "learnings": [f"learnt {n}"],
    }  # fmt: skip
    return f"NOTE: attempt {n}\n\n{_blocks(n)}\n{json.dumps(said)}\n"


def _turn(n: int) -> dict[str, object]:
    """A whole turn of the built-in agent in one answer; every third evaluates first."""
    finish = {"name": "done", "arguments": {"hypothesis": "h", "change": f"attempt {n}", "expected": "e"}}
    evaluate = [{"name": "eval", "arguments": {}}] if n % 3 == 0 else []
    edit = [{"name": "edit", "arguments": {"blocks": _blocks(n)}}] if n % 10 != 5 else []
    return {"text": f"attempt {n}", "calls": [*edit, *evaluate, finish]}


# --- one cell ---------------------------------------------------------------------------------------------------------


def tried(cell: Cell, where: Path, program: Path, evaluations: int, seed: int) -> Row:
    """Begin a run, kill it, resume it, and look at what is on disk."""
    runs = where / f"{cell.strategy}-{cell.model}-{cell.parallel}"
    model = script(where, cell.strategy) if cell.model == "scripted" else cell.model
    wrong = []
    running = started(
        where, program, "--strategy", cell.strategy, "--model", model, "--parallel", cell.parallel,
        "--max-evaluations", evaluations, "--seed", seed, "--runs", runs, "--quiet",
    )  # fmt: skip
    if not killed(running, runs, random.Random(f"{cell}/{seed}")):
        return row(cell, runs, [f"it ended before it could be killed, with {running.returncode}: {said(where)}"])
    wrong += left_behind(running.pid)
    resumed = started(where, "resume", "latest", "--runs", runs, "--quiet")
    try:
        resumed.wait(LONGEST_S)
    except subprocess.TimeoutExpired:
        resumed.kill()
        wrong.append(f"the resumed run did not end in {LONGEST_S:g} s")
    if resumed.returncode:
        wrong.append(f"resume ended with {resumed.returncode}: {said(where)}")
    return row(cell, runs, [*wrong, *faults(list(events(runs)), evaluations)])


def started(where: Path, *words: object) -> subprocess.Popen[str]:
    """`optimize-run` with these words, in a session of its own."""
    private = {"XDG_CACHE_HOME": str(where / "cache"), "XDG_STATE_HOME": str(where / "state")}
    with (where / STDERR).open("w", encoding="utf-8") as errors:
        command = [sys.executable, "-m", "harness.cli.main", *map(str, words)]
        return subprocess.Popen(
            command, env=os.environ | private, stdout=subprocess.DEVNULL, stderr=errors, text=True,
            start_new_session=True,
        )  # fmt: skip


def said(where: Path) -> str:
    """The last words of the latest process."""
    return (where / STDERR).read_text(encoding="utf-8")[-600:].strip()


def killed(running: subprocess.Popen[str], runs: Path, rng: random.Random) -> bool:
    """Whether the process was still at work when SIGKILL came, at a random moment after some judgements."""
    deadline = time.monotonic() + LONGEST_S
    while running.poll() is None and time.monotonic() < deadline:
        if sum(event.kind == "judged" for event in events(runs)) >= KILLED_AFTER:
            time.sleep(rng.uniform(0.0, 0.5))
            break
        time.sleep(0.02)
    alive = running.poll() is None
    running.kill()
    running.wait()
    return alive


def events(runs: Path) -> Iterator[Event]:
    if any(runs.glob("2*/events.jsonl")):
        yield from journal.read(only_run(runs) / "events.jsonl")


def left_behind(session: int) -> list[str]:
    """Processes of a session that outlive the one that started them, after a while."""
    deadline = time.monotonic() + GONE_S
    while (found := _of_session(session)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return [f"{len(found)} processes outlived the killed one: {', '.join(found)}"] if found else []


def _of_session(session: int) -> list[str]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            name, _, rest = path.read_text(encoding="utf-8", errors="replace").rpartition(")")
        except OSError:  # it ended meanwhile
            continue
        fields = rest.split()
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(name.partition("(")[2])
    return found


# --- what is right ----------------------------------------------------------------------------------------------------


def faults(recorded: list[Event], evaluations: int) -> Iterator[str]:
    """What is wrong with the journal of a run that was killed, resumed and came to its end."""
    asked, outcomes = ([e.data["n"] for e in recorded if e.kind == kind] for kind in ("ask", "outcome"))
    if not sorted(asked) == sorted(outcomes) == sorted(set(asked)):
        yield f"asked for {sorted(asked)}, told {sorted(outcomes)}"
    if repeated := twice(recorded):
        yield f"recorded twice: {'; '.join(repeated)}"
    if sum(event.kind == "resume" for event in recorded) != 1:
        yield "it was not resumed once"
    ends = [event for event in recorded if event.kind == "end"]
    if not ends or ends[-1].data["status"] != "done":
        yield f"it ended as {ends[-1].data['status'] + ': ' + ends[-1].data['reason'] if ends else 'nothing'}"
        return
    counted = ends[-1].data["usage"]["evaluations"]
    judged = sum(event.kind == "judged" and event.data["kind"] == "evaluate" for event in recorded)
    if counted != judged:
        yield f"{judged} evaluations were made and {counted} counted"
    if counted > evaluations:
        yield f"{counted} evaluations of {evaluations}"
    calls = sum(event.kind == "reply" for event in recorded)
    if ends[-1].data["usage"]["calls"] != calls:
        yield f"{calls} calls were made and {ends[-1].data['usage']['calls']} counted"
    crowned = {e.data["candidate"]["id"] for e in recorded if e.kind == "outcome" and e.data["crowned"]}
    if ends[-1].data["best"] not in {None, *crowned}:
        yield f"its best, {ends[-1].data['best']}, was never crowned"


def row(cell: Cell, runs: Path, wrong: list[str]) -> Row:
    recorded = list(events(runs))
    ends = [event.data for event in recorded if event.kind == "end"]
    best = ends[-1]["best"] if ends else None
    scores = {e.data["candidate"]: e.data["score"]["fitness"] for e in recorded if e.kind == "confirm"}
    return Row(
        **asdict(cell),
        evaluations=sum(e.kind == "judged" and e.data["kind"] == "evaluate" for e in recorded),
        recorded=sum(e.kind == "outcome" for e in recorded),
        resumed=sum(e.kind == "resume" for e in recorded),
        best=round(scores.get(best) or 1.0, 3),
        wrong="; ".join(wrong),
    )


# --- all of them ------------------------------------------------------------------------------------------------------


def cells(strategies: list[str], models: list[str], parallel: list[int], quick: bool) -> list[Cell]:
    """Every combination; quick: each strategy once, the models and numbers of workers in turn."""
    every = [Cell(s, m, p) for s in strategies for m in models for p in parallel]
    size = len(models) * len(parallel)
    return [every[n * size + n % size] for n in range(len(strategies))] if quick else every


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--strategy", action="append", choices=known())
    parser.add_argument("--model", action="append", choices=MODELS)
    parser.add_argument("--parallel", action="append", type=int)
    parser.add_argument("--evaluations", type=int, default=EVALUATIONS)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--quick", action="store_true", help="each strategy once")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    wanted = cells(asked.strategy or [*known()], asked.model or [*MODELS], asked.parallel or [*PARALLEL], asked.quick)
    rows = []
    with TemporaryDirectory() as name:
        where = Path(name)
        program = target(where / "microgpt-brief")
        for cell in wanted:
            rows.append(tried(cell, where, program, asked.evaluations, asked.seed))
            if not asked.json:
                print(shown(rows[-1]), flush=True)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    if asked.json:
        print(json.dumps({"rows": [asdict(row) for row in rows], "cpu_s": used.ru_utime + used.ru_stime}, indent=1))
    else:
        right = sum(not row.wrong for row in rows)
        print(f"{right} of {len(rows)} right; {(used.ru_utime + used.ru_stime) / 60:.1f} CPU minutes")
    sys.exit(any(row.wrong for row in rows))


def shown(row: Row) -> str:
    words = f"WRONG: {row.wrong}" if row.wrong else "ok"
    return (
        f"{row.strategy:11} {row.model:9} {row.parallel} workers  {row.evaluations:2} evaluations"
        f"  {row.recorded:2} recorded  resumed {words:3}  best {row.best:.2f}x"
    )


if __name__ == "__main__":
    main()
