"""What the offline engine has found in a run, in words for another model's prompt."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.models.offline.attempts import Attempt, tags_in
from harness.models.offline.bandit import belief

MOST = 8  # operators that are named


def findings(attempts: Iterable[tuple[str, bool, float | None]]) -> str:
    """Lines of Markdown on which general rewrites paid, best first; empty when none of the engine's was tried.

    attempts: of each the note, whether it was kept, and its fitness as a ratio to the baseline (None: not valid).
    What a note says is not repeated, since a note may be anybody's: only names of operators that exist, and counts.
    """
    seen = [_attempt(*each) for each in attempts]
    tried = [attempt for attempt in seen if attempt.tags]
    claims = _claims() if tried else {}
    names = {name for attempt in tried for name in attempt.names} & claims.keys()
    lines = [_line(tried, name, claims[name]) for name in sorted(names, key=lambda n: _rank(tried, n))[:MOST]]
    if not lines:
        return ""
    head = "General rewrites that need no model were tried by the offline engine; build on what paid, do not repeat it:"
    return "\n".join([head, *lines])


def _attempt(note: str, kept: bool, fitness: float | None) -> Attempt:
    verdict = "failed" if fitness is None else "kept" if kept else "discarded"
    return Attempt(tags_in(note), verdict, fitness)


def _claims() -> dict[str, str]:
    from harness.models.offline.operators import operators

    return {operator.name: operator.claim for operator in operators()}


def _rank(attempts: Sequence[Attempt], name: str) -> tuple[float, str]:
    return -belief(attempts, name).mean, name


def _line(attempts: Sequence[Attempt], name: str, claim: str) -> str:
    known = belief(attempts, name)
    best = f", at best {known.best:.2f}x" if known.best is not None else ""
    return f"- {name}: kept {known.kept} of {known.tries} times{best}. {claim}"
