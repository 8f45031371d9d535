"""What a search policy is, and everything that it may do."""

from __future__ import annotations

from random import Random
from typing import Protocol, runtime_checkable

from harness.types.agents import Brief, Report
from harness.types.judging import Profile
from harness.types.loop import Candidate, Order, Outcome, Score
from harness.types.models import Capability, Prompt, Reply
from harness.types.target import Target
from harness.types.words import JsonObject


@runtime_checkable
class Tools(Protocol):
    """Everything that a proposer may do. Handed to Strategy.propose; works in a worker thread."""

    @property
    def rng(self) -> Random: ...  # this order's own, the same on every replay

    target: Target

    def source(self, candidate_id: str) -> str: ...
    def complete(self, prompt: Prompt) -> Reply: ...
    def can(self, what: Capability, role: str = "") -> bool: ...  # whether the model takes tools, or a schema
    def trial(self, source: str) -> Score: ...  # rules and hidden shorts: is it right? not counted as an evaluation
    def evaluate(self, source: str) -> Score: ...  # the whole judgement; counted
    def profile(self, source: str) -> Profile: ...  # where its time and memory go, on public input; not counted
    def session(self, brief: Brief) -> Report: ...  # a coding agent at work; the whole of it is recorded
    def hand_over(self, notes: JsonObject) -> None: ...  # plain JSON for the policy: it comes back in Outcome.handoff


@runtime_checkable
class Strategy(Protocol):
    """A search policy. Pure and single-threaded in ask and tell: same tells in, same asks out.

    propose raises Unusable when an answer cannot be turned into a program, and returns None when none was meant.
    """

    name: str

    def ask(self) -> Order | None: ...  # None: wait for a tell, or finished when nothing is in flight
    def tell(self, outcome: Outcome) -> None: ...
    def propose(self, order: Order, tools: Tools) -> Candidate | None: ...
