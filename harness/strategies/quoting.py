"""Untrusted text made harmless for a prompt: quoted as data, never able to look like part of the question.

Notes, error messages and programs come from models and from candidates. What they say may be shown; how it is laid out
is ours. Control characters, direction marks and edit markers go; a fence is longer than any run of backticks within.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MARKERS = re.compile(r"[<>=]{5,}|EVOLVE-BLOCK-(?:START|END)")
_BACKTICKS = re.compile(r"`+")
_QUOTE = "> "


@lru_cache(maxsize=1024)  # what was tried is told again and again
def one_line(text: str, limit: int = 300) -> str:
    """`text` on one line of at most `limit` characters, without control characters, backticks or edit markers."""
    plain = text if text.isascii() and text.isprintable() else "".join(" " if _unprintable(c) else c for c in text)
    plain = _MARKERS.sub(" ", plain).replace("`", "'")
    return shortened(" ".join(plain.split()), limit)


def quoted(text: str, limit: int) -> str:
    """`text` as a block quotation of about `limit` bytes of UTF-8 at most; both ends stay, the middle is cut."""
    lines = [one_line(line, 500) for line in middle_cut(text, limit).splitlines()]
    return "\n".join(f"{_QUOTE}{line}".rstrip() for line in lines)


def fenced(text: str, language: str = "") -> str:
    """A fenced block that `text` cannot close."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}{'' if text.endswith(chr(10)) else chr(10)}{fence}"


def shortened(text: str, limit: int) -> str:
    """The first `limit` characters, the last of them an ellipsis when something was cut."""
    return text if len(text) <= limit else f"{text[: limit - 1].rstrip()}…"


def middle_cut(text: str, limit: int) -> str:
    """At most `limit` bytes of `text`, and a line between head and tail that says how much is missing."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= limit:
        return raw.decode()
    half = limit // 2
    head, tail = (part.decode("utf-8", "ignore") for part in (raw[:half], raw[-half:]))
    return f"{head}\n[{len(raw) - 2 * half} bytes left out]\n{tail}"


def whole_lines(text: str, limit: int) -> str:
    """The first lines of `text` that fit in `limit` characters, and a last line that counts the others."""
    lines = text.splitlines(keepends=True)
    kept, size = 0, 0
    while kept < len(lines) and size + len(lines[kept]) <= limit:
        size += len(lines[kept])
        kept += 1
    left = len(lines) - kept
    return text if not left else f"{''.join(lines[:kept])}[{left} more lines]\n"


def _unprintable(character: str) -> bool:
    return unicodedata.category(character)[0] == "C" or character in "\u2028\u2029"
