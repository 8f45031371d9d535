"""Proposers that strategies share: plain functions from an order and tools to a candidate, by one model call or two.

They run in a worker thread and know nothing of a strategy but what the order's context says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from harness import edits
from harness.edits import Edited
from harness.errors import Unusable
from harness.strategies.evidence import changes_of, profile_of
from harness.strategies.prompting import render
from harness.strategies.quoting import whole_lines
from harness.types import Candidate, JsonObject, Order, Prompt, Reply, Tools

Mode = Literal["diff", "rewrite"]
Proposer = Callable[[Order, Tools, str], Candidate]

DIFF_CHARACTERS = 3000  # of one program shown beside the current one
_ROLES = (
    ("partner", "the second parent"),
    ("top", "one of the best"),
    ("inspirations", "inspiration"),
    ("diverse", "different in kind"),
)
_STOPPED = {
    "length": "the answer was cut off before its end: answer shorter",
    "refusal": "the answer was a refusal: only a rewrite of the program is asked for",
    "empty": "the answer was empty: a rewrite of the program is asked for",
}


@dataclass(frozen=True, slots=True)
class Question:
    """A question to a model about `parent`, the program that its answer changes."""

    system: str
    user: str
    parent: str


def diff(order: Order, tools: Tools, template: str) -> Candidate:
    """Ask for SEARCH/REPLACE edits of the order's first parent. Raises Unusable after the second bad answer."""
    return _propose(order, tools, template, "diff")


def rewrite(order: Order, tools: Tools, template: str) -> Candidate:
    """Ask for the whole file. Raises Unusable after the second bad answer."""
    return _propose(order, tools, template, "rewrite")


def proposer(operator: str) -> Proposer:
    """The proposer that an operator's name stands for."""
    return {"diff": diff, "rewrite": rewrite}[operator]


def ask_model(system: str, user: str, parent: str, tools: Tools, role: str = "", model: str = "") -> Edited:
    """What the model makes of `parent`. An unusable answer goes back once with the reason; a second is raised.

    model: the member of an ensemble that is asked, "" to have one drawn by weight.
    """
    try:
        return _edited(tools.complete(_prompt(system, user, tools, role, model)), parent)
    except Unusable as first:
        again = user + render("again.md.j2", reason=str(first))
        return _edited(tools.complete(_prompt(system, again, tools, role, model)), parent)


def shown(context: JsonObject, parent: str, tools: Tools) -> list[JsonObject]:
    """The other programs that a context names, each once, as a short diff from the parent's text.

    A diff says what matters, costs little, and cannot pass for a part of the prompt: each of its lines is prefixed.
    The given program is left out: it would show what was done already, undone.
    """
    programs = []
    for entry, role in _named(context):
        source = tools.source(entry["id"])
        if source not in (parent, tools.target.source):
            difference = whole_lines(edits.unified(parent, source, "current", "other"), DIFF_CHARACTERS)
            programs.append({**entry, "role": role, "diff": difference})
    return programs


def question(order: Order, tools: Tools, template: str, mode: Mode) -> Question:
    """What a template asks about the order's first parent; every name in the order's context is known to it.

    A context's `diffs` are attempts whose changes are shown; `profiled` says whether the parent's profile is.
    """
    parent = tools.source(order.parents[0])
    system = render("system.md.j2", target=tools.target, mode=mode)
    programs = shown(order.context, parent, tools)
    evidence = {
        "profile": profile_of(parent, tools, order.context.get("profiled", False)),
        "changes": changes_of(order.context.get("diffs", ()), tools),
    }
    values = {**order.context, **evidence, "target": tools.target, "mode": mode}
    user = render(template, **values, program=parent, programs=programs)
    return Question(system, user, parent)


def _propose(order: Order, tools: Tools, template: str, mode: Mode) -> Candidate:
    asked = question(order, tools, template, mode)
    edited = ask_model(asked.system, asked.user, asked.parent, tools, model=order.context.get("model", ""))
    return Candidate.of(edited.source, order.parents, edited.note)


def _named(context: JsonObject) -> Iterator[tuple[JsonObject, str]]:
    seen: set[str] = set()
    for key, role in _ROLES:
        for entry in context.get(key, []):
            if entry["id"] not in seen:
                seen.add(entry["id"])
                yield entry, role


def _prompt(system: str, user: str, tools: Tools, role: str, model: str) -> Prompt:
    return Prompt(system, user, seed=str(tools.rng.getrandbits(64)), role=role, model=model)


def _edited(reply: Reply, parent: str) -> Edited:
    if reply.stop in _STOPPED:
        raise Unusable(_STOPPED[reply.stop])
    return edits.apply(reply.text, parent, blocks=True)
