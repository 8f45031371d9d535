"""What a class must have to be a strategy, an evaluator, a model or a sandbox; checked when it is loaded."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from harness.types import Stage

Kind = Literal["strategy", "evaluator", "model", "sandbox"]
STAGES = tuple(stage for stage in get_args(Stage) if stage != "full")


@dataclass(frozen=True, slots=True)
class Contract:
    """made: how its class is called, as (positional, keywords); methods: what each is called with."""

    kind: Kind
    group: str
    made: tuple[tuple[str, ...], tuple[str, ...]]
    methods: Mapping[str, tuple[str, ...]]


CONTRACTS: Mapping[Kind, Contract] = {
    "strategy": Contract(
        "strategy",
        "optimize_run.strategies",
        (("settings",), ("target", "seed", "evaluations", "baseline")),
        {"ask": (), "tell": ("outcome",), "propose": ("order", "tools")},
    ),
    "evaluator": Contract(
        "evaluator", "optimize_run.evaluators", ((), ()), {"evaluate": ("candidate", "target", "bench")}
    ),
    "model": Contract("model", "optimize_run.models", ((), ()), {"complete": ("prompt",), "can": ("what", "role")}),
    "sandbox": Contract("sandbox", "optimize_run.sandboxes", (("python",), ()), {"run": ("job",), "describe": ()}),
}


def complaints(found: Any, contract: Contract) -> list[str]:
    """What keeps something from being of this kind, each as words that say what is due; empty when nothing does."""
    if not inspect.isclass(found):
        return [f"it is a {type(found).__name__}, and a class is due"]
    if inspect.isabstract(found):
        return [f"it is abstract: {', '.join(sorted(vars(found)['__abstractmethods__']))} is still to be written"]
    said = [complaint for name, takes in contract.methods.items() for complaint in _of_method(found, name, takes)]
    said += _of_call(found, contract)
    if contract.kind == "strategy":
        said += [*_of_name(found), *_of_settings(found)]
    return said


def complaints_of_instance(made: Any, contract: Contract) -> list[str]:
    """What only an instance shows: attributes that a constructor may set."""
    if contract.kind == "evaluator":
        stage = getattr(made, "stage", None)
        wrong = stage not in STAGES
        return [*_of_name(made)] + ([f"stage is {stage!r}, and one of {', '.join(STAGES)} is due"] if wrong else [])
    return list(_of_name(made)) if contract.kind == "model" else []


def _of_name(found: Any) -> Iterator[str]:
    name = getattr(found, "name", None)
    if not isinstance(name, str) or not name.strip():
        yield "it has no name, a str that says which it is" if name is None else f"its name is {name!r}, not a str"


def _of_settings(found: Any) -> Iterator[str]:
    from pydantic import BaseModel

    settings = getattr(found, "Settings", None)
    if settings is None:
        yield "it has no Settings, a pydantic model of its knobs"
    elif not (inspect.isclass(settings) and issubclass(settings, BaseModel)):
        yield "its Settings is no pydantic model"


def _of_method(found: type, name: str, takes: tuple[str, ...]) -> Iterator[str]:
    wanted = f"{name}({', '.join(takes)})"
    method = getattr(found, name, None)
    if method is None:
        yield f"it has no {wanted}"
    elif not callable(method):
        yield f"its {name} is no method, and {wanted} is due"
    elif inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method):
        yield f"its {name} is async, and a plain {wanted} is due"
    else:
        bound = isinstance(inspect.getattr_static(found, name), staticmethod | classmethod)
        values = [None] * (len(takes) + (not bound))
        if not _takes(method, values, {}):
            yield f"its {name}{_written(method)} cannot be called as {wanted}"


def _of_call(found: type, contract: Contract) -> Iterator[str]:
    positional, keywords = contract.made
    if not _takes(found, [None] * len(positional), dict.fromkeys(keywords)):
        called = ", ".join([*positional, *(f"{keyword}=" for keyword in keywords)])
        yield f"it is made with {_written(found)}, and must be made as {found.__name__}({called})"


def _takes(function: Any, values: list[Any], keywords: dict[str, Any]) -> bool:
    try:
        inspect.signature(function).bind(*values, **keywords)
    except TypeError:
        return False
    except ValueError:  # of no signature, as functions written in C: told when it is called
        return True
    return True


def _written(function: Any) -> str:
    parameters = list(inspect.signature(function).parameters.values())
    return f"({', '.join(parameter.name for parameter in parameters if parameter.name != 'self')})"
