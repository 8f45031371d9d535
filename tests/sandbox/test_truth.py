"""What is measured is the program's own, whatever the harness is; and nothing of a run outlives the harness."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandbox.conftest import Runner

ROOT = Path(__file__).parents[2]
USES_BALLAST = """
import sys
from harness.sandbox import choose
from harness.types import Job
ballast = bytearray(b"x") * (int(sys.argv[1]) << 20)
print(choose(backend=sys.argv[3]).run(Job(command=("{python}", "p.py"), files={"p.py": sys.argv[2].encode()})).peak_mib)
"""
ASKS_WAIT4_ITSELF = """
import os, sys
ballast = bytearray(b"x") * (int(sys.argv[1]) << 20)
child = os.posix_spawn(sys.executable, [sys.executable, "-S", "-c", "pass"], {})
print(os.wait4(child, 0)[2].ru_maxrss / 1024)
"""
ATTACKS_ALL = """
import sys
from harness.sandbox import choose
from harness.sandbox.attacks import attempt_all
print([finding for finding in attempt_all(choose(backend=sys.argv[1])) if not finding.stopped])
"""
RUNS_FOR_EVER = """
import sys
from harness.sandbox import choose
from harness.types import Job
def watch(chunk):
    print("running", flush=True)
name = sys.argv[1]
program = b"print('up', flush=True)\\nwhile True: pass"
choose(backend=sys.argv[2]).run(Job(command=("{python}", name), files={name: program}, watch=watch))
"""


def test_the_floor_of_a_bare_interpreter(run: Runner) -> None:
    result = run("pass")
    assert 5 < result.peak_mib < 12
    assert 0 < result.cpu_s < 1


def test_peak_memory_is_the_programs(run: Runner) -> None:
    floor = run("pass").peak_mib
    assert 64 <= run("block = bytearray(b'x') * (64 << 20)").peak_mib - floor < 66


def test_a_big_harness_does_not_leak_into_the_peak(backend: str) -> None:
    assert float(_harness(ASKS_WAIT4_ITSELF, "400")) > 400  # the trap is there
    small, big = (float(_harness(USES_BALLAST, str(mib), "pass", backend)) for mib in (0, 400))
    assert abs(big - small) < 0.3


def test_cpu_time_is_the_programs(run: Runner) -> None:
    source = "import time\nwhile time.process_time() < 0.5: pass\nprint(time.process_time())"
    result = run(source)
    assert 0 <= result.cpu_s - float(result.stdout) < 0.25


@pytest.mark.parametrize(
    ("how", "imports"),
    [
        ("block = bytearray(b'x') * (64 << 20)", ()),
        ("import mmap\nblock = mmap.mmap(-1, 64 << 20)\nblock.write(b'x' * (64 << 20))", ("mmap",)),
        ("import mmap\nblock = mmap.mmap(-1, 64 << 20, mmap.MAP_PRIVATE)\nblock.write(b'x' * (64 << 20))", ("mmap",)),
        ("import array\nblock = array.array('d', bytes(8)) * (8 << 20)", ("array",)),
    ],
    ids=["heap", "shared-mapping", "private-mapping", "array"],
)
def test_memory_is_counted_however_it_is_had(run: Runner, how: str, imports: tuple[str, ...]) -> None:
    floor = run("pass", imports=imports).peak_mib
    assert run(how, imports=imports, memory_mib=512).peak_mib - floor >= 63


def test_memory_given_back_before_the_end_is_counted(run: Runner) -> None:
    source = "block = bytearray(b'x') * (64 << 20)\ndel block\nimport time\ntime.sleep(0.1)"
    assert run(source).peak_mib > 64


def test_what_is_parked_in_files_is_bounded_by_what_may_be_written(run: Runner) -> None:
    source = "for n in range(64):\n    with open(f'{n}', 'wb') as file: file.write(bytes(1 << 20))\nwhile True: pass"
    result = run(source, writes_mib=4)
    assert result.end == "writes"


def test_what_waits_in_the_output_pipe_is_bounded(run: Runner) -> None:
    """A slow reader does not let a program keep memory in its output: the pipe holds 64 KiB, and cannot be grown."""
    source = "import fcntl\nprint(fcntl.fcntl(1, 1032))"  # F_GETPIPE_SZ
    assert run(source, imports=("fcntl",)).end == "signal"


def test_a_program_that_becomes_itself_again_keeps_its_peak(run: Runner) -> None:
    source = (
        "import os, sys\n"
        "if len(sys.argv) < 2:\n"
        "    block = bytearray(b'x') * (64 << 20)\n"
        "    os.execv(sys.executable, [sys.executable, '-S', 'program.py', 'again'])\n"
        "print('again')"
    )
    result = run(source)
    assert result.stdout == b"again\n", result
    assert result.peak_mib > 64


def test_sleeping_costs_wall_time_only(run: Runner) -> None:
    result = run("import time; time.sleep(0.3)")
    assert result.wall_s >= 0.3
    assert result.cpu_s < 0.25


@pytest.fixture
def place() -> Iterator[dict[str, str]]:
    """An environment whose temporary folder goes with the test: a killed harness leaves its work folder behind."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the unused user must be able to pass
        yield {**os.environ, "TMPDIR": folder}


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_nothing_survives_the_harness(backend: str, number: signal.Signals, place: dict[str, str]) -> None:
    name = f"orphan-{uuid.uuid4().hex}.py"
    command = [sys.executable, "-c", RUNS_FOR_EVER, name, backend]
    parent = subprocess.Popen(command, cwd=ROOT, env=place, stdout=subprocess.PIPE)
    try:
        assert parent.stdout is not None
        assert parent.stdout.readline() == b"running\n"
        assert len(_named(name)) >= 2  # the launcher, perhaps a tool that makes the room, the program
    finally:
        parent.send_signal(number)
        parent.communicate()
    deadline = time.monotonic() + 10
    while (left := _named(name)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert left == []


def test_nothing_survives_its_launcher(backend: str) -> None:
    name = f"orphan-{uuid.uuid4().hex}.py"
    parent = subprocess.Popen(
        [sys.executable, "-c", RUNS_FOR_EVER, name, backend], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"running\n"
    (launcher,) = [pid for pid in _named(name) if b"launcher.py" in _command_line(pid)]
    os.kill(launcher, signal.SIGKILL)
    _, stderr = parent.communicate(timeout=20)
    assert b"the launcher of a run died without a report" in stderr
    deadline = time.monotonic() + 10
    while _named(name) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert _named(name) == []


def test_a_harness_that_ignores_its_children_still_measures(backend: str) -> None:
    ignore = "import signal\nsignal.signal(signal.SIGCHLD, signal.SIG_IGN)\n"
    assert float(_harness(ignore + USES_BALLAST, "0", "pass", backend)) > 5


# --- As an ordinary user ----------------------------------------------------------------------------------------------


@pytest.fixture
def ordinary() -> Iterator[tuple[int, Path, str]]:
    """An ordinary user's id and home, and an interpreter that this user may run; for a harness that is root."""
    if os.geteuid() != 0:
        pytest.skip("not root: every other test runs as an ordinary user already")
    python = shutil.which("python3", path=os.defpath)
    if python is None or not _usable(python):
        pytest.skip("no Python 3.11 or newer outside private homes")
    uid = next(uid for uid in range(58_000, 59_000) if not _taken(uid))
    with tempfile.TemporaryDirectory() as home:
        os.chown(home, uid, uid)
        yield uid, Path(home), python


def test_works_as_an_ordinary_user(backend: str, ordinary: tuple[int, Path, str]) -> None:
    done = _as_ordinary(ordinary, USES_BALLAST, "0", "print(open('p.py').read())", backend)
    assert 5 < float(done.stdout) < 12


def test_every_attack_is_stopped_for_an_ordinary_user(backend: str, ordinary: tuple[int, Path, str]) -> None:
    done = _as_ordinary(ordinary, ATTACKS_ALL, backend)
    assert done.stdout.decode().splitlines() == ["[]"]


def _as_ordinary(who: tuple[int, Path, str], program: str, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    uid, home, python = who
    path = os.pathsep.join([str(ROOT), *(entry for entry in sys.path if entry.endswith("site-packages"))])
    done = subprocess.run(
        [python, "-B", "-c", program, *arguments],
        env={"PATH": os.defpath, "PYTHONPATH": path, "HOME": str(home)},
        cwd=home,
        capture_output=True,
        timeout=120,
        user=uid,
        group=uid,
        extra_groups=[],
    )
    assert done.returncode == 0, done.stderr.decode()
    return done


def _usable(python: str) -> bool:
    check = "import sys; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python, "-c", check], check=False).returncode == 0


def _taken(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def _harness(program: str, *arguments: str) -> bytes:
    return subprocess.run(
        [sys.executable, "-c", program, *arguments], cwd=ROOT, stdout=subprocess.PIPE, check=True
    ).stdout


def _named(name: str) -> list[int]:
    """Processes with a name in their arguments, the test's own child apart."""
    pids = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in pids if name.encode() in (line := _command_line(pid)) and b"RUNS_FOR" not in line]


def _command_line(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
