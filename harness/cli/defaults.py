"""`optimize.toml` in the working folder: defaults for the main job's options and for strategies' knobs; flags win.

    [run]
    strategy = "openevolve"
    max-evaluations = 60

    [strategy.openevolve]
    num_islands = 3

Keys of [run] are the long options without their dashes in front. Left out are those that a folder must not decide for
whoever works in it: no sandbox, code of one's own, somebody's cluster, where a key is sent, what is written where, and
the form of one answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from harness.errors import UnknownName, UsageError
from harness.plugins.references import is_reference

if TYPE_CHECKING:
    from harness.types import JsonObject

FILE = "optimize.toml"
NOT_HERE = (
    "unsafe-no-sandbox", "python", "evaluator", "ray-address", "dry-run", "json", "json-events", "set", "runs", "help",
)  # fmt: skip
SENDS_KEYS = ("base_url=", "key_env=")


def flags_of(command: Any, given: Sequence[str] = (), folder: Path = Path()) -> list[str]:
    """What [run] stands for as words of the command line, to be put before those that were given; of an option that
    may be there several times, those given count alone. Raises UsageError.
    """
    known = _options(command)
    words: list[str] = []
    for key, value in _table(folder / FILE, "run").items():
        name = key.replace("_", "-")
        if name not in known:
            raise UnknownName(f"key of [run] in {folder / FILE}", key, known)
        found = _words(known[name], f"--{name}", value, f"{folder / FILE}, [run] {key}")
        _try(command, found, f"{folder / FILE}, [run] {key}")
        if not (known[name].multiple and any(word.partition("=")[0] in known[name].opts for word in given)):
            words += found
    return words


def knobs_of(strategy: str, folder: Path = Path()) -> tuple[str, ...]:
    """The "knob=value" texts of [strategy.NAME]; every table of the file is checked. Raises UsageError."""
    from harness import registry
    from harness.strategies import known

    tables = _table(folder / FILE, "strategy")
    assigned: tuple[str, ...] = ()
    for name, table in tables.items():
        if name not in known():
            raise UnknownName(f"strategy in {folder / FILE}", name, known())
        if not isinstance(table, dict):
            raise UsageError(f"{folder / FILE}: strategy.{name} is no table: write [strategy.{name}] and knobs below")
        texts = tuple(f"{knob}={_text(value)}" for knob, value in table.items())
        try:
            registry.settings_of(name, texts)
        except UsageError as error:
            raise UsageError(f"{folder / FILE}: {error}") from None
        assigned = texts if name == strategy else assigned
    return assigned


def _table(path: Path, name: str) -> JsonObject:
    """One table of the file; empty where the file or the table is not there."""
    if not path.is_file():
        return {}
    import tomllib

    try:
        whole = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} cannot be read: {error}") from None
    for key in whole:
        if key not in ("run", "strategy"):
            raise UnknownName(f"table in {path}", key, ("run", "strategy"))
    table = whole.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"{path}: {name} is no table: write [{name}] and keys below")
    return table


def _options(command: Any) -> dict[str, Any]:
    """A command's options by their long names."""
    named = ((option, param) for param in command.params for option in param.opts if option.startswith("--"))
    return {option[2:]: param for option, param in named if option[2:] not in NOT_HERE}


def _words(param: Any, option: str, value: Any, where: str) -> list[str]:
    """An option with its value, as it is written on a command line."""
    if isinstance(value, bool) != bool(param.is_flag):
        raise UsageError(f"{where}: {value!r} is not what it takes: {'true or false' if param.is_flag else 'a value'}")
    if param.is_flag:
        return [option] if value else list(param.secondary_opts[:1])
    values = value if param.multiple and isinstance(value, list) else [value]
    if any(isinstance(one, bool | dict | list) for one in values):
        raise UsageError(f"{where}: {value!r} is not what it takes: a text or a number")
    if any(word in unquote(str(one)) for one in values for word in SENDS_KEYS):
        raise UsageError(f"{where}: where a key is sent is said on the command line, not by a file in a folder")
    if any(is_reference(part) for one in values for part in re.split("[=,]", str(one))):
        raise UsageError(f"{where}: code of one's own is named on the command line, not by a file in a folder")
    return [word for one in values for word in (option, str(one))]


def _try(command: Any, words: list[str], where: str) -> None:
    """Raises UsageError when the command does not take these words."""
    try:
        command.make_context("optimize", ["any-target", *words])
    except Exception as error:  # told by what it can do: the command line's library has its own copy of the class
        if not hasattr(error, "format_message"):
            raise
        raise UsageError(f"{where}: {error.format_message()}") from None


def _text(value: Any) -> str:
    """A TOML value as --set takes it."""
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)
