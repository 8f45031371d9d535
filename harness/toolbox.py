"""What a proposer is handed: every reply and measurement is on disk before it is used, and is never paid for twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from threading import RLock
from typing import Protocol

from harness import edits, laps, sessions
from harness.budget import Budget
from harness.errors import UsageError
from harness.judging.judge import Judge
from harness.store import replies
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.recording import Recording
from harness.store.records import plain, usage_of
from harness.types import (
    Agent,
    Brief,
    Candidate,
    Capability,
    Event,
    JsonObject,
    Model,
    Order,
    Profile,
    Prompt,
    Reply,
    Report,
    Score,
    Target,
    Usage,
    candidate_id,
)

ID_LENGTH = 12  # of a candidate's id, which is how its text's name begins
TEXTS_AT_HAND = 256


@dataclass
class Ledger:
    """Shared by all orders of a run: the journal and its readers, texts, and scores by program. Thread-safe.

    Texts stay on disk, where an id (the beginning of a text's SHA-256) leads to them; a few are kept at hand.
    """

    journal: Journal
    blobs: Blobs
    recording: Recording
    watch: Callable[[Event], None]
    _shas: dict[str, str] = field(default_factory=dict)
    _scores: dict[str, Score] = field(default_factory=dict)  # by id
    _alikes: dict[str, str | list[str]] = field(default_factory=dict)  # ids by likeness: one, seldom several
    _shapes: dict[str, str] = field(default_factory=dict)  # fingerprints of those that were compared, by id
    _at_hand: dict[str, str] = field(default_factory=dict)
    _mutex: RLock = field(default_factory=RLock)
    profiling: RLock = field(default_factory=RLock)  # one at a time: who waits may find what is wanted

    def record(self, kind: str, data: JsonObject) -> None:
        event = self.journal.append(kind, data)
        with self._mutex:
            self.watch(event)

    def known_profile(self, source: str) -> Profile | None:
        with self._mutex:
            return self.recording.profiles.get(candidate_id(source))

    def learn_profile(self, source: str, profile: Profile) -> None:
        with self._mutex:
            self.recording.profiles[candidate_id(source)] = profile

    # --- texts -------------------------------------------------------------------------------------------------------

    def keep_text(self, source: str) -> str:
        """The name of a program's text, which is on disk and can be had by the candidate's id from now on."""
        sha = self.blobs.put(source)
        with self._mutex:
            self._shas[sha[:ID_LENGTH]] = sha
        return sha

    def source(self, candidate_id: str) -> str:
        """The text of a program that was kept."""
        with self._mutex:
            found = self._at_hand.pop(candidate_id, None)
            text = self.blobs.get(self._shas[candidate_id]) if found is None else found
            self._at_hand[candidate_id] = text  # the latest used is the last in line
            if len(self._at_hand) > TEXTS_AT_HAND:
                del self._at_hand[next(iter(self._at_hand))]
            return text

    def know_text(self, sha: str) -> None:
        """A text that was kept by the process that a resumed run goes on from."""
        self._shas[sha[:ID_LENGTH]] = sha

    # --- scores ------------------------------------------------------------------------------------------------------

    def known_score(self, source: str) -> Score | None:
        """The score of the same program, comments and layout aside."""
        with self._mutex:
            found = self._same(source)
            return self._scores[found] if found else None

    def learn_score(self, source: str, score: Score) -> None:
        with self._mutex:
            if self._same(source) is None:
                self._add(source, score)

    def correct_score(self, source: str, score: Score) -> None:
        """A program that stood and fell later has fallen for good."""
        with self._mutex:
            found = self._same(source)
            if found is None:
                self._add(source, score)
            else:
                self._scores[found] = score

    def _add(self, source: str, score: Score) -> None:
        name, likeness = candidate_id(source), edits.likeness(source)
        self._scores[name] = score
        alike = self._alikes.get(likeness)
        self._alikes[likeness] = name if alike is None else [*([alike] if isinstance(alike, str) else alike), name]

    def _same(self, source: str) -> str | None:
        """The id of the same program. Few programs share a likeness, so few are ever compared in full."""
        own = candidate_id(source)
        if own in self._scores:
            return own
        alike = self._alikes.get(edits.likeness(source))
        if alike is None:
            return None
        shape = edits.fingerprint(source)
        names = [alike] if isinstance(alike, str) else alike
        return next((name for name in names if self._shape(name) == shape), None)

    def _shape(self, name: str) -> str:
        if name not in self._shapes:
            self._shapes[name] = edits.fingerprint(self.source(name))
        return self._shapes[name]


class Standing(Protocol):
    """How things stand for whoever is about to judge."""

    def prepared(self) -> None: ...  # waits until the baseline is known
    def stake(self) -> float: ...  # fitness of the incumbent


def no_agents(name: str) -> Agent:
    raise UsageError(f"agent {name} cannot be used here: none was handed over")


class OrderTools:
    """The Tools of one order. usage grows with what it spends; calls and judgements are numbered in order."""

    def __init__(
        self, order: Order, seed: int, model: Model, judge: Judge, ledger: Ledger, budget: Budget, court: Standing,
        agents: Callable[[str], Agent] = no_agents,
    ) -> None:  # fmt: skip
        self.rng = Random(f"{seed}/{order.n}")
        self.target: Target = judge.target
        self.usage = Usage()
        self._order = order
        self._model = model
        self._judge = judge
        self._ledger = ledger
        self.handoff: JsonObject = {}
        self.models: tuple[str, ...] = ()
        self._budget = budget
        self._standing = court
        self._agents = agents
        self._calls = 0
        self._judgements = 0
        self._sessions = 0
        self._screened: dict[str, Score] = {}  # trials of this order, by program

    def source(self, candidate_id: str) -> str:
        return self._ledger.source(candidate_id)

    def complete(self, prompt: Prompt) -> Reply:
        """The model's reply; Spent when the budget has no call left for a second question of the same order."""
        self._budget.claim(self._order.n, "calls")
        call, self._calls = self._calls, self._calls + 1
        reply = self._recorded_reply(call) or self._asked_reply(call, prompt)
        self.usage = self.usage + reply.usage
        self.models = (*self.models, reply.model)
        self._budget.use(self._order.n, reply.usage)
        return reply

    def hand_over(self, notes: JsonObject) -> None:
        """Given to the policy with the outcome, whatever else becomes of the order; a later call adds and replaces."""
        self.handoff = {**self.handoff, **json.loads(json.dumps(notes))}

    def can(self, what: Capability, role: str = "") -> bool:
        """Whether the model that answers in this role takes tools, or a schema that its answer must satisfy."""
        return self._model.can(what, role)

    def _recorded_reply(self, call: int) -> Reply | None:
        found = self._ledger.recording.replies.get((self._order.n, call))
        if found is None:
            return None
        return replies.reply_of(found, self._ledger.blobs.get)

    def _asked_reply(self, call: int, prompt: Prompt) -> Reply:
        reply = self._model.complete(prompt)
        put = self._ledger.blobs.put
        told = {**replies.asked(prompt, put), **replies.answered(reply, put)}
        self._ledger.record("reply", {"n": self._order.n, "call": call, **told})
        return reply

    def trial(self, source: str) -> Score:
        """Rules and hidden shorts; not counted as an evaluation."""
        score = self._screened[candidate_id(source)] = self._judged("trial", source, self._judge.screen)
        return score

    def evaluate(self, source: str) -> Score:
        """The whole judgement, counted; a program that was judged before, in normal form, costs nothing.

        What a trial of this order has shown is not run again.
        """
        recorded = self._ledger.recording.score(self._order.n, self._judgements, source)
        if recorded is None and self._order.operator != "noop" and (known := self._ledger.known_score(source)):
            return known
        self._budget.claim(self._order.n, "evaluations")
        screened = self._screened.get(candidate_id(source))
        score = self._judged("evaluate", source, lambda c: self._judge.judge(c, self._standing.stake(), screened))
        self.usage = self.usage + Usage(evaluations=1)
        self._ledger.learn_score(source, score)
        return score

    def profile(self, source: str) -> Profile:
        """Where a program's time and memory go; of a program that was profiled before, what was seen then."""
        with self._ledger.profiling:
            made = self._ledger.known_profile(source)
            if made is None:
                made = self._judge.profile(Candidate.of(source))
                self._ledger.record("profile", {"n": self._order.n, "candidate": candidate_id(source), **plain(made)})
                self._ledger.learn_profile(source, made)
            return made

    # --- agents ------------------------------------------------------------------------------------------------------

    def session(self, brief: Brief) -> Report:
        """A session of a coding agent. One that is over is never repeated; one that was cut off is, and programs that
        were judged meanwhile are known. Spent when the budget has no call left for it."""
        s, self._sessions = self._sessions, self._sessions + 1
        if (recorded := self._ledger.recording.sessions.get((self._order.n, s))) is not None:
            return self._retold(recorded)
        agent = self._agents(brief.agent)
        if not agent.replays:
            self._budget.claim(self._order.n, "calls")
            self._count_lost()
        before, calls, judgements, models = self.usage, self._calls, self._judgements, self.models
        left = self._budget.left_s()
        report = agent.work(brief if left is None else replace(brief, seconds=min(brief.seconds, left)), self)
        self._budget.use(self._order.n, report.usage)
        self.usage, self.models = self.usage + report.usage, (*self.models, *report.models)
        self._ledger.record("session", {
            "n": self._order.n, "s": s, "agent": agent.name,
            "spent": plain(sessions.difference(self.usage, before)),
            "calls": self._calls - calls, "judgements": self._judgements - judgements,
            "models": list(self.models[len(models):]),
            **sessions.told(report, self._ledger.keep_text, self._ledger.blobs.put),
        })  # fmt: skip
        return report

    def _retold(self, recorded: JsonObject) -> Report:
        """A session that is over: what it spent is counted, and nothing is done again."""
        spent = usage_of(recorded["spent"])
        self._calls += recorded["calls"]
        self._judgements += recorded["judgements"]
        self.usage, self.models = self.usage + spent, (*self.models, *recorded["models"])
        self._budget.use(self._order.n, replace(spent, calls=0))
        return sessions.report_of(recorded, self._ledger.blobs.get)

    def _count_lost(self) -> None:
        """Evaluations of a session that was cut off were paid for, whatever the agent asks for this time."""
        lost = self._ledger.recording.judged(self._order.n, self._judgements)
        self._judgements += len(lost)
        spent = Usage(evaluations=sum(entry["kind"] == "evaluate" for entry in lost))
        self.usage = self.usage + spent
        self._budget.use(self._order.n, spent)

    def _judged(self, kind: str, source: str, judge: Callable[[Candidate], Score]) -> Score:
        k, self._judgements = self._judgements, self._judgements + 1
        score = self._ledger.recording.score(self._order.n, k, source)
        if score is None:
            sha = self._ledger.keep_text(source)
            self._standing.prepared()
            with laps.taken(rest="measure") as took:
                score = judge(Candidate.of(source))
            record = {"n": self._order.n, "k": k, "kind": kind, "source": sha}
            self._ledger.record("judged", {**record, "score": plain(score), "seconds": took.seconds})
        return score
