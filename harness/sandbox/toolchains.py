"""The compiler of this machine: which one it is, and every file that it needs, so that a room can show those alone.

A header that is not asked for does not exist in the room, nor does any other file of the machine. Programs are linked
statically: what runs them needs no file at all besides its own. Ours; the questions are gcc's own (-print-prog-name,
-print-file-name, -M).
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from harness.errors import BadTarget
from harness.sandbox import staging
from harness.sandbox.flags import refuse_strange
from harness.types import Toolchain

COMPILERS = ("gcc", "cc")
TOOLS = ("cc1", "collect2", "as", "ld")
PARTS = ("crt1.o", "crti.o", "crtbeginT.o", "crtend.o", "crtn.o", "libgcc.a", "libgcc_eh.a", "libc.a", "libm.a")
NEEDED = "install gcc and the C library's static files (Debian: gcc and libc6-dev; Fedora: gcc and glibc-static)"
_MEMBER = re.compile(r"/[^\s()]+\.a\b")
_MINDS = re.compile(r"error: (.{1,200})")
_VERSION = re.compile(r"\b(\d+\.\d+(?:\.\d+)?)\b")


@cache
def find(headers: tuple[str, ...], flags: tuple[str, ...] = ()) -> Toolchain:
    """The system's gcc with these headers, as these flags make it read them.

    Raises BadTarget, in one line, when something of it is not there, or a flag could name a program.
    """
    refuse_strange(flags)
    path = next(filter(None, map(shutil.which, COMPILERS)), None)
    if path is None:
        raise BadTarget(f"programs in C need a compiler, and there is none here: {NEEDED}")
    said = _ask(path, "--version")
    if "Free Software Foundation" not in said:
        raise BadTarget(f"programs in C need gcc, and {path} is {said.splitlines()[0]}: {NEEDED}")
    tools = [path, *(_program(path, name) for name in TOOLS)]
    files = {*tools, *_libraries(tools), *_parts(path), *_headers(path, headers, flags)}
    version = found[-1] if (found := _VERSION.findall(said.splitlines()[0])) else "of an unknown version"
    return Toolchain(path=path, name=f"gcc {version}", build=_digest(files), shown=tuple(sorted(files)))


def _ask(path: str, *words: str, stdin: str = "") -> str:
    """What the compiler answers; it gets nothing of this process's environment but the PATH."""
    environment = {"LC_ALL": "C", "PATH": os.environ.get("PATH", os.defpath)}
    try:
        done = subprocess.run(
            [path, *words], input=stdin, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadTarget(f"{path} cannot be run ({error}): {NEEDED}") from None
    if done.returncode:
        found = _MINDS.search(done.stderr)
        raise BadTarget(f"{path} refuses {words[0]}: {found[1] if found else f'exit code {done.returncode}'}")
    return done.stdout


def _program(path: str, name: str) -> str:
    found = _ask(path, f"-print-prog-name={name}").strip()
    found = found if "/" in found else shutil.which(found) or ""
    if not Path(found).is_file():
        raise BadTarget(f"{path} has no {name}: {NEEDED}")
    return os.path.normpath(found)


def _parts(path: str) -> Iterator[str]:
    """What every program is linked with; a library may be a script that names others."""
    for name in PARTS:
        found = os.path.normpath(_ask(path, f"-print-file-name={name}").strip())
        if not Path(found).is_file():
            raise BadTarget(f"{path} has no {name}: {NEEDED}")
        yield found
        with Path(found).open("rb") as file:
            script = b"" if file.read(8).startswith((b"!<arch>", b"\x7fELF")) else Path(found).read_bytes()
        yield from _MEMBER.findall(script.decode("utf-8", "replace"))


def _headers(path: str, headers: Sequence[str], flags: Sequence[str]) -> Iterator[str]:
    for header in headers:
        if not re.fullmatch(r"[\w-][\w./-]*", header) or ".." in header:
            raise BadTarget(f"rules.imports {header!r} is no header: write stdio.h")
    rule = _ask(path, *flags, "-M", "-x", "c", "-", stdin="".join(f"#include <{header}>\n" for header in headers))
    yield from (os.path.normpath(word) for word in rule.split() if word.startswith("/"))


def _libraries(tools: Sequence[str]) -> Iterator[str]:
    """The shared libraries that the tools themselves are linked with, and their loader."""
    for tool in tools:
        loader, libraries = staging.shared_libraries(Path(tool), ())
        yield from (str(path) for path in libraries.values())
        yield from filter(None, [loader])


def _digest(files: set[str]) -> str:
    total = hashlib.sha256()
    for file in sorted(files):
        found = Path(file).stat()
        total.update(f"{file} {found.st_size} {found.st_mtime_ns}\n".encode())
    return total.hexdigest()[:32]
