"""Staged evaluation of one candidate, cheap first, sure last: rules, hidden shorts, measuring, duel, the whole run."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace

from harness import languages, laps, stats
from harness.judging import scoring
from harness.judging.ahead import Ahead
from harness.judging.bench import CandidateBench, Workbench, pair_of
from harness.judging.duels import Duel, fight
from harness.judging.reference import public_twin
from harness.judging.traces import Trace
from harness.types import Candidate, Check, Evaluator, Pair, Profile, Reading, Score, Stage, Target, Workload

MEASURED_PAIRS = 3  # what ranks a candidate; a duel and the final measurement use more
FINAL_PAIRS = 5
MOST_FINAL_PAIRS = 15  # where five leave it open whether there is a gain at all
HOPELESS = 1.3  # below the incumbent by more than this, from two runs that were not side by side, is surely below
WHOLE_RUN_MARGIN = 1.3  # for an estimate of wall time from CPU time on a machine that is not idle


@dataclass(frozen=True, slots=True)
class Baseline:
    """The untouched program on the measuring workload, in this place."""

    memory_mib: float
    cpu_s: float
    floor_mib: float
    spread: float


class Judge:
    """Judges candidates on one bench. Thread-safe: timed work waits for a lane."""

    def __init__(self, target: Target, bench: Workbench, evaluators: Sequence[Evaluator]) -> None:
        self.target = target
        self._bench = bench
        self._evaluators = tuple(evaluators)
        self._ahead: Ahead[Trace] = Ahead(())
        self._settled = False
        self._reference: dict[str, Check] = {}  # the baseline's latest run on each measuring workload
        self._by_stage = {
            stage: tuple(w for w in target.workloads if w.stage == stage) for stage in ("short", "measure", "full")
        }

    # --- before the first candidate ----------------------------------------------------------------------------------

    def prepare(self, ahead: bool = True) -> Baseline:
        """Run the baseline where candidates will be compared with it; start on the long traces in the background."""
        with self._bench.lanes.take() as core:
            self._settle_shorts(core)
            for workload in self._by_stage["measure"]:
                self._reference[workload.name] = self._bench.settled(workload, core)
        if ahead:
            traced = [*self._told_in_public(), *self._by_stage["full"]]
            self._ahead = Ahead([lambda w=w: self._bench.golden(w) for w in traced])  # type: ignore[misc]
        again = self._reference.values()
        return Baseline(
            memory_mib=max(check.result.peak_mib for check in again),
            cpu_s=sum(check.result.cpu_s for check in again),
            floor_mib=self._bench.floor_mib,
            spread=self._bench.noise.cpu.deviation,
        )

    def _told_in_public(self) -> list[Workload]:
        """What a program that fails on hidden input is run on, so that it can be told what is wrong: the untouched
        program's traces are made ahead, and a refusal waits for none."""
        return [public_twin(w) for stage in ("short", "measure") for w in self._by_stage[stage] if w.hidden]

    def ready(self) -> bool:
        """Whether the long traces are made too. Raises what making them raised."""
        return self._ahead.done()

    def _settle_shorts(self, core: int) -> None:
        """Once: the baseline against its own traces."""
        for workload in self._by_stage["short"] if not self._settled else ():
            self._bench.settled(workload, core)
        self._settled = True

    # --- one candidate -----------------------------------------------------------------------------------------------

    def appraise(self, candidate: Candidate, whole: bool) -> Score:
        """One program judged as a run judges its best. whole False leaves out the full-length runs."""
        with self._bench.lanes.take() as core:
            self._settle_shorts(core)
        screened = self.screen(candidate)
        if screened.status != "ok":
            return screened
        self.prepare(ahead=whole)
        score = self.confirm(candidate, whole)
        return replace(score, readings=(*screened.readings, *score.readings))

    def screen(self, candidate: Candidate) -> Score:
        """Rules and hidden shorts: is it right, as far as seconds can tell? Nothing is timed."""
        readings = [*self._rules(candidate)]
        laps.lap("rules")
        if not scoring.failed(readings):
            with self._screening_core() as core:
                laps.lap("wait")
                readings += self._run_evaluators("short", candidate, CandidateBench(self._bench, core))
            laps.lap("screen")
        return self._score(readings, "short")

    def judge(self, candidate: Candidate, stake: float = 0.0, screened: Score | None = None) -> Score:
        """Screen, then measure against the baseline, with as many pairs as it takes to tell from stake: the incumbent's
        fitness. screened: what screen said of it, where it was asked before."""
        screened = screened or self.screen(candidate)
        if screened.status != "ok":
            return screened
        with self._bench.lanes.take() as core:
            laps.lap("wait")
            bench = CandidateBench(self._bench, core)
            failure = self._measure(candidate, bench, MEASURED_PAIRS, stake)
        laps.lap("measure")
        return self._measured_score(candidate, bench, screened.readings, failure, "measure")

    def _rules(self, candidate: Candidate) -> Iterator[Reading]:
        readings = self._run_evaluators("rules", candidate, CandidateBench(self._bench, self._bench.lanes.spare))
        yield from readings
        if scoring.failed(readings):
            return
        complaints = languages.of(self.target).locate(candidate.source, self.target.knobs)
        for complaint in complaints:
            yield Reading(metric="rules", value=0.0, status="rule", explanation=complaint)
        if not complaints and (refusal := self._bench.refusal(candidate)):
            yield Reading(metric="rules", value=0.0, status="invalid", explanation=refusal)

    @contextmanager
    def _screening_core(self) -> Iterator[int]:
        """The spare core; a lane while the long traces are being made there, since the end of a run waits for them."""
        if self._ahead.done():
            yield self._bench.lanes.spare
        else:
            with self._bench.lanes.take() as core:
                yield core

    def _run_evaluators(self, stage: Stage, candidate: Candidate, bench: CandidateBench) -> list[Reading]:
        readings: list[Reading] = []
        for evaluator in self._evaluators:
            if evaluator.stage == stage and not scoring.failed(readings):
                readings += evaluator.evaluate(candidate, self.target, bench)
        return readings

    def _measure(self, candidate: Candidate, bench: CandidateBench, pairs: int, stake: float = 0.0) -> Check | None:
        """Fill the bench with pairs; returns the failing check when one run breaks the promise.

        With a stake, stops as soon as the candidate is surely below it.
        """
        workloads = self._by_stage["measure"]
        if stake >= HOPELESS and (seen := self._at_a_glance(candidate, bench, workloads[0], stake)):
            return seen if seen.status != "ok" else None
        for n in range(pairs):
            for workload in workloads:
                pair = self._bench.pair(self.target.source, candidate.source, workload, bench.core, swapped=n % 2 == 1)
                if isinstance(pair, Check):
                    return self._bench.explained(pair, candidate.source, bench.core)
                bench.measured.append(pair)
            if stake and len(bench.measured) < MEASURED_PAIRS and bench.surely_below(stake):
                break
        self._bench.noise.learn(bench.measured)
        return None

    def _at_a_glance(
        self, candidate: Candidate, bench: CandidateBench, workload: Workload, stake: float
    ) -> Check | None:
        """One run alone, beside which the baseline's latest is held: enough where a candidate is hopeless.

        None when it is not, and nothing was learnt.
        """
        check = self._bench.check(candidate.source, workload, bench.core)
        if check.status != "ok" or workload.name not in self._reference:
            return check if check.status != "ok" else None
        pair = pair_of(self._reference[workload.name], check)
        if self._gain([pair]).value * HOPELESS >= stake:
            return None
        bench.measured.append(pair)
        bench.rough = True
        return check

    def _gain(self, pairs: Sequence[Pair], confidence: float = stats.CONFIDENCE) -> stats.Interval:
        return self._bench.noise.gain(pairs, self.target.objective, confidence)

    def profile(self, candidate: Candidate) -> Profile:
        """Where a program's time and memory go, on public input; decides nothing."""
        return self._bench.profile(candidate)

    # --- a would-be best ---------------------------------------------------------------------------------------------

    def contends(self, score: Score, incumbent: Score) -> bool:
        """Whether a score is good enough for a duel: above the incumbent's by more than a hair and its own error."""
        gain = scoring.gain_over(score, incumbent, self.target.objective) if score.status == "ok" else None
        return gain is not None and stats.worth_a_duel(gain)

    def may_be_as_good(self, score: Score, incumbent: Score) -> bool:
        """Whether a score leaves it possible that a simpler program loses nothing beside the incumbent."""
        gain = scoring.gain_over(score, incumbent, self.target.objective) if score.status == "ok" else None
        return gain is not None and stats.may_be_as_good(gain)

    def duel(self, candidate: Candidate, incumbent: Candidate, nth: int, rule: stats.Rule | None = None) -> Duel:
        """Fresh processes, candidate against incumbent, until the nth duel's rule decides, or the one that is given."""
        rule = rule or stats.Rule(stats.duel_alpha(nth))
        with self._bench.lanes.take() as core:
            laps.lap("wait")
            return fight(self._bench, self._by_stage["measure"][0], candidate, incumbent, rule, core)

    def confirm(self, candidate: Candidate, whole: bool = True) -> Score:
        """The whole runs, and a last measurement against the baseline on pairs that chose nothing (winner's curse)."""
        stage: Stage = "full" if whole else "measure"
        checks = self._whole_runs(candidate) if whole else []
        readings = [check.reading(self.target.promise.level) for check in checks]
        readings += scoring.remembered(self.target, checks, lambda w: self._bench.golden(w).cpu_s)
        if scoring.failed(readings):
            return self._score(readings, stage)
        with self._bench.lanes.take() as core:
            bench = CandidateBench(self._bench, core)
            failure = self._measure(candidate, bench, FINAL_PAIRS)
            if failure is None and self._gain(bench.measured).low <= 1.0:
                failure = self._measure(candidate, bench, MOST_FINAL_PAIRS - FINAL_PAIRS)
        score = self._measured_score(candidate, bench, readings, failure, stage)
        hidden = next((check for check in checks if check.hidden), None)
        if hidden is None or score.status != "ok":
            return score
        workload = next(w for w in self._by_stage["full"] if w.name == hidden.workload)
        golden = self._bench.golden(workload)
        return scoring.with_whole_run(score, golden, hidden.result, self._bench.floor_mib, self.target.objective)

    def stands(self, whole: Score) -> bool:
        """Whether a confirmed score is a gain over the baseline beyond its own error."""
        gain = scoring.gain_over(whole, Score("ok", 1.0), self.target.objective) if whole.status == "ok" else None
        return gain is not None and gain.low > 1.0

    def _whole_runs(self, candidate: Candidate) -> list[Check]:
        """All full workloads, side by side on the cores there are."""
        with ThreadPoolExecutor(1) as beside, self._bench.lanes.take() as core:
            spare = [
                beside.submit(self._bench.check, candidate.source, workload, self._bench.lanes.spare)
                for workload in self._by_stage["full"][1:]
            ]
            first = [self._bench.check(candidate.source, w, core) for w in self._by_stage["full"][:1]]
            return first + [check.result() for check in spare]

    def confirm_seconds(self, leader: Score) -> float | None:
        """How long confirm would take now, roughly; None while the baseline's whole run is not known."""
        whole = [self._bench.known_seconds(w) for w in self._by_stage["full"] if w.hidden]
        if not all(whole):
            return None
        speed = leader.ratio("speed") or 1.0
        measure = sum(check.result.cpu_s for check in self._reference.values())
        return FINAL_PAIRS * measure * (1 + 1 / speed) + WHOLE_RUN_MARGIN * sum(seconds / speed for seconds in whole)

    # --- putting a score together ------------------------------------------------------------------------------------

    def _score(self, readings: Sequence[Reading], stage: Stage) -> Score:
        score = scoring.score_of(readings, stage, self.target.objective)
        return replace(score, warnings=tuple(self.warnings())) if score.status == "ok" else score

    def warnings(self) -> list[str]:
        """What a score of this target does not show, whatever it shows; belongs to every one of them."""
        return scoring.reservations(self.target, self._bench.reference.bands)

    def _measured_score(
        self,
        candidate: Candidate,
        bench: CandidateBench,
        before: Sequence[Reading],
        failure: Check | None,
        stage: Stage,
    ) -> Score:
        if failure is not None:
            return self._score([*before, failure.reading(self.target.promise.level)], stage)
        same = [scoring.same_output(workload, self.target) for workload in self._by_stage["measure"]]
        score = self._score([*before, *same, *self._run_evaluators("measure", candidate, bench)], stage)
        if score.status != "ok":
            return score
        spread = self._bench.noise.cpu.deviation
        doubts = scoring.doubts(score, bench.measured, spread, self.target.objective)
        return replace(score, warnings=(*score.warnings, *doubts))
