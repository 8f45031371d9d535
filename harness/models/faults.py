"""What can go wrong between a question and its answer, and when to ask again. The only place that retries."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, Literal, TypeVar

from harness.errors import ModelError, ModelRefused
from harness.models.options import Patience

T = TypeVar("T")

_PASSING = frozenset({200, 408, 409, 425, 429})  # 200: a stream that broke off with an error event
_NO_MONEY = frozenset({"insufficient_quota", "billing_error", "billing_hard_limit_reached"})
_POLICIES = frozenset({"content_policy_violation", "content_filter", "invalid_prompt", "cyber_policy_violation"})
_POLICY = re.compile(r"content (?:filter|policy|management)|usage polic|acceptable use|flagged (?:as|by|for)", re.I)
_KEYS = re.compile(r"\b(?:sk|key|xai|gsk)-[\w*.-]{4,}")
_WORDS = 300


class Garbled(Exception):
    """A service answered with something that is no answer."""


class Declined(Exception):
    """A service would not answer this question, for what it says: an answer too, of a kind."""


_ENDS: dict[str, type[Exception]] = {"final": ModelRefused, "question": ModelError, "declined": Declined}


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a try failed, in one line, and what that means.

    passing: asking again may help. final: asking anything again cannot help. declined: the service would not answer
    this question. wait_s: how long it asks to wait, in seconds.
    """

    why: str
    kind: Literal["passing", "final", "question", "declined"] = "passing"
    wait_s: float | None = None


def patiently(
    ask: Callable[[float, float], T],
    diagnose: Callable[[Exception], Fault | None],
    name: str,
    patience: Patience,
    rng: Random,
) -> T:
    """The answer of `ask`, tried again while that can help. It is given the seconds that the service may be silent, and
    those that are left in all. rng: spreads the waits, so that many who were turned away do not come back at once.

    Raises ModelRefused when asking anything again cannot help, Declined when the service would not answer this,
    ModelError when it cannot, or when patience is out. What `diagnose` does not know rises.
    """
    begun, wait = time.monotonic(), patience.first_wait_s
    for tries in range(1, patience.tries + 1):
        left = patience.total_s - (time.monotonic() - begun)
        try:
            return ask(min(patience.try_s, left), left)
        except Exception as error:
            fault = diagnose(error)
            if fault is None:
                raise
            if fault.kind != "passing":
                raise _ENDS[fault.kind](f"model {name}: {fault.why}") from error
            pause = wait if fault.wait_s is None else fault.wait_s
            spread = rng.uniform(0.5, 1) if fault.wait_s is None else rng.uniform(1, 1.1)
            left = patience.total_s - (time.monotonic() - begun)
            if why := _enough(tries, pause, left, patience):
                raise ModelError(f"model {name}: {fault.why}; {why}") from error
        time.sleep(pause * spread)
        wait = min(2 * wait, patience.longest_wait_s)
    raise ModelError(f"model {name}: no try was allowed; tries must be one at least")


def _enough(tries: int, pause: float, left: float, patience: Patience) -> str:
    gave_up = f"gave up after {tries} {'try' if tries == 1 else 'tries'}"
    if tries >= patience.tries:
        return gave_up
    if pause > patience.longest_wait_s:
        return f"it asks to wait {pause:.0f} s, longer than the longest wait of {patience.longest_wait_s:g} s"
    return f"{gave_up}: {patience.total_s:g} s are over" if pause >= left else ""


def diagnosis(key_env: str, broken: tuple[type[Exception], ...]) -> Callable[[Exception], Fault | None]:
    """For the errors of both SDKs, which carry status_code, body and response alike. broken: those of connections."""

    def diagnose(error: Exception) -> Fault | None:
        if isinstance(error, Garbled):
            return Fault(one_line(str(error)))
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return _of_status(status, error, key_env)
        if isinstance(error, broken):
            cause = error.__cause__ or error
            return Fault(one_line(f"no connection: {type(cause).__name__} {cause}"))
        return None

    return diagnose


def _of_status(status: int, error: Any, key_env: str) -> Fault:
    message, code = _words(getattr(error, "body", None))
    why = f"{status} {message or one_line(str(error))}"
    if code in _NO_MONEY:
        return Fault(f"{why}: the account has no money left for this", "final")
    if status in _PASSING or status >= 500:
        return Fault(why, wait_s=_asked_wait(error))
    if code in _POLICIES or _POLICY.search(message):
        return Fault(why, "declined")
    hints = {401: f"the key in {key_env} was not accepted", 403: f"the key in {key_env} may not do this"}
    hints |= {404: "is the model's name right, and the base URL?"}
    return Fault(f"{why} ({hints[status]})", "final") if status in hints else Fault(why, "question")


def _words(body: Any) -> tuple[str, str]:
    """The message and the code in an error's body, whichever of the usual shapes it has."""
    inner = body.get("error", body) if isinstance(body, dict) else body
    if not isinstance(inner, dict):
        return (one_line(inner) if isinstance(inner, str) else ""), ""
    return one_line(str(inner.get("message") or "")), str(inner.get("code") or inner.get("type") or "")


def _asked_wait(error: Any) -> float | None:
    """Seconds from the service's headers, which tell them, or the date that they end at."""
    headers = getattr(getattr(error, "response", None), "headers", {})
    for header, unit in (("retry-after-ms", 1e-3), ("retry-after", 1.0)):
        if (told := headers.get(header)) is None:
            continue
        try:
            wait_s = float(told) * unit
        except ValueError:
            wait_s = _until(told)
        if 0 <= wait_s < float("inf"):
            return wait_s
    return None


def _until(date: str) -> float:
    """Seconds to a date of HTTP, or below 0 where it is none."""
    try:
        return max(parsedate_to_datetime(date).timestamp() - time.time(), 0.0)
    except ValueError:
        return -1.0


def one_line(text: str) -> str:
    """A service's words: one line, cut, and without anything that looks like a key."""
    return _KEYS.sub("[key]", " ".join(text.split()))[:_WORDS]
