"""The languages that programs may be written in, by name. One file each."""

from __future__ import annotations

from collections.abc import Mapping

from harness.errors import BadTarget, UnknownName
from harness.languages.c import C
from harness.languages.protocol import Language
from harness.languages.python import Python
from harness.types import Target

LANGUAGES: Mapping[str, Language] = {language.name: language for language in (Python(), C())}

__all__ = ["LANGUAGES", "Language", "by_suffix", "named", "of"]


def named(name: str) -> Language:
    """Raises BadTarget for a language that nobody knows here."""
    if name not in LANGUAGES:
        raise BadTarget(str(UnknownName("language", name, LANGUAGES)))
    return LANGUAGES[name]


def of(target: Target) -> Language:
    return LANGUAGES[target.language]


def by_suffix(name: str) -> Language:
    """The language that a file's name tells; Python where it tells none."""
    return next((one for one in LANGUAGES.values() if name.endswith(one.suffix)), LANGUAGES["python"])
