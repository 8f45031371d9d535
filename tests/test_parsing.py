"""The parser in many threads at once, while the collector runs finalizers in the middle of it."""

from __future__ import annotations

import ast
import gc
import sys
from concurrent.futures import ThreadPoolExecutor

from harness import parsing

LONG = "".join(f"y{i} = [f(a.b[{i}]), (1, (2, (3, {{4: 5}}))), lambda x: x + 1]\n" for i in range(150))


class Finalized:
    """In a cycle, so that the collector ends it, with Python code: there threads change."""

    def __init__(self) -> None:
        self.itself = self

    def __del__(self) -> None:
        sum(i for i in range(20))


def parse(source: str) -> ast.Module:
    for _ in range(30):
        Finalized()
    return parsing.parse(source)


def test_many_threads_parse_at_once_and_none_fails() -> None:
    """With `ast.parse` in place of ours it failed in three tries of three on 3.11."""
    before, thresholds = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(1e-6)
    gc.set_threshold(20)
    try:
        with ThreadPoolExecutor(4) as pool:
            trees = list(pool.map(parse, [LONG] * 12))
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*thresholds)
    assert all(isinstance(tree, ast.Module) for tree in trees)
