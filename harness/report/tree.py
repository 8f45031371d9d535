"""A run's candidates as a tree for a terminal: the way to the best runs straight down, everything else hangs off it.

Drawn like this (layout ours): a line of descent keeps its column, so that a long one does not wander off to the right.

    ● 21d8f0c2a9b1  1.00x  the untouched program
    │    tried without success: 2 wrong, 1 crash
    ├─ ○ 77ab12cd34ef  1.02x  not kept: bind a name
    ● 13c63bc3e286  1.31x  kept: turn the collector off
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from harness.report import text
from harness.store.runrecord import RunRecord, Tried
from harness.types import JsonObject

FEW = 40  # so many valid candidates are all drawn; of more, only those that something was made from, and those kept


@dataclass
class Node:
    """A valid candidate with those made from it, in the order of their orders, and what came of the failed tries."""

    id: str
    parent: str | None
    tried: Tried | None  # None: the baseline
    on_path: bool
    children: list[Node] = field(default_factory=list)
    failures: Counter[str] = field(default_factory=Counter)
    again: int = 0  # answers that were a program which was there already
    left_out: int = 0  # valid ones that are not drawn
    size: int = 1

    @property
    def kept(self) -> bool:
        return self.tried is None or self.tried.kept


def grow(run: RunRecord, path: Sequence[str]) -> dict[str, Node]:
    """Every valid candidate by id, the baseline first. path: the ids that are marked. A program that came again, and
    one whose parent is not known, hangs where it was first seen, or from the baseline."""
    root = run.start.baseline_id
    nodes = {root: Node(root, None, None, True)}
    for tried in run.tried:
        parent = nodes.get(tried.parents[0] if tried.parents else root, nodes[root])
        if tried.score.status != "ok" or tried.id is None:
            parent.failures[tried.score.status] += 1
        elif tried.id in nodes:
            parent.again += 1
        else:
            spoken = run.leader if tried.id == run.best else run.candidate(tried.id)
            nodes[tried.id] = Node(tried.id, parent.id, spoken, tried.id in path)
            parent.children.append(nodes[tried.id])
    return nodes


def prune(nodes: Mapping[str, Node], everything: bool) -> None:
    """Leave out what nothing came of, when there is too much; and learn how large each branch is."""
    few = everything or len(nodes) <= FEW
    for node in reversed(list(nodes.values())):  # children come after their parents
        drawn = [c for c in node.children if few or c.kept or c.on_path or c.children]
        node.left_out = len(node.children) - len(drawn)
        node.children = drawn
        node.size = 1 + sum(child.size for child in drawn)


def drawn(run: RunRecord, path: Sequence[str], everything: bool = False) -> Iterator[tuple[str, str]]:
    """Lines from top to bottom, each as (text, style of rich)."""
    nodes = grow(run, path)
    prune(nodes, everything)
    yield from _line_of_descent(nodes[run.start.baseline_id], "", "")


def _line_of_descent(first: Node, lead: str, below: str) -> Iterator[tuple[str, str]]:
    """first and its heirs in one column. lead: what stands before first; below: before every line after it."""
    at: Node | None = first
    while at:
        heir = max(at.children, key=lambda child: (child.on_path, child.size), default=None)
        yield f"{lead}{_label(at)}", "bold" if at.on_path else "" if at.kept else "dim"
        lead, rail = below, "│  " if heir else "   "
        if said := _losses(at):
            yield f"{below}{rail}  {said}", "dim"
        for child in at.children:
            if child is not heir:
                yield from _line_of_descent(child, f"{below}├─ ", f"{below}│  ")
        at = heir


def _label(node: Node) -> str:
    if node.tried is None:
        return f"● {node.id}  1.00x  the untouched program"
    verdict = "kept" if node.kept else "not kept"
    reached = text.times(node.tried.score.fitness) if node.tried.score.fitness else "-"
    return f"{'●' if node.on_path else '○'} {node.id}  {reached}  {verdict}: {text.clean(node.tried.note)}"


def _losses(node: Node) -> str:
    failed = ", ".join(f"{n:,} {status}" for status, n in node.failures.most_common())
    parts = [f"tried without success: {failed}"] if failed else []
    parts += [f"{node.again:,} came again"] if node.again else []
    if node.left_out:
        parts.append(f"{node.left_out:,} more that were not kept")
    return "; ".join(parts)


def tree_json(run: RunRecord, path: Sequence[str]) -> list[JsonObject]:
    """Every valid candidate and the baseline, parents before children."""
    return [
        {
            "id": node.id,
            "n": node.tried.n if node.tried else None,
            "parent": node.parent,
            "fitness": node.tried.score.fitness if node.tried else 1.0,
            "kept": node.kept,
            "on_path": node.on_path,
            "failures": dict(node.failures),
            "again": node.again,
        }
        for node in grow(run, path).values()
    ]
