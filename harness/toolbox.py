"""What a proposer is handed: every reply and measurement is on disk before it is used, and is never paid for twice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from threading import Lock

from harness import edits, laps
from harness.judge import Judge
from harness.store.blobs import Blobs
from harness.store.journal import Journal
from harness.store.recording import Recording
from harness.store.records import plain, usage_of
from harness.types import Candidate, Event, JsonObject, Model, Order, Prompt, Reply, Score, Target, Usage


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
        self._calls = 0
        self._judgements = 0

    def source(self, candidate_id: str) -> str:
        return self._ledger.sources[candidate_id]

    def complete(self, prompt: Prompt) -> Reply:
        call, self._calls = self._calls, self._calls + 1
        reply = self._recorded_reply(call) or self._asked_reply(call, prompt)
        self.usage = self.usage + reply.usage
        return reply

    def _recorded_reply(self, call: int) -> Reply | None:
        found = self._ledger.recording.replies.get((self._order.n, call))
        if found is None:
            return None
        return Reply(self._ledger.blobs.get(found["reply"]), found["model"], usage_of(found["usage"]), found["stop"])

    def _asked_reply(self, call: int, prompt: Prompt) -> Reply:
        reply = self._model.complete(prompt)
        blobs = self._ledger.blobs
        self._ledger.record(
            "reply",
            {
                "n": self._order.n,
                "call": call,
                "prompt": blobs.put(f"{prompt.system}\n\n{prompt.user}"),
                "reply": blobs.put(reply.text),
                "model": reply.model,
                "stop": reply.stop,
                "usage": plain(reply.usage),
            },
        )
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

    def _judged(self, kind: str, source: str, judge: Callable[[Candidate], Score]) -> Score:
        k, self._judgements = self._judgements, self._judgements + 1
        score = self._ledger.recording.score(self._order.n, k)
        if score is None:
            with laps.taken(rest="measure") as took:
                score = judge(Candidate.of(source))
            record = {"n": self._order.n, "k": k, "kind": kind, "source": self._ledger.blobs.put(source)}
            self._ledger.record("judged", {**record, "score": plain(score), "seconds": took.seconds})
        return score
