"""Runs with plug-ins in them: recorded, shown, resumed as they were, and failing in one line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks import kill, stub
from harness import launch, parts, sandbox
from harness.budget import Limit
from harness.compare import run as comparing
from harness.compare.plan import Plan, checked
from harness.errors import BadPlugin, PluginFailed, SandboxError, UsageError
from harness.report import markdown, tables, views
from harness.report.html.run import write
from harness.spec import Spec, read_spec
from harness.store.rows import row_of
from harness.store.runs import load
from tests.conftest import TOY
from tests.plugins.test_loading import EVALUATOR, MODEL, SANDBOX, STRATEGY

CLIMBING = STRATEGY.replace(
    "def ask(self): return None",
    "def ask(self):\n        self.n = getattr(self, 'n', 0) + 1\n        return ORDER(self.n)",
).replace(
    "propose(self, order, tools): return None", "propose(self, order, tools):\n        return MAKE(order, tools)"
) + (
    "\nfrom harness.types import Order, Candidate\n"
    "def ORDER(n): return Order(n, 'mine') if n < 5 else None\n"
    "def MAKE(order, tools): return Candidate.of(tools.target.source + f'# {order.n}\\n', (), 'a comment')\n"
)


@pytest.fixture(autouse=True)
def stubbed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def spec(tmp_path: Path) -> Spec:
    Path("climb.py").write_text(CLIMBING)
    Path("small.py").write_text(EVALUATOR.replace('"mine"', '"small"'))
    return Spec(
        target=str(TOY), strategy="./climb.py:Mine", evaluators=("small.py:Mine",), parallel=1, limit=Limit(seconds=60)
    )


def run(spec: Spec, root: Path) -> Path:
    return launch.launch(spec, root, launch.Hooks())


def cut_short(folder: Path) -> None:
    path = folder / "events.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[: len(lines) // 2]))


def test_what_took_part_is_recorded_and_shown_in_every_table(tmp_path: Path, spec: Spec) -> None:
    record = load(run(spec, tmp_path / "runs"))
    assert (record.start.target, record.start.strategy) == ("toy+small", "climb.py:Mine")
    assert record.start.target_path == str(TOY), "and the target can be found again"
    assert [(p["kind"], p["title"]) for p in record.start.plugins] == [
        ("strategy", "climb.py:Mine"), ("evaluator", "small.py:Mine"),
    ]  # fmt: skip
    assert len(record.tried) == 4
    assert "strategy climb.py:Mine (sha256 " in "\n".join(tables.remarks(record))
    assert "evaluator small.py:Mine" in markdown.summary(record) and "toy+small" in markdown.summary(record)
    page = write(record.folder).read_text()
    assert "toy+small" in page and "evaluator small.py:Mine, sha256 " in page
    assert row_of(record).target == "toy+small", "a leaderboard of its own"
    shown = views.shown(record)
    assert shown["target"] == "toy+small" and len(shown["plugins"]) == 2
    assert "/" not in record.folder.name and "toy+small-climb.py-Mine" in record.folder.name
    assert read_spec(record.folder).strategy == f"{tmp_path}/climb.py:Mine", "from any folder"


def test_a_cut_run_goes_on_to_the_same_end_from_another_folder(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, folder = run(spec, tmp_path / "whole"), run(spec, tmp_path / "runs")
    cut_short(folder)
    monkeypatch.chdir("/")
    launch.resume(folder, launch.Hooks())
    assert kill.told(folder) == kill.told(whole)


@pytest.mark.parametrize("name", ["climb.py", "small.py"])
def test_a_changed_plug_in_is_refused_and_put_back_it_goes_on(tmp_path: Path, spec: Spec, name: str) -> None:
    folder = run(spec, tmp_path / "runs")
    cut_short(folder)
    before, text = (folder / "events.jsonl").read_bytes(), Path(name).read_text()
    Path(name).write_text(text + "raise AssertionError('it must not run')\n")
    with pytest.raises(BadPlugin, match=rf"plug-in {name}:Mine is not what it was when run .* began: put it back"):
        launch.resume(folder, launch.Hooks())
    assert (folder / "events.jsonl").read_bytes() == before
    Path(name).write_text(text)
    assert load(launch.resume(folder, launch.Hooks())).status == "done"


def test_a_file_that_this_user_never_began_a_run_with_is_not_run(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = run(spec, tmp_path / "runs")
    cut_short(folder)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "somebody else"))
    with pytest.raises(BadPlugin, match="with which you never began a run: read it"):
        launch.resume(folder, launch.Hooks())


def test_a_comparison_takes_plug_ins_and_their_knobs(
    tmp_path: Path, spec: Spec, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = Plan(
        target=str(TOY), strategies=("noop", "./climb.py:Mine"), model="offline", seeds=(0,),
        limit=Limit(evaluations=3), settings=("./climb.py:Mine.n=7", "noop.n=2"), parallel=1,
    )  # fmt: skip
    checked(plan)
    folder = comparing.begin(plan, tmp_path / "runs")
    assert comparing.unfinished(plan, tmp_path / "runs") == folder
    names = comparing.read(folder).plan.strategies
    assert names == ("noop", f"{tmp_path}/climb.py:Mine")

    from contextlib import nullcontext

    monkeypatch.chdir("/")
    assert comparing.carry_out(folder, lambda member, past: nullcontext(launch.Hooks()))
    made = [load(path) for path in comparing.read(folder).folders()]
    assert [m.start.strategy for m in made] == ["noop", "climb.py:Mine"]
    assert made[1].start.settings == {"n": 7}
    with pytest.raises(UsageError, match=r"STRATEGY\.KNOB=VALUE"):
        checked(replace(plan, settings=("n=7",)))


def test_a_strategy_that_raises_ends_the_run_with_its_file_and_line(tmp_path: Path, spec: Spec) -> None:
    Path("climb.py").write_text(CLIMBING.replace("def tell(self, outcome): pass", "def tell(self, outcome): outcome.x"))
    with pytest.raises(PluginFailed, match=r"a plug-in failed, climb.py line \d+: AttributeError") as failed:
        run(spec, tmp_path / "runs")
    assert isinstance(failed.value.__cause__, AttributeError), "what it raised is there for who writes it"
    record = load(kill.only_run(tmp_path / "runs"))
    assert record.status == "failed" and record.reason.startswith("climb.py line ")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            ("return ORDER(self.n)", "return 7"),
            "strategy climb.py:Mine: ask returned an int, and an Order or None is due",
        ),
        (("Order(n, 'mine')", "Order(n, 'mine', (), {'x': {1}})"), "an order whose context is not plain JSON"),
        (("return MAKE(order, tools)", "return 'print(1)'"), "propose returned a str, and a Candidate is due"),
    ],
)
def test_what_a_strategy_may_not_return_is_said(tmp_path: Path, spec: Spec, change: tuple[str, str], says: str) -> None:
    assert change[0] in CLIMBING
    Path("climb.py").write_text(CLIMBING.replace(*change))
    with pytest.raises(PluginFailed, match=says):
        run(spec, tmp_path / "runs")
    assert load(kill.only_run(tmp_path / "runs")).status == "failed"


@pytest.mark.parametrize("body", ["raise KeyError('x')", "return None"])
def test_a_sandbox_that_proves_nothing_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, body: str) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(tmp_path)
    Path("room.py").write_text(SANDBOX.replace("def run(self, job): ...", f"def run(self, job): {body}"))
    with pytest.raises(
        SandboxError, match=r"no sandbox works here that was asked for \(room.py:Mine: (Key|Attribute)Error"
    ):
        sandbox.choose(backend="./room.py:Mine")


def test_a_model_of_one_s_own_is_asked_alone_in_roles_and_in_ensembles(tmp_path: Path) -> None:
    Path("echo.py").write_text(
        MODEL.replace("...", "return Reply('nothing of use', 'echo', Usage(1))")
        + "\nfrom harness.types import Reply, Usage\n"
    )
    for model, roles in (
        ("./echo.py:Mine", ()),
        ("./echo.py:Mine=0.9,offline=0.1", ()),
        ("offline", ("worker=echo.py:Mine",)),
    ):
        strategy = "aster" if roles else "best-of-n"
        spec = Spec(target=str(TOY), strategy=strategy, model=model, roles=roles, parallel=1, limit=Limit(calls=6))
        folder = run(spec, tmp_path / "runs")
        record = load(folder)
        assert [p["title"] for p in record.start.plugins] == ["echo.py:Mine"]
        assert (str(tmp_path) not in record.start.model and "echo.py:Mine" in record.start.model) or roles
        told = [
            json.loads(line)["data"] for line in (folder / "events.jsonl").read_text().splitlines() if '"reply"' in line
        ]
        assert "echo" in {reply.get("model") for reply in told}


def test_a_limit_in_dollars_needs_a_model_that_knows_its_price(tmp_path: Path) -> None:
    Path("echo.py").write_text(MODEL)
    with pytest.raises(UsageError, match=r"the price of echo.py:Mine is not known"):
        run(
            Spec(target=str(TOY), strategy="best-of-n", model="./echo.py:Mine", limit=Limit(usd=1.0)), tmp_path / "runs"
        )
    assert not (tmp_path / "runs").exists()
