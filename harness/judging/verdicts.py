"""From how a run ended and what it printed to a verdict, in words that no program can forge."""

from __future__ import annotations

import builtins
import re

from harness.judging.traces import Trace
from harness.types import JobResult, Status

TRACEBACK = b"Traceback (most recent call last):"
SIGSYS = 31
_FRAME = re.compile(r'File "[^"]*candidate\.py", line (\d{1,6})\b')


def verdict(result: JobResult, golden: Trace, difference: str | None, program: str) -> tuple[Status, str | None]:
    """What a run's end and its output together mean; the words are safe to show."""
    if result.end in ("timeout", "memory"):
        return ("timeout" if result.end == "timeout" else "memory"), result.reason
    if result.end == "signal":
        return ("rule" if result.code == SIGSYS else "crash"), result.reason
    if result.end in ("output", "writes"):
        return "wrong", result.reason
    if result.end == "exit" and result.code != golden.code:
        words = exception_of(result, program)
        return "crash", f"{words} ({difference})" if difference else words
    return ("wrong", difference) if difference else ("ok", None)


def exception_of(result: JobResult, program: str = "") -> str:
    """Type and line of the exception that ended a program; nothing that the program could have put there itself.

    Only a traceback's last line is read, only a builtin exception is named, and only a line that the program has.
    """
    text = result.stderr.decode("utf-8", "replace")
    last = text.strip().rpartition("\n")[2].partition(":")[0].strip()
    named = getattr(builtins, last, None)
    if TRACEBACK not in result.stderr:
        return f"ended with exit code {result.code}"
    name = last if isinstance(named, type) and issubclass(named, BaseException) else "an exception of its own"
    lines = [int(number) for number in _FRAME.findall(text)]
    inside = lines and 1 <= lines[-1] <= program.count("\n") + 1
    return f"ended with {name} at line {lines[-1]}" if inside else f"ended with {name}"


def tail(result: JobResult) -> str:
    lines = result.stderr.decode("utf-8", "replace").strip().splitlines()
    return " ".join(lines[-1:])[:300]
