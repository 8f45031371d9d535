"""A run's models by role: a prompt goes to the model of its role, and to the run's own model where it has none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from harness.models.options import through
from harness.models.prices import unpriced
from harness.types import Capability, Model, Prompt, Reply


def role_via(role: str) -> str:
    """A role's name in Reply.via."""
    return f"role {role}"


class Roles:
    """name: the run's own model and, after it, who has which role. A prompt's model counts for the run's own only."""

    def __init__(self, model: Model, roles: Mapping[str, Model]) -> None:
        self.name = ", ".join([model.name, *(f"{role}: {other.name}" for role, other in roles.items())])
        self.model = model
        self._roles = dict(roles)

    def complete(self, prompt: Prompt) -> Reply:
        if prompt.role not in self._roles:
            return self.model.complete(prompt)
        return through(self._roles[prompt.role].complete(replace(prompt, model="")), role_via(prompt.role))

    def can(self, what: Capability, role: str = "") -> bool:
        return self._roles.get(role, self.model).can(what, role)

    def unpriced(self) -> tuple[str, ...]:
        return unpriced(self.model, *self._roles.values())
