"""The small process between the harness and a room. Run as a script with `-I -S`; standard library only.

It exists because `ru_maxrss` is inherited through fork, spawn and exec: a child of a 400 MB harness reads 400 MB. This
process is small, forks the command itself and asks `wait4` about it, so what it reports is the command's own.

It is also the guard. Standard input is a lifeline: a pipe whose only writer is the harness. When the harness closes it,
or dies in any way, the command is killed. A parent-death signal would not do between harness and launcher: it follows
the *thread* that spawned, so a finished worker of a ThreadPoolExecutor would end a healthy run. Between this
single-threaded process and the room it is safe, and there the backend uses it.

Arguments: uid (-1: keep), core (-1: any), status in, status out, report, limits as `name=value,...`, then the command:
either a tool that makes a room and runs the program in it, or `confine ...`, for what this process does itself.
Descriptors: 0 lifeline, 1 and 2 the command's own output; `status` is a pipe on which the room's maker may announce
`"child-pid": N`, the process that is to be killed instead of the maker, so that the maker can still account for it.
Report: one line `wait status, CPU seconds, peak KiB, wall seconds`, then what was read from status, word for word.
"""

from __future__ import annotations

import _signal  # type: ignore[import-not-found]  # not signal, which loads enum
import posix
import resource  # an extension module: loaded before the fork, not after it
import select
import sys
from time import monotonic

TYPE_CHECKING = False  # not from typing, which is slow to import
if TYPE_CHECKING:
    from typing import Any

KILL = 9
TICK_MS = 500  # how often the parent is checked, should a stray copy of the lifeline outlive it
PATIENCE_S = 1.0  # how long a room in the making may take to name the process to kill


def main(argv: list[str]) -> None:
    uid, core, status_in, status_out, report = map(int, argv[:5])
    limits, command = argv[5], argv[6:]
    # Ignored, as some supervisors hand it down, it would leave nothing to wait for.
    _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
    parent = posix.getppid()
    door = _door(command)
    started = monotonic()
    child = posix.fork()
    if child == 0:
        for fd in (report, status_in) if door is None else (report, status_in, status_out):
            posix.set_inheritable(fd, False)
        _become(uid, core, limits, door or Command(command), status_out)
    for fd in (1, 2, status_out):
        posix.close(fd)
    announced = _guard(child, parent, status_in, PATIENCE_S if door is None else 0.0)
    if door is not None:
        _kill_group(child)
    _, status, usage = posix.wait4(child, 0)
    if door is not None and not announced:  # a tool would say so itself; here the child was the program
        announced = b'{"exit-code": %d}\n' % _exit_code(status)
    peak_kib = usage[2] // 1024 if sys.platform == "darwin" else usage[2]
    line = f"{status} {usage[0] + usage[1]!r} {peak_kib} {monotonic() - started!r}\n"
    posix.write(report, line.encode() + announced)


class Command:
    """A tool that is simply run."""

    def __init__(self, words: list[str]) -> None:
        self._words = words

    def go(self) -> None:
        posix.execve(self._words[0], self._words, {})


def _door(command: list[str]) -> Any:
    """Made ready before the fork, so that the work is not charged to the program. None: a tool makes the room."""
    if command[0] != "confine":
        return None
    sys.path.append(__file__.rpartition("/")[0])
    from confine import Door  # type: ignore[import-not-found]

    try:
        return Door(command)
    except OSError as error:
        posix.write(2, f"launcher: {error}\n".encode())
        posix._exit(1)


def _become(uid: int, core: int, limits: str, room: Any, status_out: int) -> None:
    """Turn this fork into the command, or say why not on standard error and exit. Never returns."""
    try:
        _offer_to_oom_killer()
        null = posix.open("/dev/null", posix.O_RDONLY)
        posix.dup2(null, 0)
        if core >= 0 and hasattr(posix, "sched_setaffinity"):
            posix.sched_setaffinity(0, [core])
        for limit in limits.split(","):
            name, value = limit.split("=")
            resource.setrlimit(getattr(resource, name), (int(value), int(value)))
        if uid >= 0:
            posix.setgroups([])
            posix.setresgid(uid, uid, uid)
            posix.setresuid(uid, uid, uid)
        room.go()
    except BaseException as error:
        posix.write(2, f"launcher: {error}\n".encode())
        posix.write(status_out, b'{"failed": true}\n')
    finally:
        posix._exit(127)


def _offer_to_oom_killer() -> None:
    """When memory runs out the candidate goes first. Only a courtesy: it may fail where /proc is unusual."""
    try:
        fd = posix.open("/proc/self/oom_score_adj", posix.O_WRONLY)
        posix.write(fd, b"1000")
        posix.close(fd)
    except OSError:
        return


def _guard(child: int, parent: int, status_in: int, patience: float) -> bytes:
    """Wait until the child has ended; end it when the lifeline does. Returns what came on status."""
    ending = _end_of(child)
    lifeline, process = 0, ending if isinstance(ending, int) else ending.fileno()
    poll = select.poll()
    for fd in (lifeline, status_in, process):
        poll.register(fd, select.POLLIN)
    announced, inner, doomed_at = b"", -1, 0.0
    while True:
        ready = {fd for fd, _ in poll.poll(TICK_MS if not doomed_at else 50)}
        if status_in in ready:
            data = posix.read(status_in, 4096)
            announced += data
            if not data:
                poll.unregister(status_in)
            elif inner < 0 and b"child-pid" in announced:
                inner = _inner_process(announced)
        if process in ready:
            return announced + _rest(status_in)
        if not doomed_at and (lifeline in ready or posix.getppid() != parent):
            poll.unregister(lifeline)
            doomed_at = monotonic()
        if doomed_at:
            _kill(child, inner, monotonic() - doomed_at >= patience)


def _end_of(child: int) -> Any:
    """A descriptor, or an object that has one, which can be read once the child has ended."""
    if hasattr(posix, "pidfd_open"):
        return posix.pidfd_open(child)
    kernel: Any = select  # macOS; never tried
    queue = kernel.kqueue()
    queue.control([kernel.kevent(child, kernel.KQ_FILTER_PROC, kernel.KQ_EV_ADD, kernel.KQ_NOTE_EXIT)], 0)
    return queue


def _kill_group(child: int) -> None:
    """Whatever the program started and left in its group goes with it. Not waited for yet: the number is its own."""
    try:
        posix.killpg(child, KILL)
    except OSError:  # nobody but the ended child itself, or it never got as far as a group of its own
        return


def _exit_code(status: int) -> int:
    """As a shell gives it: 128 + N for a death by signal N."""
    code: int = posix.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _inner_process(announced: bytes) -> int:
    """A descriptor for the process named in `"child-pid": N`, or -1 when it is not (or no longer) there."""
    _, found, rest = announced.partition(b'"child-pid"')
    digits = rest.strip(b" :\r\n").split(b",")[0].split(b"}")[0].strip()
    if not found or not digits.isdigit():
        return -1
    try:
        return posix.pidfd_open(int(digits))
    except ProcessLookupError:
        return -1


def _kill(child: int, inner: int, overdue: bool) -> None:
    """The inner process first: its death takes the room along, and its maker lives on to account for it.

    The maker is killed only when that does not help in time: killed while it is still building, it could leave behind
    an inner process that has not yet asked to die with it.
    """
    try:
        if inner >= 0:
            _signal.pidfd_send_signal(inner, KILL)
        if overdue:
            posix.kill(child, KILL)  # not waited for yet, so its number is its own
    except ProcessLookupError:
        return


def _rest(fd: int) -> bytes:
    """What is left in a pipe; whoever still holds its other end is not waited for."""
    posix.set_blocking(fd, False)
    try:
        return posix.read(fd, 65536)
    except BlockingIOError:
        return b""


if __name__ == "__main__":
    main(sys.argv[1:])
