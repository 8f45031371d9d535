"""A warm start: the best programs of an earlier run are judged anew before the first plan, and only then counted."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import stub
from harness import launch, parts, sandbox
from harness.budget import Limit
from harness.errors import UsageError
from harness.spec import Spec
from harness.store.journal import read
from harness.store.runs import load
from harness.types import Event
from tests.conftest import TOY


@pytest.fixture
def spec(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Spec:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())
    program = (TOY / "toy.py").read_text(encoding="utf-8")
    answers = [f"NOTE: n{n}\n\n```python\n{program.replace('range(2000)', f'range({n})')}```\n" for n in range(40)]
    (tmp_path / "answers.json").write_text(json.dumps(answers), encoding="utf-8")
    model = f"scripted/{tmp_path / 'answers.json'}"
    return Spec(target=str(TOY), strategy="best-of-n", model=model, parallel=1, limit=Limit(evaluations=12))


def warm(spec: Spec, run: str) -> Spec:
    return replace(spec, strategy="aster", model="offline", settings=(f"warm_start={run}", "iterations=1"))


def events(folder: Path, kind: str) -> list[Event]:
    return [event for event in read(folder / "events.jsonl") if event.kind == kind]


def test_the_best_of_an_earlier_run_come_first_and_are_measured_anew(tmp_path: Path, spec: Spec) -> None:
    earlier = launch.launch(spec, tmp_path, launch.Hooks())
    best = sorted((t for t in load(earlier).tried if t.score.fitness), key=lambda t: -(t.score.fitness or 0))[:8]
    made = launch.launch(warm(spec, earlier.name), tmp_path, launch.Hooks())
    asked = [event.data["operator"] for event in events(made, "ask")]
    assert asked[: len(best) + 1] == ["branch"] * len(best) + ["plan"]
    told = [event.data for event in events(made, "outcome")][: len(best)]
    assert [data["candidate"]["id"] for data in told] == [t.id for t in best]
    assert all(data["usage"]["evaluations"] == 1 for data in told), "numbers of another run are not taken over"
    plan = next(event.data for event in events(made, "ask") if event.data["operator"] == "plan")
    assert plan["context"]["valid"] == 1 + len(best)
    assert plan["parents"] == [best[0].id]


def test_what_cannot_be_begun_with_is_refused_in_one_line(tmp_path: Path, spec: Spec) -> None:
    for name in ("latest", "no-such-run", "../elsewhere"):
        with pytest.raises(UsageError, match="warm_start"):
            launch.launch(warm(spec, name), tmp_path, launch.Hooks())
    assert not [path for path in tmp_path.iterdir() if path.is_dir()], "nothing was begun"
    earlier = launch.launch(spec, tmp_path, launch.Hooks())
    other = tmp_path / "toy.py"
    other.write_text("print(1)\n", encoding="utf-8")
    with pytest.raises(UsageError, match="another program"):
        launch.launch(replace(warm(spec, earlier.name), target=str(other)), tmp_path, launch.Hooks())
    lines = (earlier / "events.jsonl").read_bytes().splitlines(keepends=True)
    (earlier / "events.jsonl").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(UsageError, match="is not over"):
        launch.launch(warm(spec, earlier.name), tmp_path, launch.Hooks())
