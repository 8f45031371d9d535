"""How a text becomes a run: a job for the sandbox, built before it where the language needs that.

A build happens in a room of its own, where there is the text, the compiler and nothing else of the machine, under its
own limits; what comes of it is the only thing that goes on into the run, where it cannot be written to.
"""

from __future__ import annotations

import hashlib
import re
from collections import OrderedDict
from collections.abc import Mapping
from threading import Lock

from harness import languages
from harness.sandbox import toolchains
from harness.types import Interpreter, Job, JobResult, Limits, Sandbox, Target

BUILT = "program"  # the file that a build leaves behind
BUILD_LIMITS = Limits(wall_s=240.0, cpu_s=60.0, memory_mib=2048, output_bytes=1 << 20, writes_mib=64)
LINKING = (
    "-static",
    "-s",
    "-w",
    "-fno-lto",
    "-fno-use-linker-plugin",
    "-fno-diagnostics-show-caret",
    "-fmax-errors=3",
    "-o",
    BUILT,
)
KEPT = 24  # built programs
KEPT_BYTES = 64 << 20  # of them together: most have about 1 MB, but a text can ask for as much as a build may write
_ERROR = re.compile(r"^candidate\.c:(\d{1,6}):\d+: (?:fatal )?error: (.*)$", re.MULTILINE)
_SAID_BY_THE_TEXT = re.compile(r"(declared with attribute error|is unavailable|is deprecated): .*")
_UNDEFINED = re.compile(r"undefined reference to `(\w{1,40})'")


class NotBuilt(Exception):
    """A text that the compiler refuses. result: how the compiler ended. The words are safe to show."""

    def __init__(self, words: str, result: JobResult) -> None:
        super().__init__(words)
        self.result = result


def program_name(target: Target) -> str:
    """The file that holds a program's text."""
    return f"candidate{languages.of(target).suffix}"


def runs_on(target: Target) -> Interpreter | None:
    """What its programs run on, or are built with; None for the harness's own interpreter.

    Raises BadTarget when what the target's language needs is not on this machine.
    """
    if target.language == "python":
        return target.python
    found = toolchains.find(target.rules.imports, target.flags)
    return Interpreter(path=found.path, name=f"{found.name} {' '.join(target.flags)}".strip(), build=found.build)


class Launching:
    """Makes the jobs of one target. Builds are kept by content; thread-safe."""

    def __init__(self, target: Target, sandbox: Sandbox) -> None:
        self._target = target
        self._sandbox = sandbox
        self._built: OrderedDict[str, bytes] = OrderedDict()
        self._building = Lock()

    def job(self, source: str, files: Mapping[str, bytes], limits: Limits, core: int | None) -> Job:
        """A run of a program, its knobs turned already. Raises NotBuilt."""
        target = self._target
        if target.language == "python":
            name = program_name(target)
            return Job(
                command=_command(target, name),
                files={**files, name: source.encode()},
                imports=target.rules.imports,
                python=target.python,
                limits=limits,
                core=core,
            )
        return Job(
            command=_command(target, f"./{BUILT}"),
            files={**files, BUILT: self.build(source, core)},
            programs=(BUILT,),
            limits=limits,
            core=core,
        )

    def ready(self, source: str, core: int | None) -> None:
        """See to it that nothing is left to be built when the program is timed. A failure is for job to tell."""
        if self._target.language != "python":
            try:
                self.build(source, core)
            except NotBuilt:
                return

    def build(self, source: str, core: int | None) -> bytes:
        """The program that the compiler makes. Raises NotBuilt."""
        key = hashlib.sha256(source.encode()).hexdigest()
        with self._building:
            if key not in self._built:
                self._built[key] = self._compiled(source, core)
                while len(self._built) > KEPT or (len(self._built) > 1 and self._size() > KEPT_BYTES):
                    self._built.popitem(last=False)
            self._built.move_to_end(key)
            return self._built[key]

    def _size(self) -> int:
        return sum(map(len, self._built.values()))

    def _compiled(self, source: str, core: int | None) -> bytes:
        toolchain = toolchains.find(self._target.rules.imports, self._target.flags)
        name = program_name(self._target)
        result = self._sandbox.run(
            Job(
                command=(toolchain.path, *self._target.flags, *LINKING, name, "-lm"),
                files={name: source.encode()},
                toolchain=toolchain,
                limits=BUILD_LIMITS,
                core=core,
            )
        )
        if result.end == "exit" and result.code == 0 and BUILT in result.written:
            return result.written[BUILT]
        raise NotBuilt(_complaint(result), result)


def _command(target: Target, program: str) -> tuple[str, ...]:
    return tuple(word.replace("{program}", program) for word in target.command)


def _complaint(result: JobResult) -> str:
    """What the compiler minds, with nothing in it that a text could put there at length."""
    text = result.stderr.decode("utf-8", "replace")
    said = [f"line {line}: {_own_words(message)}" for line, message in _ERROR.findall(text)]
    said += [f"undefined: {name}" for name in dict.fromkeys(_UNDEFINED.findall(text))]
    if said:
        return f"does not build: {'; '.join(said[:3])}"
    return f"does not build: the compiler ended with {result.reason}"


def _own_words(message: str) -> str:
    if message.startswith("#error"):
        return "#error"
    if message.endswith(": No such file or directory"):
        return "no such header here"
    message = _SAID_BY_THE_TEXT.sub(r'\1: "..."', message)
    message = re.sub(r'"[^"]*"?', '"..."', message)
    return re.sub(r"'([^']{41,})'", "'...'", message)[:160]
