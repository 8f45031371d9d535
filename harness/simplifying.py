"""Any strategy, and after a plateau: changes that no longer pay are taken out of the best program again, one by one.

Works on lineages whose every note names its steps, as the offline engine's do. The strategy that is followed never
hears of it; the court decides whether a program with less changed is as good. Source: ours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from harness.models.offline.attempts import steps_of, tags_in
from harness.models.offline.findings import findings
from harness.types import SIMPLIFY, Candidate, Order, Outcome, Strategy, Tools

PLATEAU = 8  # evaluations in a row that crowned nothing
GAIN = 1.02  # fitness over the parent's from which an attempt paid, for what is told of it
REMEMBERED = 500  # attempts that are told of


@dataclass(slots=True)
class _Known:
    """What became of a candidate: enough to walk up its lineage."""

    parents: tuple[str, ...]
    note: str
    fitness: float
    steps: tuple[str, ...] | None = None  # of a program that came of taking one out


@dataclass
class Simplifying:
    """A strategy that asks for what another one asks for, and in between for the best program less one of its steps.

    tells: whether orders carry what the offline engine found, for other models to read ("findings" in the context).
    Pure and single-threaded in ask and tell, as every strategy is.
    """

    inner: Strategy
    baseline: Candidate
    tells: bool = False
    _asked: int = 0
    _orders: dict[int, Order] = field(default_factory=dict)  # those of the strategy that is followed, by our number
    _known: dict[str, _Known] = field(default_factory=dict)
    _attempts: deque[tuple[str, bool, float | None]] = field(default_factory=lambda: deque(maxlen=REMEMBERED))
    _found: str | None = ""  # what is told of those; None when it has to be put in words anew
    _best: str = ""
    _left: list[str] = field(default_factory=list)  # steps of the best that are yet to be tried without, last first
    _since: int = 0  # evaluations since the last that was crowned for a gain
    _trying: bool = False
    _turn: bool = True  # whether it is ours

    def __post_init__(self) -> None:
        self.name = self.inner.name

    def ask(self) -> Order | None:
        """The strategy's next order. On a plateau every other one is ours, and all are once it has no more."""
        ours = bool(self._left) and not self._trying
        if ours and self._turn and self._since >= PLATEAU:
            return self._simpler()
        order = self.inner.ask()
        if order is None:
            return self._simpler() if ours and not self._orders else None
        self._turn = True
        self._asked += 1
        self._orders[self._asked] = order
        return replace(order, n=self._asked, context={**order.context, **self._findings()})

    def tell(self, outcome: Outcome) -> None:
        if outcome.order.operator == SIMPLIFY:
            self._settle(outcome)
            return
        inner = self._orders.pop(outcome.order.n)
        self.inner.tell(replace(outcome, order=inner))
        self._since = 0 if outcome.crowned else self._since + outcome.usage.evaluations
        if outcome.candidate is not None:
            self._remember(outcome.candidate, outcome)

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        if order.operator != SIMPLIFY:
            return self.inner.propose(order, tools)
        from harness.models.offline.model import NOTE_CHARS, noted
        from harness.models.offline.steps import without

        steps, step = order.context["steps"], order.context["without"]
        made = without(self.baseline.source, steps, step, tools.source(order.parents[0]))
        if made is None:
            return None
        gone = [each[1:-1] for each in steps if each not in made.steps]
        tools.hand_over({"steps": list(made.steps)})
        left_out = f"; without {', '.join(gone)}"
        return Candidate.of(made.source, order.parents, noted(made.sites, room=NOTE_CHARS - len(left_out)) + left_out)

    # --- what the best is made of ------------------------------------------------------------------------------------

    def _simpler(self) -> Order:
        self._asked += 1
        self._turn, self._trying = False, True
        steps = self._steps(self._best) or ()
        return Order(self._asked, SIMPLIFY, (self._best,), {"steps": list(steps), "without": self._left.pop()})

    def _settle(self, outcome: Outcome) -> None:
        self._trying = False
        of, candidate = outcome.order.parents[0], outcome.candidate
        if not outcome.crowned or candidate is None:
            return
        steps = tuple(outcome.handoff["steps"])
        self._known[candidate.id] = _Known((of,), candidate.note, outcome.score.fitness or 1.0, steps)
        if self._best == of:
            self._best = candidate.id
            self._left = [step for step in self._left if step in steps]

    def _remember(self, candidate: Candidate, outcome: Outcome) -> None:
        fitness = outcome.score.fitness if outcome.score.status == "ok" else None
        before = max((self._known[p].fitness for p in candidate.parents if p in self._known), default=1.0)
        paid = outcome.crowned or (fitness or 0.0) > before * GAIN
        if self.tells and tags_in(candidate.note):  # made by rewriting rules: nobody else names their steps
            self._attempts.append((candidate.note, paid, fitness))
            self._found = None
        if fitness is not None:
            self._known.setdefault(candidate.id, _Known(candidate.parents, candidate.note, fitness))
        if outcome.crowned:
            self._best = candidate.id
            steps = self._steps(candidate.id) or ()
            self._left = list(dict.fromkeys(steps)) if len(steps) > 1 else []

    def _steps(self, id_: str) -> tuple[str, ...] | None:
        """The steps from the baseline to a candidate; None where somebody else had a hand in it."""
        notes: list[str] = []
        after: Sequence[str] = ()
        while id_ != self.baseline.id:
            known = self._known.get(id_)
            if known is None or not known.parents:
                return None
            if known.steps is not None:
                after = known.steps
                break
            notes.append(known.note)
            id_ = known.parents[0]
        own = steps_of(reversed(notes))
        return None if own is None else (*after, *own)

    def _findings(self) -> Mapping[str, str]:
        if self._found is None:
            self._found = findings(self._attempts)
        return {"findings": self._found} if self._found else {}
