"""A dry run: the first prompt of a run as it would be sent, and its cost; nothing is asked, run or written."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import NoReturn

from harness import models, registry
from harness.errors import ModelRefused
from harness.models.prices import Counts, Prices
from harness.parts import load_target, planned
from harness.spec import Spec
from harness.types import Brief, Candidate, Capability, JsonObject, Model, Profile, Prompt, Score, Target

BYTES_PER_TOKEN = 3.5  # of English and Python, roughly; no tokenizer of a provider is at hand
FREE = ("offline", "scripted", "replay")


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """prompt: None where the strategy asks no model first. tokens: about so many. usd: by model, for the prompt alone;
    None where the price is not known. lacks: what a real run would be refused for, or ""."""

    target: str
    strategy: str
    prompt: Prompt | None
    tokens: int
    usd: dict[str, float | None]
    lacks: str = ""


class _Asked(Exception):
    """Ends a proposal at its first question."""

    def __init__(self, prompt: Prompt) -> None:
        self.prompt = prompt


class _Tools:
    """The tools of the first order of a run that asks nobody."""

    def __init__(self, target: Target, rng: Random, model: Model | None) -> None:
        self.target = target
        self.rng = rng
        self._model = model

    def source(self, candidate_id: str) -> str:  # noqa: ARG002 - there is only the baseline yet
        return self.target.source

    def complete(self, prompt: Prompt) -> NoReturn:
        raise _Asked(prompt)

    def can(self, what: Capability, role: str = "") -> bool:
        """A service whose key is missing is taken for one that can."""
        return self._model is None or self._model.can(what, role)

    def profile(self, source: str) -> Profile:  # noqa: ARG002 - nothing is run
        return Profile((), (), (), 0.0, "left out of a rehearsal")

    def session(self, brief: Brief) -> NoReturn:
        """An agent's first prompt is its brief; what a CLI puts around it is its own."""
        raise _Asked(Prompt(brief.rules, brief.task))

    def hand_over(self, notes: JsonObject) -> None:
        """Nobody is there to take it."""

    def trial(self, source: str) -> Score:  # noqa: ARG002
        return Score("ok", stage="short")

    def evaluate(self, source: str) -> Score:  # noqa: ARG002
        return Score("ok", 1.0)


def rehearse(spec: Spec, root: Path) -> Rehearsal:
    """What a run of this specification would ask first. Refuses what a run would refuse, but for a missing key."""
    target = load_target(spec.target, spec.program, spec.objective, spec.python)
    settings = registry.settings_of(spec.strategy, spec.settings)
    model, lacks = _model(spec, root)
    baseline = Candidate.of(target.source, note="the untouched program")
    strategy = registry.make_strategy(
        spec.strategy, settings, target=target, seed=spec.seed, evaluations=planned(spec.limit), baseline=baseline
    )
    order = strategy.ask()
    prompt = None
    if order is not None:
        try:
            strategy.propose(order, _Tools(target, Random(f"{spec.seed}/{order.n}"), model))
        except _Asked as asked:
            prompt = asked.prompt
    text = f"{prompt.system}{prompt.user}" if prompt else ""
    tokens = round(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)
    usd = {name: _price(name, tokens) for name in _names(spec.model)}
    return Rehearsal(target.name, spec.strategy, prompt, tokens, usd, lacks)


def _model(spec: Spec, root: Path) -> tuple[Model | None, str]:
    """The model that would be asked; None and the reason where it cannot be made, as without a key."""
    registry.check_roles(spec.strategy, spec.roles)
    try:
        options = models.ModelOptions(runs=root)
        return models.with_roles(spec.model, spec.roles, seed=spec.seed, options=options), ""
    except ModelRefused as error:
        return None, str(error)


def _names(model: str) -> list[str]:
    """The models that may answer, without weights and options."""
    return [part.partition("?")[0] for part in models.members(model)]


def _price(name: str, tokens: int) -> float | None:
    if name.partition("/")[0] in FREE:
        return 0.0
    own = os.environ.get("OPTIMIZE_RUN_PRICES")
    return Prices.load(Path(own) if own else None).cost(name, Counts(tokens_in=tokens), datetime.now(UTC).date())
