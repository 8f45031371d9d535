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
from harness.launch import load_target, planned
from harness.models.prices import Counts, Prices
from harness.spec import Spec
from harness.types import Candidate, Prompt, Score, Target

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

    def __init__(self, target: Target, rng: Random) -> None:
        self.target = target
        self.rng = rng

    def source(self, candidate_id: str) -> str:  # noqa: ARG002 - there is only the baseline yet
        return self.target.source

    def complete(self, prompt: Prompt) -> NoReturn:
        raise _Asked(prompt)

    def trial(self, source: str) -> Score:  # noqa: ARG002
        return Score("ok", stage="short")

    def evaluate(self, source: str) -> Score:  # noqa: ARG002
        return Score("ok", 1.0)


def rehearse(spec: Spec, root: Path) -> Rehearsal:
    """What a run of this specification would ask first. Refuses what a run would refuse, but for a missing key."""
    target = load_target(spec.target, spec.program, spec.objective)
    settings = registry.settings_of(spec.strategy, spec.settings)
    lacks = _missing_key(spec, root)
    baseline = Candidate.of(target.source, note="the untouched program")
    strategy = registry.make_strategy(
        spec.strategy, settings, target=target, seed=spec.seed, evaluations=planned(spec.limit), baseline=baseline
    )
    order = strategy.ask()
    prompt = None
    if order is not None:
        try:
            strategy.propose(order, _Tools(target, Random(f"{spec.seed}/{order.n}")))
        except _Asked as asked:
            prompt = asked.prompt
    text = f"{prompt.system}{prompt.user}" if prompt else ""
    tokens = round(len(text.encode("utf-8", "surrogatepass")) / BYTES_PER_TOKEN)
    usd = {name: _price(name, tokens) for name in _names(spec.model)}
    return Rehearsal(target.name, spec.strategy, prompt, tokens, usd, lacks)


def _missing_key(spec: Spec, root: Path) -> str:
    try:
        models.make(spec.model, seed=spec.seed, options=models.ModelOptions(runs=root))
    except ModelRefused as error:
        return str(error)
    return ""


def _names(model: str) -> list[str]:
    """The models that may answer, without weights and options."""
    parts = [part.strip().rpartition("=")[0] for part in model.split(",")] if "," in model else [model]
    return [part.partition("?")[0] for part in parts]


def _price(name: str, tokens: int) -> float | None:
    if name.partition("/")[0] in FREE:
        return 0.0
    own = os.environ.get("OPTIMIZE_RUN_PRICES")
    return Prices.load(Path(own) if own else None).cost(name, Counts(tokens_in=tokens), datetime.now(UTC).date())
