"""N independent replies to one prompt that holds the given program and nothing else: the control to beat.

No history and no scores: what a strategy gains over this at equal cost is what its search is worth.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.strategies.proposers import Mode, proposer
from harness.types import Candidate, Order, Outcome, Target, Tools


class BestOfNSettings(BaseModel):
    """The knobs of `best-of-n`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int | None = Field(None, ge=1, description="replies to ask for; unset: until the budget ends")
    mode: Mode = Field("diff", description="what the model is asked for: SEARCH/REPLACE edits, or the whole file")
    profile: bool = Field(True, description="show a language model where the program's time and memory go")


class BestOfN:
    """Policy and proposer of the `best-of-n` control."""

    name: ClassVar[str] = "best-of-n"
    summary: ClassVar[str] = "control: independent replies to the same prompt, no history and no scores"
    source: ClassVar[str] = "ours"
    Settings: ClassVar[type[BestOfNSettings]] = BestOfNSettings

    def __init__(
        self, settings: BestOfNSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        del target, seed, evaluations
        self.settings = settings
        self._baseline = baseline.id
        self._asked = 0

    def ask(self) -> Order | None:
        if self._asked == self.settings.n:
            return None
        self._asked += 1
        return Order(self._asked, self.settings.mode, (self._baseline,), {"profiled": self.settings.profile})

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learnt: the replies are independent."""

    def propose(self, order: Order, tools: Tools) -> Candidate:
        """One model call, and one more if its answer cannot be used."""
        return proposer(order.operator)(order, tools, "sample.md.j2")
