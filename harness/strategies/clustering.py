"""Cluster-Elites: every valid program described by numbers, clustered over the whole history, the best of each kept.

Cells follow where the programs are, so that none is empty, as those of a fixed grid would be. Ours; that Aster keeps
"many interesting candidates to branch from" and finds the empty cells of MAP-Elites wasteful is known, the features and
the clustering that it uses are not.
"""

from __future__ import annotations

import ast
import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from random import Random
from statistics import fmean, pstdev

from harness import parsing
from harness.strategies.history import Program, ranked

Vector = tuple[float, ...]

COUNTED = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.comprehension, ast.Call, ast.Attribute, ast.Subscript)
COUNTED_WORDS = ("(", "struct", "for", "while", "if", "return", "->", "[")
_WORDS = re.compile(r"\w+|->|[^\w\s]")
BUCKETS = 12  # of hashed pairs of syntax nodes
ROUNDS = 50  # of k-means; it has settled long before


def descriptor(program: Program) -> Vector:
    """log memory, log speed, syntax counts, and shares of hashed pairs of neighbouring syntax nodes."""
    return (_log(program.memory), _log(program.speed), *_shape(program.source))


def _shape(source: str) -> list[float]:
    """Syntax nodes and pairs of them; words and pairs of neighbours where the text is another language's."""
    try:
        nodes = list(ast.walk(parsing.parse(source)))
    except SyntaxError:
        found = _WORDS.findall(source)
        kinds, total = [found.count(word) for word in COUNTED_WORDS], len(found)
        pairs = Counter(_bucket(*pair) for pair in pairwise(found))
    else:
        by_type = Counter(type(node) for node in nodes)
        kinds, total = [by_type[kind] for kind in COUNTED], len(nodes)
        pairs = Counter(_bucket(type(parent).__name__, type(child).__name__) for parent, child in _edges(nodes))
    return [math.log1p(total), *map(math.log1p, kinds), *(pairs[bucket] / max(total, 1) for bucket in range(BUCKETS))]


def clusters_wanted(n: int, most: int) -> int:
    """round(sqrt(n)), at least 2 and at most `most`; never more than there are programs."""
    return min(n, max(2, min(most, round(math.sqrt(n)))))


def cluster(programs: Sequence[Program], descriptors: Sequence[Vector], seed: str, most: int) -> list[list[Program]]:
    """The programs in clusters, none empty: best cluster first, best program of each first. Same input, same answer."""
    if not programs:
        return []
    points = standardized(descriptors)
    labels = kmeans(points, clusters_wanted(len(programs), most), Random(seed))
    groups: dict[int, list[Program]] = {}
    for label, program in zip(labels, programs, strict=True):
        groups.setdefault(label, []).append(program)
    best_first = {members[0].id: members for members in map(ranked, groups.values())}
    return [best_first[leader.id] for leader in ranked(members[0] for members in best_first.values())]


def standardized(vectors: Sequence[Vector]) -> list[Vector]:
    """Each column with mean 0 and deviation 1; a column that does not vary becomes zeros."""
    columns = list(zip(*vectors, strict=True))
    scales = [(fmean(column), pstdev(column)) for column in columns]
    return [
        tuple((x - mean) / spread if spread > 1e-12 else 0.0 for x, (mean, spread) in zip(vector, scales, strict=True))
        for vector in vectors
    ]


def kmeans(points: Sequence[Vector], k: int, rng: Random) -> list[int]:
    """A label of 0..k-1 for each point; every label is used while there are k distinct points (Lloyd, k-means++)."""
    centres = _spread(points, k, rng)
    labels = [_nearest(point, centres) for point in points]
    for _ in range(ROUNDS):
        _fill_empty(points, labels, centres)
        members = [[p for p, label in zip(points, labels, strict=True) if label == c] for c in range(len(centres))]
        centres = [_mean(own) for own in members]
        moved = [_nearest(point, centres) for point in points]
        if moved == labels:
            break
        labels = moved
    _fill_empty(points, labels, centres)
    return labels


def _spread(points: Sequence[Vector], k: int, rng: Random) -> list[Vector]:
    """First centres: the first at random, each other in proportion to its squared distance from those there are."""
    centres = [rng.choice(points)]
    while len(centres) < k:
        weights = [min(_distance(point, centre) for centre in centres) for point in points]
        if not any(weights):
            break  # fewer distinct points than k
        centres.append(rng.choices(points, weights=weights)[0])
    return centres


def _fill_empty(points: Sequence[Vector], labels: list[int], centres: Sequence[Vector]) -> None:
    """Give an empty cluster the point that lies farthest from its own centre, of those that leave none empty behind."""
    for empty in range(len(centres)):
        sizes = Counter(labels)
        if sizes[empty]:
            continue
        movable = [i for i in range(len(points)) if sizes[labels[i]] > 1]
        farthest = max(movable, key=lambda i: (_distance(points[i], centres[labels[i]]), -i))
        labels[farthest] = empty


def _nearest(point: Vector, centres: Sequence[Vector]) -> int:
    return min(range(len(centres)), key=lambda c: (_distance(point, centres[c]), c))


def _mean(points: Sequence[Vector]) -> Vector:
    return tuple(fmean(column) for column in zip(*points, strict=True))


def _distance(a: Vector, b: Vector) -> float:
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def _edges(nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.AST, ast.AST]]:
    for node in nodes:
        for child in ast.iter_child_nodes(node):
            yield node, child


def _bucket(one: str, other: str) -> int:
    """crc32, not hash(): the same in every process."""
    return zlib.crc32(f"{one}/{other}".encode("utf-8", "surrogatepass")) % BUCKETS


def _log(ratio: float) -> float:
    return math.log(max(ratio, 1e-9))
