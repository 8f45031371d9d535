"""The bench: runs programs on a target's workloads, every run checked against its golden trace while it runs.

What is timed is what is checked: a pair's candidate run is compared line by line like any other.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from random import Random

from harness import metamorphic, profiling
from harness.errors import BaselineError, Unrepeatable
from harness.judging import decoys, differences
from harness.judging.goldens import Goldens
from harness.judging.lanes import CoreWatch, Lanes
from harness.judging.launching import NotBuilt
from harness.judging.reference import Reference, public_twin
from harness.judging.traces import FAILED_HIDDEN, Beginning, Comparison, Telling, Trace, split_lines
from harness.judging.verdicts import verdict
from harness.stats import PRIOR_FREEDOM, ROUGH_CPU, NoiseModel
from harness.types import Candidate, Check, JobResult, Limits, Metamorphic, Pair, Profile, Sandbox, Target, Workload
from harness.workloads import Drawn

SLOWER_ALLOWED = 3.0  # a candidate may take this many times the baseline's CPU time, and then some
FEW_PAIRS = 3.0  # how much less is known of a series that is too short to show its own spread
WALL_ALLOWED = 6.0  # times that on the wall clock: only a sleeper takes so long, unless the machine is overloaded


class Workbench:
    """Shared by all judgements of a run of the harness. secret draws the hidden inputs."""

    def __init__(
        self, target: Target, sandbox: Sandbox, secret: str, goldens: Goldens, lanes: Lanes, noise: NoiseModel
    ) -> None:
        self.target = target
        self.lanes = lanes
        self.noise = noise
        self.reference = Reference(target, sandbox, secret, goldens, lanes)
        self._sandbox = sandbox
        self._kept: set[str] = set()  # metamorphic relations that the untouched program was seen to keep
        # Where nothing is hidden, telling what was expected would be telling the answer.
        self._secretive = not any(workload.hidden for workload in target.workloads)

    def drawn(self, workload: Workload) -> Drawn:
        return self.reference.drawn(workload)

    @property
    def floor_mib(self) -> float:
        """What the interpreter takes with nothing to do."""
        return self.reference.floor_mib

    def profile(self, candidate: Candidate) -> Profile:
        return profiling.profile(candidate, self.target, self._sandbox, self.lanes.spare)

    def refusal(self, candidate: Candidate) -> str | None:
        """Why a program cannot be started as it stands, in words for its author; None when it can."""
        try:
            self.reference.job(candidate.source, {}, self.target.limits, self.lanes.spare)
        except NotBuilt as error:
            return str(error)
        return None

    def golden(self, workload: Workload, core: int | None = None) -> Trace:
        """The untouched program's trace; made on the first call, from the cache afterwards."""
        return self.reference.golden(workload, core)

    def known_seconds(self, workload: Workload) -> float:
        """CPU seconds of the untouched program on a workload; waits for nothing: 0.0 while they are not known."""
        return self.reference.known_seconds(workload)

    # --- checks ------------------------------------------------------------------------------------------------------

    def check(
        self, source: str, workload: Workload, core: int, telling: Telling | None = None, sharers: int = 1
    ) -> Check:
        """Run a program on a workload, stopped at the first difference.

        telling: instead of what suits a candidate. sharers: how many programs run on the core at once.
        """
        golden = self.golden(workload)
        false = decoys.false_lines(golden.lines, Random(f"{self.reference.secret}/decoy/{workload.name}"))
        telling = telling or self._telling(workload)
        watch = Comparison(golden, self.target.promise, telling, false)
        drawn = self.drawn(workload)
        traps = decoys.files(golden.lines, false, self.target.source, drawn.files)
        drawn = replace(drawn, files={**traps, **drawn.files})
        return self._run(source, workload, drawn, golden, watch, core, sharers)

    def _telling(self, workload: Workload) -> Telling:
        return "nothing" if workload.hidden else "place" if self._secretive else "everything"

    def _run(
        self,
        source: str,
        workload: Workload,
        drawn: Drawn,
        golden: Trace,
        watch: Comparison | Beginning,
        core: int,
        sharers: int = 1,
    ) -> Check:
        turned = self.reference.turned(source, drawn.settings)
        try:
            job = self.reference.job(turned, drawn.files, self._limits(golden, sharers), core)
        except NotBuilt as error:  # it did build as it stands: what it minds now depends on the knobs
            words = FAILED_HIDDEN if workload.hidden else str(error)
            return Check(workload.name, workload.hidden, "invalid", words, error.result, workload.stage)
        result = self._sandbox.run(replace(job, watch=watch.feed))
        difference = watch.finish(result)
        status, difference = verdict(result, golden, difference, turned)
        if isinstance(watch, Comparison) and watch.copied:
            status = "rule"
        last = self._last(golden, result) if status == "ok" else None
        return Check(workload.name, workload.hidden, status, difference, result, workload.stage, last)

    def _last(self, golden: Trace, result: JobResult) -> tuple[float, float] | None:
        if self.target.promise.statistical is None:
            return None
        words = self.target.promise.statistical.value
        expected, seen = (differences.last_value(lines, words) for lines in (golden.lines, split_lines(result.stdout)))
        return (expected, seen) if expected is not None and seen is not None else None

    def _limits(self, golden: Trace, sharers: int) -> Limits:
        limits = self.target.limits
        allowed = SLOWER_ALLOWED * golden.cpu_s + 5
        wall = sharers * min(limits.wall_s, WALL_ALLOWED * allowed)
        return replace(limits, cpu_s=min(limits.cpu_s, allowed), wall_s=wall)

    def settled(self, workload: Workload, core: int) -> Check:
        """The untouched program against its own trace, which gets a band where only last digits change.

        Raises BaselineError: a program that does not repeat itself promises nothing.
        """
        check = self.check(self.target.source, workload, core, "place")
        if check.status == "wrong" and self.target.promise.level == "tolerant":
            self.reference.widen(workload, core)
            check = self.check(self.target.source, workload, core, "place")
        if check.status == "ok":
            return check
        raise BaselineError(
            f"target {self.target.name}: the untouched program does not repeat itself on workload {workload.name} "
            f"({check.difference}); make its output repeatable first"
        )

    def follow(self, source: str, relation: Metamorphic, base: Check, core: int) -> Check:
        """Another run of a program, whose output follows from the one that it had on the relation's workload."""
        workload = next(workload for workload in self.target.workloads if workload.name == relation.workload)
        drawn, golden = self.drawn(workload), self.golden(workload)
        (name,) = drawn.files
        rng = Random(f"{self.reference.secret}/{workload.name}/{metamorphic.name_of(relation)}")
        lines = split_lines(base.result.stdout)
        then = metamorphic.follow_up(relation, drawn.files[name], lines, drawn.settings, rng)
        watch: Comparison | Beginning = Comparison(replace(golden, lines=then.lines), self.target.promise, "nothing")
        if then.moved is not None:
            watch = Beginning(then.lines, then.moved, self.target.promise, golden.band)
        workload = replace(workload, name=f"{workload.name}-{metamorphic.name_of(relation)}", hidden=True)
        check = self._run(source, workload, replace(drawn, files={name: then.text}), golden, watch, core)
        if check.status == "ok":
            return check
        self._sure_of(relation, source, core)
        words = metamorphic.broken(relation) if check.status == "wrong" else check.difference
        return replace(check, difference=f"{FAILED_HIDDEN}: {words}")

    def _sure_of(self, relation: Metamorphic, source: str, core: int) -> None:
        """A relation is held against a rewrite only when the untouched program keeps it; that is seen but once."""
        name = metamorphic.name_of(relation)
        if name in self._kept or source == self.target.source:
            return
        workload = next(workload for workload in self.target.workloads if workload.name == relation.workload)
        base = self.check(self.target.source, workload, core)
        if (check := self.follow(self.target.source, relation, base, core)).status != "ok":
            raise BaselineError(
                f"target {self.target.name}: the untouched program does not keep the relation {name} that is declared "
                f"for it ({check.difference}); take it out of target.toml"
            )
        self._kept.add(name)

    def explained(self, check: Check, source: str, core: int) -> Check:
        """A failure on a hidden workload, with what the program does wrong on public input under the same settings.

        Costs a run that ends at the first difference. Whole runs have a public one of their own beside them.
        """
        if check.status != "wrong" or check.difference != FAILED_HIDDEN or check.stage == "full":
            return check
        hidden = next(workload for workload in self.target.workloads if workload.name == check.workload)
        public = self.check(source, public_twin(hidden), core)
        same = "its output is right: what differs depends on the input (characters, spaces, lengths, number)"
        words = f"{FAILED_HIDDEN}; on the public input with the same settings, {public.difference or same}"
        return replace(check, difference=words)

    def pair(
        self, first: str, second: str, workload: Workload, core: int, swapped: bool, tries: int = 3
    ) -> Pair | Check:
        """Two programs at once on one core; a Check when the second does not keep the promise.

        The scheduler takes turns between them every few milliseconds, so that whatever disturbs one disturbs the other
        as much: the ratio of their CPU times wanders far less than that of one run after the other. swapped: the second
        is started first. The first (baseline or incumbent) was right before: if it is not now, it does not repeat
        itself.
        """
        for source in (first, second):
            self.reference.launching.ready(self.reference.turned(source, self.drawn(workload).settings), core)
        watch = CoreWatch(core)
        with ThreadPoolExecutor(1, thread_name_prefix="beside") as beside:
            early, late = (second, first) if swapped else (first, second)
            early_check = beside.submit(self.check, early, workload, core, sharers=2)
            late_check = self.check(late, workload, core, sharers=2)
        checks = [early_check.result(), late_check]
        mine, theirs = checks[::-1] if swapped else checks
        if mine.status != "ok" and first == self.target.source and tries > 1:
            self.settled(workload, core)  # it may have repeated itself so far by chance: now it has a band, or falls
            return self.pair(first, second, workload, core, swapped, tries - 1)
        if mine.status != "ok":
            raise Unrepeatable(
                f"the program that is compared with does not repeat itself on workload {workload.name}: "
                f"{mine.difference}"
            )
        if theirs.status != "ok":
            return theirs
        return pair_of(mine, theirs, watch.others_share(mine.result.cpu_s + theirs.result.cpu_s))


def pair_of(mine: Check, theirs: Check, others: float = 0.0) -> Pair:
    """Baseline (or incumbent) first, candidate second. others: as in Pair."""
    one, two = mine.result, theirs.result
    return Pair(
        candidate_s=two.cpu_s,
        baseline_s=one.cpu_s,
        candidate_mib=two.peak_mib,
        baseline_mib=one.peak_mib,
        others=others,
    )


class CandidateBench:
    """What the evaluators of one judgement see: the Bench of the vocabulary."""

    def __init__(self, workbench: Workbench, core: int) -> None:
        self._workbench = workbench
        self.core = core
        self.measured: list[Pair] = []
        self._checked: dict[str, Check] = {}
        self.rough = False  # the two sides were not run at once

    def check(self, candidate: Candidate, workload: Workload) -> Check:
        check = self._workbench.check(candidate.source, workload, self.core)
        self._checked[workload.name] = check
        return self._workbench.explained(check, candidate.source, self.core)

    def follow(self, candidate: Candidate, relation: Metamorphic) -> Check:
        """Only after the check of the relation's workload: it follows from what the candidate printed there."""
        return self._workbench.follow(candidate.source, relation, self._checked[relation.workload], self.core)

    def pairs(self) -> Sequence[Pair]:
        return tuple(self.measured)

    def floor_mib(self) -> float:
        return self._workbench.floor_mib

    def spread(self) -> tuple[float, float]:
        """A series too short to show its own spread is trusted less: the machine may just have become noisy."""
        if self.rough:
            return ROUGH_CPU, PRIOR_FREEDOM
        noise = self._workbench.noise.of_cpu(self.measured)
        return noise.deviation * (1.0 if len(self.measured) >= 3 else FEW_PAIRS), noise.freedom

    def surely_below(self, stake: float) -> bool:
        """Whether the few pairs so far leave no doubt that the fitness is below the stake."""
        objective = self._workbench.target.objective
        return self._workbench.noise.gain(self.measured, objective, doubt=FEW_PAIRS).high < stake
