"""The Claude Code CLI's adapter, with a program on PATH that takes its flags and speaks its JSON."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.agents.claude import Claude, usage_of
from harness.sandbox import without
from harness.strategies.toy import ToyTools
from harness.types import Report
from tests.agents.conftest import BASE, KEY, brief

ANSWER = {
    "type": "result",
    "subtype": "success",
    "is_error": False,
    "num_turns": 3,
    "result": '{"change": "x0 up"}',
    "total_cost_usd": 0.25,
    "usage": {
        "input_tokens": 10,
        "cache_creation_input_tokens": 20,
        "cache_read_input_tokens": 30,
        "output_tokens": 5,
    },
}


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, room: object) -> Path:
    """A folder on PATH that the user whom agents run as can reach."""
    del room
    folder = tmp_path_factory.mktemp("claude")
    for parent in (folder, *folder.parents):
        if parent.stat().st_uid == os.geteuid() and not parent.stat().st_mode & 0o001:
            parent.chmod(parent.stat().st_mode | 0o011)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("ANTHROPIC_API_KEY", KEY)
    return folder


def session(place: Path, tools: ToyTools, script: str, answer: object = ANSWER, **changes: object) -> Report:
    program = place / "claude"
    program.write_text(f"#!/bin/sh\n{script}\ncat <<'END'\n{json.dumps(answer)}\nEND\n")
    program.chmod(0o755)
    return Claude(without()).work(brief("claude", **changes), tools)


def test_it_is_given_its_flags_and_its_answer_is_read(place: Path, tools: ToyTools) -> None:
    looks = 'echo "$@" > NOTES.md; cat >> NOTES.md; env >> NOTES.md'
    script = f'{looks}; sed -i "s/x0 = 0/x0 = 1/" program.py; ./eval > /dev/null'
    report = session(place, tools, script, model="some", max_steps=7)
    assert (report.end, report.reason, report.steps) == ("done", "", 3)
    assert report.source == BASE.replace("x0 = 0", "x0 = 1")
    assert report.said == '{"change": "x0 up"}'
    assert tools.evaluations == 1
    flags = "-p --bare --output-format json --allowedTools Bash Edit Read Write --no-session-persistence --max-turns 7"
    assert f"{flags} --model some\n# Task\n# Turn 1" in report.notes
    assert "ANTHROPIC_API_KEY=[key]" in report.notes
    assert "OPTIMIZE_RUN" not in report.notes and "XDG_" not in report.notes
    usage = report.usage
    assert (usage.tokens_in, usage.tokens_cached, usage.tokens_written, usage.tokens_out) == (60, 30, 20, 5)
    assert usage.usd == 0.25


def test_nothing_of_the_users_is_there(place: Path, tools: ToyTools, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("TOPSECRET")
    (tmp_path / "secret").chmod(0o644)
    report = session(
        place, tools, f"cat {tmp_path}/secret ~/.profile > NOTES.md 2>&1; echo x > /usr/out; ls / >> NOTES.md"
    )
    assert "No such file" in report.notes
    assert "TOPSECRET" not in report.notes
    assert not Path("/usr/out").exists()


@pytest.mark.parametrize(
    ("script", "changed", "end"),
    [
        ("", {"subtype": "error_max_turns", "is_error": True}, "steps"),
        ("", {"is_error": True, "result": "Overloaded"}, "failed"),
        ("", {"is_error": True, "result": "401 authentication_error"}, "refused"),
        ("exit 3", {}, "failed"),
        ("sleep 60", {}, "timeout"),
    ],
)
def test_how_it_ended_is_said(place: Path, tools: ToyTools, script: str, changed: dict[str, object], end: str) -> None:
    report = session(place, tools, script, {**ANSWER, **changed}, seconds=1.5)
    assert report.end == end
    assert report.reason
    assert report.source == BASE


def test_what_it_says_of_its_cost_is_checked() -> None:
    assert usage_of({}).usd is None
    odd = {"total_cost_usd": "much", "usage": {"input_tokens": True, "output_tokens": -5}}
    assert (usage_of(odd).usd, usage_of(odd).tokens_in, usage_of(odd).tokens_out) == (None, 0, 0)


def test_an_answer_without_a_line_end_is_heard(place: Path, tools: ToyTools) -> None:
    report = session(place, tools, f"printf %s '{json.dumps(ANSWER)}'; exit 0", {})
    assert (report.end, report.steps) == ("done", 3)


def test_it_ends_when_the_user_wants_an_end(place: Path, tools: ToyTools) -> None:
    program = place / "claude"
    program.write_text("#!/bin/sh\nsed -i 's/x0 = 0/x0 = 1/' program.py\nsleep 60\n")
    program.chmod(0o755)
    asked = iter([None, None])
    report = Claude(without(), lambda: next(asked, "asked to stop by Ctrl-C")).work(brief("claude"), tools)
    assert (report.end, report.reason) == ("stopped", "asked to stop by Ctrl-C")
    assert "x0 = 1" in (report.source or "")


def test_its_key_is_in_nothing_that_it_leaves(place: Path, tools: ToyTools) -> None:
    script = "echo $ANTHROPIC_API_KEY | tee NOTES.md >> program.py; ./eval; echo $ANTHROPIC_API_KEY >&2"
    report = session(place, tools, f"{script}; echo $ANTHROPIC_API_KEY", {**ANSWER, "result": f"the key is {KEY}"})
    assert report.source is None
    assert "holds the key" in report.reason
    assert tools.evaluations == 0
    assert KEY not in repr(report)
    assert report.said == "the key is [key]"


def test_a_package_json_beside_it_shows_no_more_of_the_machine(place: Path, tools: ToyTools) -> None:
    (place / "package.json").write_text("{}")
    (place / "secret").write_text("TOPSECRET")
    report = session(place, tools, f"cat {place}/secret > NOTES.md 2>&1; ls {place} >> NOTES.md")
    assert "TOPSECRET" not in report.notes
    assert report.notes.endswith("claude\n")
    assert "package.json" not in report.notes


def test_what_it_leaves_running_is_gone(place: Path, tools: ToyTools) -> None:
    mark = f"32{os.getpid()}"
    report = session(place, tools, f"(setsid sleep {mark} >/dev/null 2>&1 &)")
    assert report.end == "done"
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in listing


def test_a_folder_that_fills_the_disk_ends_it(place: Path, tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.agents.cli.FOLDER_BYTES", 1 << 20)
    report = session(place, tools, "head -c 3000000 /dev/zero > big; sleep 30", seconds=20.0)
    assert (report.end, report.source) == ("failed", BASE)
    assert "grew beyond 1 MiB" in report.reason


ORPHAN = """
import sys
from random import Random
from harness.agents.claude import Claude
from harness.strategies.toy import ToyTools, more_is_better, one_change, toy_target
from tests.agents.conftest import brief
Claude(None).work(brief("claude"), ToyTools(Random(0), toy_target(), {}, one_change, more_is_better, []))
"""


def test_it_dies_with_the_harness_even_by_kill_9(place: Path) -> None:
    mark = f"33{os.getpid()}"
    program = place / "claude"
    program.write_text(f"#!/bin/sh\nsleep {mark}\n")
    program.chmod(0o755)
    harness = subprocess.Popen([sys.executable, "-c", ORPHAN], cwd=Path(__file__).parents[2])

    def lives() -> bool:
        return (
            f"sleep {mark}" in subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
        )

    def becomes(wanted: bool) -> bool:
        return any(lives() == wanted or time.sleep(0.1) for _ in range(200))

    try:
        assert becomes(True)
    finally:
        harness.kill()
        harness.wait()
    assert becomes(False)
