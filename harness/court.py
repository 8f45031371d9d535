"""Who reigns: a would-be best duels with the incumbent, and a leader must stand its whole run or fall."""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness import edits, laps, stats
from harness.archive import Leader, Throne
from harness.judging.judge import Judge
from harness.store.records import plain, score_of
from harness.toolbox import Ledger
from harness.types import SIMPLIFY, Candidate, JsonObject, Outcome, Score

BASELINE = Score("ok", 1.0)  # who does not contend with it contends with nobody
DECISIVE = 1.5  # times what was confirmed last: the whole run of such a leader is not put off once it can be had
CONFIRM_EVERY = 20  # evaluations between whole runs of a new leader; the last leader is always confirmed


@dataclass(frozen=True, slots=True)
class Contender:
    """A candidate that was measured right, and the order that made it. One that waits leaves its text on disk.

    simplifies: the program that it was made from by changing less, where that is what was ordered.
    """

    n: int
    candidate: Candidate
    score: Score
    simplifies: str = ""


class Court:
    """Crowns and dethrones; every duel and every whole run is recorded before it counts. Lives on the loop's thread.

    Two programs duel once. Who has fallen stays fallen; whoever was measured while a fallen one reigned is heard again.
    A form of the incumbent with less of it changed need not be better: it takes the crown over when a duel, at the
    error rate of any other, shows that it is at most SIMPLER_MARGIN below the program that was crowned for its gain.
    """

    def __init__(self, judge: Judge, ledger: Ledger, baseline: Candidate, target_score: float | None = None) -> None:
        """target_score: a leader that was measured to reach this is tried in its whole run at once."""
        self.throne = Throne(baseline)
        self._target_score = target_score
        self._judge = judge
        self._ledger = ledger
        self._measured: dict[str, Contender] = {}
        self._fallen: dict[str, Score] = {}
        self._duels: dict[tuple[str, str], bool] = {}
        self._evaluations = 0  # since the last whole run
        self._heard = 0  # outcomes

    def consider(self, outcome: Outcome, retold: bool = False) -> Outcome:
        """The outcome with its crown, or with the score of the whole run that it failed.

        retold: it is of a run that goes on, in which no whole run comes sooner than it came.
        """
        self._heard += 1
        self._evaluations += outcome.usage.evaluations
        candidate = outcome.candidate
        if candidate is None:
            return outcome
        worthy = outcome.score.status == "ok" and self._judge.contends(outcome.score, BASELINE)
        if worthy and candidate.id not in self._fallen:
            waiting = Contender(outcome.order.n, replace(candidate, source=""), outcome.score)
            self._measured.setdefault(candidate.id, waiting)
        before = self.throne.incumbent.candidate.id
        self._confirm_if_due(retold)
        if candidate.id not in self._fallen:
            order = outcome.order
            simplifies = order.parents[0] if order.operator == SIMPLIFY else ""
            self._challenge(Contender(order.n, candidate, outcome.score, simplifies))
            self._confirm_if_due(retold)
        if candidate.id in self._fallen:
            return replace(outcome, score=self._fallen[candidate.id])
        return replace(outcome, crowned=before != candidate.id == self.throne.incumbent.candidate.id)

    def close(self) -> Leader | None:
        """Confirm the best there is. Where a leader falls, the best of the others is heard before the one before it."""
        while not self.throne.incumbent.confirmed:
            self._confirm()
        return self.throne.best

    def catch_up(self) -> None:
        """After a resumed run was retold: what its end had already confirmed or felled need not be run again."""
        while self.throne.incumbent.candidate.id in self._ledger.recording.confirms:
            if self.throne.incumbent.confirmed:
                return
            self._confirm()

    @property
    def confirmed(self) -> float:
        """Fitness of the incumbent as its whole run showed it; the baseline's while that is not known."""
        whole = self.throne.incumbent.whole
        return (whole.fitness if whole else None) or 1.0

    # --- duels -------------------------------------------------------------------------------------------------------

    def _challenge(self, contender: Contender) -> bool:
        incumbent = self.throne.incumbent
        if contender.candidate.id == incumbent.candidate.id:
            return False
        if self._simpler(contender):
            return self._succeed(contender)
        if not self._judge.contends(contender.score, incumbent.score):
            return False
        won = self._duel(contender, incumbent.candidate)
        if won:
            self.throne.crown(contender.candidate, contender.score)
        return won

    def _simpler(self, contender: Contender) -> bool:
        """Whether it is a form of the incumbent with fewer of the baseline's lines changed."""
        reigns, first = self.throne.incumbent.candidate, self.throne.baseline.source
        if contender.simplifies != reigns.id or contender.score.status != "ok":
            return False
        return edits.changed_lines(first, contender.candidate.source) < edits.changed_lines(first, reigns.source)

    def _succeed(self, contender: Contender) -> bool:
        incumbent = self.throne.incumbent
        if not self._judge.may_be_as_good(contender.score, incumbent.score):
            return False
        crowned_for_gain = incumbent.simpler_than or incumbent.candidate
        won = self._duel(contender, crowned_for_gain, margin=stats.SIMPLER_MARGIN)
        if won:
            self.throne.crown(contender.candidate, contender.score, simpler_than=crowned_for_gain)
        return won

    def _duel(self, contender: Contender, incumbent: Candidate, margin: float = 0.0) -> bool:
        names = (contender.candidate.id, incumbent.id)
        if names not in self._duels:
            record = self._ledger.recording.crowns.get(names)
            record = record or self._fight(contender, incumbent, len(self._duels) + 1, margin)
            self._duels[names] = bool(record["crowned"])
            if record["fallen"] is not None:
                self._fell(incumbent, Score("wrong", feedback=record["fallen"], stage="measure"))
        return self._duels[names]

    def _fight(self, contender: Contender, incumbent: Candidate, nth: int, margin: float) -> JsonObject:
        rule = stats.Rule(stats.duel_alpha(nth), margin=margin)
        with laps.taken(rest="duel") as took:
            duel = self._judge.duel(contender.candidate, incumbent, nth, rule)
        record: JsonObject = {
            "n": contender.n,
            "candidate": contender.candidate.id,
            "over": incumbent.id,
            "crowned": duel.won,
        }
        record |= {"ratio": duel.ratio.value, "low": duel.ratio.low, "high": duel.ratio.high}
        record |= {"pairs": duel.pairs, "alpha": duel.alpha, "explanation": duel.explanation, "fallen": duel.fallen}
        record["seconds"] = took.seconds
        if margin:
            record["margin"] = margin
            record["explanation"] = f"simpler: {duel.explanation}; it may lose {margin:.0%} at most"
        self._ledger.record("crown", record)
        return record

    # --- whole runs --------------------------------------------------------------------------------------------------

    def _confirm_if_due(self, retold: bool) -> None:
        leader = self.throne.incumbent
        if leader.confirmed:
            return
        reached = self._target_score is not None and leader.fitness >= self._target_score
        if reached or self._evaluations >= CONFIRM_EVERY:
            self._confirm()
        elif self._decisive(leader, retold):
            self._confirm(early=True)

    def _decisive(self, leader: Leader, retold: bool) -> bool:
        """Whether all that is built on a leader hangs on its whole run, and that run need not be waited for. When the
        machine was ready is not to be had again, so a run that goes on does it where it was done."""
        recorded = self._ledger.recording.confirms.get(leader.candidate.id)
        if recorded is not None or retold:
            return recorded is not None and recorded.get("early") == self._heard
        return leader.fitness >= DECISIVE * self.throne.confirmed_fitness and self._judge.ready()

    def _confirm(self, early: bool = False) -> None:
        """The whole run of the incumbent. It falls when it breaks its promise there, or shows no gain."""
        self._evaluations = 0
        leader = self.throne.incumbent.candidate
        recorded = self._ledger.recording.confirms.get(leader.id)
        if recorded is not None:
            score, stands = score_of(recorded["score"]), bool(recorded["ok"])
        else:
            with laps.taken(rest="full") as took:
                score = self._judge.confirm(leader)
            stands = self._judge.stands(score)
            if score.status == "ok" and not stands:
                score = replace(score, feedback="no gain over the baseline when it was measured for the last time")
            record = {"candidate": leader.id, "ok": stands, "score": plain(score), "seconds": took.seconds}
            if early:
                record["early"] = self._heard
            self._ledger.record("confirm", record)
        if stands:
            self.throne.confirm(score)
        else:
            self._fell(leader, score)

    def _fell(self, leader: Candidate, score: Score) -> None:
        self.throne.dethrone(leader)
        self._fallen[leader.id] = score
        self._ledger.correct_score(leader.source, score)
        self._measured.pop(leader.id, None)
        self._hear_again()

    def _hear_again(self) -> None:
        """Best first: those who may have been kept from a crown by one who did not deserve it."""
        ranked = sorted(self._measured.values(), key=lambda c: (-(c.score.fitness or 0.0), c.n))
        for contender in ranked:
            candidate = replace(contender.candidate, source=self._ledger.source(contender.candidate.id))
            if self._challenge(replace(contender, candidate=candidate)):
                return
