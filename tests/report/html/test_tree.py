"""Where candidates stand in the drawn lineage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.report.html.tree import ROOT, places


@st.composite
def lineages(draw: st.DrawFn) -> list[int]:
    size = draw(st.integers(0, 60))
    return [draw(st.integers(ROOT, n - 1)) for n in range(size)]


@given(lineages())
def test_children_are_a_level_below_and_nobody_stands_on_another(parents: list[int]) -> None:
    root, found = places(parents)
    assert root[1] == 0.0 and len({root, *found}) == len(parents) + 1
    for position, parent in enumerate(parents):
        above = root if parent == ROOT else found[parent]
        assert int(found[position][1]) == int(above[1]) + 1


@given(lineages())
def test_no_two_branches_cross(parents: list[int]) -> None:
    root, found = places(parents)
    at = {ROOT: root, **dict(enumerate(found))}
    edges = [(at[parent][0], at[n][0], int(at[n][1])) for n, parent in enumerate(parents)]
    for above, below, level in edges:
        for other_above, other_below, other_level in edges:
            if level == other_level and above < other_above:
                assert below <= other_below


def test_a_lineage_longer_than_python_s_stack() -> None:
    _, found = places([ROOT, *range(20_000)])
    assert found[-1][1] == 20_001.0


def test_thousands_of_siblings_need_no_more_width_than_eighty() -> None:
    root, found = places([ROOT] * 4000)
    assert max(x for x, _ in found) < 80 and len({root, *found}) == 4001
    assert all(1.0 <= y < 2.0 for _, y in found)


def test_a_parent_that_comes_later_is_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="candidate 0 has parent 1"):
        places([1, ROOT])
