"""The few words that every record uses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

# "invalid": no program came of an answer; "none": no program was meant (a plan, a summary).
Status = Literal["ok", "wrong", "rule", "crash", "timeout", "memory", "invalid", "none"]
Stage = Literal["rules", "short", "measure", "full"]
Level = Literal["exact", "tolerant", "statistical"]  # only the first two are equivalence
JsonObject = dict[str, Any]

# A watch sees standard output as it comes; a returned reason ends the run at once.
Watch = Callable[[bytes], str | None]
