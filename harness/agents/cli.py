"""A command-line agent at work: started confined, read as it speaks, its evaluations answered, its end seen to."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from harness.agents.confinement import Confinement, environment
from harness.agents.evaluating import Evaluator, refusal
from harness.agents.workfolder import WorkFolder, work_folder
from harness.errors import SandboxError, Unusable
from harness.sandbox import rooms
from harness.types import Brief, Report, SessionEnd, Target, Tools

POLL_S = 0.1
LOOK_S = 1.0  # between looks at how much the agent has written
FOLDER_BYTES = 64 << 20
LINE_BYTES = 4 << 20  # of one event; a longer one is passed over
KEPT_STDERR = 8192
TRANSCRIPT_BYTES = 256 << 10  # the latest of it
GRACE_S = 5.0


@dataclass(frozen=True, slots=True)
class Invocation:
    """How an agent is run. shown: what it needs to see of the machine. key: what must appear in nothing it leaves.

    said: gets each line of its standard output; False: that was the last of its steps.
    """

    words: Sequence[str]
    own: Mapping[str, str]
    shown: Sequence[Path]
    stdin: str
    said: Callable[[bytes], bool]
    key: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the process ended. stopped: why the harness ended it, or "" when it went by itself."""

    code: int
    stopped: str
    end: SessionEnd
    stderr: str
    transcript: str
    source: str | None
    reason: str  # why there is no source
    notes: str


def work(
    brief: Brief, tools: Tools, invocation: Invocation, asked_to_stop: Callable[[], str | None] = lambda: None
) -> Ended:
    """Run an agent to its end in a work folder of its own; nothing of it is left running.

    Raises SandboxError when it cannot be confined.
    """
    confinement = Confinement.found()
    with work_folder(brief.program, brief.papers, _inputs(tools.target), confinement.uid) as folder:
        command = confinement.command(invocation.words, folder.path, invocation.shown)
        watch = _Watch(brief, tools, folder, invocation, asked_to_stop)
        process = _started(command, environment(invocation.own), confinement.uid)
        try:
            watch.follow(process, invocation.stdin.encode())
        finally:
            _kill(process)
        if watch.stderr.startswith(b"bwrap:"):
            words = watch.stderr.decode(errors="replace").splitlines()[0]
            raise SandboxError(f"agent {brief.agent} could not be confined: {words[:300]}")
        source, reason = watch.taken_back()
        return Ended(
            process.returncode,
            watch.stopped,
            watch.end,
            watch.without_key(watch.stderr).decode(errors="replace"),
            watch.transcript.decode(errors="replace"),
            source,
            reason,
            watch.without_key(folder.notes().encode()).decode(),
        )


def report(ended: Ended, **said: object) -> Report:
    """What every command-line agent's report begins with."""
    return Report(
        source=ended.source,
        notes=ended.notes,
        transcript=ended.transcript,
        **said,  # type: ignore[arg-type]
    )


def last_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[-1][:300] if lines else ""


@dataclass
class _Watch:
    """Reads, answers, and keeps the clock."""

    brief: Brief
    tools: Tools
    folder: WorkFolder
    invocation: Invocation
    asked_to_stop: Callable[[], str | None]
    stopped: str = ""
    end: SessionEnd = "done"
    stderr: bytes = b""
    transcript: bytes = b""
    _line: bytearray = field(default_factory=bytearray)
    _deadline: float = 0.0
    _look: float = 0.0

    def follow(self, process: subprocess.Popen[bytes], stdin: bytes) -> None:
        """Until the process has ended or is to be ended."""
        assert process.stdin and process.stdout and process.stderr
        evaluator = Evaluator(self.tools, self.brief.quick_evals)
        self._deadline = time.monotonic() + self.brief.seconds
        with selectors.DefaultSelector() as selector:
            for stream in (process.stdout, process.stderr):
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            os.set_blocking(process.stdin.fileno(), False)
            selector.register(process.stdin, selectors.EVENT_WRITE)
            while process.poll() is None and not self.stopped:
                for key, _ in selector.select(POLL_S):
                    if key.fileobj is process.stdin:
                        stdin = self._feed(process.stdin.fileno(), stdin)
                        if not stdin:
                            selector.unregister(process.stdin)
                            process.stdin.close()
                    elif not self._take(key.fd, key.fileobj is process.stdout):
                        selector.unregister(key.fileobj)
                self._answer(evaluator)
                self._check_limits()
        for stream in (process.stdout, process.stderr):  # what it said last
            while self._take(stream.fileno(), stream is process.stdout, final=True):
                pass
        if self._line:
            self._heard(bytes(self._line))

    @staticmethod
    def _feed(fd: int, left: bytes) -> bytes:
        try:
            return left[os.write(fd, left[:65536]) :]
        except BlockingIOError:
            return left
        except BrokenPipeError:
            return b""

    def _take(self, fd: int, out: bool, final: bool = False) -> bool:
        try:
            chunk = os.read(fd, 65536)
        except BlockingIOError:
            return not final
        if not out:
            self.stderr = (self.stderr + chunk)[-KEPT_STDERR:]
            return bool(chunk)
        self._line += chunk
        *lines, rest = bytes(self._line).split(b"\n")
        for line in lines:
            self._heard(line)
        self._line = bytearray(rest if len(rest) <= LINE_BYTES else b"")
        return bool(chunk)

    def _heard(self, line: bytes) -> None:
        line = self.without_key(line)
        self.transcript = (self.transcript + line + b"\n")[-TRANSCRIPT_BYTES:]
        if not self.invocation.said(line) and not self.stopped:
            self.stopped, self.end = f"it took all its {self.brief.max_steps} steps", "steps"

    def taken_back(self) -> tuple[str | None, str]:
        """The program's text, or None and why it cannot be had."""
        try:
            source = self.folder.program(self.tools.target.rules.max_bytes)
        except Unusable as error:
            return None, str(error)
        if self.without_key(source.encode()) != source.encode():
            return None, "the program holds the key of the agent's service"
        return source, ""

    def without_key(self, text: bytes) -> bytes:
        """What an agent could read, it could write down; run folders are for showing."""
        key = self.invocation.key.encode()
        return text.replace(key, b"[key]") if key else text

    def _answer(self, evaluator: Evaluator) -> None:
        """Answer a request; the time that judging takes is not the agent's."""
        ticket = self.folder.asked()
        if ticket is None:
            return
        began = time.monotonic()
        source, reason = self.taken_back()
        self.folder.answer(ticket, refusal(reason) if source is None else evaluator.answer(source))
        self._deadline += time.monotonic() - began

    def _check_limits(self) -> None:
        now = time.monotonic()
        if now >= self._deadline:
            self.stopped, self.end = f"the turn took longer than {self.brief.seconds:g} s", "timeout"
        elif now >= self._look:
            self._look = now + LOOK_S
            if why := self.asked_to_stop():
                self.stopped, self.end = why, "stopped"
                return
            try:
                over = rooms.size(self.folder.path) > FOLDER_BYTES
            except (rooms.TooDeep, OSError):
                over = True
            if over:
                self.stopped, self.end = f"the work folder grew beyond {FOLDER_BYTES >> 20} MiB", "failed"


def _started(command: Sequence[str], own: Mapping[str, str], uid: int | None) -> subprocess.Popen[bytes]:
    as_whom: dict[str, object] = {} if uid is None else {"user": uid, "group": uid, "extra_groups": []}
    pipe = subprocess.PIPE
    try:
        return subprocess.Popen(  # type: ignore[call-overload,no-any-return]
            command, env=own, stdin=pipe, stdout=pipe, stderr=pipe, start_new_session=True, cwd="/", **as_whom
        )
    except OSError as error:
        raise SandboxError(f"an agent could not be started: {command[0]}: {error.strerror}") from None


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The whole room: the agent's process space dies with the first process in it."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(GRACE_S)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with suppress(OSError):
                stream.close()


def _inputs(target: Target) -> dict[str, bytes]:
    """The public input, so that the agent can run the program."""
    public = [workload for workload in target.workloads if not workload.hidden]
    return {name: (target.folder / path).read_bytes() for w in public[:1] for name, path in w.files.items()}
