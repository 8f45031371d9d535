"""The search strategies by name, as `module:Class`; nothing is imported until one is loaded.

A strategy's class is made with `Class(settings, *, target, seed, evaluations, baseline)`, where settings is an instance
of `Class.Settings`; it also carries `name`, `summary` (one line) and `source` (the paper or project it follows).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

STRATEGIES: Mapping[str, str] = MappingProxyType(
    {
        "aster": "harness.strategies.aster:Aster",
        "best-of-n": "harness.strategies.best_of_n:BestOfN",
        "codex": "harness.strategies.codex:Codex",
        "gepa": "harness.strategies.gepa:Gepa",
        "noop": "harness.strategies.noop:Noop",
        "openevolve": "harness.strategies.openevolve:OpenEvolve",
        "shinka": "harness.strategies.shinka:Shinka",
    }
)


def known() -> tuple[str, ...]:
    """Names that can be asked for, sorted."""
    return tuple(sorted(STRATEGIES))
