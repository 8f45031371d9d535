"""What a comparison is to run: every strategy with every seed, all at one budget; and the order, which is part of it.

Seed by seed, and within a seed each strategy once, the first one moving on by one place each time: so a machine that
warms up or gets busy hits all strategies alike. Slices of runs in turn would mix finer, but every slice would measure
the baseline again before it could go on, and results are ratios to a baseline that runs side by side anyway.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

from harness.budget import Limit
from harness.errors import StoreError, UnknownName, UsageError
from harness.spec import Spec
from harness.types import JsonObject

CONTROL = "best-of-n"
Unit = Literal["evaluations", "tokens", "usd", "seconds"]
OPTIONS: dict[Unit, str] = {
    "evaluations": "--max-evaluations",
    "tokens": "--max-tokens",
    "usd": "--max-usd",
    "seconds": "--max-time",
}
BY_THE_TOKEN: tuple[Unit, ...] = ("tokens", "usd")
ASKS_NO_MODEL = ("noop",)
COSTS_NOTHING = ("offline",)


@dataclass(frozen=True, slots=True)
class Member:
    """One run of a comparison: its place in the order, from 1, and what decides it."""

    place: int
    strategy: str
    seed: int
    spec: Spec


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Everything that decides a comparison. settings are "strategy.knob=value" texts; exactly one limit is set."""

    target: str
    strategies: tuple[str, ...]
    model: str
    seeds: tuple[int, ...]
    limit: Limit
    program: str | None = None
    objective: str | None = None
    python: str | None = None
    settings: tuple[str, ...] = ()
    parallel: int = 2
    lanes: int | None = None
    order: str = field(default="seed by seed, rotated")

    def members(self) -> tuple[Member, ...]:
        """All runs in the order in which they are made."""
        turns = [
            (self.strategies[(turn + place) % len(self.strategies)], seed)
            for turn, seed in enumerate(self.seeds)
            for place in range(len(self.strategies))
        ]
        return tuple(Member(n, name, seed, self._spec(name, seed)) for n, (name, seed) in enumerate(turns, 1))

    def _spec(self, strategy: str, seed: int) -> Spec:
        return Spec(
            target=self.target, strategy=strategy, model=self.model, program=self.program, objective=self.objective,
            python=self.python, settings=settings_for(strategy, self.settings), seed=seed, parallel=self.parallel,
            lanes=self.lanes, limit=self.limit,
        )  # fmt: skip

    @property
    def unit(self) -> Unit:
        return next(unit for unit in OPTIONS if getattr(self.limit, unit) is not None)


def settings_for(strategy: str, settings: Sequence[str]) -> tuple[str, ...]:
    """The "knob=value" texts that are meant for one strategy."""
    split = (_split(text) for text in settings)
    return tuple(knob for name, knob in split if name == strategy)


def _split(text: str) -> tuple[str, str]:
    """STRATEGY.KNOB=VALUE in two; a strategy that is a file of the user's has dots of its own."""
    named, equals, value = text.partition("=")
    name, _, knob = named.rpartition(".")
    return name, f"{knob}{equals}{value}"


def checked(plan: Plan) -> Plan:
    """The plan, when it can be carried out as a fair comparison. Raises UsageError, UnknownName."""
    from harness import registry

    doubled = sorted({name for name in plan.strategies if plan.strategies.count(name) > 1})
    if doubled:
        raise UsageError(f"strategy {doubled[0]} is named twice: more runs of it are asked for with --seeds")
    if len(plan.strategies) < 2:
        raise UsageError(f"a comparison needs two strategies or more: add --strategy {CONTROL}, the control to beat")
    for text in plan.settings:
        name, _ = _split(text)
        if not name:
            raise UsageError(f"--set {text!r} is not understood: write --set STRATEGY.KNOB=VALUE")
        if name not in plan.strategies:
            raise UnknownName("strategy in --set", name, plan.strategies)
    for name in plan.strategies:
        registry.settings_of(name, settings_for(name, plan.settings))
    _check_budget(plan)
    return plan


def _check_budget(plan: Plan) -> None:
    given = [option for unit, option in OPTIONS.items() if getattr(plan.limit, unit) is not None]
    if len(given) != 1:
        said = f"{' and '.join(given)} were given" if given else "none was given"
        raise UsageError(
            f"a comparison has one budget, the same for all: give exactly one of {', '.join(OPTIONS.values())}; {said}"
        )
    amount = getattr(plan.limit, plan.unit)
    if not 0 < amount < float("inf"):
        raise UsageError(f"{given[0]} {amount:g} would end every run before it began: give an amount above 0")
    if plan.unit in BY_THE_TOKEN:
        idle = [*(name for name in plan.strategies if name in ASKS_NO_MODEL)]
        idle += [f"model {plan.model}"] if plan.model in COSTS_NOTHING else []
        if idle:
            raise UsageError(f"{given[0]} would never end {idle[0]}, which spends none: use --max-evaluations")


def to_json(plan: Plan) -> JsonObject:
    return {**asdict(plan), "strategies": list(plan.strategies), "seeds": list(plan.seeds)} | {
        "settings": list(plan.settings)
    }


def from_json(data: JsonObject) -> Plan:
    """Raises StoreError."""
    try:
        lists = {key: tuple(data[key]) for key in ("strategies", "seeds", "settings")}
        return Plan(**{**data, **lists, "limit": Limit(**data["limit"])})
    except (KeyError, TypeError) as error:
        raise StoreError(f"the plan of a comparison cannot be read: {error}") from None
