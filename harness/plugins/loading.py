"""From what a user wrote to a class that keeps its contract, and where it came from."""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from harness.errors import BadPlugin, UnknownName
from harness.plugins.contracts import CONTRACTS, Kind, complaints, complaints_of_instance
from harness.plugins.guards import place
from harness.plugins.references import is_reference, looks_like_one, parts, settled, titled
from harness.types import JsonObject

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a plug-in's code came from, as a run records it. sha256: of its file, "" where it has none.

    by: file, module or entry point. release: the installed distribution and its version, of an entry point.
    """

    kind: Kind
    reference: str
    title: str
    by: str
    file: str
    sha256: str
    release: str = ""

    def record(self) -> JsonObject:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A class that keeps the contract of its kind."""

    made: type[Any]
    origin: Origin


def find(kind: Kind, text: str) -> Plugin:
    """The plug-in that a text names: a reference, or an entry point's name. Raises BadPlugin, in one line."""
    if not is_reference(text):
        if looks_like_one(text):
            raise BadPlugin(f"{kind} {text!r}: name the class too, as in {text.partition(':')[0]}:Mine")
        return _from_entry_point(kind, text)
    where, name = parts(settled(text))
    if where.endswith(".py"):
        module, digest, by = *_file(Path(where)), "file"
    else:
        module, digest, by = *_imported(where), "module"
    origin = Origin(kind, settled(text), titled(text), by, module.__file__ or "", digest)
    return _checked(_named(module, name, titled(text)), origin)


def made(plugin: Plugin, *values: Any, **keywords: Any) -> Any:
    """An instance, checked for what only an instance shows. Raises BadPlugin."""
    contract = CONTRACTS[plugin.origin.kind]
    try:
        found = plugin.made(*values, **keywords)
    except Exception as error:
        raise BadPlugin(f"{_called(plugin.origin)} failed when it was made: {place(error)}") from error
    _refuse(complaints_of_instance(found, contract), plugin.origin)
    return found


# --- Entry points -----------------------------------------------------------------------------------------------------


def installed(kind: Kind) -> dict[str, EntryPoint]:
    """Entry points of a kind's group, by name. Nothing is imported."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=CONTRACTS[kind].group)}


def missing(kind: Kind, text: str, known: Iterable[str]) -> UnknownName:
    """What to raise for a name that is neither built in nor installed."""
    return UnknownName(kind, text, [*known, *installed(kind), f"./FILE.py:{kind.capitalize()}"])


def _from_entry_point(kind: Kind, name: str) -> Plugin:
    point = installed(kind).get(name)
    if point is None:
        raise BadPlugin(f"no {kind} {name!r} is installed: entry points of group {CONTRACTS[kind].group} are asked for")
    module, digest = _imported(point.module)
    release = f"{point.dist.name} {point.dist.version}" if point.dist else ""
    origin = Origin(kind, name, name, "entry point", module.__file__ or "", digest, release)
    return _checked(_named(module, point.attr, point.value), origin)


# --- Modules ----------------------------------------------------------------------------------------------------------


def _imported(name: str) -> tuple[ModuleType, str]:
    """A module of an installed package, and the fingerprint of its file, "" where it has none."""
    try:
        module = import_module(name)
    except Exception as error:
        raise BadPlugin(f"plug-in module {name} cannot be imported: {place(error)}") from error
    return module, fingerprint(Path(module.__file__)) if module.__file__ else ""


def _file(path: Path) -> tuple[ModuleType, str]:
    """The module that a file makes, the same one for the same text; and the fingerprint of the very text that ran."""
    code = _read(path)
    digest = hashlib.sha256(code).hexdigest()
    name = f"optimize_run_plugin_{hashlib.sha256(f'{path} {digest}'.encode()).hexdigest()[:16]}"
    if name not in sys.modules:
        _execute(code, path, name)
    return sys.modules[name], digest


def _execute(code: bytes, path: Path, name: str) -> None:
    module = ModuleType(name)
    module.__file__ = str(path)
    sys.modules[name] = module  # dataclasses and pydantic look their module up there
    try:
        exec(compile(code, str(path), "exec", dont_inherit=True), module.__dict__)
    except SyntaxError as error:
        del sys.modules[name]
        raise BadPlugin(f"plug-in {path.name} line {error.lineno} does not parse: {error.msg}") from None
    except (Exception, SystemExit) as error:
        del sys.modules[name]
        raise BadPlugin(f"plug-in {path.name} cannot be loaded: {place(error)}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise BadPlugin(f"plug-in {path}: {error.strerror}") from None


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, in hex. Raises BadPlugin when it cannot be read."""
    return hashlib.sha256(_read(path)).hexdigest()


def _named(module: ModuleType, name: str, title: str) -> Any:
    found = module
    for attribute in name.split("."):
        if not hasattr(found, attribute):
            own = [key for key, value in vars(module).items() if isinstance(value, type) and not key.startswith("_")]
            raise UnknownName(f"class in {title.rpartition(':')[0]}", name, own)
        found = getattr(found, attribute)
    return found


# --- The contract -----------------------------------------------------------------------------------------------------


def _checked(found: Any, origin: Origin) -> Plugin:
    _refuse(complaints(found, CONTRACTS[origin.kind]), origin)
    return Plugin(found, origin)


def _refuse(said: list[str], origin: Origin) -> None:
    if said:
        raise BadPlugin(f"{origin.title} is no {origin.kind}: {'; '.join(said)}")


def _called(origin: Origin) -> str:
    return f"{origin.kind} {origin.title}"
