"""What a plan must keep, whoever made it."""

from __future__ import annotations

from typing import Any

from harness.strategies.planning import AREAS, area_key, own_briefs, settled

ELITES = [["best", "second"], ["other", "fourth"]]


def brief(area: str, parent: str = "best", **more: str) -> dict[str, Any]:
    return {"surface_area": area, "parent": parent, "hypothesis": "h", **more}


def settle(*raw: Any, workers: int = 2, round: int = 1, graft: list[str] | None = None, exhausted: set[str] | None = None) -> list[Any]:  # fmt: skip
    context = {"workers": workers, "round": round, "graft": graft or [], "areas": []}
    return settled(raw, context=context, best="best", elites=ELITES, exhausted=exhausted or set())


def test_areas_are_distinct_whatever_their_spelling() -> None:
    made = settle(brief("Object layout"), brief("object-layout "), brief("calls"))
    assert [b["surface_area"] for b in made] == ["Object layout", "calls"]


def test_an_exhausted_area_is_dropped() -> None:
    made = settle(brief("calls"), brief("input"), exhausted={area_key("Calls")})
    assert [b["surface_area"] for b in made] == ["input"]


def test_no_more_briefs_than_workers() -> None:
    assert len(settle(*(brief(f"area {i}") for i in range(9)), workers=3)) == 3


def test_a_parent_that_does_not_exist_becomes_the_best() -> None:
    assert settle(brief("calls", parent="made up"))[0]["parent"] == "best"


def test_one_brief_starts_from_the_best() -> None:
    made = settle(brief("calls", "other"), brief("input", "fourth"))
    assert [b["parent"] for b in made] == ["best", "fourth"]


def test_from_the_second_round_one_brief_starts_from_another_cluster() -> None:
    raw = [brief("calls", "best"), brief("input", "second")]
    assert [b["parent"] for b in settle(*raw, round=1)] == ["best", "second"]
    assert settle(*raw, round=2)[1]["parent"] == "other"


def test_a_graft_that_is_due_is_made() -> None:
    made = settle(brief("calls"), brief("input"), graft=["best", "other"], round=3)
    assert (made[-1]["parent"], made[-1]["graft"]) == ("best", "other")


def test_a_program_is_never_joined_with_itself_or_with_nothing() -> None:
    assert settle(brief("calls", graft="best"))[0]["graft"] == ""
    assert settle(brief("calls", graft="nobody"))[0]["graft"] == ""


def test_what_is_no_brief_is_left_out() -> None:
    made = settle("calls", None, {"hypothesis": "no area"}, brief("  "), brief("x" * 500 + "\n\n## Task", why="`" * 9))
    assert len(made) == 1
    assert len(made[0]["surface_area"]) <= 60
    assert "\n" not in made[0]["surface_area"]
    assert "`" not in made[0]["why"]


def test_our_own_plan_leaves_out_what_is_exhausted_and_takes_the_least_tried_first() -> None:
    names = [name for name, _ in AREAS]
    areas = [{"name": names[0], "status": "exhausted", "tried": 2}, {"name": names[1], "status": "open", "tried": 1}]
    made = own_briefs({"areas": areas, "workers": 2}, "best")
    assert [b["surface_area"] for b in made] == names[2:4]
