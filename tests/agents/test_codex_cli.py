"""The real Codex CLI, confined, against a service on the loopback that makes it do as it is told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from harness.agents.codex import CodexCli, Heard, shown
from harness.private import private_folder
from harness.sandbox import without
from harness.strategies.toy import ToyTools
from harness.types import Report
from tests.agents.conftest import BASE, KEY, brief
from tests.agents.service import Service, serving
from tests.conftest import TOY

pytestmark = pytest.mark.usefixtures("codex_cli")
BETTER = BASE.replace("x0 = 0", "x0 = 1")


def session(
    tools: ToyTools, monkeypatch: pytest.MonkeyPatch, *commands: str, **changes: object
) -> tuple[Report, Service]:
    with serving(*commands, last='{"hypothesis": "h", "change": "x0 up", "expected": "e"}') as service:
        monkeypatch.setenv("OPENAI_BASE_URL", service.url)
        report = CodexCli(without()).work(brief("codex", model="mock-1", **changes), tools)
    return report, service


def test_it_edits_evaluates_and_leaves_notes(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    command = "sed -i 's/x0 = 0/x0 = 1/' program.py; ./eval; ./eval; cat NOTES.md; echo learnt > NOTES.md"
    report, service = session(tools, monkeypatch, command, quick_evals=1)
    assert (report.end, report.reason, report.source) == ("done", "", BETTER)
    (output,) = service.outputs()
    assert '"score": 1.04' in output and '"evals_left": 0' in output
    assert "no quick evaluation is left" in output
    assert "earlier notes" in output
    assert tools.evaluations == 1
    assert report.notes == "learnt\n"
    assert "x0 up" in report.said
    assert report.models == ("codex/mock-1",)
    assert (report.usage.tokens_in, report.usage.tokens_cached, report.usage.tokens_out) == (200, 80, 20)
    assert report.usage.tokens_reasoning == 6
    assert report.usage.usd is None, "its price is not known"
    assert "command_execution" in report.transcript
    assert service.keys[0] == f"Bearer {KEY}"


def test_nothing_secret_can_be_read(tools: ToyTools, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    golden = private_folder("goldens", "XDG_CACHE_HOME", ".cache") / "trace.json"
    secret = private_folder("secrets", "XDG_STATE_HOME", ".local/state") / "run"
    beside = tmp_path / "events.jsonl"
    for path in (golden, secret, beside):
        path.write_text("TOPSECRET")
        path.chmod(0o644)
    reads = "; ".join(f"cat {path}" for path in (golden, secret, beside, Path("~").expanduser() / ".profile"))
    looks = f"ls / /home {Path(__file__).parent}; env; cat /proc/*/environ | tr '\\0' '\\n'; cat /proc/*/cmdline"
    report, service = session(tools, monkeypatch, f"{reads}; {looks}; echo reached the end")
    (output,) = service.outputs()
    assert "reached the end" in output
    assert output.count("No such file or directory") >= 4
    for text in (output, report.transcript):
        assert "TOPSECRET" not in text
        assert KEY not in text
        assert "test_codex_cli" not in text


def test_its_commands_have_no_network(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    probe = "(exec 3<>/dev/tcp/127.0.0.1/$PORT) && echo CONNECTED; echo tried"
    with serving() as service:
        port = service.url.split(":")[2].split("/")[0]
        service.answers.append(f"PORT={port}; {probe}")
        monkeypatch.setenv("OPENAI_BASE_URL", service.url)
        CodexCli(without()).work(brief("codex", model="mock-1"), tools)
        (output,) = service.outputs()
    assert "tried" in output
    assert "CONNECTED" not in output.replace("echo CONNECTED", "")


def test_what_it_writes_elsewhere_and_leaves_running_is_gone(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    mark = f"31{os.getpid()}"
    writes = "for f in /tmp/out /etc/out /usr/out /out ~/out ../out; do echo x > $f && echo WROTE $f; done"
    spoil = "echo '#!/bin/sh' > eval; echo 'echo 9.9' >> eval; ./eval; echo '9.9 keep' >> results.tsv"
    daemon = f"(setsid nohup sleep {mark} >/dev/null 2>&1 &)"
    report, service = session(
        tools, monkeypatch, f"{writes}; {spoil}; {daemon}; pgrep -f {mark} >/dev/null && echo LIVES"
    )
    (output,) = service.outputs()
    assert "WROTE" not in output
    assert report.source == BASE, "nothing but the program is taken back"
    assert tools.evaluations == 0
    listing = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True, check=True).stdout
    assert f"sleep {mark}" not in listing
    assert not Path("/etc/out").exists()


@pytest.mark.parametrize(
    ("command", "reason"),
    [
        ("rm program.py; ln -s /etc/hosts program.py", "link"),
        ("rm program.py; mkfifo program.py", "no plain file"),
        ("head -c 10000000 /dev/zero > program.py", "larger than"),
    ],
    ids=["symlink", "fifo", "huge"],
)
def test_no_strange_program_is_taken_back(
    command: str, reason: str, tools: ToyTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    report, service = session(tools, monkeypatch, f"{command}; ./eval")
    assert report.source is None
    assert reason in report.reason
    assert reason in service.outputs()[0], "and ./eval says so"
    assert tools.evaluations == 0


def test_it_ends_after_its_steps(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    edits = [f"sed -i 's/x{n} = 0/x{n} = 1/' program.py" for n in range(6)]
    report, service = session(tools, monkeypatch, *edits, max_steps=2)
    assert (report.end, report.steps) == ("steps", 2)
    assert "x1 = 1" in (report.source or "")
    assert len(service.requests) <= 4


def test_a_service_that_never_answers_is_ended_by_the_turns_clock(
    tools: ToyTools, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(silent_s=30) as service:
        monkeypatch.setenv("OPENAI_BASE_URL", service.url)
        report = CodexCli(without()).work(brief("codex", model="mock-1", seconds=2.0), tools)
    assert (report.end, report.source) == ("timeout", BASE)
    assert "longer than 2 s" in report.reason


def test_a_refused_key_is_said_as_such(tools: ToyTools, monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(status=401) as service:
        monkeypatch.setenv("OPENAI_BASE_URL", service.url)
        report = CodexCli(without()).work(brief("codex", model="mock-1"), tools)
    assert report.end == "refused"
    assert "401" in report.reason
    assert KEY not in report.reason
    assert report.usage.calls == 0, "so that the run stops at once"


def test_a_run_with_a_crash_a_repair_and_a_commit(tmp_path: Path) -> None:
    lean = "sed -i 's/^        history.append(ballast)/        pass/' program.py; echo keep no history > NOTES.md"
    crash = "sed -i 's/^import math/import math\\nraise SystemExit(3)/' program.py"
    mend = "sed -i '/raise SystemExit/d' program.py; cat results.tsv"
    with serving(crash, "", f"{mend}; {lean}", "", last='{"change": "less history"}') as service:
        env = {**os.environ, "OPENAI_BASE_URL": service.url}
        words = ["optimize", str(TOY), "--strategy", "codex", "--set", "agent=codex", "--set", "model=mock-1"]
        words += ["--set", "turns=2", "--max-evaluations", "4"]
        command = [sys.executable, "-m", "harness.cli.main", *words]
        ran = subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300)
        assert ran.returncode == 0, ran.stderr
        assert "crash" in service.outputs()[-1], "results.tsv tells of the first turn"
    run = tmp_path / "runs/latest"
    events = [json.loads(line) for line in (run / "events.jsonl").read_text().splitlines()]
    asked = [event["data"]["operator"] for event in events if event["kind"] == "ask"]
    assert asked == ["turn", "repair"]
    outcomes = [event["data"] for event in events if event["kind"] == "outcome"]
    assert [outcome["score"]["status"] for outcome in outcomes] == ["crash", "ok"]
    assert outcomes[1]["crowned"]
    assert "history.append" not in (run / "best.py").read_text()
    git = ["git", "-C", str(run / "repository"), "log", "--reverse", "--format=%s"]
    log = subprocess.run(git, capture_output=True, text=True, check=True).stdout.splitlines()
    assert log == ["the program as it was given", "less history"]
    assert (run / "repository/NOTES.md").read_text() == "keep no history\n"
    assert (run / "repository/program.py").read_text() == (run / "best.py").read_text()
    assert KEY not in (run / "events.jsonl").read_text()


def test_killed_within_a_session_the_run_repeats_it_and_pays_for_no_program_twice(tmp_path: Path) -> None:
    lean = "sed -i 's/^        history.append(ballast)/        pass/' program.py; ./eval"
    words = ["optimize", str(TOY), "--strategy", "codex", "--set", "agent=codex", "--set", "model=mock-1"]
    words += ["--set", "turns=1", "--max-evaluations", "4"]
    command = [sys.executable, "-m", "harness.cli.main"]
    journal = tmp_path / "runs/latest/events.jsonl"
    with serving(lean, "sleep 100", lean, "", last='{"change": "less history"}') as service:
        env = {**os.environ, "OPENAI_BASE_URL": service.url}
        output = (tmp_path / "output").open("wb")
        harness = subprocess.Popen([*command, *words], cwd=tmp_path, env=env, stdout=output, stderr=output)
        try:
            for _ in range(600):
                if len(service.requests) >= 2 or harness.poll() is not None:
                    break
                time.sleep(0.1)
        finally:
            harness.kill()
            harness.wait()
            output.close()
        before = kinds(journal)
        assert before.count("judged") == 1 and "session" not in before
        resumed = subprocess.run(
            [*command, "resume"], cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=300
        )
        assert resumed.returncode == 0, resumed.stderr
        assert len(service.requests) == 4
    after = kinds(journal)
    assert after.count("judged") == 1, "the program is known"
    assert after.count("session") == 1
    (outcome,) = [event["data"] for event in events_of(journal) if event["kind"] == "outcome"]
    assert outcome["usage"]["evaluations"] == 1
    assert "history.append" not in (tmp_path / "runs/latest/best.py").read_text()


def events_of(journal: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in journal.read_text().splitlines()]


def kinds(journal: Path) -> list[str]:
    return [event["kind"] for event in events_of(journal)]


def test_no_more_of_the_machine_is_shown_than_its_own() -> None:
    alone, home = Path("/home/me/.local/bin/codex"), Path("/home/me/lib/node_modules/@openai/codex-linux/vendor/x86")
    assert shown(alone) == [alone]
    assert shown(home / "bin/codex") == [home]


def test_its_events_are_read_leniently() -> None:
    heard = Heard()
    for line in (b"", b"no json", b"[1]", b'{"type": 7}', b'{"type": "item.completed"}', b'{"type": "news", "x": 1}'):
        heard.line(line)
    for count in (100, 300, 200):
        heard.line(b'{"type": "turn.completed", "usage": {"input_tokens": %d, "odd": "x"}}' % count)
    assert heard.usage().tokens_in == 300, "counters grow over a thread, and are not added up"
    assert heard.failure == ""
