"""Several models as one: each question goes to one of them, as the prompt says, or drawn by weight."""

from __future__ import annotations

from collections.abc import Mapping
from random import Random

from harness.errors import UnknownName
from harness.models.options import through
from harness.models.prices import unpriced
from harness.models.roles import Roles
from harness.types import Capability, Model, Prompt, Reply


class Ensemble:
    """Draws by the prompt's seed, or the run's where it has none: the same question goes to the same member."""

    def __init__(self, name: str, members: Mapping[str, Model], weights: Mapping[str, float], seed: int) -> None:
        """members and their weights by the names that a prompt's model may have."""
        self.name = name
        self.members = dict(members)
        self._weights = dict(weights)
        self._seed = seed

    def complete(self, prompt: Prompt) -> Reply:
        """The reply of one member. Raises UnknownName when the prompt asks for one that is none."""
        name = prompt.model or self._drawn(prompt.seed)
        if name not in self.members:
            raise UnknownName(f"model of {self.name}", name, self.members)
        return through(self.members[name].complete(prompt), name)

    def can(self, what: Capability, role: str = "") -> bool:
        """What every member can: any may be drawn."""
        return all(member.can(what, role) for member in self.members.values())

    def unpriced(self) -> tuple[str, ...]:
        return unpriced(*self.members.values())

    def _drawn(self, seed: str) -> str:
        # Not the bare seed: a member that draws by it would see only the draws that led here.
        rng = Random(f"{seed or self._seed}/member")
        return rng.choices(list(self._weights), list(self._weights.values()))[0]


def members_of(model: Model) -> tuple[str, ...]:
    """The names that a prompt's model may have when a run's own model is asked; none where it is a single one."""
    own = model.model if isinstance(model, Roles) else model
    return tuple(own.members) if isinstance(own, Ensemble) else ()
