"""The whole path on a small target, through the command line: real processes, the real sandbox, a scripted model."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.types import Sandbox
from tests.conftest import TOY

pytestmark = pytest.mark.usefixtures("room")


def edit(note: str, search: str, replace: str) -> str:
    return f"NOTE: {note}\n\n<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE\n"


LEAN = edit("keep no history", "        history.append(ballast)", "        pass")
BALLAST = "        ballast = [state + i for i in range(2000)]"
WRONG = edit("a smaller ballast", BALLAST, BALLAST.replace("2000", "200"))
NOISE = "I would rather talk about something else."
BROKEN = edit("read elsewhere", "import math", "import math\nimport socket")


def cli(*args: str, folder: Path, **env: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "harness.cli.main", *args]
    return subprocess.run(command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False)


def script(folder: Path, *answers: str) -> str:
    path = folder / "answers.json"
    path.write_text(json.dumps(answers))
    return f"scripted/{path}"


def events(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "runs/latest/events.jsonl").read_text().splitlines()]


def test_a_run_from_first_prompt_to_best_program(tmp_path: Path) -> None:
    model = script(tmp_path, WRONG, LEAN, NOISE, NOISE, BROKEN)
    ran = cli(str(TOY), "--model", model, "--max-evaluations", "3", "--parallel", "1", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert "Traceback" not in ran.stderr
    latest = tmp_path / "runs/latest"
    assert "history.append" not in (latest / "best.py").read_text()
    assert "-        history.append(ballast)" in (latest / "best.diff").read_text()

    shown = json.loads(cli("show", "--json", folder=tmp_path).stdout)
    assert shown["status"] == "done" and shown["target"] == "toy"
    statuses = [candidate["status"] for candidate in shown["candidates"]]
    assert statuses == ["wrong", "ok", "invalid", "rule"]
    assert shown["best"]["memory_ratio"] > 1.5 if "memory_ratio" in shown["best"] else shown["best"]
    assert shown["usage"]["evaluations"] == 3
    board = json.loads(cli("leaderboard", "--json", folder=tmp_path).stdout)
    assert board["rows"][0]["best_id"] == shown["lineage"][-1]

    judged = cli("evaluate", "runs/latest/best.py", "--target", str(TOY), "--json", folder=tmp_path)
    assert judged.returncode == 0, judged.stderr
    document = json.loads(judged.stdout)
    assert document["status"] == "ok" and document["memory"]["low"] > 1.5
    assert [w["name"] for w in document["equivalence"]["workloads"]] == ["few", "public", "timed"]

    page = (latest / "report.html").read_text()
    assert "keep no history" in page and f"{shown['best']['memory']['ratio']:.2f}x less memory" in page
    spent = [e["data"]["seconds"] for e in events(tmp_path) if e["kind"] in ("judged", "crown", "confirm")]  # type: ignore[index]
    assert {stage for seconds in spent for stage in seconds} >= {"rules", "screen", "measure", "duel", "full"}


@pytest.mark.parametrize("how", ["failed", "stopped"])
def test_a_run_that_fails_or_is_stopped_leaves_a_report_too(tmp_path: Path, how: str) -> None:
    model = script(tmp_path, LEAN)
    args = ("-m", model, "--max-evaluations", "9", "--parallel", "1")
    if how == "failed":
        ran = cli(str(TOY), *args, folder=tmp_path)
        assert ran.returncode == 1 and "the model failed 8 times in a row" in ran.stderr
    else:
        command = [sys.executable, "-m", "harness.cli.main", str(TOY), *args]
        with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE) as process:
            journal = tmp_path / "runs/latest/events.jsonl"
            while process.poll() is None and not (journal.exists() and b'"ask"' in journal.read_bytes()):
                time.sleep(0.01)
            process.send_signal(signal.SIGINT)
            _, said = process.communicate()
        assert process.returncode == 130, said
    page = (tmp_path / "runs/latest/report.html").read_text()
    assert ("The run failed" if how == "failed" else "was stopped before its end") in page


def test_two_runs_with_the_same_seed_and_answers_ask_the_same(tmp_path: Path) -> None:
    prompts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        model = script(tmp_path / name, WRONG, NOISE, NOISE, BROKEN)
        limits = ("--max-evaluations", "2", "--parallel", "1", "--set", "profile=false")  # a profile is measured
        cli(str(TOY), "-m", model, *limits, folder=tmp_path / name)
        prompts.append([e["data"]["prompt"] for e in events(tmp_path / name) if e["kind"] == "reply"])  # type: ignore[index]
    assert prompts[0] == prompts[1] and len(prompts[0]) == 4


def test_hidden_inputs_appear_in_no_prompt_and_the_secret_is_revealed_at_the_end(tmp_path: Path, room: Sandbox) -> None:
    from harness import targets, workloads

    model = script(tmp_path, WRONG, BROKEN)
    cli(str(TOY), "-m", model, "--max-evaluations", "2", "--parallel", "1", folder=tmp_path)
    end = events(tmp_path)[-1]
    assert end["kind"] == "end"
    target = targets.load(str(TOY))
    hidden = {
        word
        for workload in target.workloads
        if workload.hidden
        for word in workloads.draw(workload, target, end["data"]["secret"]).files["input.txt"].decode().split()  # type: ignore[index]
        if len(word) > 4
    }
    assert hidden
    texts = [path.read_text() for path in (tmp_path / "runs/latest/blobs").iterdir()]
    texts.append((tmp_path / "runs/latest/events.jsonl").read_text())
    assert not [word for word in hidden for text in texts if word in text]


def test_killed_with_9_a_run_goes_on_where_it_was(tmp_path: Path) -> None:
    model = script(tmp_path, WRONG, LEAN, NOISE, NOISE, BROKEN)
    command = [
        sys.executable,
        "-m",
        "harness.cli.main",
        str(TOY),
        "-m",
        model,
        "--max-evaluations",
        "3",
        "--parallel",
        "1",
    ]
    with subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True) as process:
        journal = tmp_path / "runs/latest/events.jsonl"
        while process.poll() is None and not (journal.exists() and b'"outcome"' in journal.read_bytes()):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    before = journal.read_bytes()
    assert b'"kind":"end"' not in before
    resumed = cli("resume", folder=tmp_path)
    assert resumed.returncode == 0, resumed.stderr
    assert journal.read_bytes().startswith(before[: before.rfind(b"\n") + 1])
    after = events(tmp_path)
    asked = [e["data"]["n"] for e in after if e["kind"] == "ask"]  # type: ignore[index]
    told = [e["data"]["n"] for e in after if e["kind"] == "outcome"]  # type: ignore[index]
    replies = [(e["data"]["n"], e["data"]["call"]) for e in after if e["kind"] == "reply"]  # type: ignore[index]
    assert sorted(asked) == sorted(told) == [1, 2, 3, 4]
    assert len(replies) == len(set(replies)) == 5
    assert (tmp_path / "runs/latest/best.py").exists()


PROGRAM = """\
import sys

total = 0
rows = []
for line in open("numbers.txt"):
    rows.append([int(line) * k for k in range(3000)])
    total += sum(rows[-1])
print("total", total)
with open("report.txt", "w") as report:
    report.write(f"{total}\\n")
sys.exit(3)
"""


def test_a_program_without_a_target_toml_is_optimized(tmp_path: Path) -> None:
    (tmp_path / "tally.py").write_text(PROGRAM)
    (tmp_path / "numbers.txt").write_text("".join(f"{n}\n" for n in range(60)))
    lean = edit(
        "one row at a time",
        "    rows.append([int(line) * k for k in range(3000)])",
        "    rows = [[int(line) * k for k in range(3000)]]",
    )
    forgets = edit("no report", '    report.write(f"{total}\\n")', "    pass")
    model = script(tmp_path, forgets, lean)
    ran = cli("tally.py", "-m", model, "--max-evaluations", "2", "--parallel", "1", folder=tmp_path)
    assert ran.returncode == 0, ran.stderr
    shown = json.loads(cli("show", "--json", folder=tmp_path).stdout)
    assert [c["status"] for c in shown["candidates"]] == ["wrong", "ok"]
    assert "rows = [[" in (tmp_path / "runs/latest/best.py").read_text()
    assert not (tmp_path / "report.txt").exists()


@pytest.mark.parametrize(
    ("args", "code", "says"),
    [
        (("microgtp",), 2, "microgpt"),
        (("microgpt", "--strategy", "openevolv"), 2, "did you mean openevolve?"),
        (("microgpt", "--model", "ofline"), 2, "offline"),
        (("microgpt", "--model", "openai/some-model"), 1, "OPENAI_API_KEY"),
        (("microgpt", "--set", "islands=3"), 2, "num_islands"),
        (("microgpt", "--set", "num_islands=zero"), 2, "num_islands"),
        (("microgpt", "--max-time", "soon"), 2, "1h30m"),
        (("microgpt", "--program", "nowhere.py"), 2, "nowhere.py does not exist"),
        (("nowhere.py",), 2, "nowhere.py does not exist"),
        (("broken.py",), 2, "broken.py line 1 does not parse"),
        (("hungry.py", "--quiet"), 1, "FileNotFoundError: [Errno 2] No such file or directory: 'numbers.txt'"),
        (("microgpt", "--runs", "/proc/runs"), 1, "/proc/runs cannot be written"),
        (("microgpt", "--objective", "fast"), 2, "fast"),
        (("microgpt", "--no-such-option",), 2, "--no-such-option"),
        (("resume",), 2, "run"),
    ],
)  # fmt: skip
def test_a_newcomers_mistake_costs_one_line(tmp_path: Path, args: tuple[str, ...], code: int, says: str) -> None:
    (tmp_path / "broken.py").write_text("def f(:\n")
    (tmp_path / "hungry.py").write_text("print(open('numbers.txt').read())\n")
    ran = cli(*args, folder=tmp_path)
    assert (ran.returncode, ran.stdout) == (code, "")
    assert says in ran.stderr and "Traceback" not in ran.stderr
    if not args[-1].startswith("--no"):
        assert sum("error: " in line for line in ran.stderr.splitlines()) == 1
    left = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert [name for name in left if name != "runs"] == ["broken.py", "hungry.py"], "nothing half-written"
