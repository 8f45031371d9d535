"""Staged evaluation of one candidate, cheap first, sure last: rules, hidden shorts, measuring, duel, the whole run."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from statistics import median

from harness import knobs, stats
from harness.bench import CandidateBench, Workbench
from harness.errors import BaselineError
from harness.traces import Trace
from harness.types import Candidate, Check, Evaluator, Pair, Reading, Score, Stage, Target, Workload

MEASURED_PAIRS = 3  # what ranks a candidate; a duel and the final measurement use more
FINAL_PAIRS = 5
WHOLE_RUN_MARGIN = 1.3  # for an estimate of wall time from CPU time on a machine that is not idle


@dataclass(frozen=True, slots=True)
class Baseline:
    """The untouched program on the measuring workload, in this place."""

    memory_mib: float
    cpu_s: float
    floor_mib: float
    spread: float


@dataclass(frozen=True, slots=True)
class Duel:
    """Candidate against incumbent in fresh processes. ratio: fitness of the candidate over that of the incumbent."""

    won: bool
    ratio: stats.Interval
    pairs: int
    alpha: float
    explanation: str


class Judge:
    """Judges candidates on one bench. Thread-safe: timed work waits for a lane."""

    def __init__(self, target: Target, bench: Workbench, evaluators: Sequence[Evaluator]) -> None:
        self.target = target
        self._bench = bench
        self._evaluators = tuple(evaluators)
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="golden")
        self._making: list[Future[Trace]] = []
        self._by_stage = {
            stage: tuple(w for w in target.workloads if w.stage == stage) for stage in ("short", "measure", "full")
        }

    # --- before the first candidate ----------------------------------------------------------------------------------

    def prepare(self, ahead: bool = True) -> Baseline:
        """Run the baseline where candidates will be compared with it; start on the long traces in the background."""
        for workload in (*self._by_stage["short"], *self._by_stage["measure"]):
            with self._bench.lanes.take() as core:
                self._bench.golden(workload, core)
        with self._bench.lanes.take() as core:
            again = [self._check_baseline(workload, core) for workload in self._by_stage["measure"]]
        if ahead:
            self._making = [self._aside.submit(self._bench.golden, workload) for workload in self._by_stage["full"]]
        return Baseline(
            memory_mib=max(check.result.peak_mib for check in again),
            cpu_s=sum(check.result.cpu_s for check in again),
            floor_mib=self._bench.floor_mib,
            spread=self._bench.noise.cpu.deviation,
        )

    def _check_baseline(self, workload: Workload, core: int) -> Check:
        """The baseline against its own trace: a program that does not repeat itself promises nothing."""
        check = self._bench.check(self.target.source, workload, core)
        if check.status != "ok":
            raise BaselineError(
                f"target {self.target.name}: the untouched program does not repeat itself on workload "
                f"{workload.name} ({check.difference}); make its output repeatable first"
            )
        return check

    def unchanged(self) -> Score:
        """The verdict on a program that is the baseline in normal form; nothing is run for it."""
        same = "the same program as the baseline but for comments and layout"
        readings = [
            Reading(metric=m, value=1.0, unit="x", low=1.0, high=1.0, explanation=same) for m in ("memory", "speed")
        ]
        return Score("ok", 1.0, tuple(readings), same, "rules")

    def appraise(self, candidate: Candidate, whole: bool) -> Score:
        """One program judged as a run judges its best. whole False leaves out the full-length runs."""
        readings = self._rules_and_shorts(candidate)
        if _failed(readings):
            return self._score(readings, "short")
        self.prepare(ahead=whole)
        score = self.confirm(candidate, whole)
        return replace(score, readings=(*readings, *score.readings))

    # --- one candidate -----------------------------------------------------------------------------------------------

    def screen(self, candidate: Candidate) -> Score:
        """Rules and hidden shorts: is it right, as far as seconds can tell? Nothing is timed."""
        return self._score(self._rules_and_shorts(candidate), "short")

    def _rules_and_shorts(self, candidate: Candidate) -> list[Reading]:
        readings = [*self._rules(candidate)]
        if _failed(readings):
            return readings
        with self._screening_core() as core:
            return readings + self._run_evaluators("short", candidate, CandidateBench(self._bench, core))

    @contextmanager
    def _screening_core(self) -> Iterator[int]:
        """The spare core; a lane while the long traces are being made there, since the end of a run waits for them."""
        if all(trace.done() for trace in self._making):
            yield self._bench.lanes.spare
        else:
            with self._bench.lanes.take() as core:
                yield core

    def judge(self, candidate: Candidate, stake: float = 0.0) -> Score:
        """Screen, then measure against the baseline, with as many pairs as it takes to tell from stake: the incumbent's
        fitness."""
        screened = self.screen(candidate)
        if screened.status != "ok":
            return screened
        with self._bench.lanes.take() as core:
            bench = CandidateBench(self._bench, core)
            failure = self._measure(candidate, bench, MEASURED_PAIRS, stake)
        return self._measured_score(candidate, bench, [*screened.readings], failure, "measure")

    def _rules(self, candidate: Candidate) -> Iterator[Reading]:
        bench = CandidateBench(self._bench, self._bench.lanes.spare)
        readings = self._run_evaluators("rules", candidate, bench)
        yield from readings
        if _failed(readings):
            return
        for complaint in knobs.locate(candidate.source, self.target.knobs):
            yield Reading(metric="rules", value=0.0, status="rule", explanation=complaint)

    def _run_evaluators(self, stage: Stage, candidate: Candidate, bench: CandidateBench) -> list[Reading]:
        readings: list[Reading] = []
        for evaluator in self._evaluators:
            if evaluator.stage == stage and not _failed(readings):
                readings += evaluator.evaluate(candidate, self.target, bench)
        return readings

    def _measure(self, candidate: Candidate, bench: CandidateBench, pairs: int, stake: float = 0.0) -> Check | None:
        """Fill the bench with pairs; returns the failing check when one run breaks the promise.

        With a stake, stops as soon as the interval is all on one side of it: a duel decides the rest.
        """
        for n in range(pairs):
            for workload in self._by_stage["measure"]:
                pair = self._bench.pair(self.target.source, candidate.source, workload, bench.core, swapped=n % 2 == 1)
                if isinstance(pair, Check):
                    return pair
                bench.measured.append(pair)
            gain = self._gain(bench.measured)
            if stake and not gain.low <= stake <= gain.high:
                break
        self._bench.noise.learn(bench.measured)
        return None

    def _gain(self, pairs: Sequence[Pair], confidence: float = stats.CONFIDENCE) -> stats.Interval:
        return self._bench.noise.gain(pairs, self.target.objective, confidence)

    # --- a would-be best ---------------------------------------------------------------------------------------------

    def contends(self, score: Score, incumbent: Score) -> bool:
        """Whether a score is good enough for a duel: above the incumbent's by more than a hair and its own error."""
        memory, speed = score.reading("memory"), score.reading("speed")
        if score.status != "ok" or score.fitness is None or memory is None or speed is None:
            return False
        weight = self.target.objective.memory + self.target.objective.speed
        half = math.hypot(
            self.target.objective.memory / weight * _half_width(memory),
            self.target.objective.speed / weight * _half_width(speed),
        )
        gain = score.fitness / (incumbent.fitness or 1.0)
        return stats.worth_a_duel(stats.Interval(gain, gain * math.exp(-half), gain * math.exp(half)))

    def duel(self, candidate: Candidate, incumbent: Candidate, nth: int) -> Duel:
        """Fresh processes, candidate against incumbent, until the interval decides at the nth duel's error rate."""
        alpha = stats.duel_alpha(nth)
        confidence = 1 - 2 * alpha / len(stats.LOOKS)
        pairs: list[Pair] = []
        with self._bench.lanes.take() as core:
            for look in stats.LOOKS:
                failure = self._pairs_until(look, pairs, candidate, incumbent, core)
                if failure is not None:
                    one = stats.Interval(1.0, 1.0, 1.0)
                    return Duel(False, one, len(pairs), alpha, f"broke the promise in the duel: {failure.difference}")
                verdict = stats.duel_verdict(self._gain(pairs, confidence), look)
                if verdict is not None:
                    break
        self._bench.noise.learn(pairs)
        gain = self._gain(pairs, confidence)
        words = f"{gain.value:.3f}x the incumbent's fitness ({gain.low:.3f}-{gain.high:.3f}) in {len(pairs)} pairs"
        return Duel(bool(verdict), gain, len(pairs), alpha, words)

    def _pairs_until(
        self, look: int, pairs: list[Pair], candidate: Candidate, incumbent: Candidate, core: int
    ) -> Check | None:
        workload = self._by_stage["measure"][0]
        while len(pairs) < look:
            pair = self._bench.pair(incumbent.source, candidate.source, workload, core, swapped=len(pairs) % 2 == 1)
            if isinstance(pair, Check):
                return pair
            pairs.append(pair)
        return None

    def confirm(self, candidate: Candidate, whole: bool = True) -> Score:
        """The whole runs, and a last measurement against the baseline on pairs that chose nothing (winner's curse)."""
        stage: Stage = "full" if whole else "measure"
        checks = self._whole_runs(candidate) if whole else []
        readings = [check.reading(self.target.promise.level) for check in checks]
        if _failed(readings):
            return self._score(readings, stage)
        with self._bench.lanes.take() as core:
            bench = CandidateBench(self._bench, core)
            failure = self._measure(candidate, bench, FINAL_PAIRS)
        return self._with_whole_memory(self._measured_score(candidate, bench, readings, failure, stage), checks)

    def _whole_runs(self, candidate: Candidate) -> list[Check]:
        """All full workloads, side by side on the cores there are."""
        with ThreadPoolExecutor(1) as beside, self._bench.lanes.take() as core:
            spare = [
                beside.submit(self._bench.check, candidate.source, workload, self._bench.lanes.spare)
                for workload in self._by_stage["full"][1:]
            ]
            first = [self._bench.check(candidate.source, w, core) for w in self._by_stage["full"][:1]]
            return first + [check.result() for check in spare]

    def _with_whole_memory(self, score: Score, checks: Sequence[Check]) -> Score:
        """Peak memory is a property of the whole run: where there was one, its ratio replaces the short runs'."""
        memory = score.reading("memory")
        hidden = [c for c in checks if c.hidden]
        if memory is None or score.status != "ok" or not hidden:
            return score
        workload = next(w for w in self._by_stage["full"] if w.name == hidden[0].workload)
        base, used = self._bench.golden(workload).peak_mib, hidden[0].result.peak_mib
        scale = (base / used) / memory.value
        whole = replace(
            memory,
            value=memory.value * scale,
            low=(memory.low or memory.value) * scale,
            high=(memory.high or memory.value) * scale,
            explanation=f"whole run: peak {used:.1f} MiB against {base:.1f} MiB "
            f"(a bare interpreter takes {self._bench.floor_mib:.1f})",
            detail={**memory.detail, "candidate_mib": used, "baseline_mib": base},
        )
        readings = tuple(whole if r is memory else r for r in score.readings)
        speed = score.ratio("speed")
        fitness = stats.fitness(whole.value, speed, self.target.objective) if speed else score.fitness
        return replace(score, readings=readings, fitness=fitness)

    def confirm_seconds(self, leader: Score) -> float:
        """How long confirm would take now, roughly; what is not known yet is guessed from the measuring workload."""
        speed = leader.ratio("speed") or 1.0
        measure = sum(self._bench.golden(w).cpu_s for w in self._by_stage["measure"])
        whole = [self._bench.known_seconds(w) for w in self._by_stage["full"] if w.hidden]
        final = FINAL_PAIRS * measure * (1 + 1 / speed)
        return final + WHOLE_RUN_MARGIN * sum(seconds / speed for seconds in whole)

    # --- putting a score together ------------------------------------------------------------------------------------

    def _measured_score(
        self, candidate: Candidate, bench: CandidateBench, readings: list[Reading], failure: Check | None, stage: Stage
    ) -> Score:
        if failure is not None:
            return self._score([*readings, failure.reading(self.target.promise.level)], stage)
        readings += self._run_evaluators("measure", candidate, bench)
        score = self._score(readings, stage)
        if score.status != "ok":
            return score
        fitness = stats.fitness(score.ratio("memory") or 1.0, score.ratio("speed") or 1.0, self.target.objective)
        return replace(score, fitness=fitness, warnings=self._warnings(bench))

    def _score(self, readings: Sequence[Reading], stage: Stage) -> Score:
        bad = next((r for r in readings if r.status != "ok"), None)
        if bad is not None:
            reached: Stage = "rules" if bad.metric == "rules" else stage
            return Score(bad.status, None, tuple(readings), bad.explanation, reached)
        return Score("ok", None, tuple(readings), "", stage)

    def _warnings(self, bench: CandidateBench) -> tuple[str, ...]:
        spread = self._bench.noise.cpu.deviation
        if spread <= 0.06:
            return ()
        seconds = median(pair.baseline_s for pair in bench.measured)
        return (f"this machine is noisy: one pair's CPU ratio varies by {spread:.0%} (baseline {seconds:.2f} CPU-s)",)


def _half_width(reading: Reading) -> float:
    return math.log((reading.high or reading.value) / (reading.low or reading.value)) / 2


def _failed(readings: Sequence[Reading]) -> bool:
    return any(reading.status != "ok" for reading in readings)
