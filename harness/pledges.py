"""What a run that goes on may do only because this user once said so: another interpreter, a cluster, another server.

An interpreter is started outside every sandbox, a cluster answers with objects that can be code, and a server is sent a
key. A run's folder names them and may come from elsewhere, so that a name in it is not enough: it must be one that this
user began a run with, which is kept as a fingerprint where only this user can write.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import unquote

from harness.errors import UsageError
from harness.private import private_folder
from harness.spec import Spec

SENDS_KEYS = ("base_url=", "key_env=")


def of(spec: Spec) -> Iterator[str]:
    """The names in a specification that need this user's word."""
    if spec.python:
        yield interpreter(spec.python)
    if spec.ray_address:
        yield f"the Ray cluster at {spec.ray_address}"
    for text in (*spec.model.split(","), *spec.roles, *spec.settings):
        if any(word in unquote(text) for word in SENDS_KEYS):
            yield f"the server of {text}"


def interpreter(path: str) -> str:
    return f"the interpreter {path}"


def remember(names: Iterable[str]) -> None:
    """This user began a run with these."""
    for name in names:
        (_known() / _mark(name)).touch(mode=0o600)


def refuse_strange(run: str, names: Iterable[str]) -> None:
    """Before anything of them is used: raises UsageError for what this user never began a run with."""
    for name in names:
        if not (_known() / _mark(name)).exists():
            raise UsageError(
                f"run {run} names {name}, with which you never began a run: look at it, and begin one with it if you "
                "trust it"
            )


def _mark(name: str) -> str:
    return hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()


def _known() -> Path:
    return private_folder("pledges", "XDG_STATE_HOME", ".local/state")
