"""What the adapters of paid services share: from a name, a key and what came back to a Reply."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from harness.models.faults import Fault, patiently
from harness.models.options import ModelOptions
from harness.models.prices import Counts, Prices
from harness.types import Reply, Usage

CONNECT_S = 10.0  # a server that is there answers the telephone sooner than it thinks


@dataclass(frozen=True, slots=True)
class Service:
    """One model of one provider, ready to be asked. key is None where none is needed."""

    provider: str
    model: str
    key: str | None = field(repr=False)
    key_env: str
    options: ModelOptions
    prices: Prices

    @property
    def name(self) -> str:
        return f"{self.provider}/{self.model}"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back. stop: end, length or refusal; model: as the service calls it; counts None: it told none."""

    text: str
    stop: str
    model: str
    counts: Counts | None


def reply(
    service: Service, ask: Callable[[float, float], Answer], diagnose: Callable[[Exception], Fault | None]
) -> Reply:
    """Ask, with patience, and say what it cost. Raises ModelError."""
    begun = time.monotonic()
    answer = patiently(ask, diagnose, service.name, service.options.patience)
    counts = answer.counts or Counts()
    usd = service.prices.cost(service.name, counts, datetime.now(UTC).date()) if answer.counts else None
    usage = Usage(
        calls=1,
        tokens_in=counts.tokens_in,
        tokens_cached=counts.cached,
        tokens_out=counts.tokens_out,
        usd=usd,
        seconds=time.monotonic() - begun,
    )
    stop = answer.stop if answer.text.strip() or answer.stop != "end" else "empty"
    return Reply(answer.text, f"{service.provider}/{answer.model}", usage, stop)
