"""The command line as a process: start-up, pipes, interrupts."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.runs_on_disk import finished_run, noop_run

COMMAND = [sys.executable, "-m", "harness.cli.main"]
HEAVY = ("openai", "anthropic", "libcst", "jinja2", "sqlite3", "rich", "pydantic")


def run(*args: str, **options: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=60, **options)  # type: ignore[call-overload,no-any-return]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "runs"


@pytest.mark.parametrize("args", [["--help"], ["--version"], ["leaderboard", "--help"], ["optimize", "--help"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    heavy = HEAVY if len(args) == 1 else HEAVY[:-1]  # typer reads the options of a command with pydantic
    script = (
        "import sys; from harness.cli.main import main\n"
        f"sys.argv = ['optimize-run', *{args!r}]\n"
        "try:\n    main()\nfinally:\n"
        f"    print('HEAVY', [m for m in {heavy!r} if m in sys.modules], file=sys.stderr)"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0 and ended.stdout
    assert ended.stderr == "HEAVY []\n"


def test_the_console_script_is_the_same(root: Path) -> None:
    script = Path(sys.executable).parent / "optimize-run"
    if not script.exists():
        pytest.skip("the package is not installed beside this interpreter")
    ended = subprocess.run([script, "list", "--json", "--runs", root], capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (0, "[]\n")


def test_a_user_s_mistake_is_one_line(root: Path) -> None:
    ended = run("show", "nowhere", "--runs", str(root))
    assert ended.returncode == 2 and ended.stdout == ""
    assert ended.stderr == "error: unknown run 'nowhere': known: none\n"


def test_a_reader_that_goes_away_is_no_news(root: Path) -> None:
    finished_run(root)
    noop_run(root)
    env = {**os.environ, "OPTIMIZE_RUN_RUNS": str(root)}
    for args in (["show", "--json"], ["show"], ["leaderboard"], ["best", "20260301"]):
        read, write = os.pipe()
        os.close(read)
        with os.fdopen(write, "wb") as gone:
            ended = subprocess.run(
                [*COMMAND, *args], stdout=gone, stderr=subprocess.PIPE, text=True, env=env, timeout=60
            )
        assert "Traceback" not in ended.stderr and "BrokenPipe" not in ended.stderr
        assert ended.returncode == 1


def test_a_narrow_encoding_is_no_reason_to_fail(root: Path) -> None:
    from tests.runs_on_disk import Writing, scored

    writing = Writing(root)
    writing.outcome(scored(), note="naïve → schön", crowned=True)
    writing.close()
    env = {**os.environ, "PYTHONIOENCODING": "ascii"}
    for args in (["show"], ["show", "--json"], ["show", "-f", "csv"], ["lineage", "-f", "md"]):
        ended = run(*args, "--runs", str(root), env=env)
        assert (ended.returncode, ended.stderr) == (0, "")


def test_an_interrupt_is_quiet_and_says_130() -> None:
    script = (
        "import sys, harness.cli.main as m\n"
        "def stop(*_): raise KeyboardInterrupt\n"
        "m.load_command = stop\n"
        "sys.argv = ['optimize-run', 'list']\n"
        "m.main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 130 and "Traceback" not in ended.stderr


def test_doctor_attacks_its_own_sandbox(root: Path) -> None:
    import json

    ended = run("doctor", "--json", "--runs", str(root))
    found = json.loads(ended.stdout)
    assert found["runs"] == {"folder": str(root), "writable": True}
    assert {"OPENAI_API_KEY", "ANTHROPIC_API_KEY"} <= set(found["keys"])
    if found["sandbox"]["error"]:
        assert ended.returncode == 1 and not found["ok"]
        pytest.skip(found["sandbox"]["error"])
    assert len(found["attacks"]) > 5 and all(attack["stopped"] for attack in found["attacks"])
    assert ended.returncode == 0 and found["ok"]
    assert found["sandbox"]["covers"] and found["sandbox"]["lacks"]


def test_doctor_tells_no_key(root: Path) -> None:
    env = {**os.environ, "OPENAI_API_KEY": "sk-very-secret"}
    ended = run("doctor", "--runs", str(root), env=env)
    assert "key OPENAI_API_KEY: set" in ended.stdout
    assert "very-secret" not in ended.stdout + ended.stderr
