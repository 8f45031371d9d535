"""A run's folder from somebody else cannot choose what is started outside the sandbox, nor where a key is sent."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import stub
from harness import launch, parts, sandbox
from harness.budget import Limit
from harness.cli import rescore
from harness.compare import run as comparing
from harness.compare.plan import Plan
from harness.errors import UsageError
from harness.spec import Spec, run_toml
from harness.store.runs import load
from tests.conftest import TOY


@pytest.fixture(autouse=True)
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A run that was cut off."""
    spec = Spec(target=str(TOY), strategy="best-of-n", parallel=1, limit=Limit(evaluations=2))
    made = launch.launch(spec, tmp_path / "runs", launch.Hooks())
    path = made / "events.jsonl"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    return made


@pytest.fixture
def evil(tmp_path: Path) -> Path:
    """A program that says that it was run."""
    program = tmp_path / "evil"
    program.write_text(f"#!/bin/sh\ntouch {tmp_path}/was-run\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda evil: {"python": str(evil)}, "the interpreter /"),
        (lambda _: {"executor": "ray", "ray_address": "127.0.0.1:9"}, "the Ray cluster at 127.0.0.1:9"),
        (lambda _: {"model": "openai/x?base_url=http://127.0.0.1:9"}, "the server of openai/x"),
        (lambda _: {"model": "openai/x?base%5Furl=http://127.0.0.1:9"}, "the server of openai/x"),
        (lambda _: {"roles": ("planner=openai/x?key_env=HOME",)}, "the server of planner"),
    ],
)
def test_what_a_run_names_that_this_user_never_named_is_not_used(
    folder: Path, evil: Path, change: Callable[[Path], dict[str, object]], named: str
) -> None:
    spec = Spec(target=str(TOY), strategy="best-of-n", parallel=1, limit=Limit(evaluations=2))
    (folder / "run.toml").write_text(run_toml(replace(spec, **change(evil))))  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=f"names {named}.*, with which you never began a run"):
        launch.resume(folder, launch.Hooks())
    assert not evil.with_name("was-run").exists()


def test_a_run_judged_again_starts_no_interpreter_that_its_record_names(folder: Path, evil: Path) -> None:
    record = load(folder)
    forged = replace(record, start=replace(record.start, interpreter={"path": str(evil)}))
    with pytest.raises(UsageError, match=r"the interpreter .*, with which you never began a run"):
        rescore._target(forged, None)
    assert not evil.with_name("was-run").exists()


def test_what_this_user_began_a_run_with_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sandbox, "prove", lambda *_: None)
    spec = Spec(target=str(TOY), strategy="best-of-n", parallel=1, limit=Limit(evaluations=2), python=sys.executable)
    (folder / "run.toml").write_text(run_toml(spec))
    launch.launch(spec, folder.parent, launch.Hooks())
    assert load(launch.resume(folder, launch.Hooks())).status == "done"


def test_a_comparison_from_elsewhere_starts_no_interpreter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = Plan(
        target=str(TOY), strategies=("noop",), model="offline?key_env=HOME", seeds=(0,), limit=Limit(evaluations=1),
        parallel=1,
    )  # fmt: skip
    member = plan.members()[0]
    with pytest.raises(UsageError, match="of a comparison names the server of offline"):
        comparing._begun(member, tmp_path, None, launch.Hooks())  # type: ignore[arg-type]
