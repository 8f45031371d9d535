"""What a prompt tells of earlier attempts: the operators' tags in each line, and how the attempt ended."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_TAG = re.compile(r"\[([a-z]+(?:-[a-z]+)+)(?:@([^\]\s]{1,80}))?\]")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*x\b")
_FAILED = re.compile(r"^\W*(wrong|rule|crash|timeout|memory|invalid|failed|error)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Attempt:
    """The tags of one earlier attempt. verdict: kept, discarded or failed; ratio: its score, when it got one."""

    tags: frozenset[str]
    verdict: str
    ratio: float | None

    @property
    def names(self) -> frozenset[str]:
        return frozenset(tag[1:-1].partition("@")[0] for tag in self.tags)


def attempts_in(user: str) -> list[Attempt]:
    """The attempts that a prompt lists, in its order. Lines without a tag are somebody else's, and are passed over."""
    found = []
    for line in user.splitlines():
        tags = tags_in(line)
        if tags and line.lstrip().startswith(("-", "*")):
            ratio = _RATIO.search(line.partition("[")[0])
            found.append(Attempt(tags, _verdict(line), float(ratio.group(1)) if ratio else None))
    return found


def tags_in(text: str) -> frozenset[str]:
    return frozenset(match.group(0) for match in _TAG.finditer(text))


def steps_of(notes: Iterable[str]) -> tuple[str, ...] | None:
    """The tags of a lineage's notes, oldest first; None where a note has none, since then somebody else had a hand.

    In a note of ours they stand in the order in which the rewrites were made.
    """
    found = [[match.group(0) for match in _TAG.finditer(note)] for note in notes]
    return tuple(tag for tags in found for tag in tags) if all(found) else None


def _verdict(line: str) -> str:
    if _FAILED.match(line):
        return "failed"
    return "discarded" if re.search(r"\bdiscard", line.partition("[")[0]) else "kept"


def losers(attempts: Iterable[Attempt]) -> frozenset[str]:
    """Operators that were tried alone and did not win."""
    return frozenset(name for a in attempts if len(a.names) == 1 and a.verdict != "kept" for name in a.names)
