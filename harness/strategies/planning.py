"""The planner of `aster`: briefs on distinct surface areas, from a model where it can fill a schema, else our own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, Field

from harness.strategies.evidence import described
from harness.strategies.prompting import render
from harness.strategies.quoting import one_line
from harness.structured import structured
from harness.types import JsonObject, Order, Prompt, Tools

TEXT = 600  # characters of a brief's longest field
AREA = 60

# What a planner that is not a language model hands out, in turn: where Python programs usually hold time and memory.
AREAS = (
    ("object layout", "fields, slots and containers of the objects that are there most often can be smaller"),
    ("lifetime of objects", "objects that are no longer needed can go earlier: break cycles, drop references, collect"),
    ("calls", "calls in the hottest lines can be made cheaper or go: inline, bind to locals, leave out isinstance"),
    ("iteration", "loops and reductions in the hottest lines can do without generators, indices and recursion"),
    ("arithmetic", "sums, products and powers in the hottest lines can be computed once, or in a cheaper form"),
    ("input and containers", "what is read and kept at the start can be read lazily or be kept in a smaller container"),
)


class Brief(BaseModel):
    """One worker's task. parent: the id of a program of the archive; graft: that of a second one, to be joined."""

    surface_area: str = Field(description="the part or aspect of the program to work on, two to five words")
    parent: str = Field(description="id of the program of the archive to start from")
    hypothesis: str = Field(description="what change should gain how much, one to three sentences")
    why: str = Field("", description="what in the profile or the history speaks for it")
    avoid: str = Field("", description="what was tried in vain, or may break the promise")
    graft: str = Field("", description="id of a second program whose gain is to be joined, or empty")


class Plan(BaseModel):
    """What the planner answers."""

    briefs: list[Brief] = Field(min_length=1, max_length=16)


def plan(order: Order, tools: Tools) -> None:
    """Hand over briefs for the round that the order's context describes; no program comes of it.

    Raises Unusable when the model's plan cannot be read twice.
    """
    program = tools.source(order.parents[0])
    if not tools.can("schema", "planner"):
        tools.hand_over({"briefs": own_briefs(order.context, order.parents[0])})
        return
    system = render("aster_plan_system.md.j2", target=tools.target)
    shown = described(tools.profile(program), program)
    user = render("aster_plan.md.j2", **order.context, target=tools.target, program=program, profile=shown)
    seed = str(tools.rng.getrandbits(64))
    made = structured(tools, Prompt(system, user, seed=seed, role="planner"), Plan)
    tools.hand_over({"briefs": [brief.model_dump() for brief in made.briefs]})


def own_briefs(context: JsonObject, best: str) -> list[JsonObject]:
    """The areas of the fixed list that are not exhausted, least tried first; as many as there are workers."""
    known = {area["name"]: area for area in context["areas"]}
    open_areas = [(name, why) for name, why in AREAS if known.get(name, {}).get("status") != "exhausted"]
    open_areas.sort(key=lambda area: known.get(area[0], {}).get("tried", 0))  # stable: in the list's order
    return [
        {"surface_area": name, "parent": best, "hypothesis": why, "why": "", "avoid": "", "graft": ""}
        for name, why in open_areas[: context["workers"]]
    ]


def settled(
    raw: Sequence[Any], *, context: JsonObject, best: str, elites: Sequence[Sequence[str]], exhausted: set[str]
) -> list[JsonObject]:
    """The briefs that a round really has: what a plan must keep is enforced, whoever made it.

    Areas are distinct and not exhausted, parents exist, at least one brief starts from the best, from the second round
    one from another cluster, and where a graft is due one brief joins the two programs named. elites: ids, by cluster.
    """
    known = {program for cluster in elites for program in cluster} | {best}
    briefs: list[JsonObject] = []
    for entry in raw:
        brief = _read(entry)
        if brief is None or area_key(brief["surface_area"]) in exhausted | {
            area_key(b["surface_area"]) for b in briefs
        }:
            continue
        brief["parent"] = brief["parent"] if brief["parent"] in known else best
        brief["graft"] = brief["graft"] if brief["graft"] in known - {brief["parent"]} else ""
        briefs.append(brief)
    briefs = briefs[: context["workers"]]
    if briefs and all(brief["parent"] != best for brief in briefs):
        briefs[0]["parent"] = best
    others = [cluster[0] for cluster in elites if best not in cluster]
    if (
        context["round"] > 1
        and len(briefs) > 1
        and others
        and all(b["parent"] in _cluster_of(best, elites) for b in briefs)
    ):
        briefs[-1]["parent"] = others[(context["round"] // 2) % len(others)]
    if briefs and context["graft"] and not any(brief["graft"] for brief in briefs):
        briefs[-1]["parent"], briefs[-1]["graft"] = context["graft"]
    return briefs


def area_key(name: str) -> str:
    """By which two names of an area are the same."""
    return " ".join(name.lower().replace("-", " ").replace("_", " ").split())


def _read(entry: Any) -> JsonObject | None:
    """A brief cut to size; None when it names no area. What a model wrote is text, whatever else it may be."""
    if not isinstance(entry, dict) or not str(entry.get("surface_area", "")).strip():
        return None
    fields = {name: one_line(str(entry.get(name, "")), TEXT) for name in Brief.model_fields}
    return {**fields, "surface_area": one_line(fields["surface_area"], AREA)}


def _cluster_of(program: str, elites: Sequence[Sequence[str]]) -> set[str]:
    return next((set(cluster) for cluster in elites if program in cluster), {program})
