"""What two lines of output differ in, and whether a promise allows it.

Text must be the same. Whole numbers must be the same. Numbers with a fraction or an exponent may be off by as much as
the promise says, relative to the larger of the two; what is not finite is never allowed.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass

from harness.types import Promise

_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|\b(?:nan|inf)\b")
_FRACTION = re.compile(rb"[.eE]|nan|inf")


@dataclass(frozen=True, slots=True)
class Difference:
    """kind: in words. amount and allowed: relative; None where the kind has no size."""

    kind: str
    amount: float | None = None
    allowed: float | None = None

    @property
    def size(self) -> str:
        if self.amount is None:
            return ""
        return f", off by {self.amount:.0e} relative where {self.allowed:.0e} is allowed"


def of_lines(line: bytes, expected: bytes, promise: Promise, band: float = 0.0) -> Difference | None:
    """The difference of two lines beyond the promise, or None.

    band: relative, how far apart two runs of the untouched program may be. Where there is one, a number that was
    printed with few digits may also be off by one unit of its last digit, since rounding can make that of any band.
    """
    if line == expected or _is_free(line, expected, promise):
        return None
    if promise.level == "exact" or _NUMBER.sub(b"#", line) != _NUMBER.sub(b"#", expected):
        return Difference("text")
    allowed = max(promise.statistical.each if promise.statistical else promise.rtol, band)
    worst = 0.0
    for got, wanted in zip(_NUMBER.findall(line), _NUMBER.findall(expected), strict=True):
        if got == wanted:
            continue
        # Before the two are compared as floats, which takes 2**53 for 2**53 + 1, and 007 and 7.0 for 7.
        if not (_FRACTION.search(got) and _FRACTION.search(wanted)):
            return Difference("a whole number")
        a, b = float(got), float(wanted)
        if a == b:
            continue
        if not (math.isfinite(a) and math.isfinite(b)):
            return Difference("a number that is not finite")
        apart = max(0.0, abs(a - b) - (_unit(wanted) if band else 0.0))
        worst = max(worst, apart / max(abs(a), abs(b)))
    return Difference("a number", worst, allowed) if worst > allowed else None


def _is_free(line: bytes, expected: bytes, promise: Promise) -> bool:
    if promise.statistical is None:
        return False
    starts = tuple(start.encode() for start in promise.statistical.free)
    return line.startswith(starts) and expected.startswith(starts)


def _unit(number: bytes) -> float:
    """One unit of the last digit of a number as written."""
    mantissa, _, exponent = number.lower().partition(b"e")
    return float(10.0 ** (int(exponent or 0) - len(mantissa.partition(b".")[2])))


def divergence(one: Sequence[bytes], other: Sequence[bytes]) -> float | None:
    """The largest relative difference between the numbers of two outputs; None when more than numbers differ."""
    if len(one) != len(other):
        return None
    worst = 0.0
    for line, expected in zip(one, other, strict=True):
        found = of_lines(line, expected, Promise(level="tolerant", rtol=0.0))
        if found is None:
            continue
        if found.amount is None:
            return None
        worst = max(worst, found.amount)
    return worst


def last_value(lines: Sequence[bytes], words: str) -> float | None:
    """The last number that follows words; None when there is none."""
    found = re.findall(re.escape(words.encode()) + rb"\s*(" + _NUMBER.pattern + rb")", b"".join(lines))
    return float(found[-1]) if found else None
