"""The system calls that a candidate may make; any other one kills it on the spot (SIGSYS).

An allow-list that kills is preferred to a deny-list that refuses: what nobody thought of is forbidden too, and an
attempt to get out is a clean verdict rather than one more OSError that a candidate may swallow.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from types import ModuleType
from typing import TYPE_CHECKING

from harness.errors import SandboxError

if TYPE_CHECKING:
    import pyseccomp

ALWAYS = """
access arch_prctl brk chdir clock_getres clock_gettime clock_nanosleep close close_range dup dup2 dup3 execve exit
exit_group faccessat faccessat2 fadvise64 fchdir fstat fstatfs futex getcwd getdents getdents64 getegid geteuid getgid
getpgrp getpid getppid getrandom getresgid getresuid getrlimit getrusage gettid gettimeofday getuid lseek lstat mmap
mprotect mremap munmap nanosleep newfstatat open openat poll ppoll pread64 preadv pselect6 read readlink readlinkat
readv restart_syscall rseq rt_sigaction rt_sigprocmask rt_sigreturn sched_getaffinity sched_yield select
set_robust_list set_tid_address sigaltstack stat statfs statx sysinfo time times umask uname write writev
"""

# No link or symlink: what is written is read back by the harness. No chmod, chown, mknod, utime.
WHEN_WRITABLE = """
fdatasync fsync ftruncate mkdir mkdirat pwrite64 pwritev rename renameat renameat2 rmdir sendfile truncate unlink
unlinkat
"""

# A compiler is several programs; its driver raises its own stack limit, and its linker marks what it has made.
WHEN_BUILDING = """
clone clone3 fork vfork wait4 waitid pipe pipe2 chmod fchmod fchmodat prlimit64 setrlimit
copy_file_range
"""


@dataclass(frozen=True, slots=True)
class OnlyWith:
    """A call that is allowed when one argument has one of a few values."""

    call: str
    argument: int
    values: tuple[int, ...]


CONDITIONAL = (
    # Ask about a terminal, and mark descriptors: TCGETS, TCGETS2, TIOCGWINSZ, FIONCLEX, FIOCLEX. Not TIOCSTI.
    OnlyWith("ioctl", 1, (0x5401, 0x802C542A, 0x5413, 0x5450, 0x5451)),
    # Duplicate and flags: F_DUPFD to F_SETFL, F_DUPFD_CLOEXEC. Not F_SETPIPE_SZ, in which memory hides.
    OnlyWith("fcntl", 1, (0, 1, 2, 3, 4, 1030)),
    # Read limits, never set them: the new limit must be a null pointer.
    OnlyWith("prlimit64", 2, (0,)),
    # PR_SET_VMA: allocators name their mappings.
    OnlyWith("prctl", 0, (0x53564D41,)),
    # What allocators say of their memory: NORMAL to DONTNEED, FREE, HUGEPAGE, NOHUGEPAGE. Not PAGEOUT or COLD, which
    # move memory to swap, where it is not counted.
    OnlyWith("madvise", 2, (0, 1, 2, 3, 4, 8, 14, 15)),
)
TRUNCATING = 0o1000  # O_TRUNC
OPENING = {"open": 1, "openat": 2}  # which argument holds the flags
PLACEHOLDER = 0x2A7F31D5  # no process has this id: the largest is 2^22


@dataclass(frozen=True, slots=True)
class Filter:
    """A BPF program. pid_at: where in it the program's own process id must be written first, or -1."""

    code: bytes
    pid_at: int = -1


def compile_filter(
    writable: bool, *, shared_processes: bool = False, truncation: bool = True, building: bool = False
) -> Filter:
    """A BPF program for the kernel of this machine, about 1 KiB. Raises SandboxError without libseccomp.

    shared_processes: the program sees the machine's process ids, so it may signal its own and no other.
    truncation: False where nothing else keeps files that can only be read from being emptied.
    building: for a compiler, which is trusted more than what it makes.
    """
    library = _library()
    rules = library.SyscallFilter(library.KILL_PROCESS)
    rules.set_attr(library.Attr.ACT_BADARCH, library.KILL_PROCESS)
    words = set((ALWAYS + (WHEN_WRITABLE if writable else "") + (WHEN_BUILDING if building else "")).split())
    for call in sorted(words):
        if truncation or call not in OPENING:
            _allow(library, rules, call)
    for condition in (condition for condition in CONDITIONAL if condition.call not in words):
        for value in condition.values:
            _allow(library, rules, condition.call, library.Arg(condition.argument, library.EQ, value))
    for call, flags in () if truncation else OPENING.items():
        _allow(library, rules, call, library.Arg(flags, library.MASKED_EQ, TRUNCATING, 0))
    if not shared_processes:
        _allow(library, rules, "tgkill")  # how a process aborts
        return Filter(_export(rules))
    _allow(library, rules, "tgkill", library.Arg(0, library.EQ, PLACEHOLDER))
    code = _export(rules)
    return Filter(code, _only_place(code))


def _only_place(code: bytes) -> int:
    """Where the placeholder stands as the constant of an instruction."""
    wanted = PLACEHOLDER.to_bytes(4, sys.byteorder)
    places = [at + 4 for at in range(0, len(code), 8) if code[at + 4 : at + 8] == wanted]
    if len(places) != 1:
        raise SandboxError(f"the seccomp filter came out unlike expected ({len(places)} places): update libseccomp")
    return places[0]


def _library() -> ModuleType:
    try:
        import pyseccomp
    except (ImportError, RuntimeError, OSError) as error:  # the wheel, or the C library that it binds
        raise SandboxError(f"seccomp cannot be used ({error}): install libseccomp2 and pyseccomp") from None
    return pyseccomp  # type: ignore[no-any-return]


def _allow(library: ModuleType, rules: pyseccomp.SyscallFilter, call: str, *when: pyseccomp.Arg) -> None:
    number = library.resolve_syscall(library.Arch.NATIVE, call)
    if number >= 0:  # otherwise unknown here, or another architecture's: it stays forbidden, which is the safe side
        rules.add_rule(library.ALLOW, number, *when)


def _export(rules: pyseccomp.SyscallFilter) -> bytes:
    with os.fdopen(os.memfd_create("filter"), "w+b") as file:
        rules.export_bpf(file)
        file.seek(0)
        return file.read()
