"""Rooms in which strangers' programs run. `choose` gives the best backend that proves itself on this machine.

A backend is one module with `candidates(python) -> Iterator[Sandbox]`, best first, and a line in BACKENDS. `candidates`
raises SandboxError, with the reason, where there is nothing to try. Running without any sandbox is `without`, which
nothing but a user's own `--unsafe-no-sandbox` may lead to.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from importlib import import_module

from harness import plugins
from harness.errors import SandboxError, UsageError
from harness.sandbox.staging import BadInterpreter
from harness.types import Interpreter, Job, Limits, Sandbox

BACKENDS = {  # by sys.platform, best first
    "linux": {"bubblewrap": "harness.sandbox.bubblewrap", "landlock": "harness.sandbox.landlock"},
    "darwin": {"sandbox-exec": "harness.sandbox.sandbox_exec"},
}
UNSAFE_FLAG = "--unsafe-no-sandbox"
WORD = "ready"
PROOF = Job(
    command=("{python}", "proof.py"),
    files={"proof.py": f"print({WORD!r})\n".encode()},
    limits=Limits(wall_s=30.0, cpu_s=20.0),
)

__all__ = ["BACKENDS", "UNSAFE_FLAG", "Trial", "asked_for", "choose", "is_builtin", "prove", "survey", "without"]


@dataclass(frozen=True, slots=True)
class Trial:
    """What came of trying a backend: a sandbox that has run a tiny program, or why there is none."""

    name: str
    sandbox: Sandbox | None
    failure: str = ""


def prove(sandbox: Sandbox, python: Interpreter) -> None:
    """Raises SandboxError when an interpreter does not run in a sandbox that works with the harness's own."""
    if failure := _failure(sandbox, replace(PROOF, python=python)):
        raise SandboxError(f"{python.name} ({python.path}) does not run in the sandbox: {failure}")


def asked_for(backend: str | None, *, unsafe: bool) -> Sandbox:
    """What a user's command line asks for: the best sandbox, one by its name, or, said in so many words, none."""
    if not unsafe:
        return choose(backend=backend)
    if backend is not None:
        raise UsageError(f"--sandbox {backend} and {UNSAFE_FLAG} are opposites: say one of them")
    return without()


def choose(python: str | None = None, *, backend: str | None = None) -> Sandbox:
    """The best sandbox that has run a tiny program here, for programs of the interpreter `python` (default: this one).

    backend: this one and no other. Raises UsageError when there is no such backend, and SandboxError, in one line that
    says what to install or do, when none works.
    """
    failures: list[str] = []
    for trial in survey(python, backend=backend):
        if trial.sandbox is not None:
            return trial.sandbox
        failures.append(f"{trial.name}: {' '.join(trial.failure.split())}")
    raise SandboxError(_advice(failures, backend))


def survey(python: str | None = None, *, backend: str | None = None) -> Iterator[Trial]:
    """Try the backends of this platform, best first; one that works ends the trials of its own kind, not the survey.

    A backend of the user's is asked for by name, and proves itself like any other.
    """
    if backend is not None and (plugins.looks_like_one(backend) or _is_installed(backend)):
        plugin = plugins.find("sandbox", backend)
        own: Sandbox = plugins.made(plugin, python or sys.executable)
        try:
            failure = _failure(own)
        except Exception as error:
            failure = plugins.place(error)
        yield Trial(plugin.origin.title, own if failure is None else None, failure or "")
        return
    for name, module in _modules(backend).items():
        try:
            for sandbox in import_module(module).candidates(python or sys.executable):
                failure = _failure(sandbox)
                if failure is None:
                    yield Trial(name, sandbox)
                    break
                yield Trial(name, None, f"{sandbox.describe().backend}: {failure}")
        except BadInterpreter:
            raise  # no other backend could do better
        except SandboxError as error:
            yield Trial(name, None, str(error))


def without(python: str | None = None) -> Sandbox:
    """No sandbox: programs run with the user's own rights. Only for a user who has said so, for this run."""
    from harness.sandbox.unconfined import Unconfined

    return Unconfined(python or sys.executable)


def is_builtin(backend: str) -> bool:
    return backend == "none" or any(backend in modules for modules in BACKENDS.values())


def _is_installed(backend: str) -> bool:
    return not is_builtin(backend) and backend in plugins.installed("sandbox")


def _modules(backend: str | None) -> dict[str, str]:
    here = BACKENDS.get(sys.platform, {})
    if backend is None or backend in here:
        return {name: module for name, module in here.items() if backend in (None, name)}
    if backend == "none":
        raise UsageError(f"none is not a sandbox: to run candidates with your own rights, say {UNSAFE_FLAG}")
    places = {name: platform for platform, modules in BACKENDS.items() for name in modules}
    if backend in places:
        raise UsageError(f"sandbox {backend} works on {places[backend]} only: here there is {_listed(list(here))}")
    raise plugins.missing("sandbox", backend, places)


def _listed(names: list[str]) -> str:
    return " or ".join(names) or "none"


def _failure(sandbox: Sandbox, proof: Job = PROOF) -> str | None:
    """What goes wrong when a tiny program is run, or None."""
    try:
        result = sandbox.run(proof)
    except BadInterpreter:
        raise
    except SandboxError as error:
        return str(error)
    proved = result.end == "exit" and result.code == 0 and result.stdout.split() == [WORD.encode()]
    return None if proved else f"{result.reason} {result.stderr[-200:].decode(errors='replace')}".strip()


def _advice(failures: list[str], backend: str | None) -> str:
    if backend is not None:
        return f"no sandbox works here that was asked for ({'; '.join(failures)})"
    if not failures:
        return f"there is no sandbox for {sys.platform} yet: run on Linux, or, with your own rights, with {UNSAFE_FLAG}"
    return (
        f"no sandbox works here ({'; '.join(failures)}); install the system's bubblewrap and allow unprivileged user "
        "namespaces (in a container: --security-opt seccomp=unconfined), or use a kernel with Landlock; "
        f"{UNSAFE_FLAG} runs candidates with your own rights"
    )
