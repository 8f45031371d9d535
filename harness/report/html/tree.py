"""Where each candidate stands in the drawn lineage: the baseline on top, children below, no two branches crossing."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil

COLUMNS = 80  # about as many leaves beside each other as can be told apart
ROOT = -1


def places(parents: Sequence[int]) -> tuple[tuple[float, float], list[tuple[float, float]]]:
    """The baseline's (x, depth) and each candidate's. parents: each one's parent by position, ROOT for the baseline.

    A parent comes before its children. Childless siblings of a large tree are stacked, a column at a time, in
    fractions of a level, so that thousands stay apart without more width.
    """
    children: dict[int, list[int]] = {}
    for position, parent in enumerate(parents):
        if not ROOT <= parent < position:
            raise ValueError(f"candidate {position} has parent {parent}, which does not come before it")
        children.setdefault(parent, []).append(position)
    leaves = sum(position not in children for position in range(len(parents)))
    return _Layout(children, stack=max(ceil(leaves / COLUMNS), 1)).draw(len(parents))


class _Layout:
    def __init__(self, children: dict[int, list[int]], stack: int) -> None:
        self._children = children
        self._stack = stack
        self._columns = 0
        self._x: dict[int, float] = {}
        self._y: dict[int, float] = {ROOT: 0.0}

    def draw(self, count: int) -> tuple[tuple[float, float], list[tuple[float, float]]]:
        """Depth first, with a stack of its own: a lineage may be longer than Python's."""
        visits = [(ROOT, False)]
        while visits:
            node, done = visits.pop()
            if done:
                below = [self._x[child] for child in self._children[node]]
                self._x[node] = (min(below) + max(below)) / 2
            elif node in self._children:
                visits.append((node, True))
                visits += [(child, False) for child in reversed(self._enter(node))]
            else:
                self._x[node] = self._column()
        return (self._x[ROOT], 0.0), [(self._x[node], self._y[node]) for node in range(count)]

    def _enter(self, node: int) -> list[int]:
        """Give the children their depth; the childless ones their place as well. Returns those still to be visited."""
        depth = float(int(self._y[node])) + 1
        branches = [child for child in self._children[node] if child in self._children]
        leaves = [child for child in self._children[node] if child not in self._children]
        self._y.update(dict.fromkeys(branches, depth))
        for k, leaf in enumerate(leaves):
            if k % self._stack == 0:
                column = self._column()
            self._x[leaf] = column
            self._y[leaf] = depth + 0.8 * (k % self._stack) / self._stack
        return branches

    def _column(self) -> float:
        self._columns += 1
        return float(self._columns - 1)
