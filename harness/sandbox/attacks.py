"""Real attacks, run for real: the proof that a sandbox holds on this machine, since "it is installed" says nothing.

Each program prints BREACH when it got what it wanted, as it does when run without a sandbox. Modules that would be
missing are staged for it, so that it is the walls that stop it and not only the empty shelves.
"""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.types import Job, JobResult, Limits, Sandbox

MARK = b"BREACH"
SMALL = Limits(wall_s=20.0, cpu_s=10.0, memory_mib=1024, output_bytes=1 << 20)


@dataclass(frozen=True, slots=True)
class Scene:
    """What there is to be had outside: a readable file, a process with a secret, listeners, an open descriptor."""

    path: str
    pid: int
    port: int
    abstract: str
    descriptor: int


@dataclass(frozen=True, slots=True)
class Attack:
    """claim: what a sandbox promises, in words for a user. ends: how a run may end when the attack was stopped."""

    name: str
    claim: str
    program: str
    imports: tuple[str, ...] = ()
    limits: Limits = SMALL
    ends: tuple[str, ...] = ("exit", "signal")

    def text(self, scene: Scene) -> str:
        """The program with what it needs to know at its top."""
        return f"SCENE = {asdict(scene)!r}\n{self.program}"


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an attack. detail: one line on how it was stopped, or on what it got."""

    name: str
    claim: str
    stopped: bool
    detail: str


def attempt_all(sandbox: Sandbox) -> list[Finding]:
    """Every attack in turn, some seconds in all. Raises SandboxError when a room cannot be made."""
    with scene() as outside:
        return [attempt(sandbox, attack, outside) for attack in ATTACKS]


def attempt(sandbox: Sandbox, attack: Attack, outside: Scene) -> Finding:
    """Run one attack in a room."""
    files = {"attack.py": attack.text(outside).encode(), "input.txt": b"given\n"}
    job = Job(command=("{python}", "attack.py"), files=files, imports=attack.imports, limits=attack.limits)
    result = sandbox.run(job)
    stopped = MARK not in result.stdout and result.end in attack.ends
    return Finding(attack.name, attack.claim, stopped, _detail(result))


@contextmanager
def scene() -> Iterator[Scene]:
    """Set out the bait, and clear it away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="optimize-run-bait-")))
        folder.chmod(0o755)
        secret = folder / "secret.txt"
        secret.write_text("a key\n")
        file = stack.enter_context(secret.open("rb"))
        os.set_inheritable(file.fileno(), True)
        victim = subprocess.Popen(["sleep", "600"], env={"PATH": os.defpath, "API_KEY": "a key"})
        stack.callback(victim.wait)
        stack.callback(victim.kill)
        loopback = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
        abstract = stack.enter_context(socket.socket(socket.AF_UNIX))
        name = f"\0optimize-run-{os.getpid()}-{file.fileno()}"
        abstract.bind(name)
        abstract.listen()
        yield Scene(str(secret), victim.pid, loopback.getsockname()[1], name, file.fileno())


def _detail(result: JobResult) -> str:
    said = (result.stdout if MARK in result.stdout else result.stderr).decode(errors="replace").strip().splitlines()
    return " | ".join([result.reason, *said[-1:]])[:300]


_TRY = """
def attempt(what, action):
    try:
        got = action()
    except Exception as error:
        print('refused:', what, type(error).__name__)
    else:
        print('BREACH', what, str(got)[:80], flush=True)  # a forbidden call may follow
"""

ATTACKS = (
    Attack(
        "read a file",
        "no file of the machine can be read",
        _TRY + "attempt(SCENE['path'], lambda: open(SCENE['path']).read())\n",
    ),
    Attack(
        "look around",
        "home folders, keys, system files and devices are not there",
        _TRY
        + "import os\n"
        + "for path in ('/root', '/home', '/etc', '/tmp', '/var', '/usr', '/proc', '/sys', '/dev', '/run'):\n"
        + "    attempt(path, lambda: os.listdir(path))\n",
    ),
    Attack(
        "read the environment",
        "no variable of the harness's environment is seen",
        "import os\n"
        "harmless = {'PYTHONHASHSEED', 'PYTHONHOME', 'PYTHONPLATLIBDIR', 'LD_LIBRARY_PATH', 'PWD', 'LC_CTYPE'}\n"
        "left = sorted(set(os.environ) - harmless)\n"
        "if left: print('BREACH', left)\n",
    ),
    Attack(
        "read another process",
        "no other process's environment, arguments or memory can be read",
        _TRY
        + "for name in ('environ', 'cmdline', 'maps'):\n"
        + "    attempt(name, lambda: open(f\"/proc/{SCENE['pid']}/{name}\", 'rb').read())\n",
    ),
    Attack(
        "signal another process",
        "no other process can be signalled",
        _TRY + "import os\nattempt('parent', lambda: os.kill(os.getppid() or SCENE['pid'], 0))\n",
    ),
    Attack(
        "write somewhere",
        "nothing can be written, not even in the work folder",
        _TRY
        + "import os\n"
        + "places = ['.', '/', '/tmp', '/box', '/py', '/dev', '/dev/shm', '/var/tmp', os.path.dirname(SCENE['path'])]\n"
        + "for place in places:\n"
        + "    name = f'{place}/attack-{os.getpid()}'\n"
        + "    attempt(place, lambda: open(name, 'w').name)\n"
        + "    if os.access(name, os.F_OK): os.unlink(name)\n"
        + "attempt('input', lambda: open('input.txt', 'a').write('more'))\n"
        + "attempt('itself', lambda: open(__file__, 'a').write('#'))\n",
    ),
    Attack(
        "change modes and links",
        "no permission, owner, time or link can be changed",
        _TRY + "import os\nattempt('chmod', lambda: os.chmod(__file__, 0o700))\n",
    ),
    Attack(
        "connect to the loopback",
        "there is no network, not even to this machine",
        _TRY
        + "import socket\n"
        + "attempt('loopback', lambda: socket.create_connection(('127.0.0.1', SCENE['port']), 2))\n",
        imports=("socket",),
    ),
    Attack(
        "connect to an abstract socket",
        "no socket of another program can be reached",
        _TRY + "import socket\nattempt('abstract', lambda: socket.socket(socket.AF_UNIX).connect(SCENE['abstract']))\n",
        imports=("socket",),
    ),
    Attack(
        "fork bomb",
        "no process can be started",
        "import os\nfor _ in range(40):\n    if os.fork() == 0: os._exit(0)\nprint('BREACH 40 processes')\n",
    ),
    Attack(
        "leave a daemon",
        "nothing outlives a run",
        "import os, time\n"
        "if os.fork() == 0:\n"
        "    os.setsid()\n"
        "    if os.fork() == 0:\n"
        "        time.sleep(0.3)\n"
        "        print('BREACH the daemon lives', flush=True)\n"
        "    os._exit(0)\n",
    ),
    Attack(
        "run another program",
        "no program of the machine can be run",
        _TRY + "import subprocess\nattempt('sh', lambda: subprocess.check_output(['/bin/sh', '-c', 'id']))\n",
        imports=("subprocess",),
    ),
    Attack(
        "start a thread",
        "no thread can be started",
        "import _thread, time\n_thread.start_new_thread(print, ('BREACH a thread',))\ntime.sleep(0.2)\n",
    ),
    Attack(
        "hide memory",
        "memory cannot be kept where it is not counted",
        _TRY
        + "import os\n"
        + "attempt('pipe', lambda: os.write(os.pipe()[1], b'x'))\n"
        + "attempt('memory file', lambda: os.ftruncate(os.memfd_create('x'), 1 << 20))\n",
    ),
    Attack(
        "move to another core",
        "the core that a run was given cannot be left",
        _TRY + "import os\nattempt('affinity', lambda: os.sched_setaffinity(0, os.sched_getaffinity(0)))\n",
    ),
    Attack(
        "use what was left open",
        "no descriptor of the harness is inherited",
        "import os\n"
        "for number in range(3, 1024):\n"
        "    try: os.fstat(number)\n"
        "    except OSError: continue\n"
        "    print('BREACH descriptor', number)\n",
    ),
    Attack(
        "import what was not offered",
        "modules that the target does not allow do not exist",
        _TRY
        + "for name in ('ctypes', 'subprocess', 'socket', 'mmap', 'multiprocessing', 'threading', 'sysconfig'):\n"
        + "    attempt(name, lambda: __import__(name))\n",
    ),
    Attack(
        "take 8 GB",
        "memory is limited",
        "blocks = [bytes(1 << 30) for _ in range(8)]\nprint('BREACH', len(blocks), 'GB')\n",
        ends=("memory",),
    ),
    Attack(
        "fill the disk",
        "where writing is allowed, its amount is limited",
        "for number in range(64):\n"
        "    with open(f'fill-{number}', 'wb') as file: file.write(bytes(1 << 20))\n"
        "print('BREACH 64 MiB')\n",
        limits=Limits(wall_s=20.0, cpu_s=10.0, writes_mib=2),
        ends=("writes",),
    ),
    Attack(
        "print without end",
        "output is limited",
        "for _ in range(64): print('x' * (1 << 16))\nprint('BREACH 4 MiB')\n",
        ends=("output",),
    ),
    Attack(
        "loop without end",
        "CPU time is limited",
        "import time\nwhile time.process_time() < 1.7: pass\nprint('BREACH still running')\n",
        limits=Limits(wall_s=20.0, cpu_s=1.0),
        ends=("timeout",),
    ),
    Attack(
        "ignore the signal to end",
        "time is limited, and ending cannot be refused",
        "import _signal, time\n"
        "for number in range(1, 32):\n"
        "    if number not in (9, 19): _signal.signal(number, _signal.SIG_IGN)\n"
        "time.sleep(1.5)\n"
        "print('BREACH still running')\n",
        limits=Limits(wall_s=0.7, cpu_s=10.0),
        ends=("timeout",),
    ),
)
