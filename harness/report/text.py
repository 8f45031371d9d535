"""Phrases and formats. Every number and every foreign text that a person reads passes through here."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime

from harness.types import Reading, Usage

WORDS = {"memory": ("less memory", "more memory"), "speed": ("faster", "slower")}
# Control, format (bidirectional overrides, zero width), surrogate, private: they move cursors, hide or reorder text.
UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


def clean(text: object) -> str:
    """Foreign text as one line, safe on a terminal. It may hold rich's markup: show it in a Text, never a str."""
    spaced = " ".join(str(text).split())
    return "".join(c for c in spaced if unicodedata.category(c) not in UNSEEN)


def clean_lines(text: str) -> str:
    """The same for a text of many lines, such as a program: line ends and tabs stay."""
    return "".join(c for c in text if c in "\n\t" or unicodedata.category(c) not in UNSEEN)


def cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(width - 3, 0)] + "..."


def _decimals(value: float) -> int:
    """Three digits that mean something: 3.10, 12.8, 123."""
    size = abs(value)
    return 2 if size < 9.995 else 1 if size < 99.95 else 0


def times(value: float) -> str:
    """A ratio: 3.10x."""
    return f"{value:,.{_decimals(value)}f}x"


def bounds(value: float, low: float | None, high: float | None) -> str:
    """An interval with as many decimals as its value has: (3.08-3.12); empty when there is none."""
    if low is None or high is None:
        return ""
    places = _decimals(value)
    return f"({low:,.{places}f}-{high:,.{places}f})"


def phrase(metric: str, value: float, low: float | None = None, high: float | None = None) -> str:
    """A ratio to the baseline in words: `3.10x less memory (3.08-3.12)`, and for a loss `1.25x slower (1.20-1.30)`."""
    better, worse = WORDS.get(metric, (f"better {metric}", f"worse {metric}"))
    if value >= 0.995 or value <= 0:
        return f"{times(value)} {better} {bounds(value, low, high)}".rstrip()
    lost = 1 / value
    turned = bounds(lost, 1 / high if high else None, 1 / low if low else None)
    return f"{times(lost)} {worse} {turned}".rstrip()


def phrase_of(reading: Reading) -> str:
    return phrase(reading.metric, reading.value, reading.low, reading.high)


def money(usd: float | None) -> str:
    """Dollars; small sums keep two digits that mean something, an unknown price is said to be unknown."""
    if usd is None:
        return "cost unknown"
    return f"${usd:,.2f}" if usd == 0 or abs(usd) >= 0.095 else f"${usd:.2g}"


def count(n: float | None, thing: str = "") -> str:
    """1,234 or, with a thing, `1 call`, `2 calls`."""
    if n is None:
        return f"no limit on {thing}s" if thing else "-"
    shown = f"{n:,.0f}" if float(n).is_integer() else f"{n:,}"
    return shown if not thing else f"{shown} {thing}{'' if n == 1 else 's'}"


def mib(value: float | None) -> str:
    return "-" if value is None else f"{value:,.1f} MiB"


def cpu(seconds: float | None) -> str:
    return "-" if seconds is None else f"{seconds:,.{_decimals(seconds)}f} s"


def duration(seconds: float) -> str:
    """Wall time in the unit that suits it: `4.2 s`, `3 min 20 s`, `1 h 02 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600:,} h {whole % 3600 // 60:02d} min"


def when(at: float) -> str:
    """Seconds since the epoch as UTC: 2026-03-01 14:05."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def listed(parts: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def cost(usage: Usage) -> str:
    """What was spent, in one phrase; calls that cost nothing are not given a price."""
    parts = [count(usage.evaluations, "evaluation"), count(usage.calls, "call")]
    if tokens := usage.tokens_in + usage.tokens_out:
        parts.append(count(tokens, "token"))
    if usage.usd is None or usage.usd > 0:
        parts.append(money(usage.usd))
    return ", ".join([*parts, duration(usage.seconds)])
