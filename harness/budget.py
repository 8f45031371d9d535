"""What a run may spend, checked before each spend with what is in flight counted."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass, replace
from threading import Lock
from typing import Literal

from harness.errors import Spent, UsageError
from harness.types import Usage

Spend = Literal["calls", "evaluations"]
DEFAULT_SECONDS = 480.0  # when nothing else ends a run: enough for real gains on two slow cores
DEFAULT_PATIENCE = 24  # and then: where a judgement takes a second, nobody waits eight minutes for the last per cent
ONE: dict[Spend, Usage] = {"calls": Usage(calls=1), "evaluations": Usage(evaluations=1)}
_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """None: no limit. seconds is wall time; patience is evaluations without a crowning; target_score is a fitness."""

    evaluations: int | None = None
    calls: int | None = None
    tokens: int | None = None
    usd: float | None = None
    seconds: float | None = None
    target_score: float | None = None
    patience: int | None = None

    @property
    def bounded(self) -> bool:
        """Whether anything here ends a run by itself."""
        ends = (self.evaluations, self.calls, self.tokens, self.usd, self.seconds, self.patience)
        return any(limit is not None for limit in ends)


class Budget:
    """Keeps count of what is spent and of what is in flight. Thread-safe: orders spend from their own threads.

    Calls and evaluations never pass their limits: an order holds one of each while it is in flight, and more of them
    only where there are more. Of tokens and dollars an order is expected to use what the dearest one used so far, so a
    limit is passed at most by as much as the orders in flight turn out dearer than that.
    """

    def __init__(self, limit: Limit, used_s: float = 0.0) -> None:
        """used_s: wall time that a resumed run has used already."""
        self.limit = limit
        self.spent = Usage()
        self.since_crowning = 0
        self.confirmed = 1.0  # fitness of the best, as its whole run showed it
        self._began = time.monotonic() - used_s
        self._flying: dict[int, Usage] = {}
        self._held: dict[Spend, int] = {"calls": 0, "evaluations": 0}  # by those in flight: one each, or what they use
        self._dearest = Usage()
        self._mutex = Lock()

    # --- counting ----------------------------------------------------------------------------------------------------

    def start(self, n: int) -> None:
        """Order n begins: a call and an evaluation are kept for it."""
        with self._mutex:
            self._hold(n, Usage())

    def claim(self, n: int, what: Spend) -> None:
        """Order n is about to spend one. The first is its own; Spent is raised where a further one is not to be had."""
        with self._mutex:
            if getattr(self._flying[n], what) and (why := self._why_no_more(0, what)):
                raise Spent(f"the budget is spent: {why}")
            self._hold(n, self._flying[n] + ONE[what])

    def use(self, n: int, usage: Usage) -> None:
        """What a call of order n cost, as soon as it is known; the call itself was counted when it was claimed."""
        with self._mutex:
            self._hold(n, self._flying[n] + replace(usage, calls=0))

    def add(self, n: int, usage: Usage, crowned: bool) -> None:
        """Order n has landed, and this is what it used in all."""
        with self._mutex:
            self._hold(n, None)
            self.spent += usage
            self._dearest = Usage(
                tokens_out=max(_tokens(self._dearest), _tokens(usage)),
                usd=max(self._dearest.usd or 0.0, usage.usd or 0.0),
            )
            self.since_crowning = 0 if crowned else self.since_crowning + usage.evaluations

    def _hold(self, n: int, usage: Usage | None) -> None:
        """Order n has used so much; None: it is in flight no more. Sums are kept, however many are in flight."""
        before = self._flying.pop(n, None)
        if usage is not None:
            self._flying[n] = usage
        for what in ONE:
            for sign, one in ((-1, before), (1, usage)):
                self._held[what] += sign * max(1, getattr(one, what)) if one is not None else 0

    def left_s(self) -> float | None:
        """Seconds until the limit on time; None without one."""
        limit = self.limit.seconds
        return None if limit is None else max(0.0, limit - (time.monotonic() - self._began))

    # --- asking ------------------------------------------------------------------------------------------------------

    def why_not(self, reserve: float = 0.0) -> str | None:
        """Why another order may not start now, or None when it may. reserve: seconds to keep for the end."""
        limit = self.limit
        if limit.target_score is not None and self.confirmed >= limit.target_score:
            return f"target score {limit.target_score:g} reached"
        with self._mutex:
            if limit.patience is not None and self.since_crowning + len(self._flying) >= limit.patience:
                return f"no gain in {limit.patience} evaluations"
            return self._why_no_more(reserve, "evaluations") or self._why_no_more(reserve, "calls")

    def _why_no_more(self, reserve: float, what: Spend) -> str | None:
        """Why one more call or evaluation is not to be had."""
        limit, flying = self.limit, self._flying.values()
        most: int | None = getattr(limit, what)
        if most is not None and getattr(self.spent, what) + self._held[what] >= most:
            return f"{most} {'model calls' if what == 'calls' else what}"
        if what == "evaluations":
            return None
        if limit.tokens is not None:
            dearest = _tokens(self._dearest)
            held = _tokens(self.spent) + sum(max(dearest, _tokens(f)) for f in flying)
            if held + max(dearest, 1) > limit.tokens:
                return f"{limit.tokens} tokens"
        if limit.usd is not None and (why := self._why_no_dollars(limit.usd)):
            return why
        if limit.seconds is not None and time.monotonic() - self._began + reserve >= limit.seconds:
            return f"{limit.seconds:g} s"
        return None

    def _why_no_dollars(self, most: float) -> str | None:
        if self.spent.usd is None or any(f.usd is None for f in self._flying.values()):
            return "a price is unknown, so dollars cannot be counted"
        dearest = self._dearest.usd or 0.0
        held = self.spent.usd + sum(max(dearest, f.usd or 0.0) for f in self._flying.values())
        return f"${most:g}" if held >= most or held + dearest > most else None


def _tokens(usage: Usage) -> int:
    return usage.tokens_in + usage.tokens_out


def duration(text: str) -> float:
    """Seconds from 90, 90s, 8m, 1h30m."""
    match = _DURATION.fullmatch(text.strip())
    if not text.strip() or match is None:
        raise UsageError(f"duration {text!r} is not understood: write 90, 90s, 8m or 1h30m")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds


def limit_of(
    *,
    max_evaluations: int | None = None,
    max_calls: int | None = None,
    max_tokens: int | None = None,
    max_usd: float | None = None,
    max_time: str | float | None = None,
    target_score: float | None = None,
    patience: int | None = None,
) -> Limit:
    """The limit that a user asked for; the defaults where nothing of it ends a run. max_time: seconds, or as in 8m.

    Raises UsageError for one that would end a run before it began.
    """
    seconds = duration(max_time) if isinstance(max_time, str) else max_time
    for what, value in (("evaluations", max_evaluations), ("calls", max_calls), ("tokens", max_tokens)):
        _above(f"max {what}", value, 0, "write 1 or more")
    _above("patience", patience, 0, "write 1 or more")
    _above("target score", target_score, 1.0, "the baseline has 1; write 1.2 or more")
    _above("max usd", max_usd, 0.0, "write an amount above 0")
    _above("max time", seconds, 0.0, "write 90s, 8m or 1h30m")
    limit = Limit(
        evaluations=max_evaluations, calls=max_calls, tokens=max_tokens, usd=max_usd,
        seconds=seconds, target_score=target_score, patience=patience,
    )  # fmt: skip
    return limit if limit.bounded else replace(limit, seconds=DEFAULT_SECONDS, patience=DEFAULT_PATIENCE)


def _above(what: str, value: float | None, least: float, why: str) -> None:
    if value is not None and not least < value < float("inf"):
        raise UsageError(f"{what} {value:g} would end the run before it began: {why}")
