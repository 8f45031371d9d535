"""Programs: reading one, and making a target of one that has no target.toml."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from harness import languages, parsing
from harness.errors import BadTarget
from harness.types import Limits, Objective, Promise, Rules, Target, Workload

MODULES_OF_ANY_PROGRAM = (
    "abc", "array", "base64", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "gc", "hashlib", "heapq", "io", "itertools", "json", "math", "operator", "os", "random",
    "re", "statistics", "string", "struct", "sys", "textwrap", "time", "typing", "unicodedata", "zlib",
)  # fmt: skip
LARGEST_INPUT = 64 << 20


def read_program(path: Path) -> str:
    """A program's text, refused when it is missing, not UTF-8 or does not parse."""
    try:
        source = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise BadTarget(f"program {path} does not exist") from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadTarget(f"program {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadTarget(f"program {path} is not UTF-8 text") from None
    if complaint := languages.by_suffix(path.name).complaint(source):
        raise BadTarget(f"program {path} {complaint}")
    return source


def read_original(path: Path) -> str:
    """The text of a Python program that is to be optimized: refused, too, when there is no statement in it."""
    source = read_program(path)
    if not parsing.parse(source).body:
        raise BadTarget(f"program {path} has no statement: there is nothing to optimize")
    return source


def from_program(path: Path) -> Target:
    """A target for a plain .py file: the promise is the same standard output, exit code and written files."""
    source = read_original(path)
    files = {name: name for name in named_files(source, path.parent)}
    return Target(
        name=_slug(path.stem),
        folder=path.resolve().parent,
        title=path.name,
        source=source,
        command=("{python}", "{program}"),
        rules=Rules(
            imports=tuple(sorted({*MODULES_OF_ANY_PROGRAM, *imports_of(source, path)})),
            inputs=tuple(files),
            strict=False,
        ),
        knobs=(),
        workloads=(Workload(name="program", stage="measure", hidden=False, generator="file", files=files),),
        promise=Promise(level="exact", files=True),
        objective=Objective(),
        limits=Limits(writes_mib=64),
    )


def _slug(stem: str) -> str:
    return "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in stem.lower()).strip("-") or "program"


def imports_of(source: str, path: Path) -> set[str]:
    """Modules that a program imports; refused when one is not in the standard library, which is all that is staged."""
    found: set[str] = set()
    for node in ast.walk(parsing.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    for module in sorted(found):
        if module.split(".")[0] not in sys.stdlib_module_names:
            raise BadTarget(
                f"program {path} imports {module}: only single files that use the standard library can be optimized"
            )
    return found


def named_files(source: str, folder: Path) -> list[str]:
    """Files beside a program that it names in a string: its inputs. A candidate sees nothing else of the folder."""
    strings = {
        node.value
        for node in ast.walk(parsing.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = sorted(
        s for s in strings if s and s == Path(s).name and not s.startswith(".") and len(s) < 200 and "\0" not in s
    )
    found = [name for name in names if (folder / name).is_file()]
    for name in found:
        if (folder / name).stat().st_size > LARGEST_INPUT:
            raise BadTarget(f"input file {folder / name} is larger than {LARGEST_INPUT >> 20} MiB")
    return found
