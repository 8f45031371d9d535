"""Whole runs in their folders with a stub judge: what a full disk, damage, a second process and a stop leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import kill, stub
from harness import launch, parts, sandbox
from harness.budget import Limit
from harness.errors import BaselineError, Locked, ModelError, NothingTried, OptimizeRunError, StoreError, UsageError
from harness.judging.judge import Baseline
from harness.rehearsal import rehearse
from harness.spec import Spec
from harness.store.blobs import Blobs
from harness.store.journal import Journal, read
from harness.store.runs import load
from harness.types import Score
from tests.conftest import TOY

CALLS = 12
COMMAND = [sys.executable, "-m", "harness.cli.main"]


@pytest.fixture(autouse=True)
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    model = kill.script(tmp_path / "answers.json", CALLS)
    return Spec(target=str(TOY), strategy="openevolve", model=model, parallel=1, limit=Limit(calls=CALLS))


def run(spec: Spec, root: Path, hooks: launch.Hooks | None = None) -> Path:
    return launch.launch(spec, root, hooks or launch.Hooks())


# --- the same run, twice ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["openevolve", "shinka", "gepa", "best-of-n", "noop"])
def test_the_same_seed_answers_and_judgements_make_the_same_journal(tmp_path: Path, spec: Spec, strategy: str) -> None:
    limit = Limit(evaluations=4) if strategy == "noop" else spec.limit
    spec = Spec(target=spec.target, strategy=strategy, model=spec.model, parallel=1, limit=limit)
    one, two = run(spec, tmp_path / "one"), run(spec, tmp_path / "two")
    assert kill.told(one) == kill.told(two)
    assert len(kill.told(one)) > 10


def test_killed_at_random_instants_nothing_is_lost_and_nothing_paid_twice(tmp_path: Path) -> None:
    found = kill.trial(60, 6, 1, "openevolve", 1, tmp_path)
    assert found["ok"] and found["kills"] >= 3, found


def test_killed_at_random_instants_with_four_workers_every_ask_is_told_once(tmp_path: Path) -> None:
    found = kill.trial(40, 3, 4, "openevolve", 2, tmp_path)
    assert found["ok"] and found["every_ask_told_once"], found


# --- a full disk, a read-only one -------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of four megabytes; only root may have one."""
    where = tmp_path / "disk"
    where.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", where], capture_output=True)
    if mounted.returncode:
        pytest.skip("no tmpfs can be mounted here")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", where], check=True)


def test_a_full_disk_is_named_and_the_run_goes_on_when_there_is_room(tmp_path: Path, small_disk: Path) -> None:
    model = kill.script(tmp_path / "answers.json", 400)
    spec = Spec(target=str(TOY), strategy="openevolve", model=model, parallel=1, limit=Limit(calls=100))
    ballast = small_disk / "ballast"
    ballast.write_bytes(b"x" * 3_600_000)
    with pytest.raises(StoreError, match=r"cannot write .*disk.*No space left on device.* intact"):
        run(spec, small_disk / "runs")
    folder = kill.only_run(small_disk / "runs")
    recorded = list(read(folder / "events.jsonl"))
    assert len(recorded) > 10 and load(folder).status in ("killed", "failed")
    assert not list(folder.rglob(".tmp-*"))
    ballast.unlink()
    launch.resume(folder, launch.Hooks())
    whole = run(spec, tmp_path / "roomy")
    assert [e for e in kill.told(folder) if e[0] != "end"] == [e for e in kill.told(whole) if e[0] != "end"]  # type: ignore[index]


def test_a_run_in_a_read_only_folder_can_be_read_and_not_resumed(spec: Spec, small_disk: Path) -> None:
    folder = run(spec, small_disk / "runs")
    subprocess.run(["mount", "-o", "remount,ro", small_disk], check=True)
    assert load(folder).status == "done"
    with pytest.raises(StoreError, match="cannot be written: Read-only file system"):
        launch.resume(folder, launch.Hooks())
    with pytest.raises(StoreError, match="cannot be written: Read-only file system; name another with --runs"):
        run(spec, small_disk / "more")


# --- damage, and a second process -------------------------------------------------------------------------------------


@pytest.fixture
def cut_short(tmp_path: Path, spec: Spec) -> Path:
    """A run without the last lines of its journal, as after a kill."""
    folder = run(spec, tmp_path / "runs")
    path = folder / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) * 2 // 3]) + lines[-1][:20])
    return folder


def test_a_torn_last_line_is_cut_and_the_run_goes_on_to_the_same_end(
    tmp_path: Path, spec: Spec, cut_short: Path
) -> None:
    launch.resume(cut_short, launch.Hooks())
    assert kill.told(cut_short) == kill.told(run(spec, tmp_path / "whole"))
    with pytest.raises(UsageError, match="is finished: there is nothing to resume"):
        launch.resume(cut_short, launch.Hooks())


def test_a_flipped_byte_in_the_middle_is_named_and_nothing_is_written_over_it(cut_short: Path) -> None:
    path = cut_short / "events.jsonl"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    whole = bytes(data[: data.rfind(b"\n") + 1])
    with pytest.raises(StoreError, match=r"events.jsonl line \d+ is damaged: .*lines before it are intact"):
        launch.resume(cut_short, launch.Hooks())
    assert path.read_bytes() == whole
    with Journal(cut_short.parent.parent):  # and the lock was let go
        pass


def test_a_missing_text_is_named_and_what_else_there_is_can_be_read(cut_short: Path) -> None:
    record = load(cut_short)
    lost = next(tried for tried in record.tried if tried.source and tried.id != record.best)
    (cut_short / "blobs" / str(lost.source)).unlink()
    with pytest.raises(StoreError, match=f"blob {str(lost.source)[:12]} is missing from .*: restore it"):
        launch.resume(cut_short, launch.Hooks())
    assert load(cut_short).source(record.best or record.start.baseline_id)


def test_an_empty_text_as_a_power_cut_leaves_it_is_written_again(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha = blobs.put("x = 1\n")
    (tmp_path / sha).write_bytes(b"")
    with pytest.raises(StoreError, match="has changed"):
        blobs.get(sha)
    assert blobs.put("x = 1\n") == sha and blobs.get(sha) == "x = 1\n"


def test_a_second_process_on_the_same_run_is_refused(cut_short: Path) -> None:
    before = (cut_short / "events.jsonl").read_bytes()
    with Journal(cut_short), pytest.raises(Locked, match="is being written by another process"):
        launch.resume(cut_short, launch.Hooks())
    assert before.startswith((cut_short / "events.jsonl").read_bytes())


def test_a_resumed_run_is_named_in_one_line_when_its_run_toml_is_gone(cut_short: Path) -> None:
    (cut_short / "run.toml").unlink()
    with pytest.raises(StoreError, match=r"holds no run.toml"):
        launch.resume(cut_short, launch.Hooks())


# --- ends -------------------------------------------------------------------------------------------------------------


def test_a_file_named_stop_ends_a_run_which_goes_on_when_it_is_resumed(tmp_path: Path, spec: Spec) -> None:
    folders: list[Path] = []

    def watch(event: object) -> None:
        if not folders and list(tmp_path.glob("runs/2*/run.toml")):
            folders.append(kill.only_run(tmp_path / "runs"))
        if getattr(event, "kind", "") == "outcome" and len(folders) == 1:
            (folders[0] / "STOP").touch()
            folders.append(folders[0])

    folder = run(spec, tmp_path / "runs", launch.Hooks(watch=watch))
    record = load(folder)
    assert (record.status, record.reason, len(record.tried)) == ("interrupted", "asked to stop by the file STOP", 1)
    launch.resume(folder, launch.Hooks())
    assert load(folder).status == "done" and not (folder / "STOP").exists()


def test_a_run_that_is_stopped_before_anything_came_of_it_is_no_success(tmp_path: Path, spec: Spec) -> None:
    with pytest.raises(NothingTried, match="nothing was tried, since the run ended before: asked to stop by a test"):
        run(spec, tmp_path / "runs", launch.Hooks(asked_to_stop=lambda: "asked to stop by a test"))
    assert load(kill.only_run(tmp_path / "runs")).status == "interrupted"


def test_a_run_without_one_answer_is_no_success(tmp_path: Path, spec: Spec) -> None:
    (tmp_path / "none.json").write_text("[]")
    silent = Spec(
        target=spec.target, strategy="best-of-n", settings=("n=3",), model=f"scripted/{tmp_path / 'none.json'}"
    )
    with pytest.raises(ModelError, match="no answer came at all"):
        run(silent, tmp_path / "runs")


@pytest.mark.parametrize("presses", [1, 2])
def test_ctrl_c_once_finishes_what_is_in_flight_and_twice_stops_now(tmp_path: Path, presses: int) -> None:
    """Through the command line; the model takes its time, so that something is in flight."""
    model = kill.script(tmp_path / "answers.json", 400)
    code = (
        "import sys, time\nfrom benchmarks.stub import with_stub_judge\nwith_stub_judge()\n"
        "from harness.models.scripted import ScriptedModel as S\nanswer = S.complete\n"
        f"S.complete = lambda self, prompt: (time.sleep({0.2 if presses == 1 else 30}), answer(self, prompt))[1]\n"
        "from harness.cli.main import main\n"
        f"sys.argv = ['optimize-run', {str(TOY)!r}, '-m', {model!r}, '--max-calls', '400', '--runs', 'runs']\nmain()\n"
    )
    env = {**os.environ, "PYTHONPATH": str(stub.ROOT)}
    with subprocess.Popen([sys.executable, "-c", code], cwd=tmp_path, env=env, stderr=subprocess.PIPE) as process:
        kill.wait_for_events(tmp_path / "runs", 8 if presses == 1 else 2, process)
        for _ in range(presses):
            process.send_signal(signal.SIGINT)
            time.sleep(0.5)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    record = load(kill.only_run(tmp_path / "runs"))
    if presses == 1:
        assert b"finishing what is in flight" in errors and record.status == "interrupted" and not record.open
    else:
        assert b"go on with: optimize-run resume" in errors and record.status == "killed" and record.open


# --- the first questions do not wait for the baseline -----------------------------------------------------------------


def test_the_first_question_is_asked_while_the_baseline_is_measured(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "runs"

    class Patient(stub.StubJudge):
        def prepare(self, ahead: bool = True) -> Baseline:
            deadline = time.monotonic() + 30
            while not [e for e in read(kill.only_run(root) / "events.jsonl") if e.kind == "reply"]:
                assert time.monotonic() < deadline, "nothing was asked while the baseline was measured"
                time.sleep(0.01)
            return super().prepare(ahead)

    monkeypatch.setattr(launch, "make_judge", lambda target, *_: Patient(target))
    kinds = [event.kind for event in read(run(spec, root) / "events.jsonl") if event.kind != "profile"]
    assert kinds[:3] == ["start", "ask", "reply"] and kinds.index("baseline") == kinds.index("judged") - 1


@pytest.mark.parametrize("paid", [False, True])
def test_a_target_that_cannot_begin_leaves_nothing_behind_but_what_was_paid_for(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch, paid: bool
) -> None:
    class Broken(stub.StubJudge):
        def prepare(self, ahead: bool = True) -> Baseline:
            raise BaselineError("the untouched program does not repeat itself")

    monkeypatch.setattr(launch, "make_judge", lambda target, *_: Broken(target))
    if paid:
        answers = json.loads((tmp_path / "answers.json").read_text())
        (tmp_path / "answers.json").write_text(json.dumps([{"text": a, "usage": {"tokens_out": 5}} for a in answers]))
    with pytest.raises(OptimizeRunError, match="does not repeat itself"):
        run(spec, tmp_path / "runs")
    assert len(list((tmp_path / "runs").iterdir())) == paid * 1
    if paid:
        assert load(kill.only_run(tmp_path / "runs")).status == "failed"


# --- a dry run --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("strategy", ["openevolve", "shinka", "gepa", "best-of-n"])
def test_a_dry_run_shows_exactly_what_a_run_sends_first(tmp_path: Path, spec: Spec, strategy: str) -> None:
    spec = Spec(target=spec.target, strategy=strategy, model=spec.model, parallel=1, limit=Limit(calls=1))
    shown = rehearse(spec, tmp_path)
    folder = run(spec, tmp_path / "runs")
    sent = next(event.data["prompt"] for event in read(folder / "events.jsonl") if event.kind == "reply")
    assert shown.prompt is not None
    assert Blobs(folder / "blobs").get(sent) == f"{shown.prompt.system}\n\n{shown.prompt.user}"
    assert shown.usd == {spec.model: 0.0} and 500 < shown.tokens < 5000


def test_a_dry_run_writes_nothing_needs_no_key_and_says_what_it_does_not_know(tmp_path: Path) -> None:
    command = [*COMMAND, str(TOY), "--dry-run", "-m", "openai/no-such-model"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 0 and ended.stdout.startswith("--- system\n# Task")
    assert "openai/no-such-model: an unknown sum" in ended.stderr and "OPENAI_API_KEY" in ended.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("option", "value", "says"),
    [("--target-score", "1", "write 1.2 or more"), ("--max-usd", "0", "above 0"), ("--max-time", "0s", "90s")],
)
def test_a_limit_that_ends_a_run_before_it_begins_is_refused(
    tmp_path: Path, option: str, value: str, says: str
) -> None:
    command = [*COMMAND, str(TOY), option, value]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2 and says in ended.stderr and not list(tmp_path.iterdir())


# --- judging again ----------------------------------------------------------------------------------------------------


def test_judging_again_leaves_the_journal_as_it_is_and_names_what_no_longer_stands(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    from harness.cli import rescore

    folder = run(spec, tmp_path / "runs")
    record, before = load(folder), (folder / "events.jsonl").read_bytes()
    chosen = rescore._chosen(record, rescore.Which.OK, None)
    again = rescore._judged(record, rescore._target(record, None), chosen[:1], whole=False)
    assert again["candidates"][0]["fitness"]["now"] == pytest.approx(chosen[0].score.fitness)
    monkeypatch.setattr(stub.StubJudge, "screen", lambda self, candidate: Score("wrong", feedback="line 3 differs"))
    fallen = rescore._judged(record, rescore._target(record, None), chosen, whole=False)
    assert [row["stands"] for row in fallen["candidates"]] == [False] * len(chosen)
    assert (folder / "events.jsonl").read_bytes() == before
    kept = [json.loads(path.read_text()) for path in sorted((folder / "rescores").iterdir())]
    assert [document["done"] for document in kept] == [True, True]
    assert kept[1]["candidates"][0]["why"] == "line 3 differs"
