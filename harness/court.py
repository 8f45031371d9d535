"""Who reigns: a would-be best duels with the incumbent, and a leader must stand its whole run or fall."""

from __future__ import annotations

from dataclasses import replace

from harness.archive import Leader, Throne
from harness.judge import Judge
from harness.store.records import plain, score_of
from harness.toolbox import Ledger
from harness.types import Candidate, Outcome, Score

CONFIRM_EVERY = 20  # evaluations between whole runs of a new leader; the last leader is always confirmed


class Court:
    """Crowns and dethrones; every duel and every whole run is recorded before it counts. Lives on the loop's thread."""

    def __init__(self, judge: Judge, ledger: Ledger, baseline: Candidate) -> None:
        self.throne = Throne(baseline)
        self._judge = judge
        self._ledger = ledger
        self._duels = 0
        self._unconfirmed_evaluations = 0

    def consider(self, outcome: Outcome) -> Outcome:
        """The outcome with its crown, or with the score of the whole run that it failed."""
        self._unconfirmed_evaluations += outcome.usage.evaluations
        candidate, score = outcome.candidate, outcome.score
        incumbent = self.throne.incumbent
        if candidate is None or not self._judge.contends(score, incumbent.score):
            return outcome
        if candidate.id == incumbent.candidate.id or not self._duel(outcome.order.n, candidate):
            return outcome
        self.throne.crown(candidate, score)
        if self._unconfirmed_evaluations >= CONFIRM_EVERY:
            whole = self._confirm(self.throne.incumbent)
            if whole.status != "ok":
                return replace(outcome, score=whole)
        return replace(outcome, crowned=True)

    def close(self) -> Leader | None:
        """Confirm the best there is; a leader that falls leaves the place to the one before."""
        while not self.throne.incumbent.confirmed:
            self._confirm(self.throne.incumbent)
        return self.throne.best

    def _duel(self, n: int, candidate: Candidate) -> bool:
        self._duels += 1
        recorded = self._ledger.recording.crowns.get(n)
        if recorded is not None:
            return bool(recorded["crowned"])
        incumbent = self.throne.incumbent.candidate
        duel = self._judge.duel(candidate, incumbent, self._duels)
        record = {"n": n, "candidate": candidate.id, "over": incumbent.id, "crowned": duel.won, **plain(duel.ratio)}
        record |= {"pairs": duel.pairs, "alpha": duel.alpha, "explanation": duel.explanation}
        record["ratio"] = record.pop("value")
        self._ledger.record("crown", record)
        return duel.won

    def _confirm(self, leader: Leader) -> Score:
        self._unconfirmed_evaluations = 0
        recorded = self._ledger.recording.confirms.get(leader.candidate.id)
        score = score_of(recorded["score"]) if recorded else self._judge.confirm(leader.candidate)
        if recorded is None:
            record = {"candidate": leader.candidate.id, "ok": score.status == "ok", "score": plain(score)}
            self._ledger.record("confirm", record)
        if score.status == "ok":
            self.throne.confirm(score)
        else:
            self.throne.dethrone()
        return score
