"""Attacks on the measurement: memory where nobody counts it, a peak that is forgotten, another core."""

from __future__ import annotations

from harness.sandbox.attacks.attack import TRY, Attack

NOT_COUNTED = "memory cannot be kept where it is not counted"

ATTACKS = (
    Attack(
        "hide memory in a pipe", NOT_COUNTED, TRY + "import os\nattempt('pipe', lambda: os.write(os.pipe()[1], b'x'))\n"
    ),
    Attack(
        "hide memory in its own output",
        NOT_COUNTED,
        TRY + "import fcntl\nattempt('larger pipe', lambda: fcntl.fcntl(1, 1031, 1 << 19))\n",
        imports=("fcntl",),
    ),
    Attack(
        "hide memory in a memory file",
        NOT_COUNTED,
        TRY + "import os\nattempt('memory file', lambda: os.write(os.memfd_create('x'), bytes(1 << 20)))\n",
    ),
    Attack(
        "hide memory in a socket",
        NOT_COUNTED,
        TRY
        + "import socket\npair = lambda: [socket.socketpair()]\n"
        + "attempt('socket', lambda: [one.send(bytes(1 << 12)) for one, other in pair()])\n",
        imports=("socket",),
    ),
    Attack(
        "hide memory in shared memory",
        NOT_COUNTED,
        "import ctypes\n"
        "libc = ctypes.CDLL(None)\n"
        "number = libc.shmget(0, 1 << 20, 0o600)\n"
        "if number >= 0:\n"
        "    print('BREACH segment', number, flush=True)\n"
        "    libc.shmctl(number, 0, None)\n",
        imports=("ctypes",),
    ),
    Attack(
        "hide memory in a file",
        NOT_COUNTED,
        TRY
        + "import os\n"
        + "for place in ('.', '/tmp', '/dev/shm', SCENE['folder']):\n"
        + "    name = f'{place}/parked-{os.getpid()}'\n"
        + "    attempt(place, lambda: open(name, 'wb').write(bytes(1 << 20)))\n"
        + "    if os.access(name, os.F_OK): os.unlink(name)\n",
    ),
    Attack(
        "hide memory in swap",
        NOT_COUNTED,
        TRY + "import mmap\nattempt('page out', lambda: mmap.mmap(-1, 1 << 20).madvise(21))\n",
        imports=("mmap",),
    ),
    Attack(
        "forget the peak",
        "the peak of the memory used cannot be reset",
        TRY + "attempt('clear_refs', lambda: open('/proc/self/clear_refs', 'w').write('5'))\n",
    ),
    Attack(
        "move to another core",
        "the core that a run was given cannot be left",
        TRY + "import os\nattempt('affinity', lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))\n",
    ),
    Attack(
        "change its own limits",
        "limits cannot be changed from inside",
        TRY
        + "import resource\n"
        + "core = resource.RLIMIT_CORE\n"
        + "attempt('limit', lambda: resource.setrlimit(core, resource.getrlimit(core)))\n",
        imports=("resource",),
    ),
)
