"""A program as the steps that made it: the rewrites that notes name, done again from the program as it was given.

A tag names one operator and one place, operators draw nothing, and a rewrite leaves every other byte alone: so the same
tags in the same order make the same program, and all but one of them make the program without that step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from libcst import ParserSyntaxError

from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Site, apply


@dataclass(frozen=True, slots=True)
class Made:
    """A program and the rewrites that it took, oldest first."""

    source: str
    sites: tuple[Site, ...]

    @property
    def steps(self) -> tuple[str, ...]:
        return tuple(site.tag for site in self.sites)


def replayed(source: str, steps: Sequence[str]) -> Made:
    """The program after the steps, without those whose place is not there: they stood on one that was left out."""
    done = []
    for step in steps:
        found = _done(source, step)
        if found is not None:
            source, site = found
            done.append(site)
    return Made(source, tuple(done))


def without(baseline: str, steps: Sequence[str], step: str, best: str) -> Made | None:
    """The program `best` less one of the steps that made it, and less what stood on that step.

    None where the steps do not make `best` from the baseline to the last byte, or nothing would change.
    """
    if step not in steps or replayed(baseline, steps).source != best:
        return None
    at = max(n for n, each in enumerate(steps) if each == step)
    made = replayed(baseline, [*steps[:at], *steps[at + 1 :]])
    return made if made.source not in (best, baseline) else None


def _done(source: str, step: str) -> tuple[str, Site] | None:
    name = step[1:-1].partition("@")[0]
    operator = next((each for each in operators() if each.name == name), None)
    if operator is None:
        return None
    try:
        program = Program(source)
        site = next((site for site in operator.sites(program) if site.tag == step), None)
        if site is None:
            return None
        text = apply(program, site)
        compile(text, "program", "exec", dont_inherit=True)
    except (ParserSyntaxError, SyntaxError, ValueError, RecursionError):
        return None
    return (text, site) if text != source else None
