"""What a run tells: how it ended, what it said, what it used, what it wrote."""

from __future__ import annotations

import os
import signal
import tempfile
import textwrap
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.types import Job, Sandbox
from tests.sandbox.conftest import Runner


@pytest.fixture(autouse=True)
def place(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A temporary folder of this test's own, in which nothing may be left."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o711)  # the unused user must be able to pass
        monkeypatch.setattr(tempfile, "tempdir", folder)
        yield Path(folder)
        assert list(Path(folder).iterdir()) == []


def test_output_and_exit_code(run: Runner) -> None:
    result = run(
        "import sys\nprint(open('data/in.txt').read())\nprint('no', file=sys.stderr)\nsys.exit(3)",
        {"data/in.txt": b"hi"},
    )
    assert (result.end, result.code, result.stdout, result.stderr) == ("exit", 3, b"hi\n", b"no\n")
    assert result.written == {}


def test_an_exit_code_over_128_that_names_no_signal_is_an_exit(run: Runner) -> None:
    assert (run("import sys; sys.exit(255)").end, run("import sys; sys.exit(255)").code) == ("exit", 255)


def test_standard_input_is_empty(run: Runner) -> None:
    assert run("import sys; print(repr(sys.stdin.read()))").stdout == b"''\n"


def test_stderr_keeps_its_end(run: Runner) -> None:
    result = run("import sys\nfor n in range(9000): print(n, file=sys.stderr)\n")
    assert len(result.stderr) == 8192
    assert result.stderr.endswith(b"8999\n")


def test_only_listed_modules_exist(run: Runner) -> None:
    assert run("import heapq", imports=("math", "heapq")).end == "exit"
    missing = run("import heapq", imports=("math",))
    assert missing.code == 1
    assert b"No module named 'heapq'" in missing.stderr


def test_a_module_that_is_not_standard_is_refused(run: Runner) -> None:
    with pytest.raises(SandboxError, match="'no_such_module' is not a standard module"):
        run("pass", imports=("no_such_module",))


def test_every_encoding_is_there(run: Runner) -> None:
    assert run("print(b'\\xe4'.decode('cp1250').encode('utf-16-le'))").stdout == b"b'\\xe4\\x00'\n"


def test_no_path_of_the_machine_is_seen(run: Runner, backend: str) -> None:
    if backend != "bubblewrap":
        pytest.skip("only a file system of its own hides where things lie")
    source = "import sys, os, random\nprint(sys.path, sys.executable, os.environ, os.getcwd(), random.shuffle.__code__)"
    seen = run(source, imports=("random",)).stdout.decode()
    assert "/box" in seen
    assert str(Path.home()) not in seen
    assert tempfile.gettempdir() not in seen


def test_hashes_and_addresses_repeat(run: Runner) -> None:
    results = [run("print(hash('a'), id(object()))") for _ in range(3)]
    assert len({result.stdout for result in results}) == 1
    assert max(r.peak_mib for r in results) - min(r.peak_mib for r in results) < 0.3


# --- Ends -------------------------------------------------------------------------------------------------------------


def test_a_forbidden_call_is_recognised(run: Runner) -> None:
    result = run("import os; os.fork()")
    assert (result.end, result.code) == ("signal", signal.SIGSYS)
    assert "a system call that the sandbox forbids" in result.reason


def test_a_crash_of_the_interpreter(run: Runner) -> None:
    result = run("import os; os.abort()")
    assert result.end == "signal"
    assert result.code in (signal.SIGABRT, signal.SIGSEGV)  # a first process of a PID namespace ignores the former


@pytest.mark.parametrize("source", ["x = bytearray(300 << 20)", "x = []\nwhile True: x.append('x' * 99999)"])
def test_too_much_memory(run: Runner, source: str) -> None:
    result = run(source, memory_mib=128)
    assert (result.end, result.code) == ("memory", 1), result
    assert "128 MiB" in result.reason


def test_a_memory_error_that_was_handled_is_no_end(run: Runner) -> None:
    source = (
        "import sys\ntry: bytearray(1 << 40)\nexcept MemoryError: print('MemoryError', file=sys.stderr)\nsys.exit(0)"
    )
    assert run(source).end == "exit"


def test_too_much_cpu_time(run: Runner) -> None:
    result = run("while True: pass", cpu_s=1)
    assert result.end == "timeout"
    assert "CPU" in result.reason
    assert 0.7 < result.cpu_s < 2


def test_a_run_that_was_killed_is_still_accounted(run: Runner) -> None:
    result = run("block = bytearray(b'x') * (60 << 20)\nwhile True: pass", wall_s=1.0)
    assert result.end == "timeout"
    assert result.cpu_s > 0.03
    assert result.peak_mib > 60


def test_output_is_cut_at_its_limit(run: Runner) -> None:
    result = run("print('x' * 5000)", output_bytes=1000)
    assert (result.end, result.stdout) == ("output", b"x" * 1000)


def test_the_watch_ends_a_run(run: Runner) -> None:
    seen: list[bytes] = []

    def watch(chunk: bytes) -> str | None:
        seen.append(chunk)
        return "line 3 differs" if b"3\n" in b"".join(seen) else None

    result = run("n = 0\nwhile True:\n    print(n, flush=True)\n    n += 1", watch=watch)
    assert (result.end, result.reason) == ("watch", "line 3 differs")
    assert result.stdout == b"".join(seen)


def test_an_exception_in_the_watch_leaves_nothing_behind(run: Runner, place: Path) -> None:
    def watch(chunk: bytes) -> str | None:
        assert list(place.glob("optimize-run-*"))
        raise RuntimeError("broken watch")

    descriptors = _open_descriptors()
    with pytest.raises(RuntimeError, match="broken watch"):
        run("while True: print('x')", watch=watch)
    assert _open_descriptors() == descriptors


# --- Writing ----------------------------------------------------------------------------------------------------------


def test_new_and_changed_files_come_back(run: Runner) -> None:
    source = """
        import os
        os.mkdir('deep', 0o300)
        open('deep/new.bin', 'wb').write(bytes(3))
        open('in.txt', 'a').write(' more')
        os.umask(0o777)
        open('shut.txt', 'w').write('shut')
    """
    result = run(textwrap.dedent(source), {"in.txt": b"some", "same.txt": b"same"}, imports=("os",), writes_mib=1)
    assert result.stderr == b""
    assert result.written == {"deep/new.bin": bytes(3), "in.txt": b"some more", "shut.txt": b"shut"}


@pytest.mark.parametrize(
    "source",
    [
        "open('big', 'wb').write(bytes(1 << 20) + b'x')",
        "for n in range(400): open(f'small-{n}', 'w').close()",
        "import os\nfor n in range(60):\n    os.mkdir('d'); os.chdir('d')",
        "open('holes', 'wb').truncate(1 << 30)",
        "for n in range(3): open(f'{n}', 'wb').write(bytes(1 << 20))\nwhile True: pass",
    ],
    ids=["one-file", "many-names", "deep-folders", "holes", "while-it-runs"],
)
def test_too_much_writing(run: Runner, source: str) -> None:
    result = run(source, writes_mib=1)
    assert (result.end, result.written) == ("writes", {}), result


def test_what_fits_the_limit_is_fine(run: Runner) -> None:
    result = run("open('big', 'wb').write(bytes(1 << 20))", {"in.txt": bytes(2 << 20)}, writes_mib=1)
    assert result.end == "exit"
    assert set(result.written) == {"big"}


def test_links_cannot_be_made(run: Runner) -> None:
    assert run("import os; os.symlink('/etc/passwd', 'link')", writes_mib=1).code == signal.SIGSYS


# --- At the door ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["/etc/x", "../x", "a/../../x", "", "a//b", "x\0y", "."])
def test_names_that_leave_the_work_folder_are_refused(run: Runner, name: str) -> None:
    with pytest.raises(SandboxError, match="use a plain relative name"):
        run("pass", {name: b""})


def test_names_that_collide_are_refused(run: Runner) -> None:
    with pytest.raises(SandboxError, match="two names alike"):
        run("pass", {"a": b"", "a/b": b""})


def test_a_core_that_is_not_there_is_refused(run: Runner) -> None:
    with pytest.raises(SandboxError, match="core 4095 cannot be used"):
        run("pass", core=4095)


def test_no_command_is_refused(sandbox: Sandbox) -> None:
    with pytest.raises(SandboxError, match="no command"):
        sandbox.run(Job(command=(), files={}))


def test_a_run_stays_on_its_core(run: Runner) -> None:
    core = max(os.sched_getaffinity(0))
    assert run("import os; print(os.sched_getaffinity(0))", core=core).stdout.decode() == f"{{{core}}}\n"


# --- Side by side -----------------------------------------------------------------------------------------------------


def test_runs_side_by_side_do_not_meet(run: Runner) -> None:
    def one(number: int) -> bytes:
        source = "open('mine', 'w').write(open('n').read())\nprint(open('mine').read())"
        result = run(source, {"n": str(number).encode()}, writes_mib=1)
        assert result.written == {"mine": str(number).encode()}
        return result.stdout

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(one, range(12))) == [b"%d\n" % number for number in range(12)]


def _open_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())
