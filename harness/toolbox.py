"""What a proposer is handed: every reply and measurement is on disk before it is used, and is never paid for twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Lock

from harness import edits, laps
from harness.judge import Judge
from harness.store import replies
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.recording import Recording
from harness.store.records import plain
from harness.types import (
    Candidate,
    Capability,
    Event,
    JsonObject,
    Model,
    Order,
    Profile,
    Prompt,
    Reply,
    Score,
    Target,
    Usage,
    candidate_id,
)


@dataclass
class Ledger:
    """Shared by all orders of a run: the journal and its readers, texts, and scores by normal form. Thread-safe."""

    journal: Journal
    blobs: Blobs
    recording: Recording
    watch: Callable[[Event], None]
    sources: dict[str, str] = field(default_factory=dict)
    _scores: dict[str, Score] = field(default_factory=dict)
    _mutex: Lock = field(default_factory=Lock)

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

    def known_score(self, source: str) -> Score | None:
        with self._mutex:
            return self._scores.get(edits.fingerprint(source))

    def learn_score(self, source: str, score: Score) -> None:
        with self._mutex:
            self._scores.setdefault(edits.fingerprint(source), score)

    def correct_score(self, source: str, score: Score) -> None:
        """A program that stood and fell later has fallen for good."""
        with self._mutex:
            self._scores[edits.fingerprint(source)] = score


class OrderTools:
    """The Tools of one order. usage grows with what it spends; calls and judgements are numbered in order."""

    def __init__(
        self, order: Order, seed: int, model: Model, judge: Judge, ledger: Ledger, stake: Callable[[], float]
    ) -> None:
        self.rng = Random(f"{seed}/{order.n}")
        self.target: Target = judge.target
        self.usage = Usage()
        self._order = order
        self._model = model
        self._judge = judge
        self._ledger = ledger
        self._stake = stake
        self.handoff: JsonObject = {}
        self.models: tuple[str, ...] = ()
        self._calls = 0
        self._judgements = 0

    def source(self, candidate_id: str) -> str:
        return self._ledger.sources[candidate_id]

    def complete(self, prompt: Prompt) -> Reply:
        call, self._calls = self._calls, self._calls + 1
        reply = self._recorded_reply(call) or self._asked_reply(call, prompt)
        self.usage = self.usage + reply.usage
        self.models = (*self.models, reply.model)
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
        return self._judged("trial", source, self._judge.screen)

    def evaluate(self, source: str) -> Score:
        """The whole judgement, counted; a program that was judged before, in normal form, costs nothing."""
        known = None if self._order.operator == "noop" else self._ledger.known_score(source)
        if known is not None:
            return known
        score = self._judged("evaluate", source, lambda c: self._judge.judge(c, self._stake()))
        self.usage = self.usage + Usage(evaluations=1)
        self._ledger.learn_score(source, score)
        return score

    def profile(self, source: str) -> Profile:
        """Where a program's time and memory go; of a program that was profiled before, what was seen then."""
        made = self._ledger.known_profile(source)
        if made is None:
            made = self._judge.profile(Candidate.of(source))
            self._ledger.record("profile", {"n": self._order.n, "candidate": candidate_id(source), **plain(made)})
            self._ledger.learn_profile(source, made)
        return made

    def _judged(self, kind: str, source: str, judge: Callable[[Candidate], Score]) -> Score:
        k, self._judgements = self._judgements, self._judgements + 1
        score = self._ledger.recording.score(self._order.n, k)
        if score is None:
            with laps.taken(rest="measure") as took:
                score = judge(Candidate.of(source))
            record = {"n": self._order.n, "k": k, "kind": kind, "source": self._ledger.blobs.put(source)}
            self._ledger.record("judged", {**record, "score": plain(score), "seconds": took.seconds})
        return score
