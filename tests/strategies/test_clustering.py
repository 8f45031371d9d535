"""Cluster-Elites: no cluster is empty, groups that lie apart are found, and the answer never depends on chance."""

from __future__ import annotations

from random import Random

import hypothesis.strategies as st
from hypothesis import given

from harness.strategies.clustering import cluster, clusters_wanted, descriptor, kmeans, standardized
from harness.strategies.history import Program

points = st.lists(st.tuples(st.integers(-3, 3).map(float), st.integers(-3, 3).map(float)), min_size=1, max_size=40)


def program(n: int, source: str, fitness: float = 1.0) -> Program:
    return Program(f"p{n}", source, fitness, fitness, fitness, n=n)


@given(points, st.integers(1, 8), st.integers(0, 5))
def test_no_cluster_is_empty_and_every_point_has_one(given_points: list[tuple[float, ...]], k: int, seed: int) -> None:
    labels = kmeans(given_points, min(k, len(given_points)), Random(seed))
    used = set(labels)
    assert len(labels) == len(given_points)
    assert used == set(range(len(used))), "a label without a point between others"
    assert len(used) == min(k, len(given_points), len(set(given_points)))


def test_groups_that_lie_apart_are_found() -> None:
    here = [(0.0 + i / 10, 0.0) for i in range(5)]
    there = [(9.0 + i / 10, 9.0) for i in range(5)]
    labels = kmeans([*here, *there], 2, Random(1))
    assert len(set(labels[:5])) == len(set(labels[5:])) == 1
    assert labels[0] != labels[5]


def test_the_number_of_clusters_follows_the_history() -> None:
    assert [clusters_wanted(n, 8) for n in (1, 2, 4, 9, 30, 64, 1000)] == [1, 2, 2, 3, 5, 8, 8]


def test_programs_of_a_kind_end_up_together_best_first() -> None:
    loops = [
        program(i, f"for i in range({i}):\n    for j in range({i}):\n        print(i, j)\n", 1 + i / 10)
        for i in range(1, 5)
    ]
    classes = [
        program(10 + i, f"class A:\n    def f(self):\n        return {i}\n\n\nclass B(A):\n    pass\n", 1.0)
        for i in range(1, 5)
    ]
    programs = [*loops, *classes]
    groups = cluster(programs, [descriptor(p) for p in programs], "seed", 8)
    assert sorted(sorted(p.id for p in group) for group in groups)[0] == ["p1", "p2", "p3", "p4"] or len(groups) == 3
    assert groups[0][0].id == "p4", "the best cluster first, its best program first"
    assert [p.id for group in groups for p in group] == [
        p.id for group in cluster(programs, [descriptor(p) for p in programs], "seed", 8) for p in group
    ]


def test_a_column_that_does_not_vary_counts_for_nothing() -> None:
    assert standardized([(1.0, 5.0), (3.0, 5.0)]) == [(-1.0, 0.0), (1.0, 0.0)]


def test_a_program_in_another_language_has_a_place_too() -> None:
    here, there = (descriptor(program(0, f"int main(void) {{ {body} return 0; }}\n")) for body in ("", "while (1) {}"))
    assert len(here) == len(there) == len(descriptor(program(0, "print(1)\n"))) and here != there
