"""Is a target fit to be optimized? Proved before money is spent: what a run would stand on is tried, part by part.

Order matters: what makes the rest meaningless comes first, and ends it.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from math import inf
from statistics import stdev
from typing import Literal

from harness import stats
from harness.audit import Finding as Verdict
from harness.audit import Specimen, make_specimens
from harness.audit.corpus import Kind
from harness.audit.verdicts import examine
from harness.errors import BaselineError
from harness.judging.calibration import SHORT_S, with_itself
from harness.judging.goldens import Goldens
from harness.judging.judge import FINAL_PAIRS, Judge
from harness.judging.lanes import Lanes
from harness.judging.reference import Reference, public_twin
from harness.parts import make_judge
from harness.private import private_folder
from harness.stats import promise
from harness.types import Candidate, Pair, Promise, Sandbox, Target, Workload

PAIRS = 6
POWER = 0.95
LARGE_GAIN = 0.10  # a machine that cannot tell it in one duel can tell little
DEAR_S = 60.0  # of one judgement
USUAL_S = 480.0  # of a run with no limit of its own

# Of what an audit makes, the copies that are broken in what they print; what reaches out of its room is `doctor`'s.
BROKEN = (
    "leaves_early", "one_turn_short", "print_left_out", "fewer_digits", "other_last_line", "other_number",
    "prints_nothing", "transcript", "transcript_packed",
)  # fmt: skip
HARMLESS = ("comment", "reformatted", "renamed")

Fitness = Literal["fit", "weak", "not fit"]


@dataclass(frozen=True, slots=True)
class Found:
    """What one check showed. advice: what to do, where there is something."""

    check: str
    verdict: Fitness
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Vetting:
    """judgement_s: wall seconds that judging one honest candidate took; None where it did not get so far."""

    target: str
    checks: tuple[Found, ...]
    judgement_s: float | None

    @property
    def fit(self) -> bool:
        return all(found.verdict != "not fit" for found in self.checks)


def vet(
    target: Target, sandbox: Sandbox, lanes: Lanes, *, pairs: int = PAIRS, tell: Callable[[str], None] = lambda _: None
) -> Vetting:
    """Try a target. pairs: how often the program is run against itself, 6 or more. tell: hears what is being done."""
    return Vet(target, sandbox, lanes, pairs, tell).go()


class Vet:
    """The checks of one target, in order; each is made when it is asked for."""

    def __init__(self, target: Target, sandbox: Sandbox, lanes: Lanes, pairs: int, tell: Callable[[str], None]) -> None:
        self.target = target
        self.sandbox = sandbox
        self.lanes = lanes
        self.pairs = pairs
        self.tell = tell
        self.secret = secrets.token_hex(16)
        self.judgement_s: float | None = None

    def go(self) -> Vetting:
        """All of them, up to one that makes the rest meaningless."""
        checks: list[Found] = []
        with self.lanes.kept_clear():
            for found in self.checks():
                checks.append(found)
                if found.verdict == "not fit" and found.check in ("rules", "repeats itself"):
                    break
        return Vetting(self.target.name, tuple(checks), self.judgement_s)

    def checks(self) -> Iterator[Found]:
        yield self._rules()
        judge = make_judge(self.target, self.sandbox, self.secret, self.lanes)
        self.tell("running the untouched program on its workloads, twice each")
        yield self._repeats(judge)
        yield self._hidden()
        self.tell(f"running it against itself, {self.pairs} pairs")
        measured, pair_s = with_itself(self.target, self.sandbox, self.lanes, self.pairs)
        yield self._size(judge)
        yield _noise(measured)
        self.tell("making broken and harmless copies, and judging them")
        yield self._refuses(judge)
        yield self._accepts(judge)
        yield self._cost(pair_s)

    # --- what a run stands on ----------------------------------------------------------------------------------------

    def _rules(self) -> Found:
        """The program against its own target's rules; nothing is run."""
        measured = tuple(w for w in self.target.workloads if w.stage == "measure")
        bare = replace(self.target, workloads=measured, metamorphic=(), promise=Promise(level="exact"))
        score = make_judge(bare, self.sandbox, self.secret, self.lanes).screen(Candidate.of(self.target.source))
        if score.status == "ok":
            return Found("rules", "fit", "the program keeps the rules that its rewrites must keep")
        advice = "change [rules] in target.toml, as with strict = false, or the program"
        return Found("rules", "not fit", f"the program breaks its own rules: {score.feedback}", advice)

    def _repeats(self, judge: Judge) -> Found:
        try:
            baseline = judge.prepare(ahead=False)
        except BaselineError as error:
            return self._unrepeated(str(error))
        said = f"the same output each time; {baseline.cpu_s:.2f} s of CPU and {baseline.memory_mib:.1f} MiB to be timed"
        if doubts := judge.warnings():
            return Found("repeats itself", "weak", f"{said}; {'; '.join(doubts)}")
        return Found("repeats itself", "fit", said)

    def _unrepeated(self, why: str) -> Found:
        """Is it the program, or the output that was recorded of it?"""
        recorded = [w for w in self.target.workloads if w.golden]
        free = replace(self.target, workloads=tuple(replace(w, golden="") for w in self.target.workloads))
        try:
            if recorded:
                make_judge(free, self.sandbox, self.secret, self.lanes).prepare(ahead=False)
        except BaselineError as error:
            why, recorded = str(error), []
        if not recorded:
            return Found("repeats itself", "not fit", why, "print nothing that changes by itself: times, chance, order")
        file = recorded[0].golden
        advice = f'where the change is meant, take `golden = "{file}"` out of target.toml, or run init again'
        return Found("repeats itself", "not fit", f"it no longer prints what {file} recorded of it: {why}", advice)

    def _hidden(self) -> Found:
        hidden = [w for w in self.target.workloads if w.hidden]
        if not hidden:
            said = "one input, which everybody knows: a program that prints its output from memory would pass"
            return Found(
                "hidden inputs", "weak", said, "add a hidden workload: target.toml says how, where init made it"
            )
        same = [w.name for w in hidden if w.stage != "full" and self._gives_nothing_new(w)]
        if same:
            said = f"workload {', '.join(same)}: the same output as on public input, whatever is drawn"
            return Found(
                "hidden inputs", "weak", said, "hide what the output depends on: a seed, a size, the input's lines"
            )
        return Found(
            "hidden inputs", "fit", f"{len(hidden)} that no rewrite is told: {', '.join(w.name for w in hidden)}"
        )

    def _gives_nothing_new(self, workload: Workload) -> bool:
        goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
        reference = Reference(self.target, self.sandbox, self.secret, goldens, self.lanes)
        known = [w for w in self.target.workloads if not w.hidden and w.stage != "full"]
        drawn = workload.generator != "file" or "random" in workload.knobs.values()
        known += [public_twin(workload)] if drawn else []
        lines = reference.golden(workload).lines
        return any(reference.golden(w).lines == lines for w in known)

    def _size(self, judge: Judge) -> Found:
        baseline = judge.prepare(ahead=False)
        own = baseline.memory_mib - baseline.floor_mib
        said = f"{baseline.cpu_s:.2f} s of CPU; {own:.1f} MiB beyond a bare interpreter's {baseline.floor_mib:.1f}"
        if baseline.cpu_s < SHORT_S:
            return Found(
                "size", "weak", f"{said}: much of it its own start", "give it more to do: a larger input or number"
            )
        return Found("size", "fit", said)

    # --- what a judge says of copies ---------------------------------------------------------------------------------

    def _refuses(self, judge: Judge) -> Found:
        verdicts = self._judged(judge, "cheat", BROKEN)
        passed = [v for v in verdicts if v.accepted]
        names = ", ".join(_plain(v.specimen) for v in passed)
        wrong = [v for v in passed if v.specimen.category != "a" or any(w.hidden for w in self.target.workloads)]
        said = f"{len(verdicts) - len(passed)} of {len(verdicts)} refused"
        if wrong:
            return Found("broken copies", "not fit", f"{said}; accepted: {names}", "see optimize-run audit --target")
        if passed:
            return Found("broken copies", "weak", f"{said}; accepted: {names}", "a hidden workload refuses these")
        if len(verdicts) < 3:
            return Found(
                "broken copies", "weak", f"{said}; no more could be made", "let it print more of what it works out"
            )
        return Found("broken copies", "fit", said)

    def _accepts(self, judge: Judge) -> Found:
        verdicts = self._judged(judge, "honest", HARMLESS)
        refused = [v for v in verdicts if not v.accepted]
        said = f"{len(verdicts) - len(refused)} of {len(verdicts)} accepted"
        if not verdicts:
            return Found("harmless copies", "weak", f"{said}; none could be made of it")
        if refused:
            why = f"{said}; {_plain(refused[0].specimen)}: {refused[0].score.feedback}"
            return Found(
                "harmless copies", "not fit", why, "see optimize-run audit --target, and the rules in target.toml"
            )
        if odd := [v for v in verdicts if v.complaint]:
            why = f"{said}; but {_plain(odd[0].specimen)} showed {odd[0].complaint}"
            return Found("harmless copies", "weak", why, "the machine is busy, or the program too short: try again")
        return Found("harmless copies", "fit", said)

    def _judged(self, judge: Judge, kind: Kind, names: Sequence[str]) -> list[Verdict]:
        """The copies of these names that can be made: of a Python program, from its syntax tree, and of no other."""
        try:
            made = make_specimens(self.target, self.sandbox, f"{self.secret}/making", quick=True, only=kind).specimens
        except SyntaxError:
            return []
        return [examine(judge, one, whole=False) for one in made if one.name.removeprefix("made_") in names]

    def _cost(self, pair_s: float) -> Found:
        """A judgement as a run makes it, of a copy that nobody has judged before."""
        judge = make_judge(self.target, self.sandbox, self.secret, self.lanes)
        judge.prepare(ahead=False)
        began = time.monotonic()
        judge.judge(Candidate.of(f"{self.target.source}\n"))
        self.judgement_s = seconds = time.monotonic() - began
        whole = sum(w.stage == "full" for w in self.target.workloads)
        said = f"{seconds:.1f} s a judgement, about {USUAL_S / seconds:,.0f} in the usual 8 minutes; a best takes "
        said += f"{FINAL_PAIRS * pair_s:.0f} s more" + (
            f" and {whole} whole runs, which were not made here" if whole else ""
        )
        if seconds > DEAR_S:
            return Found(
                "cost", "weak", said, "time a smaller run: a knob turned down in the workload of stage measure"
            )
        return Found("cost", "fit", said)


def _noise(measured: list[Pair]) -> Found:
    model = stats.NoiseModel()
    model.learn(measured)
    deviation = promise.cautious(model.cpu.deviation, model.cpu.freedom)
    gain = promise.smallest_gain(deviation, model.cpu, POWER)
    cpu, memory = stdev(stats.cpu_logs(measured)), stdev(stats.memory_logs(measured))
    said = f"one pair varies by {cpu:.1%} in CPU time, {memory:.1%} in memory"
    if gain > LARGE_GAIN:
        told = "no gain is sure to be told" if gain == inf else f"only gains over {gain:.0%} are sure to be told"
        return Found("noise", "weak", f"{said}: {told}", "close what else runs on this machine")
    return Found("noise", "fit", f"{said}: a gain of {gain:.1%} is told in {POWER * 100:.0f} of 100 duels")


def _plain(specimen: Specimen) -> str:
    return f"{specimen.name.removeprefix('made_')} ({specimen.claim})"
