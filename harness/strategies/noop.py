"""The baseline, measured again and again: the control that shows the noise, and that none of it is crowned."""

from __future__ import annotations

from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from harness.types import Candidate, Order, Outcome, Target, Tools


class NoopSettings(BaseModel):
    """The knobs of `noop`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int | None = Field(None, ge=1, description="measurements of the baseline; unset: until the budget ends")
    comments: bool = Field(
        False, description="add a comment that says nothing, so that each is a program of its own and may win a duel"
    )


class Noop:
    """Policy and proposer of the `noop` control. It makes no model call."""

    name: ClassVar[str] = "noop"
    summary: ClassVar[str] = "control: the baseline measured again and again, to show the noise"
    source: ClassVar[str] = "ours"
    Settings: ClassVar[type[NoopSettings]] = NoopSettings

    def __init__(
        self, settings: NoopSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        del target, seed, evaluations
        self.settings = settings
        self._baseline = baseline.id
        self._asked = 0

    def ask(self) -> Order | None:
        if self._asked == self.settings.n:
            return None
        self._asked += 1
        return Order(self._asked, "noop", (self._baseline,))

    def tell(self, outcome: Outcome) -> None:
        """Nothing is learnt."""

    def propose(self, order: Order, tools: Tools) -> Candidate:
        """The baseline itself; without parents, since nobody is their own."""
        source = tools.source(order.parents[0])
        if not self.settings.comments:
            return Candidate.of(source, note="the baseline, unchanged")
        return Candidate.of(f"{source}\n# measurement {order.n}\n", order.parents, "the baseline and a comment")
