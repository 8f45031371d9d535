"""Strategies, evaluators, models and sandboxes of the user's own, each a class in one file or in an installed package.

Named as `./file.py:Name`, as `module:Name`, or by the name of an entry point in the group of its kind. Nothing is
loaded before it is named. Plug-ins are trusted code: they run with the user's own rights, outside every sandbox.
"""

from harness.plugins.contracts import CONTRACTS, Kind
from harness.plugins.guards import GuardedEvaluator, GuardedModel, blame, guarded_strategy, place
from harness.plugins.loading import Origin, Plugin, find, installed, made, missing
from harness.plugins.references import is_reference, looks_like_one, settled, slug, titled
from harness.plugins.trust import refuse_changed, refuse_strangers, remember

__all__ = [
    "CONTRACTS",
    "GuardedEvaluator",
    "GuardedModel",
    "Kind",
    "Origin",
    "Plugin",
    "blame",
    "find",
    "guarded_strategy",
    "installed",
    "is_reference",
    "looks_like_one",
    "made",
    "missing",
    "place",
    "refuse_changed",
    "refuse_strangers",
    "remember",
    "settled",
    "slug",
    "titled",
]
