"""From a model's name to the model. What cannot work is refused here, before a run begins."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import plugins
from harness.errors import ModelRefused, UsageError
from harness.models.options import Answered, Api, ModelOptions, answered_below, checked, with_query
from harness.models.roles import Roles, role_via
from harness.store import replies
from harness.types import Event, Model

Maker = Callable[[str, ModelOptions], Model]


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to name a model. key: the environment variable that it needs, or None."""

    form: str
    what: str
    key: str | None
    make: Maker


def make(spec: str, *, seed: int = 0, options: ModelOptions | None = None) -> Model:
    """The model that a name stands for: one of `known`, or several with weights, as in `offline=0.8,openai/NAME=0.2`.

    A name of a service may carry options: `openai/NAME?effort=high&max_tokens=20000`.
    Raises UnknownName, UsageError for options and files, ModelRefused when a key is missing.
    """
    options = options or ModelOptions()
    if "," in spec:
        return _ensemble(spec, seed, options)
    head, slash, rest = spec.partition("/")
    kind = KINDS.get(head)
    if kind is None and (plugins.looks_like_one(spec) or spec in plugins.installed("model")):
        plugin = plugins.find("model", spec)
        return plugins.GuardedModel(plugins.made(plugin), plugin.origin.title)
    if kind is None or (bool(slash) != ("/" in kind.form)):
        raise plugins.missing("model", spec, [kind.form for kind in KINDS.values()])
    if slash and not rest.partition("?")[0]:
        raise UsageError(f"model {spec!r} names no model: write {kind.form}")
    return kind.make(rest, options)


def with_roles(spec: str, roles: Iterable[str], *, seed: int = 0, options: ModelOptions | None = None) -> Model:
    """The model of a run whose roles may have models of their own, each as in `planner=anthropic/NAME`.

    Raises what make raises, and UsageError for a role that is not written so or is there twice.
    """
    options = options or ModelOptions()
    made: dict[str, Model] = {}
    for text in roles:
        role, equals, name = text.partition("=")
        if not role.strip() or not equals or role.strip() in made:
            raise UsageError(f"--role {text!r} is not understood: write --role ROLE=MODEL, each role once")
        below = answered_below(options, role_via(role.strip()))
        made[role.strip()] = make(name.strip(), seed=seed, options=below)
    taken = tuple(role_via(role) for role in made)
    own = tuple(a for a in options.answered if not any(a.below(role) for role in taken))
    model = make(spec, seed=seed, options=replace(options, answered=own))
    return Roles(model, made) if made else model


def answered_in(events: Iterable[Event]) -> tuple[Answered, ...]:
    """What a run's models have answered already, oldest first: the `answered` of the options of a resumed run."""
    told = (event.data for event in events if event.kind == "reply")
    return tuple(Answered(data.get("via", ""), replies.identity_of(data)) for data in told)


def known() -> list[dict[str, Any]]:
    """One record for each way to name a model. key: its variable, or "" where there is none. Never the key itself."""
    return [
        {
            "provider": provider,
            "name": kind.form,
            "what": kind.what,
            "key": kind.key or "",
            "key_set": bool(os.environ.get(kind.key)) if kind.key else None,
        }
        for provider, kind in KINDS.items()
    ] + [
        {"provider": "plug-in", "name": name, "what": point.value, "key": "", "key_set": None}
        for name, point in plugins.installed("model").items()
    ]


def members(spec: str) -> list[str]:
    """The models that may answer, without their weights."""
    return [part.strip().rpartition("=")[0] for part in spec.split(",")] if "," in spec else [spec]


def plugged(spec: str, roles: Iterable[str]) -> list[str]:
    """Those of a run's models that are plug-ins, each once; nothing is loaded."""
    asked = [spec, *(role.partition("=")[2].strip() for role in roles)]
    named = [name for text in asked for name in members(text) if name.partition("/")[0] not in KINDS]
    return list(dict.fromkeys(named))


def _ensemble(spec: str, seed: int, options: ModelOptions) -> Model:
    from harness.models.ensemble import Ensemble

    weights: dict[str, float] = {}
    for name, _, weight in (part.strip().rpartition("=") for part in spec.split(",")):
        if not name or not _is_weight(weight):
            raise UsageError(f"model {spec!r}: {name or weight!r} has no weight; write NAME=WEIGHT,NAME=WEIGHT")
        if name in weights:
            raise UsageError(f"model {spec!r} has {name!r} twice: give it one weight")
        weights[name] = float(weight)
    members = {name: make(name, seed=seed, options=answered_below(options, name)) for name in weights}
    return Ensemble(spec, members, weights, seed)


def _is_weight(text: str) -> bool:
    try:
        return 0 < float(text) < float("inf")
    except ValueError:
        return False


# --- One maker for each kind ------------------------------------------------------------------------------------------


def _offline(_: str, __: ModelOptions) -> Model:
    from harness.models.offline.model import OfflineModel

    return OfflineModel()


def _openai(rest: str, options: ModelOptions) -> Model:
    name, options = _with_options("openai", rest, options)
    return _speaking(_service("openai", name, options, "OPENAI_API_KEY"), options.api or "responses")


def _compatible(rest: str, options: ModelOptions) -> Model:
    from harness.models.service import Service

    name, options = _with_options("openai-compatible", rest, options)
    base, key_env = _compatible_server(options)
    if base is None:
        raise UsageError(
            f"model openai-compatible/{name} has no server: set OPTIMIZE_RUN_BASE_URL, as in http://127.0.0.1:8000/v1"
        )
    key_env = options.key_env or key_env
    options = checked(replace(options, base_url=base), f"openai-compatible/{name}")
    service = Service("openai-compatible", name, os.environ.get(key_env), key_env, options, _prices(options))
    return _speaking(service, options.api or "chat")


def _speaking(service: Any, api: Api) -> Model:
    from harness.models.openai import Chat, Responses
    from harness.models.service import ServiceModel

    return ServiceModel(service, Responses() if api == "responses" else Chat())


def _compatible_server(options: ModelOptions) -> tuple[str | None, str]:
    """The server, and the variable of its key. A key goes only to the server that it was set beside."""
    own = options.base_url or os.environ.get("OPTIMIZE_RUN_BASE_URL")
    return (own, "OPTIMIZE_RUN_API_KEY") if own else (os.environ.get("OPENAI_BASE_URL"), "OPENAI_API_KEY")


def _anthropic(rest: str, options: ModelOptions) -> Model:
    from harness.models.anthropic import Messages
    from harness.models.service import ServiceModel

    name, options = _with_options("anthropic", rest, options)
    return ServiceModel(_service("anthropic", name, options, "ANTHROPIC_API_KEY"), Messages())


def _scripted(rest: str, options: ModelOptions) -> Model:
    from harness.models.scripted import ScriptedModel

    return ScriptedModel(Path(rest), len(options.answered))


def _replay(rest: str, options: ModelOptions) -> Model:
    from harness.models.replay import ReplayModel
    from harness.store import runs

    return ReplayModel(runs.find(options.runs, rest), [answered.prompt for answered in options.answered])


KINDS: dict[str, Kind] = {
    "offline": Kind("offline", "built-in rewriting engine; no network, no key", None, _offline),
    "openai": Kind("openai/NAME", "OpenAI", "OPENAI_API_KEY", _openai),
    "anthropic": Kind("anthropic/NAME", "Anthropic", "ANTHROPIC_API_KEY", _anthropic),
    "openai-compatible": Kind(
        "openai-compatible/NAME",
        "any server at OPTIMIZE_RUN_BASE_URL; key optional",
        "OPTIMIZE_RUN_API_KEY",
        _compatible,
    ),
    "scripted": Kind("scripted/FILE", "answers from a file, in order", None, _scripted),
    "replay": Kind("replay/RUN", "answers from a recorded run", None, _replay),
}


def _with_options(provider: str, rest: str, options: ModelOptions) -> tuple[str, ModelOptions]:
    name, _, query = rest.partition("?")
    return name, with_query(options, query, f"{provider}/{name}")


def _service(provider: str, name: str, options: ModelOptions, key_env: str) -> Any:
    from harness.models.service import Service

    key_env = options.key_env or key_env
    key = os.environ.get(key_env, "").strip()
    if not key:
        raise ModelRefused(f"model {provider}/{name} needs a key: set the environment variable {key_env}")
    return Service(provider, name, key, key_env, options, _prices(options))


def _prices(options: ModelOptions) -> Any:
    from harness.models.prices import Prices

    own = os.environ.get("OPTIMIZE_RUN_PRICES")
    return Prices.load(options.prices or (Path(own) if own else None))
