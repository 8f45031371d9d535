"""Who can be asked to write candidates. `make` turns a name into a model, `known` lists the names.

Importing this package imports no SDK; an adapter imports its SDK when its first question is asked.
"""

from harness.models.names import known, make
from harness.models.options import ModelOptions, Patience

__all__ = ["ModelOptions", "Patience", "known", "make"]
