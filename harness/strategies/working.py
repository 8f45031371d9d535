"""A worker of `aster`: edits, tries, measures and learns within one brief, and hands over what came of it."""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import BaseModel, Field

from harness import edits
from harness.edits import Edited
from harness.errors import Unusable
from harness.strategies.evidence import changes_of, profile_of
from harness.strategies.prompting import render
from harness.strategies.proposers import DIFF_CHARACTERS, ask_model, shown
from harness.strategies.quoting import one_line, whole_lines
from harness.structured import structured
from harness.types import Candidate, JsonObject, Order, Prompt, Score, Tools

GIVE_UP = 2  # answers in a row that cannot be used
LEARNINGS = 3


class Handoff(BaseModel):
    """What a worker says when it is done."""

    done: str = Field(description="what was changed, one sentence")
    result: str = Field(description="what it gained or lost, one sentence with numbers")
    learnings: list[str] = Field(default_factory=list, max_length=LEARNINGS, description="what others should know")
    concerns: str = Field("", description="what may be fragile, or worth another look; empty if nothing")


@dataclass
class Shift:
    """A worker at work. current: the program that it edits now; best: its own best so far."""

    order: Order
    tools: Tools
    parent: str
    current: str = field(init=False)
    current_fitness: float = field(init=False)
    best: tuple[Edited, float] | None = None
    stood: list[Edited] = field(default_factory=list)  # every program that was measured right
    attempts: list[JsonObject] = field(default_factory=list)
    evaluations: int = 0
    refused: str = ""  # the latest verdict that is to be mended, as a prompt tells it

    def __post_init__(self) -> None:
        self.current = self.parent
        self.current_fitness = self.order.context["parent"]["fitness"]

    def step(self) -> bool:
        """One edit, tried and, if it is right, measured. False when no usable answer came."""
        try:
            edited = self._edit()
        except Unusable as why:
            self.attempts.append(_attempt("invalid", None, False, "no program", str(why)))
            return False
        verdict = self.tools.trial(edited.source)
        if verdict.status == "ok":
            verdict = self.tools.evaluate(edited.source)
            self.evaluations += 1
        self._take(edited, verdict)
        return True

    def _edit(self) -> Edited:
        context = {**self.order.context, "attempts": [*self.order.context["attempts"], *self.attempts]}
        target = self.tools.target
        system = render("system.md.j2", target=target, mode="diff")
        wanted = context["profiled"] and self.current == self.parent
        profile = profile_of(self.parent, self.tools, wanted, "worker")
        changes = changes_of(context["diffs"], self.tools, "worker")
        programs = shown(context, self.current, self.tools)
        values = {**context, "program": self.current, "programs": programs, "mode": "diff"}
        values |= {"profile": profile, "changes": changes}
        user = render("aster_work.md.j2", **values, target=target)
        return ask_model(system, user + self.refused, self.current, self.tools, role="worker")

    def _take(self, edited: Edited, score: Score) -> None:
        fitness = score.fitness if score.status == "ok" else None
        better = fitness is not None and fitness > self.current_fitness
        self.attempts.append(_attempt(score.status, fitness, better, edited.note, score.feedback))
        self.refused = "" if fitness is not None else self._told_to_mend(edited, score)
        if fitness is not None:
            self.stood.append(edited)
        if fitness is not None and (self.best is None or fitness > self.best[1]):
            self.best = (edited, fitness)
        if better and fitness is not None:
            self.current, self.current_fitness = edited.source, fitness

    def _told_to_mend(self, edited: Edited, score: Score) -> str:
        difference = whole_lines(edits.unified(self.current, edited.source, "current", "yours"), DIFF_CHARACTERS)
        return render("repair.md.j2", status=score.status, feedback=score.feedback, difference=difference)


def work(order: Order, tools: Tools, max_steps: int) -> Candidate:
    """Carry out a brief: at most its evaluations and max_steps edits. Raises Unusable when no program stood.

    What was learnt is handed over in both cases.
    """
    shift = Shift(order, tools, tools.source(order.parents[0]))
    budget, useless = order.context["brief"]["eval_budget"], 0
    for _ in range(max_steps):
        useless = 0 if shift.step() else useless + 1
        if shift.evaluations >= budget or useless >= GIVE_UP:
            break
    tools.hand_over({**_handoff(shift), "branches": _branches(shift)})
    if shift.best is None:
        latest = shift.attempts[-1]
        raise Unusable(f"{order.context['brief']['surface_area']}: {latest['status']}: {latest['feedback']}")
    edited, _ = shift.best
    return Candidate.of(edited.source, order.parents, edited.note)


def branch(order: Order) -> Candidate:
    """A program that a worker measured beside its best one; it is known, so it costs nothing."""
    context = order.context
    return Candidate.of(context["source"], order.parents, context["note"])


def _branches(shift: Shift) -> list[JsonObject]:
    """What stood but was not the best: it may be worth branching from."""
    best = shift.best[0].source if shift.best else ""
    return [{"source": made.source, "note": made.note} for made in shift.stood if made.source != best]


def _handoff(shift: Shift) -> JsonObject:
    """In the worker's own words where it can fill a schema; the numbers are always the harness's."""
    gain = shift.best[1] / shift.order.context["parent"]["fitness"] if shift.best else None
    facts = {"area": shift.order.context["brief"]["surface_area"], "gain": gain, "evaluations": shift.evaluations}
    if not shift.tools.can("schema", "worker"):
        return {**_plain_words(shift, gain), **facts}
    user = render("aster_handoff.md.j2", brief=shift.order.context["brief"], attempts=shift.attempts, gain=gain)
    system = render("system.md.j2", target=shift.tools.target, mode="diff")
    seed = str(shift.tools.rng.getrandbits(64))
    try:
        said = structured(shift.tools, Prompt(system, user, seed=seed, role="worker"), Handoff)
    except Unusable:  # its programs stand without its words
        return {**_plain_words(shift, gain), **facts}
    return {**said.model_dump(), **facts}


def _plain_words(shift: Shift, gain: float | None) -> JsonObject:
    failed = [a for a in shift.attempts if a["fitness"] is None]
    learnings = [f"{one_line(a['note'], 120)}: {a['status']}" for a in failed[-LEARNINGS:]]
    done = shift.best[0].note if shift.best else "nothing stood"
    result = f"{gain:.3f}x the program it started from" if gain is not None else "no program that keeps the promise"
    return {"done": one_line(done), "result": result, "learnings": learnings, "concerns": ""}


def _attempt(status: str, fitness: float | None, kept: bool, note: str, feedback: str) -> JsonObject:
    return {
        "n": 0,
        "status": status,
        "fitness": fitness,
        "kept": kept,
        "note": one_line(note) or "no note",
        "feedback": one_line(feedback),
    }
