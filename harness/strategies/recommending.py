"""What was tried, summed up by the model into a few recommendations: the meta step of `shinka`."""

from __future__ import annotations

from pydantic import BaseModel, Field

from harness.strategies.prompting import render
from harness.strategies.quoting import one_line
from harness.structured import structured
from harness.types import Order, Prompt, Tools

MOST = 5
WORDS = 300  # characters of one


class Recommendations(BaseModel):
    """What the model answers."""

    recommendations: list[str] = Field(
        min_length=1, max_length=MOST, description="what to try next, each one sentence, most promising first"
    )


def recommend(order: Order, tools: Tools) -> None:
    """Hand over at most MOST recommendations; none where the model fills no schema, which then costs nothing.

    Raises Unusable when its answer cannot be read twice.
    """
    if not tools.can("schema"):
        return
    system = render("recommend_system.md.j2", target=tools.target, most=MOST)
    user = render("recommend.md.j2", **order.context, target=tools.target, program=tools.source(order.parents[0]))
    made = structured(tools, Prompt(system, user, seed=str(tools.rng.getrandbits(64))), Recommendations)
    said = [one_line(text, WORDS) for text in made.recommendations]
    tools.hand_over({"recommendations": [text for text in said if text]})
