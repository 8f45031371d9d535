"""OfflineModel: answers a prompt with a rewrite of the program in it, without any network, key or cost."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Sequence
from random import Random
from threading import Lock
from typing import TYPE_CHECKING

from harness import edits
from harness.errors import ModelRefused, Unusable
from harness.models.offline.attempts import Attempt, attempts_in
from harness.models.offline.bandit import learnt
from harness.models.offline.operators import operators
from harness.models.offline.policy import MOST, choose, plan
from harness.models.offline.rewriting import Operator, Site, apply
from harness.types import Capability, Prompt, Reply, Usage

if TYPE_CHECKING:
    from harness.models.offline.program import Program

NOTHING = "No further rewrite found."
NOTE_CHARS = 300
KEPT_PROGRAMS = 32


class OfflineModel:
    """A model made of rewriting rules. The same prompt and seed give the same answer.

    rules: the operators to draw from; all of them when not given. Safe to share between threads.
    """

    name = "offline"

    def __init__(self, rules: Sequence[Operator] | None = None) -> None:
        self._rules = rules
        self._parsed: OrderedDict[str, Program | None] = OrderedDict()
        self._lock = Lock()

    def complete(self, prompt: Prompt) -> Reply:
        """An answer in the edit format. A prompt without a program, or with one that nothing fits, gets words only.

        Raises ModelRefused for a prompt with tools or a schema: see can.
        """
        if prompt.tools or prompt.schema:
            what = "calls no tools" if prompt.tools else "writes no JSON"
            raise ModelRefused(f"model {self.name} {what}: it only rewrites programs; name another model for this")
        began = time.perf_counter()
        text = self._answer(prompt)
        return Reply(text, self.name, Usage(calls=1, seconds=time.perf_counter() - began))

    def can(self, what: Capability, role: str = "") -> bool:  # noqa: ARG002
        """Neither tools nor schemas: a strategy asks it for edits instead."""
        return False

    def _answer(self, prompt: Prompt) -> str:
        try:
            parent = edits.program_in(prompt.user)
        except Unusable as why:
            return f"{NOTHING} {why}"
        attempts = attempts_in(prompt.user.replace(parent, ""))
        child, sites = self._rewritten(parent, prompt, attempts)
        return edits.render(parent, child, noted(sites, attempts)) if sites else NOTHING

    def _rewritten(self, parent: str, prompt: Prompt, attempts: Sequence[Attempt]) -> tuple[str, list[Site]]:
        rng = Random(prompt.seed)
        wanted, order = plan(rng, self._rules or operators(), attempts)
        child, done = parent, list[Site]()
        for operator in order:
            program = self._parse(child)
            sites = operator.sites(program) if program else []
            if not program or not sites:
                continue
            site = sites[0] if wanted == MOST else choose(rng, sites, attempts)
            if len("; ".join(each.tag for each in [*done, site])) > NOTE_CHARS:
                break  # a note names every step, or they could not be taken back
            text = apply(program, site)
            if text == parent or not _compiles(text):
                continue
            child = text
            done.append(site)
            if len(done) == wanted:
                break
        return child, done

    def _parse(self, source: str) -> Program | None:
        """The parsed program, from memory when it was seen before; None when it cannot be read."""
        with self._lock:
            if source in self._parsed:
                self._parsed.move_to_end(source)
                return self._parsed[source]
        found = _program(source)
        with self._lock:
            self._parsed[source] = found
            while len(self._parsed) > KEPT_PROGRAMS:
                self._parsed.popitem(last=False)
        return found


def _program(source: str) -> Program | None:
    from libcst import ParserSyntaxError

    from harness.models.offline.program import Program

    if not _compiles(source):
        return None
    try:
        return Program(source)
    except (ParserSyntaxError, ValueError, RecursionError):  # what libcst cannot read is left alone
        return None


def _compiles(source: str) -> bool:
    try:
        compile(source, "program", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def noted(sites: Sequence[Site], attempts: Sequence[Attempt] = (), room: int = NOTE_CHARS) -> str:
    """What was done, with every tag: sentences while they fit, then tags alone; then what was known, if that fits.

    room: characters that the note may have.
    """
    tags = [site.tag for site in sites]
    known = learnt(attempts, [site.operator for site in sites])
    for spoken in range(len(sites), -1, -1):
        parts = [f"{site.note} {site.tag}" for site in sites[:spoken]] + tags[spoken:]
        if len(note := "; ".join(parts)) <= room:
            return note + known if len(note) + len(known) <= room else note
    return "; ".join(tags)[:room]
