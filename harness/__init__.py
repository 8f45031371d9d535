"""The engine of optimize-run: loop, judge, sandbox, models, strategies, store, command line; and its Python interface.

`from harness import optimize, evaluate, load_run`. Nothing else is loaded before it is used.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from harness.api import Judgement, Run, evaluate, load_run, optimize

__all__ = ["Judgement", "Run", "evaluate", "load_run", "optimize"]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'harness' has no attribute {name!r}")
    from harness import api

    return getattr(api, name)
