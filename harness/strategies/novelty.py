"""How alike two programs are once comments, doc strings and layout are taken away."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable

from harness import parsing

Changes = Counter[tuple[str, str]]


def normalised(source: str) -> list[str]:
    """The program's lines as the parser sees them; its own lines, stripped, when it does not parse."""
    try:
        tree = parsing.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [line for line in map(str.strip, source.splitlines()) if line]
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [s for s in node.body if not _is_text(s)] or [ast.Pass()]
    return ast.unparse(tree).splitlines()


def changes(source: str, baseline: str) -> Changes:
    """The lines that `source` has more of, or fewer, than the baseline."""
    new, old = Counter(normalised(source)), Counter(normalised(baseline))
    found: Changes = Counter()
    found.update({("+", line): count for line, count in (new - old).items()})
    found.update({("-", line): count for line, count in (old - new).items()})
    return found


def similarity(a: Changes, b: Changes) -> float:
    """The share of two programs' changes that they have in common: 1.0 for the same changes, 0.0 for none shared.

    Changes are compared, not whole programs: all programs here descend from one, and one line can be the whole idea.
    """
    union = sum((a | b).values())
    return sum((a & b).values()) / union if union else 1.0


def nearest(own: Changes, others: Iterable[Changes]) -> float:
    """How alike `own` is to the most similar of `others`; 0.0 when there are none."""
    return max((similarity(own, other) for other in others), default=0.0)


def _is_text(statement: ast.stmt) -> bool:
    return (
        isinstance(statement, ast.Expr)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    )
