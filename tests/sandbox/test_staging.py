"""Staged interpreters: which ones work, what a stage holds, and that nobody else can tamper with it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import SandboxError
from harness.sandbox import choose, staging
from harness.types import Job

IMPORTS = ("math", "random", "os.path", "sys", "time", "collections.abc", "re", "array", "dataclasses", "_thread")


def _interpreters() -> list[str]:
    """Every different interpreter that can be found here and is new enough, this one apart."""
    names = [f"python3.{minor}" for minor in range(11, 16)]
    found = [shutil.which(name) for name in names] + [shutil.which("python3", path=os.defpath)]
    check = "import sys; print(sys.base_prefix, sys.version); sys.exit(sys.version_info < (3, 11))"
    distinct = {}
    for path in filter(None, found):
        done = subprocess.run([path, "-c", check], capture_output=True, check=False)
        if done.returncode == 0:
            distinct.setdefault(done.stdout, path)
    return sorted(distinct.values())


@pytest.mark.parametrize("python", [sys.executable, *_interpreters()], ids=lambda path: Path(path).name)
def test_interpreters_of_many_kinds(backend: str, python: str) -> None:
    program = f"import {', '.join(IMPORTS)}\nprint(sys.version)".encode()
    result = choose(python, backend=backend).run(
        Job(command=("{python}", "p.py"), files={"p.py": program}, imports=IMPORTS)
    )
    version = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, check=True).stdout
    assert result.stdout == version, result.stderr.decode()


def test_a_stage_holds_the_closure_and_no_more(tmp_path: Path) -> None:
    staged = staging.stage(sys.executable, ("heapq",), tmp_path)
    names = {path.name for path in staged.folder.rglob("*")}
    assert "heapq.pyc" in names
    assert names.isdisjoint({"random.pyc", "ctypes", "subprocess.pyc", "socket.pyc"})


def test_a_stage_is_made_once(tmp_path: Path) -> None:
    first = staging.stage(sys.executable, ("heapq",), tmp_path)
    made = first.folder.stat().st_ctime_ns
    again = staging.stage(sys.executable, ("heapq",), tmp_path)
    other = staging.stage(sys.executable, ("bisect",), tmp_path)
    assert (again, again.folder.stat().st_ctime_ns) == (first, made)
    assert other.folder != first.folder
    assert (first.folder / first.program[4:]).samefile(other.folder / other.program[4:])


def test_byte_code_names_no_path_of_the_machine(tmp_path: Path) -> None:
    staged = staging.stage(sys.executable, ("heapq",), tmp_path)
    (code,) = staged.folder.rglob("heapq.pyc")
    assert b"/py/lib/python3." in code.read_bytes()
    assert sys.base_prefix.encode() not in code.read_bytes()


def test_a_stage_is_readable_whatever_the_umask(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    before = os.umask(0o077)
    try:
        staged = staging.stage(sys.executable, (), tmp_path)
    finally:
        os.umask(before)
    for path in (tmp_path / "stages", staged.folder, *staged.folder.rglob("*")):
        assert path.stat().st_mode & 0o777 == 0o755, path


def test_an_old_interpreter_is_refused(tmp_path: Path) -> None:
    old = tmp_path / "python"
    answer = '{"missing": [], "modules": [], "executable": "x", "version": [3, 9, 1], "encodings": "x"}'
    old.write_text(f"#!/bin/sh\necho '{answer}'\n")
    old.chmod(0o755)
    with pytest.raises(SandboxError, match=r"is Python 3\.9\.1: 3\.11 or newer is needed"):
        staging.stage(str(old), (), tmp_path)


@pytest.mark.parametrize("python", ["/no/such/python", "false"])
def test_what_is_no_interpreter_is_refused(python: str, tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match=r"Python 3\.11 or newer"):
        staging.stage(python, (), tmp_path)


def test_a_failed_stage_leaves_no_draft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_open_to_readers", lambda folder: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        staging.stage(sys.executable, (), tmp_path)
    assert list((tmp_path / "stages").iterdir()) == []


# --- A cache that others cannot touch ---------------------------------------------------------------------------------


def test_a_link_in_place_of_the_cache_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").symlink_to(tmp_path)
    with pytest.raises(SandboxError, match="remove it"):
        staging.private_folder(tmp_path / "cache", 0o755)


def test_a_cache_that_others_may_write_to_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache").chmod(0o777)
    with pytest.raises(SandboxError, match="only its owner"):
        staging.private_folder(tmp_path / "cache", 0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a folder to another user")
def test_a_cache_of_another_user_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cache").mkdir(mode=0o755)
    os.chown(tmp_path / "cache", 59_999, 59_999)
    with pytest.raises(SandboxError, match="only its owner"):
        staging.private_folder(tmp_path / "cache", 0o755)


def test_a_bundled_tool_is_staged_with_its_libraries(tmp_path: Path) -> None:
    site = tmp_path / "site"
    for name in ("some_bin/_bin/tool", "some_bin.libs/libx.so"):
        (site / name).parent.mkdir(parents=True, exist_ok=True)
        (site / name).write_text(name)
    copy = staging.stage_tool(site / "some_bin" / "_bin" / "tool", tmp_path)
    assert copy.stat().st_mode & 0o777 == 0o755
    assert (copy.parents[2] / "some_bin.libs" / "libx.so").read_text() == "some_bin.libs/libx.so"
