"""A program's first run in the sandbox, watched: what it opens, and what it wants that no candidate gets."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from harness.drafting.sources import STDIN, Given
from harness.drafting.watcher import REPORT
from harness.errors import BadTarget, BaselineError
from harness.judging.verdicts import tail
from harness.targets.program import MODULES_OF_ANY_PROGRAM, imports_of
from harness.types import Job, JobResult, Limits, Sandbox

PROGRAM = "candidate.py"
WATCHER = "optimize-run-watcher.py"
MOST_BYTES = 64 << 20  # of everything that lies beside a program; beyond it, only what the program names is shown to it
FIRST = Limits(wall_s=600.0, cpu_s=300.0, memory_mib=4096, output_bytes=8 << 20, writes_mib=64)
SIGSYS = 31

WANTS = {  # what is refused -> what to do instead
    "network": "uses the network, and a candidate has none: save what it fetches to a file beside it, and read that",
    "process": "starts another process, which no candidate may: do the work in the program itself",
    "thread": "starts a thread, which no candidate may: do the work in the main one",
}
# Modules of the standard library that are there for such a thing; some ask for it as soon as they are imported.
FOR = {
    "network": ("asyncio", "ftplib", "http", "imaplib", "poplib", "smtplib", "socket", "socketserver", "ssl", "urllib"),
    "process": ("multiprocessing", "pty", "subprocess"),
    "thread": ("_thread", "concurrent", "threading"),
}
STDIN_WANTED = "reads its standard input: name a file that is to be it, --stdin FILE"
_STDIN = re.compile(r"\bsys\.stdin\b|\binput\(|\bfileinput\b")


@dataclass(frozen=True, slots=True)
class Observed:
    """inputs: names of the files that it reads, relative to its folder. stdout: what it printed among all of them."""

    inputs: tuple[str, ...]
    stdout: bytes
    cpu_s: float
    wall_s: float


def imports_for(given: Given) -> tuple[str, ...]:
    """Modules that a rewrite of this program may use."""
    return tuple(sorted({*MODULES_OF_ANY_PROGRAM, *imports_of(given.source, given.path)}))


def observe(given: Given, sandbox: Sandbox) -> Observed:
    """Run it once, with everything beside it that is not too much.

    Raises BadTarget when it wants what no candidate gets, and BaselineError when it fails by itself.
    """
    files = {name: given.read(name) for name in _offered(given)}
    if given.stdin is not None:
        files[STDIN] = given.stdin
    watcher = Path(__file__).with_name("watcher.py").read_bytes()
    result = sandbox.run(
        Job(
            command=("{python}", WATCHER, STDIN if given.stdin is not None else "-", PROGRAM, *given.arguments),
            files={**files, PROGRAM: given.source.encode(), WATCHER: watcher},
            imports=imports_for(given),
            limits=FIRST,
        )
    )
    events = list(_events(result))
    _refuse_wants(given, events)
    _refuse_failure(given, result)
    inputs = [*_inputs(files, events), *([STDIN] if given.stdin is not None else [])]
    return Observed(tuple(sorted(set(inputs))), result.stdout, result.cpu_s, result.wall_s)


def _offered(given: Given) -> Sequence[str]:
    """What of the folder is laid beside the program: all of it, or what the program or its arguments name."""
    if sum(path.stat().st_size for path in given.beside.values()) <= MOST_BYTES:
        return list(given.beside)
    words = {*given.arguments, *re.findall(r"""["']([^"'\n]+)["']""", given.source)}
    return [name for name in given.beside if name in words or PurePosixPath(name).name in words]


def _events(result: JobResult) -> Iterator[tuple[str, str]]:
    for line in result.written.get(REPORT, b"").decode("utf-8", "replace").splitlines():
        event, _, what = line.partition("\t")
        yield event, what


def _inputs(files: dict[str, bytes], events: list[tuple[str, str]]) -> Iterator[str]:
    """Of the files that lay there, those that were read, and those in folders that were listed."""
    for event, what in events:
        name = _relative(what, files)
        if event == "read" and name in files:
            yield name
        elif event == "list" and name is not None:
            folder = "" if name == "." else f"{name.rstrip('/')}/"
            yield from (file for file in files if file.startswith(folder))


def _relative(path: str, files: dict[str, bytes]) -> str | None:
    """A path as the program gave it, as a name in its work folder: absolute ones are made of `__file__`."""
    plain = PurePosixPath(path)
    if not plain.is_absolute():
        return str(plain) if ".." not in plain.parts else None
    ends = ["/".join(plain.parts[n:]) for n in range(1, len(plain.parts))]
    return next((end for end in ends if end in files), None)


# --- Refusing ---------------------------------------------------------------------------------------------------------


def _refuse_wants(given: Given, events: list[tuple[str, str]]) -> None:
    seen = {event for event, _ in events}
    for event, words in WANTS.items():
        if event in seen:
            raise BadTarget(f"program {given.path} {words}")
    if given.stdin is None and ("stdin" in seen or _STDIN.search(given.source)):
        raise BadTarget(f"program {given.path} {STDIN_WANTED}")


def _refuse_failure(given: Given, result: JobResult) -> None:
    if result.end == "signal" and result.code == SIGSYS:
        modules = {module.split(".")[0] for module in imports_of(given.source, given.path)}
        want = next((want for want, names in FOR.items() if modules & set(names)), None)
        words = WANTS[want] if want else f"asks the system for what no candidate gets ({result.reason})"
        raise BadTarget(f"program {given.path} {words}")
    if result.end != "exit":
        raise BaselineError(f"program {given.path} does not finish in the sandbox: {result.reason}. {tail(result)}")
    if b"Traceback (most recent call last):" not in result.stderr:
        return
    said = tail(result)
    if missing := _outside(said):
        raise BadTarget(
            f"program {given.path} opens {missing}, which a candidate does not see: put the file beside the program "
            "and open it by its name there"
        )
    hint = "" if given.arguments or "argv" not in given.source else "; does it want arguments? --args '...'"
    raise BaselineError(f"program {given.path} fails: {said}{hint}")


def _outside(said: str) -> str | None:
    """The file of another place that could not be opened, by the last line of a traceback."""
    found = re.match(r"(?:FileNotFoundError|PermissionError): .*: '(/[^']+|\.\./[^']+)'$", said)
    return found[1] if found else None
