"""`report` and `export`: a run as a page, and as rows."""

import csv
import io
from pathlib import Path

import pytest

from harness.cli.report import writer
from harness.report.export import COLUMNS
from harness.store.runs import load
from tests.cli.conftest import Run
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def test_a_report_lands_in_the_run_s_folder(run: Run, root: Path) -> None:
    folder = finished_run(root)
    ended = run("report")
    assert (ended.code, ended.err) == (0, "")
    assert Path(ended.out.strip()).resolve() == folder / "report.html"
    assert "12.0x faster" in (folder / "report.html").read_text()
    assert f"Report: {folder / 'report.html'}" in run("show").out.replace("\n", "")


def test_a_report_in_another_file_and_as_a_document(run: Run, root: Path) -> None:
    folder = finished_run(root)
    document = run("report", "latest", "-o", "mine.html", "--json").json
    assert document == {"run": folder.name, "path": "mine.html", "bytes": Path("mine.html").stat().st_size}
    assert not (folder / "report.html").exists()
    ended = run("report", "-o", "no/such/folder.html")
    assert ended.code == 1 and "no/such" in ended.err and "Traceback" not in ended.err


@pytest.mark.parametrize("there", [True, False])
def test_a_report_can_be_opened(run: Run, root: Path, monkeypatch: pytest.MonkeyPatch, there: bool) -> None:
    folder = finished_run(root)
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", lambda address: (opened.append(address), there)[1])
    ended = run("report", "--open")
    assert opened == [(folder / "report.html").resolve().as_uri()]
    assert ("no browser could be started" in ended.err) is not there


def test_a_report_that_cannot_be_written_does_not_lose_the_run(
    root: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = finished_run(root)
    (folder / "report.html").mkdir()
    writer()(folder)
    said = capsys.readouterr().err
    assert said.startswith("warning: no report.html was written: ") and said.count("\n") == 1
    (folder / "report.html").rmdir()
    monkeypatch.setattr("harness.report.html.run.write", lambda _: 1 / 0)
    writer()(folder)
    assert "division by zero" in capsys.readouterr().err


def test_no_report_on_what_is_no_run(run: Run, root: Path) -> None:
    finished_run(root)
    assert run("report", "nowhere").code == 2
    (root / "broken").mkdir()
    (root / "broken" / "events.jsonl").write_text("not json\n")
    ended = run("report", "broken")
    assert ended.code == 1 and "line 1" in ended.err and ended.out == ""


def test_rows_for_a_spreadsheet(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    rows = list(csv.DictReader(io.StringIO(run("export").out)))
    assert list(rows[0]) == list(COLUMNS)
    assert [row["status"] for row in rows] == ["ok", "ok", "wrong", "invalid", "ok"]
    assert [row["best"] for row in rows] == ["False", "False", "False", "False", "True"]
    assert rows[4]["id"] == record.best and rows[4]["parents"] == record.tried[0].id
    assert float(rows[4]["speed_ratio"]) == 12.8 and float(rows[4]["speed_low"]) == 12.8 * 0.98
    assert rows[2]["fitness"] == rows[2]["memory_ratio"] == "" and rows[3]["id"] == ""


def test_rows_for_a_program(run: Run, root: Path) -> None:
    folder = finished_run(root)
    document = run("export", "latest", "--format", "json").json
    assert document == run("export", "--json").json
    assert document["run"] == folder.name and [list(row) for row in document["rows"]] == [list(COLUMNS)] * 5
    assert document["rows"][0] | {"at": 0} == {
        "run": folder.name,
        "n": 0,
        "id": load(folder).tried[0].id,
        "parents": [load(folder).start.baseline_id],
        "operator": "diff",
        "status": "ok",
        "stage": "measure",
        "kept": True,
        "best": False,
        "fitness": 2.0,
        "memory_ratio": 2.0,
        "memory_low": 1.96,
        "memory_high": 2.04,
        "candidate_mib": 30.0,
        "baseline_mib": 60.0,
        "speed_ratio": 2.0,
        "speed_low": 1.96,
        "speed_high": 2.04,
        "candidate_s": 2.5,
        "baseline_s": 5.0,
        "calls": 1,
        "tokens_in": 100,
        "tokens_cached": 0,
        "tokens_out": 20,
        "usd": 0.01,
        "seconds": 2.0,
        "evaluations": 1,
        "at": 0,
        "note": "turn the collector off",
        "feedback": "",
    }


def test_rows_into_a_file(run: Run, root: Path) -> None:
    noop_run(root)
    ended = run("export", "-o", "rows.csv")
    assert ended.out == "" and "4 candidates written to rows.csv" in ended.err
    assert len(Path("rows.csv").read_text().splitlines()) == 5
    assert run("export", "-o", "no/such.csv").code == 1


def test_a_run_without_candidates_is_a_header(run: Run, root: Path) -> None:
    Writing(root).close()
    assert run("export").out == ",".join(COLUMNS) + "\n"
    assert run("export", "--json").json["rows"] == []


def test_what_the_columns_mean(run: Run, root: Path) -> None:
    assert run("export", "--columns", "--json").json == dict(COLUMNS)
    shown = run("export", "--columns").out
    assert all(name in shown for name in COLUMNS) and "above 1 is less memory" in shown


def test_foreign_text_is_no_formula_and_moves_no_cursor(run: Run, root: Path) -> None:
    writing = Writing(root)
    writing.outcome(scored(), note="=HYPERLINK(0)", operator="@op\x1b[2J")
    writing.outcome(failed("crash", " -1+1\nsecond line, with a comma"), note="+1")
    writing.close()
    out = run("export").out
    rows = list(csv.DictReader(io.StringIO(out)))
    assert "\x1b" not in out and len(rows) == 2
    assert rows[0]["note"] == "'=HYPERLINK(0)" and rows[0]["operator"] == "'@op[2J"
    assert rows[1]["note"] == "'+1" and rows[1]["feedback"] == "' -1+1 second line, with a comma"
    assert run("export", "--json").json["rows"][0]["note"] == "=HYPERLINK(0)"


def test_a_form_that_there_is_not(run: Run, root: Path) -> None:
    finished_run(root)
    assert run("export", "--format", "xml").code == 2
