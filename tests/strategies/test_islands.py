"""The parts of the island model, each alone: migration, maps, archive, pruning."""

from __future__ import annotations

import hypothesis.strategies as st
from hypothesis import given, settings

from harness.strategies.features import FeatureSpace, distance, elites, lines_of
from harness.strategies.history import Program
from harness.strategies.islands import EliteArchive, Island, migrate, neighbours, prune


def program(n: int, fitness: float = 1.0, *, memory: float = 1.0, speed: float = 1.0, source: str = "") -> Program:
    return Program(f"p{n}", source or f"x = {n}\n", fitness, memory, speed, n=n)


def island(*programs: Program) -> Island:
    settled = Island.of(programs[0])
    for other in programs[1:]:
        settled.add(other)
    return settled


def ring(count: int, size: int) -> list[Island]:
    """Islands of `size` programs each; the best of island i has n = size * i + size - 1."""
    return [island(*(program(size * i + k, 1 + k) for k in range(size))) for i in range(count)]


# --- Migration --------------------------------------------------------------------------------------------------------


def test_neighbours_in_a_ring() -> None:
    assert neighbours(0, 5) == [1, 4]
    assert neighbours(4, 5) == [0, 3]
    assert neighbours(0, 2) == [1]
    assert neighbours(0, 1) == []


def test_the_top_tenth_goes_to_both_neighbours_and_no_further() -> None:
    islands = ring(5, 20)
    moved = migrate(islands, 0.1)
    assert sorted(moved) == sorted(
        (f"p{20 * home + k}", there) for home in range(5) for k in (18, 19) for there in neighbours(home, 5)
    )
    assert [len(i.programs) for i in islands] == [24] * 5


def test_at_least_one_program_migrates() -> None:
    assert migrate(ring(2, 3), 0.1) == [("p2", 1), ("p5", 0)]


def test_a_migrant_does_not_travel_again() -> None:
    islands = ring(5, 20)
    migrate(islands, 0.1)
    islands[0].add(program(900, 50.0))
    moved = migrate(islands, 0.1)
    assert {name for name, _ in moved} == {"p900"}
    assert "p900" not in islands[2].programs


def test_nothing_is_copied_to_where_it_is() -> None:
    best = program(1, 5.0)
    islands = [island(best), island(best), island(best)]
    assert migrate(islands, 1.0) == []


def test_all_leave_before_any_arrives() -> None:
    islands = [island(program(1, 9.0)), island(program(2, 1.0)), island(program(3, 1.0)), island(program(4, 1.0))]
    migrate(islands, 0.1)
    assert "p1" not in islands[2].programs


# --- Maps -------------------------------------------------------------------------------------------------------------

programs = st.lists(
    st.builds(
        lambda fitness, memory, lines: (fitness, memory, lines),
        st.floats(0.1, 50),
        st.floats(0.1, 50),
        st.lists(st.sampled_from(["a = 1", "b = 2", "for i in range(9): pass", "c = 3"]), min_size=1, max_size=6),
    ),
    min_size=1,
    max_size=40,
)


@settings(max_examples=60, deadline=None)
@given(programs, st.integers(1, 10), st.integers(2, 30))
def test_a_cell_always_holds_its_best(drawn: list[tuple[float, float, list[str]]], bins: int, limit: int) -> None:
    space = FeatureSpace(("complexity", "diversity", "memory"), bins)
    home = None
    for n, (fitness, memory, lines) in enumerate(drawn):
        one = program(n, fitness, memory=memory, source="\n".join(lines))
        space.add(one)
        if home is None:
            home = Island.of(one)
        home.add(one)
        prune([home], space, limit)
        held = home.map(space)
        for other in home.programs.values():
            cell = space.cell(other)
            assert all(0 <= place < bins for place in cell)
            assert held[cell].fitness >= other.fitness
        assert len(home.programs) <= limit


def test_of_two_alike_the_older_holds_the_cell() -> None:
    assert elites([program(2, 1.5), program(1, 1.5)], lambda _: (0,)) == {(0,): program(1, 1.5)}


def test_axes_are_scaled_between_the_extremes_seen() -> None:
    space = FeatureSpace(("memory", "speed"), 10)
    seen = [program(1, memory=1, speed=1), program(2, memory=10, speed=4), program(3, memory=100, speed=16)]
    for one in seen:
        space.add(one)
    assert [space.cell(one) for one in seen] == [(0, 0), (5, 5), (9, 9)]


def test_complexity_is_length_and_diversity_is_distance() -> None:
    space = FeatureSpace(("complexity", "diversity"), 4)
    alike, twin, stranger = (program(i, source=s) for i, s in enumerate(("a\nb\n", "a\nb\n\n", "c\nd\ne\nf\ng\n")))
    for one in (alike, twin, stranger):
        space.add(one)
    assert space.coordinates(alike) == {"complexity": 0, "diversity": 0}
    assert space.coordinates(stranger) == {"complexity": 3, "diversity": 3}


def test_the_reference_set_is_bounded_and_then_fixed() -> None:
    space = FeatureSpace(("diversity",), 1000, references=3)
    first = [program(i, source="\n".join("abcdef"[i : i + 3])) for i in range(3)]
    for one in first:
        space.add(one)
    before = [space.cell(one) for one in first]
    later, twin = program(8, source="a\nb\nd"), program(9, source="a\nb\nd\n\n")
    for one in (later, twin):
        space.add(one)
    assert [space.cell(one) for one in first] == before
    assert space.cell(later) == space.cell(twin), "a later program is no reference for the next"


def test_distance_is_the_share_of_lines_not_in_common() -> None:
    assert distance(lines_of("a\nb"), lines_of("  a\n\nb\n")) == 0.0
    assert distance(lines_of("a"), lines_of("b")) == 1.0
    assert distance(lines_of("a\nb\nc"), lines_of("b\nc\nd")) == 0.5
    assert distance(lines_of(""), lines_of("")) == 0.0


# --- Archive and pruning ----------------------------------------------------------------------------------------------


def test_the_archive_keeps_the_best() -> None:
    archive = EliteArchive(2)
    for one in (program(1, 1.0), program(2, 3.0), program(3, 2.0), program(4, 0.5)):
        archive.add(one)
    assert [f"p{i}" in archive for i in (1, 2, 3, 4)] == [False, True, True, False]


def test_pruning_takes_what_holds_no_cell_first() -> None:
    space = FeatureSpace(("memory",), 2)
    low, lower, high = program(1, 2.0, memory=1), program(2, 1.9, memory=1), program(3, 0.5, memory=9)
    for one in (low, lower, high):
        space.add(one)
    home = island(low, lower, high)
    prune([home], space, 2)
    assert set(home.programs) == {"p1", "p3"}
    prune([home], space, 1)
    assert set(home.programs) == {"p1"}
    prune([home], space, 0)
    assert set(home.programs) == {"p1"}, "an island's best stays"
