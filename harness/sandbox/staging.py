"""A copy of an interpreter with nothing but the modules that a program may import, to be shown in a room as /py.

What is not staged does not exist inside: no ctypes, no subprocess, no socket unless they are asked for. The copy also
serves interpreters that the room's user could not read (a private home) and hides where the real one lives.

Layout: `bin/python3.N`, `lib/*.so*` (shared libraries), `lib/python3.N/` (modules as byte code), `.../lib-dynload/`
(extension modules). Stages live in a cache under names that are digests of their content, so that an upgraded
interpreter gets a new one; binaries are shared between stages by hard links.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.errors import SandboxError
from harness.sandbox import leases
from harness.sandbox.leases import DRAFT, Lease

INSIDE = "/py"
OLDEST = (3, 11)
FORMAT = "1"  # change it whenever the layout changes
LIBRARY_LINE = re.compile(r"^\s*(\S+)(?: => (\S+))? \(0x[0-9a-f]+\)$", re.MULTILINE)


class BadInterpreter(SandboxError):
    """The interpreter or the list of imports cannot be staged, whatever the backend."""


@dataclass(frozen=True, slots=True)
class Stage:
    """A staged interpreter. loader: (path inside the stage, path where the kernel looks for it), None if static.

    held: keeps it from being cleared away while it is used.
    """

    folder: Path
    program: str  # as seen inside
    loader: tuple[Path, str] | None
    held: Lease = field(compare=False, repr=False)

    @property
    def environment(self) -> dict[str, str]:
        """What the interpreter needs to find itself inside."""
        return _environment(INSIDE)

    def in_place(self) -> tuple[str, dict[str, str]]:
        """The program and its environment for a room that shows the stage where it really is."""
        return str(self.folder) + self.program.removeprefix(INSIDE), _environment(str(self.folder))


def _environment(home: str) -> dict[str, str]:
    return {"PYTHONHOME": home, "PYTHONPLATLIBDIR": "lib", "LD_LIBRARY_PATH": f"{home}/lib"}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What goes into a stage: path inside it -> file of this machine, to copy or to compile."""

    program: str
    interpreter: str | None  # the dynamic loader's path as the program names it
    copies: Mapping[str, Path]
    sources: Mapping[str, Path]

    def digest(self) -> str:
        """Names the stage by everything that is in it."""
        total = hashlib.sha256(f"{FORMAT} {self.program} {self.interpreter}\n".encode())
        for name, path in sorted({**self.copies, **self.sources}.items()):
            total.update(f"{name} {_digest(path)}\n".encode())
        return total.hexdigest()[:32]


def stage(python: str, imports: Sequence[str], cache: Path) -> Stage:
    """The stage of an interpreter and the closure of imports; made when the cache does not have it yet.

    Raises BadInterpreter when the interpreter is not usable or has no such module.
    """
    plan = _plan(python, imports)
    folder = _below(cache, "stages") / plan.digest()
    held = leases.lease(folder)
    while held is None:
        _build(python, plan, folder, cache)
        held = leases.lease(folder)
        leases.prune(cache)  # where something was added, something may have to go
    loader = (folder / "lib" / Path(plan.interpreter).name, plan.interpreter) if plan.interpreter else None
    return Stage(folder, f"{INSIDE}/{plan.program}", loader, held)


def stage_tool(program: Path, cache: Path) -> Path:
    """A copy of a wheel's program (with the libraries that its wheel brings) where any user may run it."""
    site = program.parents[2]
    libraries = site / f"{program.parents[1].name}.libs"
    files = {program.relative_to(site): program}
    files.update({file.relative_to(site): file for file in sorted(libraries.glob("*"))})
    total = hashlib.sha256("".join(f"{name} {_digest(path)}\n" for name, path in files.items()).encode())
    folder = _below(cache, "tools") / total.hexdigest()[:32]
    if not folder.is_dir():
        with _Draft(folder) as draft:
            for name, path in files.items():
                _copy(path, draft / name)
    return folder / program.relative_to(site)


def private_folder(path: Path, mode: int) -> Path:
    """A folder that is ours alone to write to; made if missing, whatever the umask.

    Raises SandboxError when someone else owns it or may write to it: what is staged there would be theirs to change.
    """
    try:
        path.mkdir(mode=mode, parents=True, exist_ok=True)
        found = path.lstat()
    except OSError as error:
        raise SandboxError(f"{path} cannot be made a cache ({error.strerror}): make it a writable folder") from None
    ours = stat.S_ISDIR(found.st_mode) and found.st_uid == os.geteuid()
    if not ours or found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SandboxError(f"{path} must be a folder that only its owner, the present user, may write to: remove it")
    if stat.S_IMODE(found.st_mode) != mode:
        path.chmod(mode)
    return path


def _below(cache: Path, name: str) -> Path:
    """A folder in the cache with the cache's own mode."""
    return private_folder(cache / name, stat.S_IMODE(cache.stat().st_mode))


# --- What to stage ----------------------------------------------------------------------------------------------------


def _plan(python: str, imports: Sequence[str]) -> _Plan:
    answer = _ask(python, imports)
    executable, version = Path(answer["executable"]), answer["version"]
    library = f"lib/python{version[0]}.{version[1]}"
    copies: dict[str, Path] = {f"bin/python{version[0]}.{version[1]}": executable}
    sources: dict[str, Path] = {}
    codecs = [(f"encodings.{file.stem}", str(file), False) for file in Path(answer["encodings"]).glob("[a-z]*.py")]
    for name, origin, package in [*answer["modules"], *codecs]:
        path = Path(origin)
        if path.suffix == ".py":
            inner = name.replace(".", "/") + ("/__init__" if package else "")
            sources[f"{library}/{inner}.pyc"] = path
        else:
            copies[f"{library}/lib-dynload/{path.name}"] = path
    binaries = list(copies.values())
    interpreter, shared = shared_libraries(binaries[0], binaries[1:])
    copies.update({f"lib/{name}": path for name, path in shared.items()})
    return _Plan(f"bin/python{version[0]}.{version[1]}", interpreter, copies, sources)


def _ask(python: str, imports: Sequence[str]) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run([python, "-I", "-S", "-B", _probe(), "list", *imports]))
    if tuple(answer["version"][:2]) < OLDEST:
        found = ".".join(map(str, answer["version"]))
        raise BadInterpreter(f"{python} is Python {found}: {OLDEST[0]}.{OLDEST[1]} or newer is needed")
    if answer["missing"]:
        raise BadInterpreter(f"{answer['missing'][0]!r} is not a standard module of {python}: take it off the imports")
    return answer


def shared_libraries(executable: Path, extensions: Sequence[Path]) -> tuple[str | None, dict[str, Path]]:
    """(the loader's path, {name: file}) of all libraries, as the dynamic loader itself resolves them."""
    loader, libraries = None, {}
    listing = run([str(executable)], LD_TRACE_LOADED_OBJECTS="1")
    for name, path in LIBRARY_LINE.findall(listing):
        if name.startswith("/"):
            loader = name
            libraries[Path(name).name] = Path(name)
        elif path:
            libraries[name] = Path(path)
    if loader is None:
        return None, {}
    for extension in extensions:
        found = LIBRARY_LINE.findall(run([loader, "--list", str(extension)]))
        libraries.update({name: Path(path) for name, path in found if path and not name.startswith("/")})
    return loader, libraries


def run(command: Sequence[str], stdin: str = "", **environment: str) -> str:
    """Standard output of a trusted helper, which gets nothing of this process's environment but library paths."""
    kept = {name: os.environ[name] for name in ("LD_LIBRARY_PATH", "PATH", "PYENV_VERSION") if name in os.environ}
    try:
        done = subprocess.run(
            command, input=stdin, env={**kept, **environment}, capture_output=True, text=True, timeout=120, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise BadInterpreter(f"{command[0]} cannot be run ({error}): name a Python 3.11 or newer") from None
    if done.returncode:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise BadInterpreter(f"{command[0]} cannot be staged ({last}): name a working Python 3.11 or newer")
    return done.stdout


def _probe() -> str:
    return str(Path(__file__).with_name("probe.py"))


# --- Making it --------------------------------------------------------------------------------------------------------


class _Draft:
    """A folder that gets its real name only when it is complete; the first of several makers wins."""

    def __init__(self, final: Path) -> None:
        self.final = final

    def __enter__(self) -> Path:
        self.folder = Path(tempfile.mkdtemp(prefix=DRAFT, dir=self.final.parent))
        return self.folder

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            if kind is None:
                self.folder.chmod(0o755)
                self.folder.rename(self.final)
        except OSError:
            if not self.final.is_dir():  # otherwise someone else has just made the same
                raise
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)


def _build(python: str, plan: _Plan, folder: Path, cache: Path) -> None:
    objects = _below(cache, "objects")
    with _Draft(folder) as draft:
        for name, path in plan.copies.items():
            _place(path, draft / name, objects)
        jobs = [(str(path), str(draft / name), f"{INSIDE}/{name[:-1]}") for name, path in plan.sources.items()]
        for _, target, _ in jobs:
            Path(target).parent.mkdir(parents=True, exist_ok=True)
        (draft / plan.program.replace("bin/", "lib/") / "lib-dynload").mkdir(parents=True, exist_ok=True)
        run([python, "-I", "-S", "-B", _probe(), "compile"], stdin=json.dumps(jobs))
        _open_to_readers(draft)


def _place(source: Path, target: Path, objects: Path) -> None:
    """One copy of each binary in the cache, however many stages show it."""
    kept = objects / _digest(source)
    target.parent.mkdir(parents=True, exist_ok=True)
    while not target.exists():
        if not kept.exists():
            handle, draft = tempfile.mkstemp(prefix=DRAFT, dir=objects)
            os.close(handle)
            _copy(source, Path(draft))
            Path(draft).replace(kept)
        with suppress(FileNotFoundError):  # cleared away by another process since
            os.link(kept, target)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)


def _open_to_readers(folder: Path) -> None:
    """Whatever the umask: others may read what is staged, and only its owner may write."""
    for parent, folders, files in os.walk(folder):
        for name in folders:
            (Path(parent) / name).chmod(0o755)
        for name in files:
            (Path(parent) / name).chmod(0o755)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
