"""Anthropic's models, through the official SDK: Messages, with the system prompt cached."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from json import JSONDecodeError
from threading import Event, Lock, Timer
from typing import Any

from harness.models.faults import Garbled, diagnosis, one_line
from harness.models.prices import Counts
from harness.models.service import CONNECT_S, Answer, Service, reply
from harness.types import Prompt, Reply

MAX_TOKENS = 32_000  # the service wants a number
UNSTREAMED = 16_000  # longer answers are streamed: a silent connection does not live so long

_STOPS = {"max_tokens": "length", "model_context_window_exceeded": "length", "refusal": "refusal"}


class AnthropicModel:
    """Thread-safe. The SDK is imported at the first question. Raises ModelError, or ModelRefused, as Model promises."""

    def __init__(self, service: Service) -> None:
        self.name = service.name
        self._service = service
        self._client: Any = None
        self._mutex = Lock()

    def complete(self, prompt: Prompt) -> Reply:
        client = self._connected()
        import anthropic
        import httpx2

        broken: tuple[type[Exception], ...] = (anthropic.APIConnectionError, anthropic.APIResponseValidationError)
        broken += (httpx2.TransportError, JSONDecodeError)
        return reply(
            self._service,
            lambda silence, left: self._ask(
                client, prompt, httpx2.Timeout(silence, connect=min(silence, CONNECT_S)), left
            ),
            diagnosis(self._service.key_env, broken),
        )

    def close(self) -> None:
        with self._mutex:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _connected(self) -> Any:
        from anthropic import Anthropic

        with self._mutex:
            if self._client is None:
                self._client = Anthropic(
                    api_key=self._service.key, base_url=self._service.options.base_url, max_retries=0
                )
            return self._client

    def _ask(self, client: Any, prompt: Prompt, timeout: Any, left_s: float) -> Answer:
        request = self._request(prompt)
        if request["max_tokens"] <= UNSTREAMED:
            return _of_message(client.messages.create(**request, timeout=timeout), self._service.model)
        with client.messages.stream(**request, timeout=timeout) as stream, _ended_after(left_s, stream) as late:
            last = None
            try:
                for event in stream:
                    last = event.type
            except Exception:
                if not late.is_set():
                    raise
            if late.is_set():
                raise Garbled("the answer streams on without end")
            if last != "message_stop":
                raise Garbled(f"the answer's stream broke off after {last or 'nothing that is an answer'}")
            return _of_message(stream.get_final_message(), self._service.model)

    def _request(self, prompt: Prompt) -> dict[str, Any]:
        options = self._service.options
        request: dict[str, Any] = {
            "model": self._service.model,
            "max_tokens": options.max_tokens or MAX_TOKENS,
            "messages": [{"role": "user", "content": prompt.user}],
        }
        if prompt.system:
            request["system"] = [{"type": "text", "text": prompt.system, "cache_control": {"type": "ephemeral"}}]
        if options.effort:
            request["output_config"] = {"effort": options.effort}
        return request


@contextmanager
def _ended_after(seconds: float, stream: Any) -> Iterator[Event]:
    """Close a stream that goes on for too long: from outside, since the SDK passes over keep-alives."""
    late = Event()

    def end() -> None:
        late.set()
        stream.close()

    clock = Timer(max(seconds, 0.0), end)
    clock.daemon = True
    clock.start()
    try:
        yield late
    finally:
        clock.cancel()


def _of_message(message: Any, asked: str) -> Answer:
    if not isinstance(getattr(message, "content", None), list):
        raise Garbled(f"the service answered without an answer: {one_line(str(message))[:80]!r}")
    text = "".join(block.text for block in message.content if block.type == "text")
    return Answer(text, _STOPS.get(message.stop_reason, "end"), message.model or asked, _counts(message.usage))


def _counts(usage: Any) -> Counts | None:
    """Tokens as we count them: this service leaves those of the cache out of input_tokens."""
    if usage is None:
        return None
    cached, written = usage.cache_read_input_tokens or 0, usage.cache_creation_input_tokens or 0
    return Counts((usage.input_tokens or 0) + cached + written, cached, written, usage.output_tokens or 0)
