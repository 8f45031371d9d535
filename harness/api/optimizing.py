"""Beginning a run, and finding one that is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.api.run import Run
from harness.budget import limit_of
from harness.spec import DEFAULT_MODEL, DEFAULT_STRATEGY, Spec

RUNS = Path("runs")


def optimize(
    target: str | Path,
    *,
    strategy: str = DEFAULT_STRATEGY,
    model: str = DEFAULT_MODEL,
    roles: Mapping[str, str] | None = None,
    program: str | Path | None = None,
    objective: str | None = None,
    python: str | None = None,
    settings: Mapping[str, Any] | None = None,
    evaluators: Iterable[str] = (),
    seed: int = 0,
    parallel: int | None = None,
    lanes: int | None = None,
    executor: str = "local",
    ray_address: str | None = None,
    max_evaluations: int | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_usd: float | None = None,
    max_time: str | float | None = None,
    target_score: float | None = None,
    patience: int | None = None,
    polish: bool = False,
    sandbox: str | None = None,
    unsafe_no_sandbox: bool = False,
    runs: str | Path = RUNS,
) -> Run:
    """Begin a run and return it at once; it goes on in a thread of its own. Everything means what it does to
    `optimize-run TARGET`. settings: a strategy's knobs. max_time: seconds, or a text as in 8m.

    Raises UsageError and the like for what cannot work, before anything is written; what goes wrong later is raised by
    Run.wait() and at the end of an iteration.
    """
    from harness.judging.lanes import workers
    from harness.sandbox import interpreters

    limit = limit_of(
        max_evaluations=max_evaluations, max_calls=max_calls, max_tokens=max_tokens, max_usd=max_usd,
        max_time=max_time, target_score=target_score, patience=patience,
    )  # fmt: skip
    spec = Spec(
        target=_where(target), strategy=strategy, model=model, objective=objective,
        program=str(Path(program).expanduser().resolve()) if program else None,
        roles=tuple(f"{role}={name}" for role, name in (roles or {}).items()),
        settings=tuple(f"{knob}={value}" for knob, value in (settings or {}).items()),
        evaluators=tuple(evaluators), seed=seed, parallel=parallel or workers(lanes), lanes=lanes,
        executor=executor, ray_address=ray_address, limit=limit,
        python=interpreters.find(python).path if python else None, polish=polish, sandbox=sandbox,
        unsafe_no_sandbox=unsafe_no_sandbox,
    )  # fmt: skip
    return Run.begin(spec, Path(runs).expanduser())


def load_run(ref: str | Path = "latest", *, runs: str | Path = RUNS) -> Run:
    """A run that is there, going on or not, by id, unique prefix, path or `latest`. Raises UnknownName, UsageError."""
    from harness.store.runs import find

    return Run(find(Path(runs).expanduser(), str(ref)))


def _where(target: str | Path) -> str:
    """A path as an absolute one, so that the run can be taken up from any folder; a name as it is."""
    path = Path(target).expanduser()
    named = isinstance(target, str) and "/" not in target and not path.suffix
    return str(target) if named or not path.exists() else str(path.resolve())
