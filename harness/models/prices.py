"""What tokens cost, by a dated table that a user can put another before. An unknown price is None, never 0."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from harness.errors import UsageError

BUILT_IN = Path(__file__).with_name("prices.toml")
_DATED = re.compile(r"-20\d\d-?\d\d-?\d\d$")


@runtime_checkable
class Paid(Protocol):
    """A model that may cost money. unpriced: the names of models among it whose price is not known today."""

    def unpriced(self) -> tuple[str, ...]: ...


def unpriced(*models: object) -> tuple[str, ...]:
    """The names of models whose price is not known, so that a limit in dollars could not be kept; each once."""
    return tuple(dict.fromkeys(name for model in models if isinstance(model, Paid) for name in model.unpriced()))


@dataclass(frozen=True, slots=True)
class Counts:
    """Tokens of one answer. tokens_in includes those of a cache, read and written; tokens_out those of reasoning."""

    tokens_in: int = 0
    cached: int = 0
    written: int = 0
    tokens_out: int = 0
    reasoning: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """US dollars per million tokens, from a day on, for prompts of `upto` tokens at most."""

    models: tuple[str, ...]
    since: date
    input: float
    output: float
    cached: float | None = None
    cache_write: float | None = None
    upto: float = float("inf")
    source: str = ""

    def cost(self, counts: Counts) -> float | None:
        plain = counts.tokens_in - counts.cached - counts.written
        parts = [(plain, self.input), (counts.cached, self.cached)]
        parts += [(counts.written, self.cache_write), (counts.tokens_out, self.output)]
        dollars = 0.0
        for tokens, price in parts:
            if tokens and price is None:
                return None
            dollars += tokens * (price or 0.0) / 1e6
        return dollars


@dataclass(frozen=True, slots=True)
class Prices:
    """Price tables, the one that goes first first."""

    tables: tuple[tuple[Price, ...], ...]

    @classmethod
    def load(cls, own: Path | None = None) -> Prices:
        """The built-in table, and before it the user's. Raises UsageError for a table that cannot be used."""
        return cls(tuple(_read(path) for path in (own, BUILT_IN) if path is not None))

    def cost(self, model: str, counts: Counts, on: date) -> float | None:
        """US dollars, or None when the price of this model on this day is not known."""
        for name in (model, _DATED.sub("", model)):
            for table in self.tables:
                if prices := [price for price in table if name in price.models]:
                    price = _valid(prices, counts.tokens_in, on)
                    return price.cost(counts) if price else None
        return None


def _valid(prices: Iterable[Price], tokens_in: int, on: date) -> Price | None:
    """The newest price of the day, of its tiers the one for so long a prompt."""
    begun = [price for price in prices if price.since <= on]
    newest = max((price.since for price in begun), default=None)
    tiers = [price for price in begun if price.since == newest and tokens_in <= price.upto]
    return min(tiers, key=lambda price: price.upto, default=None)


def _read(path: Path) -> tuple[Price, ...]:
    try:
        with path.open("rb") as file:
            entries = tomllib.load(file).get("price", [])
        return tuple(_price(entry) for entry in entries)
    except (OSError, tomllib.TOMLDecodeError, ValueError) as error:
        raise UsageError(f"price table {path} cannot be used: {error}") from None


def _price(entry: dict[str, Any]) -> Price:
    models, numbers = entry.get("models"), ("input", "output", "cached", "cache_write", "upto")
    if unknown := entry.keys() - {field.name for field in fields(Price)}:
        raise ValueError(f"{sorted(unknown)[0]!r} is not known; a price has {', '.join(f.name for f in fields(Price))}")
    if not isinstance(models, list) or not all(isinstance(model, str) for model in models):
        raise ValueError('a price names its models, as in models = ["provider/name"]')
    if missing := [name for name in ("since", "input", "output") if name not in entry]:
        raise ValueError(f"the price of {models} lacks {missing[0]!r}")
    if type(entry["since"]) is not date:
        raise ValueError(f"the price of {models} has since = {entry['since']!r}; write a date, as in 2026-01-31")
    for name in numbers:
        value = entry.get(name, 0)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < float("inf"):
            raise ValueError(
                f"the price of {models} has {name} = {value!r}; write a number (of dollars per million tokens)"
            )
    return Price(**{**entry, "models": tuple(models)})
