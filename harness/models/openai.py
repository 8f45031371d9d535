"""OpenAI's models and everything that speaks as they do, through the official SDK: Responses, or chat completions."""

from __future__ import annotations

from json import JSONDecodeError
from threading import Lock
from typing import Any

from harness.models.faults import Garbled, diagnosis, one_line
from harness.models.options import Api
from harness.models.prices import Counts
from harness.models.service import CONNECT_S, Answer, Service, reply
from harness.types import Prompt, Reply


class OpenAIModel:
    """Thread-safe. The SDK is imported at the first question. Raises ModelError, or ModelRefused, as Model promises."""

    def __init__(self, service: Service, api: Api) -> None:
        self.name = service.name
        self._service = service
        self._api = api
        self._client: Any = None
        self._mutex = Lock()

    def complete(self, prompt: Prompt) -> Reply:
        client = self._connected()
        import httpx2
        import openai

        ask = self._ask_responses if self._api == "responses" else self._ask_chat
        broken = (openai.APIConnectionError, openai.APIResponseValidationError, httpx2.TransportError, JSONDecodeError)
        return reply(
            self._service,
            lambda silence, _: ask(client, prompt, httpx2.Timeout(silence, connect=min(silence, CONNECT_S))),
            diagnosis(self._service.key_env, broken),
        )

    def close(self) -> None:
        with self._mutex:
            if self._client is not None:
                self._client.close()
            self._client = None

    def _connected(self) -> Any:
        from openai import OpenAI

        with self._mutex:
            if self._client is None:
                # A key is sent always; a server that needs none does not look at it.
                self._client = OpenAI(
                    api_key=self._service.key or "none", base_url=self._service.options.base_url, max_retries=0
                )
            return self._client

    def _ask_responses(self, client: Any, prompt: Prompt, timeout: Any) -> Answer:
        options = self._service.options
        request: dict[str, Any] = {"model": self._service.model, "input": prompt.user, "store": False}
        if prompt.system:
            request["instructions"] = prompt.system
        if options.effort:
            request["reasoning"] = {"effort": options.effort}
        if options.max_tokens:
            request["max_output_tokens"] = options.max_tokens
        return _of_response(client.responses.create(**request, timeout=timeout), self._service.model)

    def _ask_chat(self, client: Any, prompt: Prompt, timeout: Any) -> Answer:
        options, ours = self._service.options, self._service.provider == "openai"
        messages = [{"role": "system", "content": prompt.system}] if prompt.system else []
        request: dict[str, Any] = {"model": self._service.model}
        request["messages"] = [*messages, {"role": "user", "content": prompt.user}]
        if options.effort:
            request["reasoning_effort"] = options.effort
        if options.max_tokens:  # other servers know the old name only
            request["max_completion_tokens" if ours else "max_tokens"] = options.max_tokens
        # What other servers call their model may be a path on their disk: the name that was asked for stays.
        return _of_chat(
            client.chat.completions.create(**request, timeout=timeout), None if ours else self._service.model
        )


def _of_response(response: Any, asked: str) -> Answer:
    status = getattr(response, "status", None)
    if not isinstance(getattr(response, "output", None), list) or status not in ("completed", "incomplete"):
        raise Garbled(_no_answer(response, f"status {status}"))
    parts = [part for item in response.output if item.type == "message" for part in item.content]
    text = "".join(part.text for part in parts if part.type == "output_text")
    reason = getattr(response.incomplete_details, "reason", None)
    stop = "refusal" if reason == "content_filter" or any(part.type == "refusal" for part in parts) else "end"
    if stop == "end" and status == "incomplete":
        stop = "length"
    return Answer(text, stop, response.model or asked, _counts(response.usage, "input", "output"))


def _of_chat(completion: Any, name: str | None) -> Answer:
    choices = getattr(completion, "choices", None)
    if not choices or getattr(choices[0], "message", None) is None:
        raise Garbled(_no_answer(completion, "no choices"))
    message, finish = choices[0].message, choices[0].finish_reason
    stop = {"length": "length", "content_filter": "refusal"}.get(finish, "end")
    if getattr(message, "refusal", None):
        stop = "refusal"
    return Answer(
        message.content or "", stop, name or completion.model, _counts(completion.usage, "prompt", "completion")
    )


def _counts(usage: Any, into: str, out: str) -> Counts | None:
    """Tokens of either interface. Other servers leave the details out, or all of it."""
    if usage is None:
        return None
    details = getattr(usage, f"{into}_tokens_details", None)
    return Counts(
        tokens_in=getattr(usage, f"{into}_tokens", None) or 0,
        cached=getattr(details, "cached_tokens", None) or 0,
        written=getattr(details, "cache_write_tokens", None) or 0,
        tokens_out=getattr(usage, f"{out}_tokens", None) or 0,
    )


def _no_answer(got: Any, what: str) -> str:
    """One line about something that is no answer: an error inside a 200, a page, an empty object."""
    if isinstance(got, str):
        return f"the service answered with no JSON: {one_line(got)[:80]!r}"
    error = getattr(got, "error", None)
    said = error.get("message") if isinstance(error, dict) else getattr(error, "message", None)
    return f"the service answered without an answer: {said or what}"
