"""The Python interface: a run that is watched while it goes on, and read when it is over."""

from __future__ import annotations

import inspect
import subprocess
import sys
import time
from pathlib import Path

import pytest

import harness
from benchmarks import kill, stub
from harness import api, launch, parts, sandbox
from harness.errors import BaselineError, ModelError, UsageError
from harness.store.runs import load
from tests.conftest import TOY
from tests.runs_on_disk import Writing, failed, finished_run, scored

CALLS = 8


@pytest.fixture
def stubbed(monkeypatch: pytest.MonkeyPatch) -> None:
    for room in (launch, parts):
        monkeypatch.setattr(room, "make_judge", lambda target, *_: stub.StubJudge(target))
    monkeypatch.setattr(sandbox, "choose", lambda python=None, backend=None: stub.NoSandbox())


@pytest.fixture
def begun(stubbed: None, tmp_path: Path) -> api.Run:
    model = kill.script(tmp_path / "answers.json", CALLS)
    return harness.optimize(TOY, model=model, parallel=1, max_calls=CALLS, runs=tmp_path / "runs")


def test_importing_it_loads_nothing_that_is_heavy() -> None:
    heavy = ("openai", "anthropic", "libcst", "jinja2", "sqlite3", "rich", "pydantic", "typer", "harness.launch")
    for line, allowed in (("import harness", ()), ("from harness import optimize, evaluate, load_run", ())):
        script = f"{line}; import sys; print([m for m in {heavy!r} if m in sys.modules])"
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
        assert (ended.stdout, ended.stderr) == (f"{list(allowed)}\n", "")


def test_a_name_that_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'harness' has no attribute 'optimise'"):
        harness.optimise  # type: ignore[attr-defined]  # noqa: B018
    assert set(harness.__all__) <= set(dir(api))


def test_it_offers_what_the_command_line_offers_under_the_same_names() -> None:
    from harness.cli.evaluate import evaluate
    from harness.cli.optimize import optimize

    of_people = {"quiet", "json", "json_events", "format_", "dry_run", "fail_if_no_improvement"}
    plural = {"role": "roles", "set_": "settings", "evaluator": "evaluators"}
    for command, function in ((optimize, api.optimize), (evaluate, api.evaluate)):
        asked = inspect.signature(command).parameters
        offered = inspect.signature(function).parameters
        assert {plural.get(name, name) for name in asked if name not in of_people} == set(offered)
        for name, parameter in asked.items():
            if isinstance(parameter.default, int | str) and name not in of_people:
                assert offered[plural.get(name, name)].default == parameter.default, name


def test_candidates_come_while_the_run_goes_on_each_once_and_in_order(begun: api.Run) -> None:
    seen = [tried.n for tried in begun]
    assert seen == [tried.n for tried in begun.record.tried] and len(seen) > CALLS / 2
    assert begun.status == "done" and not begun.running
    assert [tried.n for tried in begun] == seen, "and again when it is over"
    assert (begun.folder / "report.html").exists()


def test_what_it_came_to(begun: api.Run) -> None:
    assert begun.wait() is begun
    record = load(begun.folder)
    assert begun.best is not None and begun.best.id == record.best
    assert begun.best_source == (begun.folder / "best.py").read_text()
    assert begun.diff == (begun.folder / "best.diff").read_text()
    assert begun.rows()[0]["run"] == begun.folder.name and len(begun.rows()) == len(record.tried)
    again = harness.load_run(begun.folder)
    assert again.record == record and again.rows() == begun.rows()
    assert repr(again).startswith(f"<Run {begun.folder.name}: done; Best: {record.best}")


def test_a_mistake_is_raised_at_once_and_nothing_is_written(stubbed: None, tmp_path: Path) -> None:
    for words, wrong in (
        ("unknown strategy 'openevolv': did you mean openevolve", {"strategy": "openevolv"}),
        ("max evaluations 0 would end the run before it began", {"max_evaluations": 0}),
        ("max time 0 would end", {"max_time": 0}),
        ("duration 'soon' is not understood", {"max_time": "soon"}),
        ("knob of strategy openevolve", {"settings": {"islands": 3}}),
        ("role of strategy openevolve", {"roles": {"planner": "offline"}}),
    ):
        with pytest.raises(UsageError, match=words):
            harness.optimize(TOY, runs=tmp_path / "runs", **wrong)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no runs in "):
        harness.load_run(runs=tmp_path / "runs")
    assert not (tmp_path / "runs").exists()


def test_what_ends_a_run_later_is_raised_by_who_waits_and_by_who_iterates(stubbed: None, tmp_path: Path) -> None:
    model = kill.script(tmp_path / "answers.json", 2)
    run = harness.optimize(TOY, model=model, parallel=1, max_calls=50, runs=tmp_path / "runs")
    with pytest.raises(ModelError, match="failed 8 times in a row"):
        list(run)
    with pytest.raises(ModelError, match="failed 8 times in a row"):
        run.wait()
    assert run.status == "failed"


def test_a_run_that_is_stopped_goes_on_where_it_was(stubbed: None, tmp_path: Path) -> None:
    model = kill.script(tmp_path / "answers.json", 300)
    begun = harness.optimize(TOY, model=model, parallel=1, max_calls=300, runs=tmp_path / "runs")
    next(iter(begun))
    begun.stop()
    assert begun.wait().status == "interrupted" and "STOP" in begun.record.reason
    tried = len(begun.record.tried)
    resumed = harness.load_run(runs=tmp_path / "runs").resume().wait()
    assert resumed.folder.samefile(begun.folder) and resumed.status == "done"
    assert len({tried.n for tried in resumed}) == len(resumed.record.tried) > tried


def test_a_run_of_another_process_is_followed_to_its_end(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline()
    writing.outcome(scored(), crowned=True)
    run = harness.load_run(writing.folder)
    assert run.running and run.status == "running"
    coming = iter(run)
    assert next(coming).score.status == "ok"
    writing.outcome(failed(), source="print(3)\n")
    assert next(coming).score.status == "wrong"
    writing.end()
    writing.close()
    assert list(coming) == [] and not run.running


def test_waiting_ends_with_its_time(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    began = time.monotonic()
    assert harness.load_run(writing.folder).wait(timeout=0.3).running
    assert time.monotonic() - began >= 0.3
    writing.close()


def test_a_notebook_gets_a_table_in_which_foreign_text_is_only_text(tmp_path: Path) -> None:
    with_note = Writing(tmp_path, target="<b>toy</b>")
    with_note.measure_baseline(("<script>alert(1)</script>",))
    best = with_note.outcome(scored(), note="<img src=x onerror=alert(2)> & more", crowned=True)
    with_note.confirm(best, scored())
    with_note.end(best=best)
    html = harness.load_run(with_note.close())._repr_html_()
    assert "<table>" in html and "2.00x less memory" in html
    assert "&lt;img src=x" in html and "&lt;script&gt;" in html and "&lt;b&gt;toy" in html
    assert not [tag for tag in ("<img", "<script", "<b>toy") if tag in html]


def test_an_unsafe_run_says_so_in_a_notebook(tmp_path: Path) -> None:
    html = harness.load_run(finished_run(tmp_path, unsafe=True))._repr_html_()
    assert "UNSAFE" in html and "#b00020" in html
    assert "UNSAFE" in repr(harness.load_run(tmp_path / "20260301T120000-microgpt-openevolve-0a1b"))


@pytest.mark.usefixtures("room")
def test_one_program_is_judged_for_real(tmp_path: Path) -> None:
    lean, wrong = tmp_path / "lean.py", tmp_path / "wrong.py"
    text = (TOY / "toy.py").read_text()
    lean.write_text(text.replace("history.append(ballast)", "pass"))
    wrong.write_text(text.replace("97.0", "96.0"))
    judged = harness.evaluate(lean, TOY, quick=True)
    assert judged.ok and judged.fitness is not None and judged.fitness > 1.1
    document = judged.document()
    assert document["status"] == "ok" and document["memory"]["low"] > 1.2 and not document["unsafe"]
    assert "less memory" in judged._repr_html_()
    refused = harness.evaluate(wrong, TOY, quick=True)
    assert not refused.ok and refused.fitness is None and refused.document()["memory"] is None
    assert ": wrong</b>" in refused._repr_html_()


@pytest.mark.usefixtures("room")
def test_a_script_that_comes_to_its_end_takes_its_run_with_it_and_it_can_be_resumed(tmp_path: Path) -> None:
    script = f"from harness import optimize; optimize({str(TOY)!r}, max_evaluations=30, parallel=1)"
    ended = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert ended.returncode == 0 and "Traceback" not in ended.stderr
    assert "finishing what is in flight of a run that was not waited for" in ended.stderr
    record = load(next((tmp_path / "runs").glob("2*")))
    assert record.status == "interrupted" and "the end of the program that began it" in record.reason


@pytest.mark.parametrize("how", ["wait", "iterate"])
def test_an_interrupt_while_waiting_asks_the_run_to_stop_and_is_raised(
    stubbed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    writing = Writing(tmp_path)
    run = harness.load_run(writing.folder)

    def interrupted(_: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(time, "sleep", interrupted)
    with pytest.raises(KeyboardInterrupt):
        run.wait() if how == "wait" else list(run)
    assert (writing.folder / "STOP").exists()
    writing.close()


def test_a_run_whose_program_does_not_work_raises_that_and_leaves_nothing(
    stubbed: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(self: stub.StubJudge, ahead: bool = True) -> None:
        raise BaselineError("the untouched program does not finish")

    monkeypatch.setattr(stub.StubJudge, "prepare", fails)
    model = kill.script(tmp_path / "answers.json", 2)
    with pytest.raises(BaselineError, match="does not finish"):
        list(harness.optimize(TOY, model=model, max_calls=2, runs=tmp_path / "runs"))
    assert list((tmp_path / "runs").iterdir()) == []


def test_a_page_that_cannot_be_written_is_a_warning_and_not_the_end(tmp_path: Path) -> None:
    from harness.api.run import _report

    with pytest.warns(UserWarning, match=r"no report.html was written: .*not a run folder"):
        _report(tmp_path)
