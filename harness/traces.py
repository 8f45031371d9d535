"""Golden traces, and comparing a run with one line by line while it runs.

A difference on a hidden workload is said without a number of it: which line, and what kind of difference. By how much,
and the two lines themselves, are said for public workloads only.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from harness.types import JobResult, Promise

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++\Z")  # possessive: linear in the text, whatever it is
_NUMBER = re.compile(rb"[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|\.\d+(?:[eE][-+]?\d+)?)|\b(?:nan|inf)\b")
_FRACTION = re.compile(rb"[.eE]|nan|inf")
LINE_SLACK = 1000  # bytes: a line this much and twice over the longest expected one need not be read to its end


@dataclass(frozen=True, slots=True)
class Trace:
    """What the untouched program did on one workload: output lines (with their ends), exit code, files, cost."""

    lines: tuple[bytes, ...]
    code: int
    stderr: bytes
    written: Mapping[str, bytes]
    cpu_s: float
    peak_mib: float

    @classmethod
    def of(cls, result: JobResult) -> Trace:
        return cls(
            tuple(split_lines(result.stdout)),
            result.code,
            result.stderr,
            result.written,
            result.cpu_s,
            result.peak_mib,
        )


def split_lines(text: bytes) -> list[bytes]:
    """Lines with their ends; a carriage return ends a line too. The last may lack its end."""
    return _LINE.findall(text)


class Comparison:
    """Compares one run with a golden trace as its output comes. A difference that feed returns can end the run."""

    def __init__(self, golden: Trace, promise: Promise, hidden: bool) -> None:
        self._golden = golden
        self._promise = promise
        self._hidden = hidden
        self._pending = b""
        self._longest = LINE_SLACK + 2 * max(map(len, golden.lines), default=0)
        self._line = 0
        self.difference: str | None = None

    def feed(self, chunk: bytes) -> str | None:
        """Compare what has come so far, whole lines only; returns the first difference."""
        self._pending += chunk
        # A carriage return at the very end may be half of a \r\n: it waits for what follows.
        whole = split_lines(self._pending)
        if whole and (self._pending.endswith(b"\r") or not self._pending.endswith(b"\n")):
            self._pending = whole.pop()
        else:
            self._pending = b""
        for line in whole:
            if self.difference is None:
                self.difference = self._compare(line)
        if self.difference is None and len(self._pending) > self._longest:
            self.difference = f"output line {self._line + 1} is longer than any that is expected"
        return self.difference

    def finish(self, result: JobResult) -> str | None:
        """Compare the rest: the last line, the count of lines, exit code, standard error, written files."""
        if self.difference is None and self._pending:
            self.difference = self._compare(self._pending)
        self.difference = self.difference or self._closing_difference(result)
        return self.difference

    def _closing_difference(self, result: JobResult) -> str | None:
        expected = len(self._golden.lines)
        if self._line < expected:
            return f"output ends after {self._line} of {expected} lines"
        if result.code != self._golden.code:
            return f"exit code {result.code}, expected {self._golden.code}"
        if bool(result.stderr) != bool(self._golden.stderr):
            return "text on standard error" if result.stderr else "nothing on standard error, where text is expected"
        if self._promise.files and dict(result.written) != dict(self._golden.written):
            return _files_difference(result.written, self._golden.written)
        return None

    def _compare(self, line: bytes) -> str | None:
        index = self._line
        self._line += 1
        if index >= len(self._golden.lines):
            return f"output goes on after the {len(self._golden.lines)} lines that are expected"
        expected = self._golden.lines[index]
        if line == expected:
            return None
        found = _difference(line, expected, self._promise)
        if found is None:
            return None
        kind, amount = found
        if self._hidden:
            return f"output line {index + 1} differs ({kind})"
        return f"output line {index + 1} differs ({kind}{amount}): expected {_shown(expected)}, got {_shown(line)}"


def _difference(line: bytes, expected: bytes, promise: Promise) -> tuple[str, str] | None:
    """What kind of difference two lines have beyond the promise, and how large it is; None when they keep it."""
    if promise.level == "exact" or _NUMBER.sub(b"#", line) != _NUMBER.sub(b"#", expected):
        return "text", ""
    worst = 0.0
    for got, wanted in zip(_NUMBER.findall(line), _NUMBER.findall(expected), strict=True):
        if got == wanted:
            continue
        # Before the two are compared as floats, which takes 2**53 for 2**53 + 1, and 007 and 7.0 for 7.
        if not (_FRACTION.search(got) and _FRACTION.search(wanted)):
            return "a whole number", ""
        a, b = float(got), float(wanted)
        if a == b:
            continue
        if not (math.isfinite(a) and math.isfinite(b)):
            return "a number that is not finite", ""
        worst = max(worst, abs(a - b) / max(abs(a), abs(b)))
    if worst <= promise.rtol:
        return None
    return "a number", f", off by {worst:.0e} relative where {promise.rtol:.0e} is allowed"


def _files_difference(got: Mapping[str, bytes], wanted: Mapping[str, bytes]) -> str:
    for name in sorted({*got, *wanted}):
        if name not in got:
            return f"file {name!r} was not written"
        if name not in wanted:
            return f"file {name!r} was written, and should not be"
        if got[name] != wanted[name]:
            return f"file {name!r} has other content"
    raise AssertionError("unreachable: the files are the same")


def _shown(line: bytes) -> str:
    return repr(line.decode("utf-8", "replace").rstrip("\r\n"))[:120]
