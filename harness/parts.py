"""What a specification names, loaded and checked: target, sandbox, model, settings, judge."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from harness import agents, executors, registry, targets, warming
from harness.budget import Limit
from harness.errors import UsageError
from harness.executors import Executor
from harness.judging import launching
from harness.judging.bench import Workbench
from harness.judging.goldens import Goldens
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.plugins import Origin
from harness.private import private_folder
from harness.spec import Spec
from harness.stats import NoiseModel
from harness.strategies.polishing import ROLE
from harness.types import Candidate, Event, Model, Sandbox, Target

EVALUATION_S = 20.0  # of the built-in target on two slow cores; only sizes strategies, so it is the same everywhere


@dataclass(frozen=True, slots=True)
class Parts:
    """What a specification names, loaded and checked before anything is written."""

    target: Target
    sandbox: Sandbox
    model: Model
    settings: Any
    executor: Executor
    plugins: tuple[Origin, ...] = ()
    warm: tuple[Candidate, ...] = ()  # programs of an earlier run to begin with

    @classmethod
    def of(cls, spec: Spec, root: Path, recorded: Iterable[Event] = ()) -> Parts:
        """recorded: what the run has recorded already; a model that answers in order goes on after its replies."""
        from harness import models, sandbox

        target = load_target(spec.target, spec.program, spec.objective, spec.python)
        if spec.evaluators:
            target = registry.also_judged(target, spec.evaluators)
        if target.language != "python":
            _check_language(target, spec)
        if spec.evaluators and spec.executor != executors.LOCAL:
            raise UsageError(f"--evaluator is for this machine so far, not for --executor {spec.executor}")
        settings = registry.settings_of(spec.strategy, spec.settings)
        registry.check_roles(spec.strategy, spec.roles)
        agents.check(settings, dollars=spec.limit.usd)
        options = models.ModelOptions(runs=root, answered=models.answered_in(recorded))
        roles = (*spec.roles, f"{ROLE}=offline") if spec.polish else spec.roles
        model = models.with_roles(spec.model, roles, seed=spec.seed, options=options)
        if spec.limit.usd is not None and (unpriced := models.unpriced(model)):
            raise UsageError(
                f"a limit of ${spec.limit.usd:g} cannot be kept: the price of {', '.join(unpriced)} is not known; "
                "give it in a price table, OPTIMIZE_RUN_PRICES=FILE, or limit tokens instead"
            )
        room = partial(sandbox.asked_for, spec.sandbox, unsafe=spec.unsafe_no_sandbox)
        here = room()
        if target.python:
            sandbox.prove(here, target.python)
        executor = executors.make(spec.executor, address=spec.ray_address, sandbox=room, lanes=spec.lanes)
        warm = warming.programs_of(settings, root, Candidate.of(target.source))
        return cls(target, here, model, settings, executor, registry.origins_of(spec), warm)


def _check_language(target: Target, spec: Spec) -> None:
    """Raises UsageError for what can only do with Python."""
    named = {word.strip() for text in (spec.model, *spec.roles) for part in text.split(",") for word in part.split("=")}
    if "offline" in named:
        raise UsageError(
            f"model offline rewrites Python only, and target {target.name} is in {target.language}: name another"
        )
    if spec.strategy == "codex":
        raise UsageError(
            f"strategy codex works on Python only so far, and target {target.name} is in {target.language}"
        )


def refuse_another_safety(run: str, recorded: Sequence[Event], in_spec: bool, unsafe: bool) -> None:
    """A run stays what its start says it is, with a sandbox or without."""
    said = [bool(event.data.get("unsafe")) for event in recorded if event.kind == "start"]
    started = said[0] if said else in_spec  # what is shown in red goes by the start event
    if started and not unsafe:
        raise UsageError(f"run {run} was started without a sandbox: say --unsafe-no-sandbox again, or start a new run")
    if unsafe and not started:
        raise UsageError(f"run {run} was started in a sandbox and goes on in one: leave --unsafe-no-sandbox out")


def load_target(reference: str, program: str | None, objective: str | None, python: str | None = None) -> Target:
    """python: what is to run it and every candidate, as interpreters.find understands it; None: the harness's own."""
    from harness.sandbox import interpreters

    target = targets.load(reference, Path(program) if program else None)
    if python and target.language != "python":
        raise UsageError(f"--python is for programs in Python: target {target.name} is in {target.language}")
    if python:
        target = replace(target, python=interpreters.find(python))
    launching.runs_on(target)  # refused here, where nothing has begun, when its compiler is not there
    return replace(target, objective=targets.objective(objective)) if objective else target


def make_judge(target: Target, sandbox: Sandbox, secret: str, lanes: Lanes, evaluators: Iterable[str] = ()) -> Judge:
    """evaluators: the user's own, beside the built-in ones."""
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    bench = Workbench(target, sandbox, secret, goldens, lanes, NoiseModel())
    return Judge(target, bench, registry.evaluators(evaluators))


def planned(limit: Limit) -> int | None:
    """About how many evaluations there will be, for strategies that size themselves. Known before anything is measured,
    and the same on every machine."""
    counts = [n for n in (limit.evaluations, limit.calls) if n is not None]
    if limit.seconds is not None:
        counts.append(int(limit.seconds / EVALUATION_S) + 1)
    return min(counts, default=None)


def warnings_of(target: Target) -> list[str]:
    """What a user should know about a target before believing a number of it."""
    if any(workload.hidden for workload in target.workloads):
        return []
    return [
        "nothing hidden is checked: this target has one input; only rules hold back a program that knows its output"
    ]
