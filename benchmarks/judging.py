"""What a verdict costs: a hundred rewrites of known kind through this judge, and through the naive one.

    python -m benchmarks.judging                        # a shorter microgpt: 200 steps for 1000, 3 measured for 18
    python -m benchmarks.judging --whole                # the built-in target as it is
    python -m benchmarks.judging --kinds broken wrong --no-naive --whole      # what a refusal costs, without the rest
    python -m benchmarks.judging --naive 3              # three of each kind through the naive judge; 0: all hundred

This judge: rules, hidden shorts, pairs, and for who contends a duel with the untouched program and the whole run, as a
run gives its best. The naive one: three full runs of the untouched program and three of the candidate on public input,
in turns; the same text printed, and medians that show a gain of more than 2 %, make it a better program. Of the naive
judge a sample of each kind is measured and multiplied by the number of that kind, and the output says so. One candidate
at a time on one core, the spare core for what either does beside it. Seconds are wall time; CPU seconds beside them.
Right: refused if broken or wrong, not crowned if slower or the same, crowned and confirmed if better.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import secrets
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.known import COUNTS, Kind, Known, hundred
from harness import knobs, registry, sandbox, targets
from harness.judging.bench import Workbench
from harness.judging.goldens import Goldens
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.judging.reference import Reference
from harness.stats import NoiseModel
from harness.types import Candidate, Job, JobResult, Protection, Sandbox, Score, Target

PROGRAM = "candidate.py"
RUNS = 3  # of each of the two, by the naive judge
NAIVE_GAIN = 1.02


@dataclass(frozen=True, slots=True)
class Verdict:
    """stage: the last that was reached. baseline_runs: of the untouched program, all told."""

    name: str
    kind: Kind
    said: str  # a refusal's status, "no gain" or "better"
    right: bool
    stage: str
    seconds: float
    cpu_s: float
    baseline_runs: int = 0


class Counting:
    """A sandbox that counts the runs of the untouched program."""

    def __init__(self, inner: Sandbox) -> None:
        self._inner = inner
        self.own: set[bytes] = set()
        self.baseline_runs = 0

    def run(self, job: Job) -> JobResult:
        self.baseline_runs += job.files[PROGRAM] in self.own
        return self._inner.run(job)

    def describe(self) -> Protection:
        return self._inner.describe()


def shorter(target: Target, steps: int, measured: int) -> Target:
    """Fewer steps in the whole runs and in the measured one; everything else as it is."""
    fewer = {"full": {"steps": str(steps)}, "measure": {"steps": str(measured)}, "short": {}}
    return replace(
        target,
        workloads=tuple(
            replace(w, knobs={**w.knobs, **fewer[w.stage]}, golden="" if w.stage == "full" else w.golden)
            for w in target.workloads
        ),
    )


# --- the two judges ---------------------------------------------------------------------------------------------------


class Ours:
    """One judge for all candidates, as in a run whose untouched program stays the incumbent."""

    def __init__(self, target: Target, room: Sandbox, lanes: Lanes, goldens: Path) -> None:
        self.counting = Counting(room)
        bench = Workbench(target, self.counting, secrets.token_hex(16), Goldens(goldens), lanes, NoiseModel())
        self.judge = Judge(target, bench, registry.evaluators())
        self._baseline = Candidate.of(target.source)
        self._incumbent = Score("ok", 1.0)
        self._duels = 0
        for workload in target.workloads:
            turned = knobs.turn(target.source, target.knobs, bench.drawn(workload).settings)
            self.counting.own.add(turned.encode())

    def prepare(self) -> dict[str, float]:
        """Once for a run: what the untouched program does, the whole run among it."""
        began = time.monotonic()
        self.judge.prepare()
        ready = time.monotonic()
        while not self.judge.ready():
            time.sleep(0.05)
        return {"until_the_first_judgement_s": ready - began, "with_the_whole_runs_s": time.monotonic() - began}

    def __call__(self, one: Known) -> tuple[str, str]:
        candidate = Candidate.of(one.source)
        score = self.judge.judge(candidate, stake=1.0)
        if score.status != "ok":
            return score.status, score.stage
        if not self.judge.contends(score, self._incumbent):
            return "no gain", "measure"
        self._duels += 1
        if not self.judge.duel(candidate, self._baseline, self._duels).won:
            return "no gain", "duel"
        whole = self.judge.confirm(candidate)
        if whole.status != "ok":
            return whole.status, "full"
        return ("better" if self.judge.stands(whole) else "no gain"), "full"


class Naive:
    """Three full runs of each on public input, in turns, whatever the first of them says."""

    def __init__(self, target: Target, room: Sandbox, lanes: Lanes, goldens: Path) -> None:
        self.target = target
        self._room = room
        self._core = lanes.measured[0]
        self._reference = Reference(target, room, "public", Goldens(goldens), lanes)
        self._workload = next(w for w in target.workloads if w.stage == "full" and not w.hidden)

    def __call__(self, one: Known) -> tuple[str, str]:
        runs = [(self._run(self.target.source), self._run(one.source)) for _ in range(RUNS)]
        if any(theirs is None or theirs.end != "exit" or theirs.code for _, theirs in runs):
            return "crash", "full"
        if any(theirs.stdout != mine.stdout for mine, theirs in runs if mine and theirs):
            return "wrong", "full"
        gains = [self._median(runs, what, 0) / self._median(runs, what, 1) for what in ("cpu_s", "peak_mib")]
        return ("better" if (gains[0] * gains[1]) ** 0.5 > NAIVE_GAIN else "no gain"), "full"

    @staticmethod
    def _median(runs: Sequence[tuple[JobResult | None, ...]], what: str, which: int) -> float:
        return statistics.median(float(getattr(pair[which], what)) for pair in runs)

    def _run(self, source: str) -> JobResult | None:
        """None: the program cannot even be turned into a shorter one, or does not parse."""
        drawn = self._reference.drawn(self._workload)
        if knobs.locate(source, self.target.knobs):
            return None
        turned = knobs.turn(source, self.target.knobs, drawn.settings)
        return self._room.run(self._reference.job(turned, drawn.files, self.target.limits, self._core))


# --- measuring --------------------------------------------------------------------------------------------------------


def judged(one: Known, judge: Callable[[Known], tuple[str, str]], counting: Counting | None = None) -> Verdict:
    began, cpu, before = time.monotonic(), used(), counting.baseline_runs if counting else 0
    said, stage = judge(one)
    wall, spent = time.monotonic() - began, used() - cpu
    refused = said not in ("no gain", "better")
    right = refused if one.kind in ("broken", "wrong") else (said == ("better" if one.kind == "better" else "no gain"))
    runs = counting.baseline_runs - before if counting else 0
    print(f"{one.kind:7} {one.name:32} {said:9} {wall:8.2f} s{'' if right else '   NOT RIGHT'}", file=sys.stderr)
    return Verdict(one.name, one.kind, said, right, stage, wall, spent, runs)


def used() -> float:
    """CPU seconds of this process and of those it has waited for."""
    return sum(
        found.ru_utime + found.ru_stime
        for found in map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def every_nth(found: Sequence[Known], kinds: Sequence[Kind], most: int) -> list[Known]:
    """Of each kind so many, evenly spread over it."""
    picked: list[Known] = []
    for kind in kinds:
        own = [one for one in found if one.kind == kind]
        count = min(most or len(own), len(own))
        picked += [own[(2 * n + 1) * len(own) // (2 * count)] for n in range(count)]
    return picked


def summed(verdicts: Sequence[Verdict], counts: dict[Kind, int]) -> dict[str, Any]:
    """By kind, each multiplied to its number in the hundred where only a sample was judged."""
    kinds: dict[str, Any] = {}
    for kind in dict.fromkeys(verdict.kind for verdict in verdicts):
        own = [verdict for verdict in verdicts if verdict.kind == kind]
        seconds = sorted(verdict.seconds for verdict in own)
        kinds[kind] = {
            "judged": len(own), "right": sum(verdict.right for verdict in own),
            "median_s": round(statistics.median(seconds), 3), "longest_s": round(seconds[-1], 3),
            "all_s": round(statistics.mean(seconds) * counts[kind], 1),
            "all_cpu_s": round(statistics.mean(verdict.cpu_s for verdict in own) * counts[kind], 1),
        }  # fmt: skip
    sampled = any(of["judged"] < counts[kind] for kind, of in kinds.items())  # type: ignore[index]
    return {
        "kinds": kinds, "seconds": round(sum(of["all_s"] for of in kinds.values()), 1),
        "cpu_s": round(sum(of["all_cpu_s"] for of in kinds.values()), 1),
        "wrong_verdicts": sum(of["judged"] - of["right"] for of in kinds.values()),
        "multiplied": "yes: a sample of each kind was judged, and its mean multiplied" if sampled else "no",
    }  # fmt: skip


def refusals(verdicts: Sequence[Verdict]) -> dict[str, Any]:
    """What a refusal costs, by the stage that it took."""
    found: dict[str, Any] = {}
    for name, stage in (("by rules", "rules"), ("wrong or crashing in a hidden short", "short")):
        own = sorted(v.seconds for v in verdicts if v.stage == stage and v.said not in ("no gain", "better"))
        if own:
            found[name] = {"of": len(own), "median_s": round(statistics.median(own), 4), "longest_s": round(own[-1], 4)}
            found[name]["runs_of_the_untouched_program"] = sum(v.baseline_runs for v in verdicts if v.stage == stage)
    return found


def measure(target: Target, kinds: Sequence[Kind], naive: int | None, most: int = 0) -> dict[str, Any]:
    """naive: so many of each kind, 0 for all; None leaves the naive judge out. most: of each kind for this judge."""
    room, lanes, found = sandbox.choose(), Lanes(1), hundred(target)
    with TemporaryDirectory() as folder, lanes.kept_clear():
        ours = Ours(target, room, lanes, Path(folder))
        prepared = ours.prepare()
        verdicts = [judged(one, ours, ours.counting) for one in every_nth(found, kinds, most)]
        told: dict[str, Any] = {
            "machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "load": os.getloadavg(),
            "steps": {w.stage: w.knobs.get("steps", "1000") for w in target.workloads},
            "prepared": {what: round(seconds, 2) for what, seconds in prepared.items()},
            "refusals": refusals(verdicts), "this_judge": summed(verdicts, COUNTS),
        }  # fmt: skip
        if naive is not None:
            other = Naive(target, room, lanes, Path(folder))
            theirs = [judged(one, other) for one in every_nth(found, kinds, naive)]
            told["naive_judge"] = summed(theirs, COUNTS)
            whole = told["this_judge"]["seconds"] + prepared["with_the_whole_runs_s"]
            told["times_less"] = {
                "judging": round(told["naive_judge"]["seconds"] / told["this_judge"]["seconds"], 1),
                "with_what_is_prepared_once": round(told["naive_judge"]["seconds"] / whole, 1),
            }
            told["naive_judge"]["verdicts"] = [asdict(verdict) for verdict in theirs]
        told["load_at_the_end"] = os.getloadavg()
        told["this_judge"]["not_right"] = [asdict(verdict) for verdict in verdicts if not verdict.right]
    return told


def table(told: dict[str, Any]) -> str:
    """The rows that docs/performance.md has."""
    lines = ["| kind | judged | right | median | longest | naive: judged | right | median |", "|---|" + "---:|" * 7]
    naive = told.get("naive_judge", {"kinds": {}})["kinds"]
    for kind, of in told["this_judge"]["kinds"].items():
        other = naive.get(kind)
        theirs = f"{other['judged']} | {other['right']} | {other['median_s']:.1f} s" if other else "- | - | -"
        lines.append(
            f"| {kind} | {of['judged']} | {of['right']} | {of['median_s']:.2f} s | {of['longest_s']:.2f} s | {theirs} |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200, help="of a whole run, for 1000")
    parser.add_argument("--measured-steps", type=int, default=3, help="of the run that is timed, for 18")
    parser.add_argument("--whole", action="store_true", help="the target as it is")
    parser.add_argument("--kinds", nargs="+", choices=list(COUNTS), default=list(COUNTS))
    parser.add_argument("--most", type=int, default=0, help="of each kind; 0: all")
    parser.add_argument("--naive", type=int, default=1, help="of each kind through the naive judge; 0: all")
    parser.add_argument("--no-naive", action="store_true")
    asked = parser.parse_args()
    target = targets.load("microgpt", None)
    target = target if asked.whole else shorter(target, asked.steps, asked.measured_steps)
    told = measure(target, asked.kinds, None if asked.no_naive else asked.naive, asked.most)
    print(json.dumps(told, indent=2))
    print(table(told), file=sys.stderr)


if __name__ == "__main__":
    main()
