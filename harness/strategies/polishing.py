"""`--polish`: what gains is handed to the offline engine, whose rewrites cost no tokens, before it is settled.

Any strategy can be wrapped. A program that is measured to beat the best so far is rewritten a few times; each rewrite
is tried and measured like any other, and the best of them takes its place: the strategy is told of that one alone.
Every answer and every evaluation is recorded, and counted as those of the order that they belong to.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from harness.errors import Spent, Unusable
from harness.strategies.prompting import render
from harness.strategies.proposers import ask_model
from harness.strategies.quoting import one_line
from harness.types import Candidate, JsonObject, Order, Outcome, Score, Strategy, Tools

ROLE = "polish"
STEPS = 4  # rewrites of one gain that are tried
GAIN = 0.02  # over the best so far from which a program is polished: less may be noise
REMEMBERED = 30  # rewrites that the engine is told of


class Polished:
    """A strategy whose gains are polished. Asks what the strategy asks; an order's context says what is best so far."""

    def __init__(self, inner: Strategy) -> None:
        self.name = inner.name
        self._inner = inner
        self._best = 1.0  # fitness of what was crowned
        self._tried: list[JsonObject] = []

    def ask(self) -> Order | None:
        order = self._inner.ask()
        if order is None:
            return None
        return replace(order, context={**order.context, ROLE: {"best": self._best, "attempts": list(self._tried)}})

    def tell(self, outcome: Outcome) -> None:
        if outcome.crowned and outcome.score.fitness is not None:
            self._best = max(self._best, outcome.score.fitness)
        self._tried = [*self._tried, *outcome.handoff.get(ROLE, ())][-REMEMBERED:]
        self._inner.tell(outcome)

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        """What the strategy proposes, polished where it gains. Raises what the strategy raises."""
        found = self._inner.propose(order, tools)
        if found is None or order.operator == "noop":
            return found
        score = tools.evaluate(found.source)
        return _polished(found, score, order, tools) if _gains(score, order.context[ROLE]["best"], GAIN) else found


def _polished(found: Candidate, score: Score, order: Order, tools: Tools) -> Candidate:
    """The best of a program and some rewrites of it."""
    best, fitness = found, score.fitness or 1.0
    tried: list[JsonObject] = []
    for _ in range(STEPS):
        try:
            note, source, verdict = _rewritten(best, [*order.context[ROLE]["attempts"], *tried], tools)
        except (Unusable, Spent):  # nothing fits any more, or nothing may be spent any more: what was found stands
            break
        better = _gains(verdict, fitness, 0.0)
        tried.append(_attempt(note, verdict, _gains(verdict, fitness, GAIN)))
        if better:
            best, fitness = (
                Candidate.of(source, found.parents, f"{best.note}; polished: {note}"),
                verdict.fitness or 1.0,
            )
    tools.hand_over({ROLE: tried})
    return best


def _rewritten(program: Candidate, attempts: list[JsonObject], tools: Tools) -> tuple[str, str, Score]:
    """Note, text and score of one rewrite. Raises Unusable when the engine has none, Spent when the budget has."""
    values: dict[str, Any] = {"target": tools.target, "mode": "diff"}
    user = render("polish.md.j2", **values, attempts=attempts, program=program.source)
    edited = ask_model(render("system.md.j2", **values), user, program.source, tools, role=ROLE)
    verdict = tools.trial(edited.source)
    return edited.note, edited.source, tools.evaluate(edited.source) if verdict.status == "ok" else verdict


def _gains(score: Score, best: float, by: float) -> bool:
    return score.status == "ok" and score.fitness is not None and score.fitness > best * (1.0 + by)


def _attempt(note: str, score: Score, kept: bool) -> JsonObject:
    fitness = score.fitness if score.status == "ok" else None
    return {
        "status": score.status,
        "fitness": fitness,
        "kept": kept,
        "note": one_line(note) or "no note",
        "feedback": one_line(score.feedback) if fitness is None else "",
    }
