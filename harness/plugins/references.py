"""How a plug-in is written: `./file.py:Name` or `module:Name`; and the short forms that people read."""

from __future__ import annotations

import re
from pathlib import Path

_WHOLE = re.compile(r"(?P<where>[^,=]+\.py|[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*):(?P<name>[A-Za-z_]\w*)")
_FILE_IN_TEXT = re.compile(r"(?P<where>[^\s,=]+\.py):(?P<name>[A-Za-z_]\w*)")  # within `a=0.5,./b.py:C=0.5`


def is_reference(text: str) -> bool:
    return _WHOLE.fullmatch(text) is not None


def looks_like_one(text: str) -> bool:
    """Whether a file was meant, even where it is not written as it should be."""
    return is_reference(text) or text.endswith(".py") or ".py:" in text


def parts(text: str) -> tuple[str, str]:
    """Where, and the class's name. The text is a reference."""
    where, _, name = text.rpartition(":")
    return where, name


def settled(text: str) -> str:
    """The same with files as absolute paths, so that it means the same from any folder. Takes ensembles and roles."""
    if is_reference(text):
        where, name = parts(text)
        return f"{Path(where).expanduser().resolve()}:{name}" if where.endswith(".py") else text
    return _FILE_IN_TEXT.sub(lambda m: f"{Path(m['where']).expanduser().resolve()}:{m['name']}", text)


def titled(text: str) -> str:
    """What tables show: `mine.py:Mine`, without the folder."""
    if is_reference(text):
        where, name = parts(text)
        return f"{Path(where).name}:{name}" if where.endswith(".py") else text
    return _FILE_IN_TEXT.sub(lambda m: f"{Path(m['where']).name}:{m['name']}", text)


def slug(text: str) -> str:
    """The title as part of a folder's name."""
    return re.sub(r"[^A-Za-z0-9._+-]+", "-", titled(text))
