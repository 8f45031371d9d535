"""What a newcomer hands over: a program, its arguments, its standard input, and the folder that it lies in."""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from harness import parsing
from harness.errors import BadTarget
from harness.targets.program import LARGEST_INPUT, read_original

MOST_FILES = 2000
PASSED_OVER = ("__pycache__", "node_modules", "runs", "site-packages")
STDIN = "stdin.txt"  # the name that what comes in gets in the target's folder

# Runs a program with a file as its standard input: part of a command, since a room's own standard input is empty. The
# file is not there when only the interpreter's own memory is asked for.
FEED = """\
import posix, sys
program, file = sys.argv[1:3]
if file in posix.listdir():
    posix.dup2(posix.open(file, posix.O_RDONLY), 0)
sys.argv = [program, *sys.argv[3:]]
__file__ = program
exec(compile(open(program, encoding="utf-8").read(), program, "exec"))
"""


@dataclass(frozen=True, slots=True)
class Given:
    """A program as its author runs it. beside: files of its folder that it may want, by relative name."""

    path: Path
    source: str
    arguments: tuple[str, ...]
    stdin: bytes | None
    beside: dict[str, Path]

    @property
    def command(self) -> tuple[str, ...]:
        """As in a target.toml."""
        if self.stdin is None:
            return ("{python}", "{program}", *self.arguments)
        return ("{python}", "-c", FEED, "{program}", STDIN, *self.arguments)

    def read(self, name: str) -> bytes:
        """One input. Raises BadTarget when it is too large."""
        if name == STDIN and self.stdin is not None:
            return self.stdin
        path = self.beside[name]
        if path.stat().st_size > LARGEST_INPUT:
            raise BadTarget(
                f"input file {path} is larger than {LARGEST_INPUT >> 20} MiB: give the program a smaller one"
            )
        return path.read_bytes()


def given(program: Path, arguments: tuple[str, ...], stdin: Path | None) -> Given:
    """Raises BadTarget for a program that is missing, does not parse, or wants what no candidate gets."""
    source = read_original(program)
    _check_imports(source, program)
    return Given(program, source, arguments, _content(stdin) if stdin else None, dict(_beside(program)))


def _content(stdin: Path) -> bytes:
    try:
        return stdin.read_bytes()
    except OSError as error:
        raise BadTarget(f"standard input {stdin} cannot be read: {error.strerror}") from None


def _beside(program: Path) -> Iterator[tuple[str, Path]]:
    """Plain files of the program's folder and those below it; nothing hidden, no other project's belongings."""
    top, count = program.resolve().parent, 0
    for folder, folders, files in os.walk(top):
        here = Path(folder)
        folders[:] = sorted(f for f in folders if not _foreign(here / f))
        for name in sorted(files):
            path = here / name
            if name.startswith(".") or path.is_symlink() or not path.is_file() or path == program.resolve():
                continue
            count += 1
            if count > MOST_FILES:
                return
            yield path.relative_to(top).as_posix(), path


def _foreign(folder: Path) -> bool:
    marks = ("pyvenv.cfg", "target.toml")  # an environment; another target
    return folder.name.startswith(".") or folder.name in PASSED_OVER or any((folder / m).exists() for m in marks)


def _check_imports(source: str, program: Path) -> None:
    """A candidate has one file and the standard library: said here, where it can be said what to do."""
    for line, module in sorted(_imported(source)):
        top = module.split(".")[0]
        if top in sys.stdlib_module_names:
            continue
        where = f"program {program} line {line} imports {module}"
        if module.startswith(".") or (program.parent / f"{top}.py").exists() or (program.parent / top).is_dir():
            raise BadTarget(f"{where}, a file of its own: only single files can be optimized; put both into one")
        raise BadTarget(
            f"{where}, which is not in the standard library: no candidate has it; put the part that takes the time "
            "into a file that does without, and optimize that"
        )


def _imported(source: str) -> Iterator[tuple[int, str]]:
    for node in ast.walk(parsing.parse(source)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.lineno, "." * node.level + (node.module or "")
