"""Golden traces, and comparing a run with one line by line while it runs.

How much is told depends on who may know: everything on public workloads; on hidden ones that they failed, and no more.
The first line that differs would tell little, but little is not nothing: it says which of the odd documents a program
stumbles over, and a program that is wrong on purpose could have the judge spell out an input for it, a bit a candidate.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from harness.judging import differences
from harness.types import JobResult, Promise

# everything: the lines themselves; place: which line, and what kind of difference; nothing: that there is one.
Telling = Literal["everything", "place", "nothing"]
_WORD = re.compile(rb"[^\W\d_]+|[\x80-\xff]+")  # letters, of other scripts too
FAILED_HIDDEN = "failed on a hidden workload"
COPIED = "copied: it prints a file of false results that lies in its work folder, and calculates nothing"

_LINE = re.compile(rb"[^\r\n]*+(?:\r\n|\r|\n)|[^\r\n]++\Z")  # possessive: linear in the text, whatever it is
PROOF = 4  # letters and digits of the false results that nobody prints by accident
LINE_SLACK = 1000  # bytes: a line this much and twice over the longest expected one need not be read to its end


@dataclass(frozen=True, slots=True)
class Trace:
    """What the untouched program did on one workload: output lines (with their ends), exit code, files, cost.

    band: how far apart, relative, the numbers of two of its own runs may be; 0.0 for a program that repeats itself.
    """

    lines: tuple[bytes, ...]
    code: int
    stderr: bytes
    written: Mapping[str, bytes]
    cpu_s: float
    peak_mib: float
    band: float = 0.0

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

    def __init__(
        self, golden: Trace, promise: Promise, telling: Telling = "everything", decoy: Sequence[bytes] = ()
    ) -> None:
        """decoy: lines of the false results in the work folder."""
        self._golden = golden
        self._promise = promise
        self._telling = telling
        self._decoy = decoy
        self._pending = b""
        self._longest = LINE_SLACK + 2 * max(map(len, golden.lines), default=0)
        self._line = 0
        self.difference: str | None = None
        self.copied = False
        self._suspected: str | None = None  # the first difference of a run that may be copying the decoy
        self._copied_letters = 0

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
            self.difference = self._told(f"output line {self._line + 1} is longer than any that is expected")
        return self.difference

    def finish(self, result: JobResult) -> str | None:
        """Compare the rest: the last line, the count of lines, exit code, standard error, written files."""
        if self.difference is None and self._pending:
            self.difference = self._compare(self._pending)
        self.difference = self.difference or self._suspected
        closing = None if self.difference else self._closing_difference(result)
        self.difference = self.difference or (closing and self._told(closing))
        return self.difference

    def _told(self, words: str) -> str:
        return FAILED_HIDDEN if self._telling == "nothing" else words

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
            return self._told(f"output goes on after the {len(self._golden.lines)} lines that are expected")
        expected = self._golden.lines[index]
        found = differences.of_lines(line, expected, self._promise, self._golden.band)
        if found is None:
            return None
        where = f"output line {index + 1} differs ({found.kind}"
        words = f"{where}{found.size}): expected {_shown(expected)}, got {_shown(self._own(line))}"
        words = words if self._telling == "everything" else self._told(f"{where})")
        if index < len(self._decoy) and line.strip() == self._decoy[index].strip():
            return self._suspect(words, sum(a != b for a, b in zip(line, expected, strict=False)))
        return self._suspected or words

    def _own(self, line: bytes) -> bytes:
        """A candidate's line with nothing in it that the expected output does not say too, but numbers and signs: what
        a stranger prints may be meant for whoever reads the verdict."""
        known = {word for expected in self._golden.lines for word in _WORD.findall(expected)}
        return _WORD.sub(lambda word: word[0] if word[0] in known else b"...", line)

    def _suspect(self, words: str, letters: int) -> str | None:
        """A line of the false results. A few letters may be an accident: then the next lines tell."""
        self._suspected = self._suspected or words
        self._copied_letters += letters
        self.copied = self._copied_letters >= PROOF
        return COPIED if self.copied else None


class Beginning:
    """Compares the beginning of a run, and ends the run after it: these lines, and then one that is not like moved.

    Two runs of one program on inputs that are alike up to a step and differ in it.
    """

    def __init__(self, lines: Sequence[bytes], moved: bytes, promise: Promise, band: float = 0.0) -> None:
        self._lines = lines
        self._moved = moved
        self._promise = promise
        self._band = band
        self._text = b""
        self._most = LINE_SLACK + 2 * (sum(map(len, lines)) + len(moved))
        self._over = False
        self.difference: str | None = None

    def feed(self, chunk: bytes) -> str | None:
        """Ends the run as soon as it has come far enough; the reason is no verdict."""
        if not self._over:
            self._text += chunk
            # The last line may go on, or be half of a line end.
            self._over = len(split_lines(self._text)) > len(self._lines) + 1 or len(self._text) > self._most
        return "far enough" if self._over else None

    def finish(self, _: JobResult) -> str | None:
        """The difference, in words that hold nothing of the output."""
        found = split_lines(self._text)
        if len(found) <= len(self._lines):
            return "output ends too soon"
        for line, expected in zip(found, self._lines, strict=False):
            if differences.of_lines(line, expected, self._promise, self._band):
                return "what comes before the step changes"
        if found[len(self._lines)] == self._moved:
            return "the step itself does not change"
        return None


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
