"""Landlock on kernels of every age, and the filter that stands beside it."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.sandbox import attacks, confine, landlock, seccomp
from harness.sandbox.host import Host
from harness.types import Job, Limits

pytestmark = pytest.mark.skipif(confine.abi() == 0, reason="this kernel has no Landlock")
REACHED = ("write somewhere", "empty a file that can only be read", "signal a thread of another process")


@pytest.fixture
def at() -> Host:
    return Host.of(sys.executable)


def _job(source: str, **limits: int) -> Job:
    return Job(command=("{python}", "p.py"), files={"p.py": source.encode()}, limits=Limits(**limits))


def _by_name(name: str) -> attacks.Attack:
    return next(attack for attack in attacks.ATTACKS if attack.name == name)


def test_every_abi_asks_for_what_it_knows_and_no_more() -> None:
    counts = {abi: tuple(map(int.bit_count, confine.handled(abi))) for abi in range(1, 8)}
    assert counts == {
        1: (13, 0, 0),
        2: (14, 0, 0),
        3: (15, 0, 0),
        4: (15, 2, 0),
        5: (16, 2, 0),
        6: (16, 2, 2),
        7: (16, 2, 2),
    }


@pytest.mark.parametrize("abi", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("name", REACHED)
def test_older_kernels_stop_the_same(at: Host, abi: int, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """This kernel, asked for no more than an older one could do; what the filter stops, it must stop alone."""
    _pretend(abi, monkeypatch)
    with attacks.scene() as outside:
        finding = attacks.attempt(landlock.Landlock(at, abi), _by_name(name), outside)
    assert finding.stopped, finding


def test_an_older_kernel_says_what_it_lacks(at: Host) -> None:
    def lacks(abi: int) -> str:
        return " ".join(landlock.Landlock(at, abi).describe().lacks)

    assert "programs that write files" in lacks(2) and "TCP" in lacks(2)
    assert "programs that write files" not in lacks(3) and "signals" in lacks(5)
    assert "second wall" not in lacks(6)


def test_an_older_kernel_refuses_programs_that_write(at: Host) -> None:
    with pytest.raises(SandboxError, match=r"Landlock ABI 2 cannot keep it from emptying other files: Linux 6\.2"):
        landlock.Landlock(at, 2).run(_job("pass", writes_mib=1))


def test_an_older_kernel_kills_whoever_empties_files(at: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    _pretend(2, monkeypatch)
    result = landlock.Landlock(at, 2).run(_job("import os; os.open('p.py', os.O_RDONLY | os.O_TRUNC)"))
    assert (result.end, result.code) == ("signal", signal.SIGSYS)


def test_a_program_may_signal_itself(at: Host) -> None:
    result = landlock.Landlock(at, confine.abi()).run(_job("import os; os.abort()"))
    assert (result.end, result.code) == ("signal", signal.SIGABRT)


def test_a_program_may_signal_no_other(at: Host) -> None:
    source = "import ctypes, os\nprint(ctypes.CDLL(None).tgkill({0}, {0}, 0), flush=True)"
    own, other = (
        Job(command=("{python}", "p.py"), files={"p.py": source.format(pid).encode()}, imports=("ctypes",))
        for pid in ("os.getpid()", "1")
    )
    room = landlock.Landlock(at, confine.abi())
    assert room.run(own).stdout == b"0\n"
    result = room.run(other)
    assert (result.end, result.code, result.stdout) == ("signal", signal.SIGSYS, b"")


def test_the_filter_has_one_place_for_the_process_id() -> None:
    filter_ = seccomp.compile_filter(False, shared_processes=True)
    place = slice(filter_.pid_at, filter_.pid_at + 4)
    assert filter_.code[place] == seccomp.PLACEHOLDER.to_bytes(4, sys.byteorder)
    assert seccomp.compile_filter(False).pid_at == -1


def test_a_filter_without_the_place_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp, "_export", lambda rules: bytes(64))
    with pytest.raises(SandboxError, match="unlike expected"):
        seccomp.compile_filter(False, shared_processes=True)


def test_a_path_that_is_not_there_is_no_room(at: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    real = confine.spell
    monkeypatch.setattr(confine, "spell", lambda *a, **o: real(*a, **{**o, "readable": ["/no/such/place"]}))
    with pytest.raises(SandboxError, match="/no/such/place"):
        landlock.Landlock(at, confine.abi()).run(_job("pass"))


def test_a_program_that_is_not_there_is_no_room(at: Host) -> None:
    job = Job(command=("/no/such/program",), files={})
    with pytest.raises(SandboxError, match=r"could not be set up: .*No such file"):
        landlock.Landlock(at, confine.abi()).run(job)


def test_an_exit_code_of_127_is_the_programs_own(at: Host) -> None:
    result = landlock.Landlock(at, confine.abi()).run(_job("import sys; sys.exit(127)"))
    assert (result.end, result.code) == ("exit", 127)


def test_one_run_cannot_open_the_folder_of_another(at: Host) -> None:
    """Side by side as the same user: the folder's mode lets both in, and Landlock does not."""
    room = landlock.Landlock(at, confine.abi())
    seen = []

    def watch(chunk: bytes) -> None:
        other = chunk.decode()
        spy = f"import os\ntry: print(os.listdir({other!r}))\nexcept PermissionError: print('refused')"
        seen.append(room.run(_job(spy)).stdout)

    outer = "import os, time\nos.write(1, os.getcwd().encode())\ntime.sleep(1)"
    room.run(Job(command=("{python}", "p.py"), files={"p.py": outer.encode()}, watch=watch))
    assert seen == [b"refused\n"]


def _pretend(abi: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The launcher is another process: it is told by a copy of the code that believes in an older kernel."""
    from harness.sandbox import runner

    original = Path(confine.__file__).with_name("launcher.py").read_text()
    patched = original.replace(
        "from confine import Door", f"import confine; confine.abi = lambda: {abi}; Door = confine.Door"
    )
    assert patched != original
    folder = str(Path(confine.__file__).parent)
    script = patched.replace('__file__.rpartition("/")[0]', repr(folder))
    assert script != patched

    real = runner._launcher

    def launcher(*arguments: object) -> list[str]:
        words = real(*arguments)  # type: ignore[arg-type]
        at = next(i for i, word in enumerate(words) if word.endswith("launcher.py"))
        return [*words[:at], "-c", script, *words[at + 1 :]]

    monkeypatch.setattr(runner, "_launcher", launcher)


def test_the_pretence_is_seen(at: Host, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test's own lever: with an ABI of 0 nothing may run."""
    _pretend(0, monkeypatch)
    with pytest.raises(SandboxError, match="this kernel has no Landlock"):
        landlock.Landlock(at, 1).run(_job("pass"))


def test_nothing_is_opened_for_the_wrong_kind_of_right(at: Host) -> None:
    """What may be written cannot be run, and what may be run cannot be written."""
    assert confine.TO_WRITE & confine.EXECUTE == 0
    assert confine.TO_READ & (confine.WRITE_FILE | confine.MAKE_REG | confine.TRUNCATE) == 0
    source = (
        "import os, sys\n"
        "with open('tool', 'wb', opener=lambda path, flags: os.open(path, flags, 0o755)) as file:\n"
        "    file.write(open(sys.executable, 'rb').read())\n"
        "print(os.access('tool', os.X_OK), flush=True)\n"
        "os.execv('tool', ['tool', '-c', 'print(1)'])"
    )
    result = landlock.Landlock(at, confine.abi()).run(_job(source, writes_mib=64))
    assert result.stdout == b"True\n"
    assert b"PermissionError" in result.stderr
