"""Which flags of the compiler a target may name: those that say how a program is read and built.

The compiler is asked about its headers outside every sandbox, with these flags. Others name programs, plug-ins or files
(-B, -wrapper, -fplugin, -specs, -include), and a target may come from anybody. Source: ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from harness.errors import BadTarget

_ALLOWED = re.compile(
    r"-O[0-3sgz]?|-Ofast|-std=[\w:+]+|-ansi|-m[\w.=+-]+|-D\w+(?:=[\w.+-]*)?|-U\w+"
    r"|-W(?![alp],)[\w=+-]*|-w|-pedantic(?:-errors)?|-g\d?"
    r"|-f(?!plugin|lto|profile|auto-profile|branch|dump|use-ld|wpa|compare-debug|callgraph|save-|stack-usage)[\w.=+-]+"
)


def refuse_strange(flags: Iterable[str]) -> None:
    """Raises BadTarget for the first flag that could name a program or a file."""
    for flag in flags:
        if not _ALLOWED.fullmatch(flag):
            raise BadTarget(
                f"flags {flag!r} is not allowed: only how a program is read and built, as -O2, -std=gnu11, "
                "-march=native, -ffast-math, -DNAME=1"
            )
