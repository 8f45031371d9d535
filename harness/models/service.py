"""A model of a paid service: one class for all, that asks in the dialect of its service and says what it cost."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import partial
from json import JSONDecodeError
from random import Random
from typing import Any, Protocol

from harness.models.deadline import Line, Lines
from harness.models.faults import Declined, Garbled, diagnosis, patiently
from harness.models.options import ModelOptions
from harness.models.prices import Counts, Prices
from harness.models.wire import closed
from harness.types import Capability, JsonObject, Prompt, Reply, ToolCall, Usage

CONNECT_S = 10.0  # a server that is there answers the telephone sooner than it thinks
_UNKNOWN_FIELD = frozenset({400, 422})  # what a server says to a field that it does not know


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
    """What came back. stop: end, length or refusal; model: as the service calls it; counts None: it told none.

    state: what the service wants back, word for word, when the conversation goes on; by dialect.
    """

    text: str
    stop: str
    model: str
    counts: Counts | None
    calls: tuple[ToolCall, ...] = ()
    state: JsonObject = field(default_factory=dict)


class Dialect(Protocol):
    """How one interface of a service is spoken to, through its SDK, which is imported by the first of these."""

    def connect(self, service: Service, line: Line) -> Any:
        """A client of the SDK, that tries once, on this line."""
        ...

    def broken(self) -> tuple[type[Exception], ...]:
        """The SDK's errors of connections and of answers that it cannot read."""
        ...

    def ask(self, client: Any, service: Service, prompt: Prompt, schema: JsonObject | None, timeout: Any) -> Answer:
        """schema: what the service shall enforce; None when the prompt has none, or has it in words only."""
        ...


class ServiceModel:
    """Thread-safe. The SDK is imported at the first question. Raises ModelError, or ModelRefused, as Model promises."""

    def __init__(self, service: Service, dialect: Dialect) -> None:
        self.name = service.name
        self._service = service
        self._dialect = dialect
        self._lines = Lines(partial(dialect.connect, service))
        self._in_words = False  # this service does not take schemas

    def complete(self, prompt: Prompt) -> Reply:
        begun = time.monotonic()
        patience, ask = self._service.options.patience, self._ask_in_words_at_need(prompt)
        diagnose = diagnosis(self._service.key_env, self._broken())
        try:
            answer = patiently(ask, diagnose, self.name, patience, Random(f"{prompt.seed}/wait"))
        except Declined:
            answer = Answer("", "refusal", self._service.model, Counts())
        return self._reply(answer, time.monotonic() - begun)

    def can(self, what: Capability, role: str = "") -> bool:  # noqa: ARG002
        """Everything: what a service does not enforce is asked for in words."""
        return True

    def unpriced(self) -> tuple[str, ...]:
        """This model when its price today is not known."""
        return () if self._service.prices.cost(self.name, Counts(1, 0, 0, 1), today()) is not None else (self.name,)

    def close(self) -> None:
        self._lines.close()

    def _broken(self) -> tuple[type[Exception], ...]:
        import httpx2

        return (*self._dialect.broken(), httpx2.TransportError, JSONDecodeError)

    def _ask_in_words_at_need(self, prompt: Prompt) -> Callable[[float, float], Answer]:
        schema = closed(prompt.schema.body) if prompt.schema else None

        def ask(silence_s: float, left_s: float) -> Answer:
            if schema is None or self._in_words:
                return self._ask(prompt, None, silence_s, left_s)
            try:
                return self._ask(prompt, schema, silence_s, left_s)
            except Exception as error:
                if getattr(error, "status_code", None) not in _UNKNOWN_FIELD:
                    raise
            answer = self._ask(prompt, None, silence_s, left_s)
            self._in_words = True
            return answer

        return ask

    def _ask(self, prompt: Prompt, schema: JsonObject | None, silence_s: float, left_s: float) -> Answer:
        import httpx2

        timeout = httpx2.Timeout(silence_s, connect=min(silence_s, CONNECT_S))
        with self._lines.line(left_s) as line:
            try:
                return self._dialect.ask(line.client, self._service, prompt, schema, timeout)
            except Exception as error:
                if line.late:
                    raise Garbled("the answer goes on without end") from error
                raise

    def _reply(self, answer: Answer, seconds: float) -> Reply:
        counts = answer.counts or Counts()
        usd = self._service.prices.cost(self.name, counts, today()) if answer.counts else None
        usage = Usage(
            calls=1,
            tokens_in=counts.tokens_in,
            tokens_cached=counts.cached,
            tokens_written=counts.written,
            tokens_out=counts.tokens_out,
            tokens_reasoning=counts.reasoning,
            usd=usd,
            seconds=seconds,
        )
        stop = answer.stop
        if stop == "end":
            stop = "calls" if answer.calls else "end" if answer.text.strip() else "empty"
        model = f"{self._service.provider}/{answer.model}"
        return Reply(answer.text, model, usage, stop, answer.calls, answer.state)


def today() -> date:
    """The day that prices are those of."""
    return datetime.now(UTC).date()
