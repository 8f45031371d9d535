"""Run folders for tests, written with the real journal and the real blobs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.records import plain
from harness.types import Candidate, JsonObject, Reading, Score, Usage

BASELINE = "print(1 + 1)\n"


def scored(memory: float = 2.0, speed: float = 3.0, width: float = 0.02, **fields: Any) -> Score:
    """A valid score with these two ratios; fitness is their balanced mean."""
    readings = tuple(
        Reading(metric, ratio, "x", low=ratio * (1 - width), high=ratio * (1 + width), detail=detail)
        for metric, ratio, detail in (
            ("memory", memory, {"candidate_mib": 60 / memory, "baseline_mib": 60.0, "floor_mib": 7.5}),
            ("speed", speed, {"candidate_s": 5 / speed, "baseline_s": 5.0}),
        )
    )
    return Score("ok", (memory * speed) ** 0.5, readings, stage="measure", **fields)


def failed(status: str = "wrong", feedback: str = "short: line 3 differs") -> Score:
    return Score(status, None, (), feedback, "short")  # type: ignore[arg-type]


class Writing:
    """A run folder that is being written. `with Writing(root) as run:` closes it with an end event."""

    def __init__(self, root: Path, name: str = "20260301T120000-microgpt-openevolve-0a1b", **start: Any) -> None:
        self.folder = root / name
        (self.folder / "blobs").mkdir(parents=True)
        self.blobs = Blobs(self.folder / "blobs")
        self.journal = Journal(self.folder)
        self.baseline = Candidate.of(BASELINE)
        self.n = 0
        self.append("start", **{**self._start(), **start})

    def _start(self) -> JsonObject:
        return {
            "run": self.folder.name,
            "target": "microgpt",
            "target_path": None,
            "program": None,
            "strategy": "openevolve",
            "model": "offline",
            "seed": 7,
            "version": "0.1.0",
            "objective": {"name": "balanced", "memory": 0.5, "speed": 0.5},
            "budget": {"evaluations": 40, "calls": None, "tokens": None, "usd": None, "seconds": 480.0},
            "settings": {"num_islands": 2},
            "parallel": 2,
            "machine": {"id": "Linux-x86_64-test-2", "system": "Linux", "cpu": "test", "cores": 2, "python": "3.11"},
            "sandbox": {"backend": "bubblewrap", "covers": ["files"], "lacks": ["kernel bugs"]},
            "unsafe": False,
            "baseline": {"id": self.baseline.id, "source": self.blobs.put(BASELINE)},
        }

    def append(self, kind: str, /, **data: Any) -> None:
        self.journal.append(kind, data)

    def measure_baseline(self, warnings: tuple[str, ...] = ()) -> None:
        numbers = {"memory_mib": 60.0, "cpu_s": 5.0, "floor_mib": 7.5, "spread": 0.03}
        self.append("baseline", **numbers, warnings=list(warnings))

    def ask(self, operator: str = "diff", parents: tuple[str, ...] = ()) -> int:
        n, self.n = self.n, self.n + 1
        self.append("ask", n=n, operator=operator, parents=list(parents or (self.baseline.id,)), context={})
        return n

    def reply(self, n: int, usage: Usage = Usage(1, 100, 0, 20, 0.01, 1.5)) -> None:
        prompt, answer = self.blobs.put(f"prompt {n}"), self.blobs.put(f"reply {n}")
        record = {"prompt": prompt, "reply": answer, "model": "offline", "stop": "end", "usage": asdict(usage)}
        self.append("reply", n=n, call=0, **record)

    def outcome(
        self,
        score: Score,
        *,
        source: str | None = None,
        parents: tuple[str, ...] = (),
        note: str = "a note",
        crowned: bool = False,
        operator: str = "diff",
    ) -> str:
        """The whole life of one order; returns the candidate's id. source "" stands for no candidate."""
        parents = parents or (self.baseline.id,)
        n = self.ask(operator, parents)
        self.reply(n)
        text = f"print({n} - {n} + 2)\n" if source is None else source
        candidate = Candidate.of(text, parents, note) if text else None
        sha = self.blobs.put(text) if candidate else None
        if candidate:
            self.append("judged", n=n, k=0, kind="evaluate", source=sha, score=plain(score))
        if candidate and crowned:
            self._crown(n, candidate.id, parents[0])
        self.append(
            "outcome",
            n=n,
            operator=operator,
            parents=list(parents),
            candidate=candidate and {**plain(candidate), "source": sha},
            score=plain(score),
            usage=asdict(Usage(1, 100, 0, 20, 0.01, 2.0, 1)),
            crowned=crowned,
        )
        return candidate.id if candidate else ""

    def _crown(self, n: int, candidate: str, over: str) -> None:
        numbers = {"ratio": 1.5, "low": 1.4, "high": 1.6, "pairs": 3, "alpha": 0.01}
        self.append("crown", n=n, candidate=candidate, over=over, crowned=True, **numbers, explanation="3 pairs")

    def confirm(self, candidate: str, score: Score) -> None:
        self.append("confirm", candidate=candidate, ok=score.status == "ok", score=plain(score))

    def end(self, status: str = "done", reason: str = "40 evaluations", best: str | None = None) -> None:
        usage = asdict(Usage(9, 900, 0, 180, 0.09, 60.0, 9))
        self.append("end", status=status, reason=reason, best=best, usage=usage, secret="s")

    def close(self) -> Path:
        self.journal.close()
        return self.folder


def finished_run(root: Path, name: str = "20260301T120000-microgpt-openevolve-0a1b", **start: Any) -> Path:
    """Two kept in a row, one discarded, one wrong, one that was no program; confirmed and done."""
    run = Writing(root, name, **start)
    run.measure_baseline()
    first = run.outcome(scored(2.0, 2.0), note="turn the collector off", crowned=True)
    run.outcome(scored(0.9, 1.0), note="slower, alas", parents=(first,))
    run.outcome(failed("wrong"), note="reorder the sums", parents=(first,))
    run.outcome(failed("invalid", "unusable answer: the answer is empty"), source="")
    second = run.outcome(scored(3.1, 12.8), note="backpropagate by hand", parents=(first,), crowned=True)
    run.confirm(second, scored(3.0, 12.0))
    run.end(best=second)
    return run.close()


def noop_run(root: Path, name: str = "20260302T120000-microgpt-noop-0a1c") -> Path:
    run = Writing(root, name, strategy="noop", model="none")
    run.measure_baseline()
    for speed in (0.98, 1.01, 1.02, 0.99):
        run.outcome(scored(1.0, speed), source=BASELINE, note="the baseline, unchanged", operator="noop")
    run.end()
    return run.close()
