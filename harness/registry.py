"""Names to things: the harness knows strategies and evaluators by name only, and imports them when they are needed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

from harness.errors import UnknownName, UsageError
from harness.types import Candidate, Evaluator, Strategy, Target

EVALUATORS: dict[str, tuple[str, dict[str, str]]] = {
    "rules": ("evaluators.rules:RulesEvaluator", {}),
    "equivalence": ("evaluators.equivalence:Equivalence", {"stage": "short"}),
    "memory": ("evaluators.memory:Memory", {}),
    "speed": ("evaluators.speed:Speed", {}),
}


def resolve(reference: str) -> Any:
    """The thing that "module:Name" names."""
    module, _, name = reference.partition(":")
    return getattr(import_module(module), name)


def evaluators() -> list[Evaluator]:
    return [resolve(reference)(**options) for reference, options in EVALUATORS.values()]


def strategy_class(name: str) -> Any:
    from harness.strategies import STRATEGIES

    if name not in STRATEGIES:
        raise UnknownName("strategy", name, STRATEGIES)
    return resolve(STRATEGIES[name])


def roles_of(name: str) -> tuple[str, ...]:
    """The roles of a strategy's prompts, each of which may be given a model of its own; none where it says none."""
    return tuple(getattr(strategy_class(name), "roles", ()))


def check_roles(name: str, assignments: Iterable[str]) -> None:
    """Raises UnknownName for a "role=model" whose role this strategy never asks in."""
    for assignment in assignments:
        role = assignment.partition("=")[0].strip()
        if role not in roles_of(name):
            raise UnknownName(f"role of strategy {name}", role, roles_of(name))


def settings_of(name: str, assignments: Iterable[str]) -> Any:
    """A strategy's validated settings from "knob=value" texts."""
    from pydantic import ValidationError

    model = strategy_class(name).Settings
    values: dict[str, str] = {}
    for assignment in assignments:
        knob, equals, value = assignment.partition("=")
        if not equals:
            raise UsageError(f"--set {assignment!r} is not understood: write --set name=value")
        if knob.strip() not in model.model_fields:
            raise UnknownName(f"knob of strategy {name}", knob.strip(), model.model_fields)
        values[knob.strip()] = value.strip()
    try:
        return model.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        knob = ".".join(str(part) for part in first["loc"])
        where = f"strategy {name}, knob {knob}" if knob else f"strategy {name}"
        given = f" (got {first['input']!r})" if knob else ""
        raise UsageError(f"{where}: {first['msg'].removeprefix('Value error, ')}{given}") from None


def make_strategy(
    name: str, settings: Any, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate,
    models: Sequence[str] = (), warm: Sequence[Candidate] = (),
) -> Strategy:  # fmt: skip
    """models: the members of the run's ensemble, for a strategy that chooses among them; warm: programs of an earlier
    run, for one that begins with them."""
    made = strategy_class(name)
    choice: dict[str, Any] = {"models": tuple(models)} if getattr(made, "chooses_models", False) else {}
    choice |= {"warm": tuple(warm)} if getattr(made, "begins_warm", False) else {}
    strategy: Strategy = made(
        settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline, **choice
    )  # fmt: skip
    return strategy
