"""Several models as one: each question goes to one of them, drawn by weight."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

from harness.types import Model, Prompt, Reply


class Ensemble:
    """Draws by the prompt's seed, or the run's where it has none: the same question goes to the same member."""

    def __init__(self, name: str, members: Sequence[Model], weights: Sequence[float], seed: int) -> None:
        self.name = name
        self._members = tuple(members)
        self._weights = tuple(weights)
        self._seed = seed

    def complete(self, prompt: Prompt) -> Reply:
        # Not the bare seed: a member that draws by it would see only the draws that led here.
        rng = Random(f"{prompt.seed or self._seed}/member")
        return rng.choices(self._members, self._weights)[0].complete(prompt)
