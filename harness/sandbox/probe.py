"""Asks an interpreter what a few imports really load. Run as a script by that interpreter with `-I -S -B`.

`probe.py list NAME...` answers on standard output with one JSON object: the interpreter, and the files behind every
module that it loads. `probe.py compile` reads `[[source, target, shown name], ...]` as JSON and writes byte code.
Plain enough for interpreters that are too old, so that they can be told so.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # not from typing, which would count as loaded
if TYPE_CHECKING:
    from typing import Any


def load(names: list[str]) -> list[str]:
    """Import each name; returns the names that cannot be imported."""
    missing = []
    for name in names:
        try:
            __import__(name)
        except ImportError:
            missing.append(name)
    return missing


def in_files(names: list[str]) -> list[tuple[str, str, bool]]:
    """(module, path, is it a package) for loaded modules that live in files; built-in and frozen ones do not."""
    found = set()
    for name in names:
        spec = spec_of(name)
        if spec is not None and spec.has_location and spec.origin not in (None, "frozen"):
            found.add((name, spec.origin, spec.submodule_search_locations is not None))
    return sorted(found)


def spec_of(name: str) -> Any:
    """A loaded module's spec; looked up anew when the module has put another in its place (collections.abc does)."""
    spec = getattr(sys.modules[name], "__spec__", None)
    if spec is None or spec.name == name:
        return spec
    path = getattr(sys.modules.get(name.rpartition(".")[0]), "__path__", None)
    return path and sys.modules["_frozen_importlib_external"].PathFinder.find_spec(name, path)


def describe(names: list[str]) -> None:
    missing = load(names)
    loaded = list(sys.modules)  # before this script imports anything for itself
    import json
    import os

    answer = {
        "missing": missing,
        "modules": in_files(loaded),
        "executable": os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable),
        "version": list(sys.version_info[:3]),
        "encodings": sys.modules["encodings"].__path__[0],
    }
    sys.stdout.write(json.dumps(answer))


def compile_all() -> None:
    import json
    import py_compile

    mode = py_compile.PycInvalidationMode.UNCHECKED_HASH
    for source, target, shown in json.load(sys.stdin):
        py_compile.compile(source, cfile=target, dfile=shown, doraise=True, invalidation_mode=mode)


if __name__ == "__main__":
    if sys.argv[1] == "list":
        describe(sys.argv[2:])
    else:
        compile_all()
