"""Who can be asked to write candidates. `make` turns a name into a model, `known` lists the names.

Importing this package imports no SDK; an adapter imports its SDK when its first question is asked.
"""

from harness.models.ensemble import members_of
from harness.models.names import answered_in, known, make, members, plugged, with_roles
from harness.models.options import Answered, ModelOptions, Patience
from harness.models.prices import unpriced

__all__ = [
    "Answered",
    "ModelOptions",
    "Patience",
    "answered_in",
    "known",
    "make",
    "members",
    "members_of",
    "plugged",
    "unpriced",
    "with_roles",
]
