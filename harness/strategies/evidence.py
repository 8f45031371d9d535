"""What a language model is shown besides words, short enough to be read: a profile, and what attempts changed.

The offline engine is shown none of it: it has eyes of its own, and a profile costs a traced run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from harness import edits
from harness.strategies.quoting import one_line, whole_lines
from harness.types import JsonObject, Profile, Tools

CHANGE_CHARACTERS = 1200  # of what one attempt changed


def reads(tools: Tools, role: str = "") -> bool:
    """Whether a language model answers in a role."""
    return tools.can("schema", role)


def profile_of(program: str, tools: Tools, wanted: bool, role: str = "") -> JsonObject | None:
    """Where a program's time and memory go, as a prompt shows it; None where it is not wanted or nobody reads it."""
    return described(tools.profile(program), program) if wanted and reads(tools, role) else None


def changes_of(told: Sequence[JsonObject], tools: Tools, role: str = "") -> list[JsonObject]:
    """What each of some attempts changed in its parent, as a short diff; nothing where nobody reads it."""
    if not reads(tools, role):
        return []
    return [{**attempt, "diff": _difference(attempt, tools)} for attempt in told]


def _difference(attempt: JsonObject, tools: Tools) -> str:
    before, after = tools.source(attempt["parent"]), tools.source(attempt["id"])
    return whole_lines(edits.unified(before, after, "before", "after"), CHANGE_CHARACTERS)


def described(profile: Profile, program: str) -> JsonObject:
    """A profile as a prompt shows it: each line with its text, cut to one line."""
    lines = program.splitlines()

    def with_text(entries: Sequence[Any]) -> list[JsonObject]:
        return [
            {**asdict(e), "text": one_line(lines[e.line - 1].strip(), 120)} for e in entries if e.line <= len(lines)
        ]

    return {
        "hottest": with_text(profile.hottest),
        "heaviest": with_text(profile.heaviest),
        "types": [list(entry) for entry in profile.types],
        "traced_mib": profile.traced_mib,
        "end": profile.end,
    }
