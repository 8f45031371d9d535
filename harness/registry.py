"""Names to things: the harness knows strategies and evaluators by name only, and imports them when they are needed.

A name that is not built in is a plug-in: see harness/plugins.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib import import_module
from typing import Any

from harness import plugins
from harness.errors import BadPlugin, UnknownName, UsageError
from harness.plugins import GuardedEvaluator, Kind, Origin
from harness.spec import Spec
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


def evaluators(more: Iterable[str] = ()) -> list[Evaluator]:
    """The built-in evaluators, and after them the user's own. Raises BadPlugin, UsageError."""
    own = [resolve(reference)(**options) for reference, options in EVALUATORS.values()]
    return [*own, *(evaluator for _, evaluator in _users_evaluators(more))]


def _users_evaluators(names: Iterable[str]) -> list[tuple[Origin, Evaluator]]:
    found: dict[str, tuple[Origin, Evaluator]] = {}
    for text in names:
        plugin = plugins.find("evaluator", text)
        evaluator = plugins.made(plugin)
        if evaluator.name in EVALUATORS or evaluator.name in found:
            raise BadPlugin(f"evaluator {plugin.origin.title}: the name {evaluator.name!r} is taken; give it another")
        found[evaluator.name] = plugin.origin, GuardedEvaluator(evaluator, plugin.origin.title)
    return list(found.values())


def also_judged(target: Target, evaluators: Sequence[str]) -> Target:
    """A target that is judged by evaluators of the user's too: its name says so, wherever it is shown or ranked."""
    names = [plugins.slug(evaluator.name) for _, evaluator in _users_evaluators(evaluators)]
    return replace(target, name="+".join([target.name, *names]))


def strategy_class(name: str) -> Any:
    """Raises UnknownName, BadPlugin."""
    from harness.strategies import STRATEGIES

    if name in STRATEGIES:
        return resolve(STRATEGIES[name])
    if plugins.looks_like_one(name) or name in plugins.installed("strategy"):
        plugin = plugins.find("strategy", name)
        return plugins.guarded_strategy(plugin.made, plugin.origin.title)
    raise plugins.missing("strategy", name, STRATEGIES)


def strategy_names() -> tuple[str, ...]:
    """Names that can be asked for without a file: built in or installed. Nothing is imported."""
    from harness.strategies import known

    return (*known(), *sorted(set(plugins.installed("strategy")) - set(known())))


# --- Plug-ins of a run ------------------------------------------------------------------------------------------------


def _named_in(spec: Spec) -> list[tuple[Kind, str]]:
    """What of a specification is not built in, by kind."""
    from harness import models, sandbox
    from harness.strategies import STRATEGIES

    wanted: list[tuple[Kind, str]] = [("strategy", spec.strategy)] if spec.strategy not in STRATEGIES else []
    wanted += [("evaluator", name) for name in spec.evaluators]
    wanted += [("model", name) for name in models.plugged(spec.model, spec.roles)]
    wanted += [("sandbox", spec.sandbox)] if spec.sandbox and not sandbox.is_builtin(spec.sandbox) else []
    return wanted


def references_of(spec: Spec) -> tuple[str, ...]:
    """The plug-ins that a specification names, as they are written; nothing is loaded."""
    return tuple(text for _, text in _named_in(spec))


def origins_of(spec: Spec) -> tuple[Origin, ...]:
    """Where the plug-ins of a specification came from; they are loaded for it."""
    return tuple(plugins.find(kind, text).origin for kind, text in _named_in(spec))


def settled(spec: Spec) -> Spec:
    """The same specification with the files of plug-ins as absolute paths: it goes on from any folder."""
    return replace(
        spec,
        strategy=plugins.settled(spec.strategy),
        model=plugins.settled(spec.model),
        roles=tuple(map(plugins.settled, spec.roles)),
        evaluators=tuple(map(plugins.settled, spec.evaluators)),
        sandbox=plugins.settled(spec.sandbox) if spec.sandbox else None,
    )


# --- Strategies -------------------------------------------------------------------------------------------------------


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
    models: Sequence[str] = (),
) -> Strategy:  # fmt: skip
    """models: the members of the run's ensemble, for a strategy that chooses among them."""
    made = strategy_class(name)
    choice = {"models": tuple(models)} if getattr(made, "chooses_models", False) else {}
    strategy: Strategy = made(
        settings, target=target, seed=seed, evaluations=evaluations, baseline=baseline, **choice
    )  # fmt: skip
    return strategy
