"""The project's pages, and what in them can be checked."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md")), ROOT / "runs/README.md"]
_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.S | re.M)
_INLINE = re.compile(r"`([^`\n]+)`")


def blocks(page: Path, language: str | None = None) -> list[str]:
    """Fenced blocks, of one language or of all."""
    found = _BLOCK.findall(page.read_text(encoding="utf-8"))
    return [body for named, body in found if language in (None, named)]


def commands(page: Path) -> Iterator[list[str]]:
    """Every `optimize-run ...` that a page tells, in words; alternatives written as `a | b` are left out of one."""
    text = page.read_text(encoding="utf-8")
    lines = [line for block in blocks(page) for line in block.splitlines()]
    lines += _INLINE.findall(_BLOCK.sub("", text))
    for line in lines:
        for told in re.findall(r"(?:^|[\s/$])optimize-run((?:\s[^#&;>]*)?)", line):
            try:
                yield shlex.split(told)
            except ValueError:
                continue  # prose that began like a command


def links(page: Path) -> Iterator[str]:
    """Relative links, without the part after #."""
    for link in re.findall(r"\]\(([^)\s]+)\)", _BLOCK.sub("", page.read_text(encoding="utf-8"))):
        if not re.match(r"[a-z]+:|#", link):
            yield link.partition("#")[0]
