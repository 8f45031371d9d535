"""Python's parser, one thread at a time.

Until 3.13, CPython keeps the depth of the tree that it builds in one place for all threads: two that parse at once may
meet "SystemError: AST constructor recursion depth mismatch" over programs in which nothing is wrong.
"""

from __future__ import annotations

import ast
from threading import RLock

_ONE_AT_A_TIME = RLock()


def parse(source: str, name: str = "<program>") -> ast.Module:
    """The syntax tree of a program. Raises SyntaxError, ValueError, RecursionError or MemoryError, as `ast.parse`."""
    with _ONE_AT_A_TIME:
        return ast.parse(source, name)
