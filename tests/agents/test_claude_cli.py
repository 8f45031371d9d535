"""The real Claude Code CLI, confined, against a service on the loopback that makes it do as it is told."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.agents.claude import Claude
from harness.private import private_folder
from harness.sandbox import without
from harness.strategies.toy import ToyTools
from harness.types import Report
from tests.agents.conftest import BASE, KEY, brief
from tests.agents.messages import Messages, messages

pytestmark = pytest.mark.usefixtures("claude_cli")


def session(
    tools: ToyTools, monkeypatch: pytest.MonkeyPatch, *commands: str, **changes: object
) -> tuple[Report, Messages]:
    with messages(*commands, last='{"hypothesis": "h", "change": "x0 up", "expected": "e"}') as service:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
        report = Claude(without()).work(brief("claude", **changes), tools)
    return report, service


def test_it_edits_evaluates_and_leaves_notes(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "sed -i 's/x0 = 0/x0 = 1/' program.py; ./eval; cat NOTES.md; echo learnt > NOTES.md"
    report, service = session(tools, monkeypatch, command, model="mock-1")
    assert (report.end, report.reason) == ("done", "")
    assert report.source == BASE.replace("x0 = 0", "x0 = 1")
    assert report.notes == "learnt\n"
    assert "x0 up" in report.said
    assert tools.evaluations == 1
    assert "evals_left" in service.outputs() and "earlier notes" in service.outputs()
    usage = report.usage
    assert (usage.tokens_in, usage.tokens_cached, usage.tokens_written, usage.tokens_out) == (120, 60, 40, 10)
    assert {request["model"] for request in service.requests} == {"mock-1"}
    assert any(KEY in str(headers) for headers in service.headers), "the key reaches its service"


def test_nothing_of_the_harness_can_be_read_or_written(
    tools: ToyTools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    golden = private_folder("goldens", "XDG_CACHE_HOME", ".cache") / "trace.json"
    secret = private_folder("secrets", "XDG_STATE_HOME", ".local/state") / "run"
    beside = tmp_path / "events.jsonl"
    for path in (golden, secret, beside):
        path.write_text("TOPSECRET")
        path.chmod(0o644)
    reads = "; ".join(f"cat {path} 2>&1" for path in (golden, secret, beside))
    writes = f"echo x > {tmp_path}/new; echo x > /usr/out; echo x > /etc/out; (setsid sleep 34{os.getpid()} &)"
    report, service = session(tools, monkeypatch, f"{reads}; {writes}; env > NOTES.md; echo reached the end")
    assert "reached the end" in service.outputs()
    assert service.outputs().count("No such file or directory") >= 3
    assert "TOPSECRET" not in service.outputs()
    assert KEY not in repr(report), "it can read its key, and cannot leave it anywhere"
    assert "[key]" in report.notes
    assert not (tmp_path / "new").exists() and not Path("/usr/out").exists() and not Path("/etc/out").exists()
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep 34{os.getpid()}" not in listing


def test_it_ends_after_its_steps(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [f"sed -i 's/x{n} = 0/x{n} = 1/' program.py" for n in range(6)]
    report, _ = session(tools, monkeypatch, *edits, max_steps=2)
    assert report.end == "steps"
    assert report.reason == "it took all its steps"
    assert "x0 = 1" in (report.source or "")


def test_a_refused_key_is_said_as_such(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    with messages(status=401) as service:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", service.url)
        report = Claude(without()).work(brief("claude", model="mock-1", seconds=30.0), tools)
    assert report.end == "refused", report.reason
    assert KEY not in report.reason
    assert report.usage.calls == 0, "so that the run stops at once"
