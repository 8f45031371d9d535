"""Python: read by its own parser, knobs found on the syntax tree (harness.knobs)."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence

from harness import knobs, parsing
from harness.errors import BadTarget
from harness.types import Knob


class Python:
    """The Language of the vocabulary, for Python."""

    name = "python"
    suffix = ".py"
    nothing = ""
    compiled = False
    command: tuple[str, ...] = ("{python}", "{program}")
    knobs: tuple[str, ...] = ("assign", "call", "format")

    def complaint(self, source: str) -> str | None:
        try:
            parsing.parse(source)
        except (SyntaxError, ValueError) as error:
            line = f" line {error.lineno}" if isinstance(error, SyntaxError) else ""
            return f"{line} does not parse: {getattr(error, 'msg', error)}".strip()
        return None

    def locate(self, source: str, knobs_: Sequence[Knob]) -> list[str]:
        return knobs.locate(source, knobs_)

    def turn(self, source: str, knobs_: Sequence[Knob], settings: Mapping[str, str]) -> str:
        return knobs.turn(source, knobs_, settings)

    def nudged(self, source: str, call: str, towards: str) -> str:
        data = source.encode()
        starts = [0, *(i + 1 for i, byte in enumerate(data) if byte == ord("\n"))]
        calls = [n for n in ast.walk(parsing.parse(source)) if isinstance(n, ast.Call) and ast.unparse(n.func) == call]
        if not calls:
            raise BadTarget(f"promise.nudge {call!r}: the program never calls it; name the call that draws its weights")
        spots = [
            (starts[n.lineno - 1] + n.col_offset, starts[(n.end_lineno or n.lineno) - 1] + (n.end_col_offset or 0))
            for n in calls
        ]
        for start, end in sorted(spots, reverse=True):
            moved = b"__import__('math').nextafter(" + data[start:end] + b", " + f"float('{towards}')".encode() + b")"
            data = data[:start] + moved + data[end:]
        return data.decode()
