"""What `./eval` answers: the harness's own verdict as JSON, so many times a session."""

from __future__ import annotations

import json
from dataclasses import dataclass

from harness.errors import Spent
from harness.types import Score, Tools


@dataclass
class Evaluator:
    """Judges through Tools, which counts and records. left: how many times it may still be asked."""

    tools: Tools
    left: int

    def answer(self, source: str) -> str:
        """One JSON object on one line: a verdict, or an error that says why there is none."""
        if self.left <= 0:
            return refusal("no quick evaluation is left in this turn; the judge takes the program when you are done")
        try:
            score = self.tools.evaluate(source)
        except Spent as error:
            return refusal(str(error))
        self.left -= 1
        return json.dumps({**_told(score), "evals_left": self.left}) + "\n"


def refusal(words: str) -> str:
    return json.dumps({"error": words}) + "\n"


def _told(score: Score) -> dict[str, object]:
    return {
        "status": score.status,
        "score": score.fitness if score.status == "ok" else None,
        "memory": score.ratio("memory"),
        "speed": score.ratio("speed"),
        "feedback": score.feedback,
        "warnings": list(score.warnings),
    }
