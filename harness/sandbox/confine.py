"""The last steps before a program when no tool makes the room: Landlock, seccomp, descriptors, death with the parent.

Loaded by the launcher, which runs with `-I -S`: standard library only, and nothing that is slow to import. What can be
done before the fork is done there (the rule set is built, paths are opened), so that none of it is charged to the
program. The harness uses `spell` to say what it wants, and `abi` to ask what this kernel can do.

Source: landlock(7) and Documentation/userspace-api/landlock.rst of the kernel; versions are those of the Landlock ABI.
"""

from __future__ import annotations

import ctypes
import os
import sys

TYPE_CHECKING = False  # neither from typing nor from collections.abc at run time: slow to import
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WORD = "confine"  # in place of a program's path: the launcher is to do this
CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same number on every architecture that has them
ASK_VERSION = 1
PATH_BENEATH = 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR, REMOVE_DIR, REMOVE_FILE = (1 << bit for bit in range(6))
MAKE_DIR, MAKE_REG = 1 << 7, 1 << 8
REFER, TRUNCATE, IOCTL_DEV = 1 << 13, 1 << 14, 1 << 15
ALL_FILES = (1 << 16) - 1
ALL_NETWORK = 0b11  # bind and connect, TCP
ALL_SCOPES = 0b11  # abstract sockets and signals
FILES_SINCE = {2: REFER, 3: TRUNCATE, 5: IOCTL_DEV}  # by ABI; the rest is there since the first
NETWORK_SINCE, SCOPES_SINCE = 4, 6
TRUNCATE_SINCE = 3

TO_READ = EXECUTE | READ_FILE | READ_DIR
# No links, pipes, sockets or devices; and what was written there cannot be run.
TO_WRITE = READ_FILE | READ_DIR | WRITE_FILE | REMOVE_DIR | REMOVE_FILE | MAKE_DIR | MAKE_REG | REFER | TRUNCATE
ON_A_FILE = EXECUTE | WRITE_FILE | READ_FILE | TRUNCATE  # what a rule about a single file may say

SET_PDEATHSIG, SET_SECCOMP, SET_NO_NEW_PRIVS, CAP_AMBIENT, CLEAR_ALL, DROP_BOUNDING = 1, 22, 38, 47, 4, 24
FILTER_MODE = 2
KILL = 9


class Refused(OSError):
    """A step that did not work; nothing is run."""


def abi() -> int:
    """The version of Landlock's ABI that this kernel speaks; 0 when it has none, or does not let it be used."""
    if not sys.platform.startswith("linux"):
        return 0
    version: int = _libc().syscall(CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint(ASK_VERSION))
    return max(0, version)


def spell(
    command: Sequence[str],
    *,
    folder: str,
    environment: Mapping[str, str],
    readable: Sequence[str] = (),
    writable: Sequence[str] = (),
    sieve: int = -1,
    pid_at: int = -1,
) -> list[str]:
    """A command line for the launcher: run command in folder, with this environment and nothing else.

    readable, writable: paths of Landlock's rules; without any of them there is no Landlock. sieve: a descriptor from
    which the seccomp filter is read, or -1; pid_at: where in it the program's own process id is to be written, or -1.
    """
    options = [("--chdir", folder), ("--sieve", str(sieve)), ("--pid-at", str(pid_at))]
    options += [("--setenv", f"{name}={value}") for name, value in environment.items()]
    options += [("--read", path) for path in readable] + [("--write", path) for path in writable]
    return [WORD, *(word for option in options for word in option), "--", *command]


class Door:
    """What `spell` said, made ready before the fork; `go` is for the forked process and never returns."""

    def __init__(self, words: list[str]) -> None:
        """Raises Refused when a path or the kernel does not allow it."""
        end = words.index("--")
        self.command = words[end + 1 :]
        self._options: dict[str, list[str]] = {}
        for name, value in zip(words[1:end:2], words[2:end:2], strict=True):
            self._options.setdefault(name, []).append(value)
        self._folder = self._options["--chdir"][0]
        self._environment = dict(item.split("=", 1) for item in self._options.get("--setenv", ()))
        self._launcher = os.getpid()
        self._on_linux = sys.platform.startswith("linux")
        self._libc = _libc()
        self._filter = self._read_filter(int(self._options["--sieve"][0]))
        self._rules = self._rule_set()

    def go(self) -> None:
        """Become the program, confined. Raises when a step fails."""
        os.chdir(self._folder)
        os.setsid()
        if self._on_linux:
            self._drop_capabilities()
            self._prctl(SET_PDEATHSIG, KILL)  # after the change of user, which clears it
            if os.getppid() != self._launcher:
                raise Refused("the launcher is gone")
            self._prctl(SET_NO_NEW_PRIVS, 1)
        if self._rules >= 0:
            self._call("landlock_restrict_self", RESTRICT_SELF, self._rules, ctypes.c_uint(0))
        if self._filter is not None:
            self._sift(self._filter)  # from here on, only what the program itself may do
        os.execve(self.command[0], self.command, self._environment)

    def _drop_capabilities(self) -> None:
        """Those that would survive execve, or come back with it for a root that could not become another user."""
        self._prctl(CAP_AMBIENT, CLEAR_ALL, needed=False)
        for capability in range(64) if os.geteuid() == 0 and self._rules >= 0 else ():
            self._prctl(DROP_BOUNDING, capability, needed=False)

    # --- Landlock -----------------------------------------------------------------------------------------------------

    def _rule_set(self) -> int:
        """A descriptor of the rules, or -1 when none are asked for. Everything that is not granted is refused."""
        wanted = [(path, TO_READ) for path in self._options.get("--read", ())]
        wanted += [(path, TO_WRITE) for path in self._options.get("--write", ())]
        if not wanted:
            return -1
        version = abi()
        if version == 0:
            raise Refused("this kernel has no Landlock")
        attributes = (ctypes.c_uint64 * 3)(*handled(version))
        size = 8 * (1 + (version >= NETWORK_SINCE) + (version >= SCOPES_SINCE))
        rules = self._call("landlock_create_ruleset", CREATE_RULESET, attributes, ctypes.c_size_t(size), 0)
        for path, access in wanted:
            self._grant(rules, path, access & handled(version)[0])
        return rules

    def _grant(self, rules: int, path: str, access: int) -> None:
        beneath = os.open(path, os.O_PATH | os.O_CLOEXEC)
        try:
            if not os.path.isdir(path):  # noqa: PTH112 - pathlib is slow to import
                access &= ON_A_FILE
            rule = access.to_bytes(8, sys.byteorder) + beneath.to_bytes(4, sys.byteorder)
            self._call(f"landlock_add_rule for {path}", ADD_RULE, rules, PATH_BENEATH, rule, 0)
        finally:
            os.close(beneath)

    # --- seccomp ------------------------------------------------------------------------------------------------------

    def _read_filter(self, sieve: int) -> ctypes.Array[ctypes.c_char] | None:
        if sieve < 0:
            return None
        data = b""
        while chunk := os.read(sieve, 65536):
            data += chunk
        os.close(sieve)
        if not data or len(data) % 8:
            raise Refused(f"the seccomp filter has {len(data)} bytes, which is not a number of instructions")
        return ctypes.create_string_buffer(data, len(data))

    def _sift(self, filter_: ctypes.Array[ctypes.c_char]) -> None:
        place = int(self._options["--pid-at"][0])
        if place >= 0:
            ctypes.memmove(ctypes.addressof(filter_) + place, os.getpid().to_bytes(4, sys.byteorder), 4)

        class Program(ctypes.Structure):  # struct sock_fprog
            _fields_ = (("length", ctypes.c_ushort), ("instructions", ctypes.c_void_p))

        program = Program(len(filter_) // 8, ctypes.addressof(filter_))
        self._prctl(SET_SECCOMP, FILTER_MODE, ctypes.byref(program))

    # --- calls --------------------------------------------------------------------------------------------------------

    def _prctl(self, option: int, *arguments: object, needed: bool = True) -> None:
        words = [ctypes.c_ulong(word) if isinstance(word, int) else word for word in (*arguments, 0, 0, 0)[:4]]
        if self._libc.prctl(option, *words) != 0 and needed:
            raise Refused(f"prctl {option}: {os.strerror(ctypes.get_errno())}")

    def _call(self, name: str, number: int, *arguments: object) -> int:
        result: int = self._libc.syscall(number, *arguments)
        if result < 0:
            raise Refused(f"{name}: {os.strerror(ctypes.get_errno())}")
        return result


def handled(version: int) -> tuple[int, int, int]:
    """What an ABI version can refuse: files, network, scopes. Bits that a kernel does not know would be an error."""
    files = ALL_FILES
    for since, right in FILES_SINCE.items():
        if version < since:
            files &= ~right
    network = ALL_NETWORK if version >= NETWORK_SINCE else 0
    return files, network, ALL_SCOPES if version >= SCOPES_SINCE else 0


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
