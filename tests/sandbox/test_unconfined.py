"""No sandbox: it says so, keeps the limits it can keep, and is reached in one way only."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from harness import sandbox as rooms
from harness.errors import SandboxError
from harness.sandbox import BACKENDS
from harness.sandbox.attacks import ATTACKS, attempt, scene
from harness.types import Job, Limits, Sandbox


@pytest.fixture
def without() -> Sandbox:
    return rooms.asked_for(None, unsafe=True)


def _job(source: str, **options: object) -> Job:
    return Job(command=("{python}", "p.py"), files={"p.py": source.encode()}, **options)  # type: ignore[arg-type]


def test_it_is_called_none_and_covers_next_to_nothing(without: Sandbox) -> None:
    protection = without.describe()
    assert protection.backend == "none"
    assert "this user's files, keys" in protection.lacks[0]
    assert all(line.startswith("limits") for line in protection.covers)


def test_it_is_no_backend() -> None:
    assert all("none" not in modules for modules in BACKENDS.values())


def test_a_program_runs_and_is_measured(without: Sandbox) -> None:
    result = without.run(_job("import math, json\nblock = bytearray(b'x') * (40 << 20)\nprint(math.pi)"))
    assert (result.end, result.stdout[:4]) == ("exit", b"3.14")
    assert 45 < result.peak_mib < 70


@pytest.mark.parametrize(
    ("source", "limits", "end"),
    [
        ("while True: pass", Limits(wall_s=20.0, cpu_s=1.0), "timeout"),
        ("import time; time.sleep(60)", Limits(wall_s=0.7), "timeout"),
        ("x = bytearray(300 << 20)", Limits(memory_mib=128), "memory"),
        ("while True: print('x' * 999)", Limits(output_bytes=5000), "output"),
        ("open('big', 'wb').write(bytes(3 << 20))", Limits(writes_mib=1), "writes"),
    ],
    ids=["cpu", "wall", "memory", "output", "writes"],
)
def test_limits_hold(without: Sandbox, source: str, limits: Limits, end: str) -> None:
    assert without.run(_job(source, limits=limits)).end == end


def test_what_a_program_wrote_comes_back(without: Sandbox) -> None:
    result = without.run(_job("open('new', 'w').write('x')", limits=Limits(writes_mib=1)))
    assert result.written == {"new": b"x"}


def test_children_of_a_program_end_with_it(without: Sandbox, tmp_path: Path) -> None:
    source = f"import os, time\nif os.fork() == 0:\n    time.sleep(0.5)\n    os.mkdir({str(tmp_path / 'late')!r})\n"
    assert without.run(_job(source)).end == "exit"
    time.sleep(1)
    assert not (tmp_path / "late").exists()


def test_a_program_that_is_not_there(without: Sandbox) -> None:
    with pytest.raises(SandboxError, match="could not be set up"):
        without.run(Job(command=("/no/such/program",), files={}))


def test_attacks_get_through_and_are_told(without: Sandbox) -> None:
    attack = next(attack for attack in ATTACKS if attack.name == "read a file")
    with scene() as outside:
        finding = attempt(without, attack, outside)
    assert not finding.stopped and "BREACH" in finding.detail
