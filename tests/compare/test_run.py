"""Comparisons that are really carried out, in the real sandbox: in order, and whole again after a kill -9."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from harness.budget import Limit
from harness.compare import run
from harness.compare.plan import Plan
from harness.errors import Locked, StoreError, UnknownName
from harness.launch import Hooks
from harness.store.journal import Journal
from harness.store.runs import load
from tests.conftest import TOY

COMPARE = [sys.executable, "-m", "harness.cli.main", "compare"]
OURS = [str(TOY), "-s", "noop", "-s", "best-of-n", "--seeds", "2", "--max-evaluations", "1", "--set", "noop.n=1", "-q"]


def plan(**parts: object) -> Plan:
    own = {"target": str(TOY), "strategies": ("noop", "best-of-n"), "model": "offline", "seeds": (0, 1)}
    return Plan(**{**own, "limit": Limit(evaluations=1), **parts})  # type: ignore[arg-type]


def compare(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMPARE, *args], cwd=folder, capture_output=True, text=True, timeout=300, check=False)


def events(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "journal" / "events.jsonl").read_text().splitlines()]


@pytest.mark.usefixtures("room")
def test_killed_with_9_a_comparison_goes_on_with_the_run_that_was_under_way(tmp_path: Path) -> None:
    process = subprocess.Popen([*COMPARE, *OURS], cwd=tmp_path, stderr=subprocess.PIPE, start_new_session=True)
    with process:
        while process.poll() is None and not _second_run_is_under_way(tmp_path / "runs"):
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
    (folder,) = run.all_below(tmp_path / "runs")
    before = run.read(folder)
    assert len(before.runs) == 2 and not before.done
    first, second = before.folders()
    told = (first / "events.jsonl").read_bytes()
    unfinished = (second / "events.jsonl").read_bytes()

    again = compare(tmp_path, *OURS)
    assert again.returncode == 0, again.stderr
    assert f"going on with {folder.name}" in again.stderr
    after = run.read(folder)
    assert list(run.all_below(tmp_path / "runs")) == [folder] and after.done
    assert after.folders()[:2] == [first, second], "no run was made twice"
    assert (first / "events.jsonl").read_bytes() == told
    whole = unfinished[: unfinished.rfind(b"\n") + 1]
    assert (second / "events.jsonl").read_bytes().startswith(whole)
    assert [load(path).status for path in after.folders()] == ["done"] * 4
    assert [(load(p).start.strategy, load(p).start.seed) for p in after.folders()] == [
        ("noop", 0), ("best-of-n", 0), ("best-of-n", 1), ("noop", 1),
    ]  # fmt: skip
    told_json = json.loads((folder / "compare.json").read_text())
    assert {s["strategy"] for s in told_json["strategies"]} == {"noop", "best-of-n"}
    assert "2 seeds a strategy cannot tell" in again.stdout
    assert (folder / "compare.html").stat().st_size > 1000 and (folder / "compare.md").exists()

    shown = compare(tmp_path, folder.name, "--json")
    assert json.loads(shown.stdout) == told_json
    finished = compare(tmp_path, "--resume", "latest", "--json")
    assert json.loads(finished.stdout) == told_json and [e["kind"] for e in events(folder)].count("end") == 1


def _second_run_is_under_way(runs: Path) -> bool:
    for folder in run.all_below(runs):
        begun = run.read(folder).folders() if (folder / "journal/events.jsonl").read_bytes().count(b"\n") else []
        if len(begun) == 2:
            return b'"baseline"' in (begun[1] / "events.jsonl").read_bytes()
    return False


@pytest.mark.usefixtures("room")
def test_stopped_by_the_user_it_says_how_to_go_on(tmp_path: Path) -> None:
    folder = run.begin(plan(), tmp_path)

    @contextmanager
    def show(member, past):
        yield Hooks(asked_to_stop=lambda: "asked to stop by a test")

    assert run.carry_out(folder, show) is False
    found = run.read(folder)
    assert len(found.runs) == 1 and not found.done
    assert run.unfinished(plan(), tmp_path) == folder
    assert run.unfinished(plan(seeds=(0,)), tmp_path) is None


def written(root: Path, name: str, *kinds: str, of: Plan | None = None) -> Path:
    """The folder of a comparison with only its journal."""
    (root / name / "journal").mkdir(parents=True)
    with Journal(root / name / "journal") as book:
        for kind in kinds:
            book.append(kind, run.to_json(of or plan()) if kind == "plan" else {"status": "done"})
    return root / name


def test_a_finished_comparison_is_not_gone_on_with(tmp_path: Path) -> None:
    written(tmp_path, "a", "plan", "end")
    assert run.unfinished(plan(), tmp_path) is None
    later = written(tmp_path, "b", "plan")
    written(tmp_path, "c")  # stopped before its plan was written
    assert run.unfinished(plan(), tmp_path) == later
    with pytest.raises(StoreError, match="stopped before it began"):
        run.read(tmp_path / "c")


def test_a_comparison_is_no_run(tmp_path: Path) -> None:
    from harness.store.index import view
    from harness.store.runs import folders

    written(tmp_path, "20260301T000000-toy-compare-0000", "plan")
    assert list(folders(tmp_path)) == [] and view(tmp_path).rows == view(tmp_path).faults == ()


def test_finding_a_comparison(tmp_path: Path) -> None:
    one, two = (written(tmp_path, name, "plan") for name in ("2026-a", "2026-b"))
    assert run.find(tmp_path, "latest") == two and run.find(tmp_path, "2026-a") == one
    assert run.find(tmp_path, str(one)) == one
    with pytest.raises(UnknownName, match="unknown comparison"):
        run.find(tmp_path, "nowhere")
    with pytest.raises(UnknownName, match="latest"):
        run.find(tmp_path / "empty", "latest")


def test_two_processes_cannot_carry_out_the_same_comparison(tmp_path: Path) -> None:
    folder = written(tmp_path, "a", "plan")
    with Journal(folder / "journal"), pytest.raises(Locked):
        run.carry_out(folder, lambda member, past: pytest.fail("a run was begun"))


def test_a_model_without_a_key_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    env = {k: v for k, v in os.environ.items() if k != "OPENAI_API_KEY"}
    args = [str(TOY), "-s", "gepa", "-s", "shinka", "-m", "openai/some-model", "--max-tokens", "9"]
    ended = subprocess.run([*COMPARE, *args], cwd=tmp_path, env=env, capture_output=True, text=True, check=False)
    assert ended.returncode == 1 and "OPENAI_API_KEY" in ended.stderr
    assert not (tmp_path / "runs").exists()
