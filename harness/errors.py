"""Every error that a user can meet, drawn as a tree; each carries the exit code that the command line ends with.

    OptimizeRunError            1
    ├── UsageError              2   something was asked for that does not exist or cannot be
    │   ├── UnknownName         2   with the nearest valid name
    │   ├── BadTarget           2   target.toml, the program or its inputs
    │   └── BadPlugin           2   a strategy, evaluator, model or sandbox of the user's that cannot be used
    ├── PluginFailed            1   one that could, and failed in the run; names its file and line
    ├── SandboxError            1   a room could not be made; nothing was run
    ├── BaselineError           1   the untouched program does not keep its own promise
    │   └── Unrepeatable        1   a program that kept it before does not keep it now
    ├── ExecutorError           1   there is nobody who could judge
    ├── StoreError              1   a run folder, journal or blob
    │   ├── Locked              1   another process writes this run
    │   └── Diverged            1   a resumed strategy asked something else than was recorded
    ├── ModelError              1   no answer could be had
    │   └── ModelRefused        1   retrying cannot help: key, name or request
    ├── NothingTried            1   a run that ended before anything came of it
    ├── Spent                   1   a limit was reached within one order; it becomes that order's outcome
    └── Unusable                1   an answer that cannot be turned into a program

A message is one line that names the thing, what was wrong, and what would be right.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class OptimizeRunError(Exception):
    """Root of the tree."""

    exit_code = 1


class UsageError(OptimizeRunError):
    """The caller's mistake."""

    exit_code = 2


class UnknownName(UsageError):
    """A name that is not among the known ones; says which is nearest."""

    def __init__(self, kind: str, name: str, known: Iterable[str]) -> None:
        choices = sorted(known)
        near = get_close_matches(name, choices, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]}?" if near else f"known: {', '.join(choices) or 'none'}"
        super().__init__(f"unknown {kind} {name!r}: {hint}")


class BadTarget(UsageError):
    """A target that cannot be used as it is."""


class BadPlugin(UsageError):
    """A plug-in that cannot be loaded, or lacks what its kind must have."""


class PluginFailed(OptimizeRunError):
    """A plug-in raised, or returned what cannot stand. What it raised is the cause."""


class SandboxError(OptimizeRunError):
    """No room, no run."""


class ExecutorError(OptimizeRunError):
    """There is nobody who could judge."""


class BaselineError(OptimizeRunError):
    """The baseline crashed, or does not repeat itself."""


class Unrepeatable(BaselineError):
    """The program that a candidate is compared with (the baseline or the incumbent) failed this time."""


class StoreError(OptimizeRunError):
    """Something on disk is not as it must be."""


class Locked(StoreError):
    """One writer only."""


class Diverged(StoreError):
    """Names the first ask that differs."""


class ModelError(OptimizeRunError):
    """The model did not answer, after the retries that are its adapter's business."""


class ModelRefused(ModelError):
    """A wrong key, an unknown model, a refused request: retrying cannot help."""


class NothingTried(OptimizeRunError):
    """A run without a single outcome is no success, whatever ended it."""


class Spent(OptimizeRunError):
    """An order wanted one call or one evaluation more than the budget has."""


class Unusable(OptimizeRunError):
    """The model answered, and nothing could be made of it. The message goes back to the model once."""
