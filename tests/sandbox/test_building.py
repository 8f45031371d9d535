"""Rooms for compilers: what is not shown cannot be read, nothing is left behind, and what was made needs nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.errors import BadTarget
from harness.sandbox import flags, toolchains
from harness.types import Job, JobResult, Limits, Sandbox, Toolchain

FLAGS = ("-static", "-fno-lto", "-fno-use-linker-plugin", "-o", "program", "p.c")
LIMITS = Limits(wall_s=60.0, cpu_s=20.0, memory_mib=1024, writes_mib=16)
HELLO = b'#include <stdio.h>\nint main(void) { puts("hello"); return 3; }\n'


@pytest.fixture(scope="module")
def tools() -> Toolchain:
    try:
        return toolchains.find(("stdio.h",))
    except BadTarget as error:
        pytest.skip(str(error))


def build(sandbox: Sandbox, tools: Toolchain, source: bytes, *flags: str) -> JobResult:
    command = (tools.path, *flags, *FLAGS)
    return sandbox.run(Job(command=command, files={"p.c": source}, toolchain=tools, limits=LIMITS))


def test_what_is_built_runs_where_there_is_nothing_else(sandbox: Sandbox, tools: Toolchain) -> None:
    built = build(sandbox, tools, HELLO)
    assert (built.end, built.code, list(built.written)) == ("exit", 0, ["program"]), built.stderr
    ran = sandbox.run(Job(command=("./program",), files=dict(built.written), programs=("program",), limits=Limits()))
    assert (ran.end, ran.code, ran.stdout, ran.written) == ("exit", 3, b"hello\n", {}), ran.stderr


@pytest.mark.parametrize(
    "line",
    ["#include <sys/socket.h>", '#include "/etc/passwd"', '__asm__(".incbin \\"/etc/passwd\\"");'],
)
def test_a_build_reads_nothing_that_is_not_shown(sandbox: Sandbox, tools: Toolchain, line: str) -> None:
    built = build(sandbox, tools, line.encode() + b"\n" + HELLO)
    assert built.code != 0 and b"root:" not in built.stderr + built.stdout
    assert b"No such file" in built.stderr or b"not found" in built.stderr or b"ermission denied" in built.stderr


def test_a_build_writes_nothing_elsewhere(sandbox: Sandbox, tools: Toolchain, tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    built = build(sandbox, tools, HELLO, "-MD", "-MF", str(tmp_path / "elsewhere"))
    assert built.code != 0 and list(tmp_path.iterdir()) == []


def test_a_program_can_do_what_its_compiler_could_not_leave_it(sandbox: Sandbox, tools: Toolchain) -> None:
    """Processes are for compilers: what they make is killed for one."""
    forks = b"int fork(void);\nint main(void) { return fork() < 0; }\n"
    built = build(sandbox, tools, forks)
    ran = sandbox.run(Job(command=("./program",), files=dict(built.written), programs=("program",), limits=Limits()))
    assert (ran.end, ran.code) == ("signal", 31), ran


def test_a_program_that_does_not_fit_its_limits_ends_as_one(sandbox: Sandbox, tools: Toolchain) -> None:
    """Larger than its memory before it has begun: no failure of the sandbox, which would end the whole run."""
    built = build(sandbox, tools, b"static char room[1UL << 30];\nint main(int n, char **_) { return room[n]; }\n")
    assert built.code == 0, built.stderr
    limits = Limits(memory_mib=64)
    ran = sandbox.run(Job(command=("./program",), files=dict(built.written), programs=("program",), limits=limits))
    assert (ran.end, ran.code) != ("exit", 0) and ran.peak_mib < 64


def test_what_the_kernel_does_not_take_for_a_program_ends_as_one(sandbox: Sandbox, tools: Toolchain) -> None:
    loader = b'__attribute__((section(".interp"))) const char loader[] = "/no/such/loader";\n'
    built = build(sandbox, tools, loader + HELLO)
    assert built.code == 0, built.stderr
    for binary in (built.written["program"], b"no program at all"):
        ran = sandbox.run(
            Job(command=("./program",), files={"program": binary}, programs=("program",), limits=Limits())
        )
        assert (ran.end, ran.code, ran.stdout) == ("exit", 126, b""), ran


@pytest.mark.parametrize(
    "flag",
    ["-B{here}", "-wrapper", "-fplugin={here}/p.so", "-specs={here}/s", "-include/etc/passwd", "@flags", "-Wl,-T,x"],
)
def test_flags_that_name_programs_or_files_are_refused_before_the_compiler_is_asked(tmp_path: Path, flag: str) -> None:
    """It is asked outside every sandbox, and -B has it run programs of that folder."""
    evil = tmp_path / "cc1"
    evil.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    evil.chmod(0o755)
    with pytest.raises(BadTarget, match="is not allowed: only how a program is read and built"):
        toolchains.find(("stdio.h",), ("-O2", flag.format(here=f"{tmp_path}/")))
    assert not (tmp_path / "was-run").exists()


@pytest.mark.parametrize("header", ["/etc/passwd", "../../etc/passwd"])
def test_a_header_is_one_of_the_compilers(header: str) -> None:
    with pytest.raises(BadTarget, match="is no header"):
        toolchains.find((header,))


def test_flags_that_make_a_program_faster_are_taken() -> None:
    flags.refuse_strange(("-std=gnu11", "-O3", "-Ofast", "-march=x86-64-v3", "-mavx2", "-ffast-math", "-DN=1", "-Wall"))
