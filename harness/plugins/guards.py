"""What stands between a plug-in and the engine: what it returns is checked, and what it raises is said in one line."""

from __future__ import annotations

import json
import math
import traceback
from collections.abc import Iterable
from pathlib import Path
from typing import Any, get_args

from harness.errors import ModelError, OptimizeRunError, PluginFailed
from harness.types import (
    Bench,
    Candidate,
    Capability,
    Evaluator,
    Model,
    Order,
    Prompt,
    Reading,
    Reply,
    Stage,
    Status,
    Target,
    Tools,
)

RESERVED = ("rules", "equivalence", "memory", "speed")  # what the built-in evaluators say, and nobody else


def place(error: BaseException) -> str:
    """An exception as one line, with the file and line that raised it."""
    frames = traceback.extract_tb(error.__traceback__)
    where = f" ({Path(frames[-1].filename).name} line {frames[-1].lineno})" if frames else ""
    return f"{type(error).__name__}: {' '.join(str(error).split())}{where}"


def blame(error: BaseException, files: Iterable[str]) -> str | None:
    """Which of these files an error passed through last, as `mine.py line 12`; None when it was none of them."""
    theirs = {str(Path(file).resolve()) for file in files if file}
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        if str(Path(frame.filename).resolve()) in theirs:
            return f"{Path(frame.filename).name} line {frame.lineno}"
    return None


class GuardedEvaluator:
    """An evaluator of the user's. It may refuse a candidate and report a metric of its own, and nothing else."""

    def __init__(self, inner: Evaluator, title: str) -> None:
        self.name: str = inner.name
        self.stage: Stage = inner.stage
        self._inner = inner
        self._title = title

    def evaluate(self, candidate: Candidate, target: Target, bench: Bench) -> list[Reading]:
        """Raises PluginFailed when it raises, or says what no evaluator may say."""
        try:
            readings = self._inner.evaluate(candidate, target, bench)
        except OptimizeRunError:
            raise
        except Exception as error:
            raise PluginFailed(f"evaluator {self._title} failed on candidate {candidate.id}: {place(error)}") from error
        if not isinstance(readings, list) or not all(isinstance(reading, Reading) for reading in readings):
            raise PluginFailed(f"evaluator {self._title} returned {_kind(readings)}, and a list of Reading is due")
        for reading in readings:
            if wrong := _wrong(reading):
                raise PluginFailed(f"evaluator {self._title} returned a reading that cannot stand: {wrong}")
        return readings


def guarded_strategy(found: type[Any], title: str) -> type[Any]:
    """The same strategy, whose orders and candidates are looked at before the engine trusts them."""

    class Guarded(found):  # type: ignore[misc]  # everything else of it stays as it is, Settings and all
        def ask(self) -> Order | None:
            order = super().ask()
            if order is not None and not (isinstance(order, Order) and _is_json(order.context)):
                what = "an order whose context is not plain JSON" if isinstance(order, Order) else _kind(order)
                raise PluginFailed(f"strategy {title}: ask returned {what}, and an Order or None is due")
            return order

        def propose(self, order: Order, tools: Tools) -> Candidate | None:
            candidate = super().propose(order, tools)
            if candidate is not None and not isinstance(candidate, Candidate):
                raise PluginFailed(f"strategy {title}: propose returned {_kind(candidate)}, and a Candidate is due")
            return candidate

    Guarded.__name__, Guarded.__doc__ = found.__name__, found.__doc__
    return Guarded


class GuardedModel:
    """A model of the user's. A failure of it is the want of an answer, like that of any model."""

    def __init__(self, inner: Model, title: str) -> None:
        self.name: str = inner.name
        self._inner = inner
        self._title = title

    def complete(self, prompt: Prompt) -> Reply:
        """Raises ModelError for whatever it raises, and where it returns no Reply."""
        try:
            reply = self._inner.complete(prompt)
        except OptimizeRunError:
            raise
        except Exception as error:
            raise ModelError(f"model {self._title} failed: {place(error)}") from error
        if not isinstance(reply, Reply):
            raise ModelError(f"model {self._title} returned {_kind(reply)}, and a Reply is due")
        return reply

    def can(self, what: Capability, role: str = "") -> bool:
        return bool(self._inner.can(what, role))

    def unpriced(self) -> tuple[str, ...]:
        """Its own word, where it has one; otherwise its price is not known, and no limit in dollars could be kept."""
        own = getattr(self._inner, "unpriced", None)
        return tuple(own()) if callable(own) else (self._title,)


def _kind(value: Any) -> str:
    name = type(value).__name__
    return "nothing" if value is None else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _wrong(reading: Reading) -> str:
    """What is wrong with a reading, or ""."""
    numbers = [n for n in (reading.value, reading.low, reading.high) if n is not None]
    if reading.metric in RESERVED:
        return f"metric {reading.metric!r} is the harness's own; give it another name"
    if reading.status not in get_args(Status):
        return f"status {reading.status!r} is not one of {', '.join(get_args(Status))}"
    if not all(isinstance(n, int | float) and math.isfinite(n) for n in numbers):
        return f"{reading.metric} is {reading.value!r}, and a finite number is due"
    return "" if _is_json(reading.detail) else f"detail of {reading.metric} is not plain JSON"


def _is_json(value: Any) -> bool:
    try:
        json.dumps(value, allow_nan=False)
    except (TypeError, ValueError):
        return False
    return True
