"""What a run begins with of an earlier one, where its strategy can be warmed: that run's best programs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness.errors import UsageError
from harness.store import runs
from harness.types import Candidate

MOST = 8


def programs_of(settings: Any, root: Path, baseline: Candidate) -> tuple[Candidate, ...]:
    """The best programs of the run that the knob `warm_start` names, best first; none where it names none.

    Only texts are taken over: they are measured anew. The run must be named by its whole id and be over, so that it is
    the same when this one is resumed. Raises UsageError, UnknownName.
    """
    ref = getattr(settings, "warm_start", "")
    if not ref:
        return ()
    if not (root / ref).is_dir() or ref == "latest":
        raise UsageError(f"knob warm_start: {ref!r} is no run in {root}; name one by its whole id, as list shows it")
    record = runs.load(root / ref)
    if record.status != "done":
        raise UsageError(f"knob warm_start: run {ref} is not over ({record.status}); resume it first")
    if record.start.baseline_id != baseline.id:
        raise UsageError(f"knob warm_start: run {ref} optimized another program ({record.start.target})")
    stood = [t for t in record.tried if t.id and t.id != baseline.id and t.score.status == "ok" and t.score.fitness]
    ranked = sorted(stood, key=lambda t: (-(t.score.fitness or 0.0), t.n))
    notes = {t.id: t.note for t in reversed(ranked) if t.id}
    best = list(dict.fromkeys(t.id for t in ranked if t.id))[:MOST]
    return tuple(Candidate(id_, record.source(id_), (baseline.id,), notes[id_]) for id_ in best)
