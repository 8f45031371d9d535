"""The commands about one run: show, lineage, diff, best."""

import csv
import io
from pathlib import Path

from harness.store.runs import load
from tests.cli.conftest import Run
from tests.runs_on_disk import BASELINE, Writing, finished_run, noop_run, scored


def test_show_in_the_shape_that_is_promised(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    document = run("show", "--json").json
    keys = [
        "run",
        "target",
        "strategy",
        "model",
        "status",
        "sandbox",
        "unsafe",
        "plugins",
        "budget",
        "usage",
        "times",
        "baseline",
        "best",
        "lineage",
        "candidates",
    ]
    assert list(document) == keys
    assert document["lineage"] == list(record.lineage()) and document["best"]["id"] == record.best
    assert document["best"]["confirmed"] is True and document["best"]["speed"]["ratio"] == 12.0
    assert document["baseline"]["memory_mib"] == 60.0
    keys = ["id", "n", "parents", "operator", "note", "status", "fitness", "memory_ratio", "speed_ratio", "kept"]
    assert [list(candidate) for candidate in document["candidates"]] == [keys] * 5
    assert [candidate["kept"] for candidate in document["candidates"]] == [True, False, False, False, True]


def test_show_for_people_and_for_spreadsheets(run: Run, root: Path) -> None:
    finished_run(root)
    shown = run("show").out
    assert "12.0x faster (11.8-12.2)" in shown and "reorder the sums" in shown
    rows = list(csv.DictReader(io.StringIO(run("show", "latest", "--format", "csv").out)))
    assert [row["status"] for row in rows] == ["ok", "ok", "wrong", "invalid", "ok"]


def test_a_run_without_a_best(run: Run, root: Path) -> None:
    noop_run(root)
    document = run("show", "--json").json
    assert document["best"] is None and document["lineage"] == [document["baseline"]["id"]]
    assert "No improvement" in run("show").out


def test_a_misspelt_run(run: Run, root: Path) -> None:
    folder = finished_run(root)
    ended = run("show", folder.name.replace("evolve", "evovle"))
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == f"error: unknown run {folder.name.replace('evolve', 'evovle')!r}: did you mean {folder.name}?\n"


def test_the_lineage_of_the_best_and_of_another(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    document = run("lineage", "--json").json
    assert [step["id"] for step in document["lineage"]] == list(record.lineage())
    other = record.tried[1].id or ""
    assert run("lineage", "latest", other[:6], "--json").json["candidate"] == other
    assert "turn the collector off" in run("lineage").out
    assert run("lineage", "latest", "zz").code == 2


def test_the_lineage_is_a_tree_and_its_document_has_all_of_it(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    shown = run("lineage").out
    assert f"2 steps from the untouched program to {record.best}" in shown and "├─ ○ " in shown
    finished_run(root, "20260401T000000-toy-s-0000", unsafe=True)
    assert run("lineage").out.startswith("UNSAFE: ") and "UNSAFE" not in shown
    document = run("lineage", record.start.run, "--json").json
    assert [node["id"] for node in document["tree"] if node["on_path"]] == list(record.lineage())
    assert document["tree"][1]["failures"] == {"wrong": 1} and len(document["tree"]) == 4
    assert run("lineage", record.start.run, "-f", "md").out.count("\n") == 2 + len(record.lineage())


# --- one candidate ----------------------------------------------------------------------------------------------------


def test_everything_about_one_candidate(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    first = record.tried[0].id or ""
    shown = run("show", "latest", "--candidate", first[:8]).out
    assert f"{first} of {record.start.run}: kept, 2.00x" in shown
    assert "2.00x less memory (1.96-2.04)" in shown and "turn the collector off" in shown
    assert "-print(1 + 1)\n+print(0 - 0 + 2)" in shown
    assert "Answer of offline, call 1\nreply 0" in shown and "prompt 0" in shown
    assert "Cost: 1 call, 120 tokens, $0.01, 2.0 s" in shown
    document = run("show", "--candidate", "best", "--json").json
    assert document["candidate"]["id"] == record.best and document["confirmed"] == [{"ok": True, "fitness": 6.0}]
    assert [r["metric"] for r in document["readings"]] == ["memory", "speed"]
    assert document["exchanges"][0]["reply"] == "reply 4" and document["source"] == "print(4 - 4 + 2)\n"
    assert [duel["crowned"] for duel in document["duels"]] == [True]


def test_a_candidate_that_is_none_or_no_table(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    assert run("show", "-c", "zz").code == 2
    ended = run("show", "-c", "baseline")
    assert ended.code == 1 and f"{record.start.baseline_id} is the untouched program" in ended.err
    assert run("show", "-c", "best", "-f", "csv").code == 2


def test_a_candidate_whose_texts_are_gone_is_still_shown(run: Run, root: Path) -> None:
    folder = finished_run(root)
    for blob in (folder / "blobs").iterdir():
        blob.unlink()
    ended = run("show", "-c", "best")
    assert ended.code == 0 and "12.8x faster" in ended.out and "is missing from" in ended.out


def test_a_diff_of_the_baseline_and_the_best_or_of_any_two(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    ended = run("diff")
    assert "-print(1 + 1)\n+print(4 - 4 + 2)\n" in ended.out
    first = record.tried[0].id or ""
    assert "-print(0 - 0 + 2)" in run("diff", "latest", first[:8], "best").out
    document = run("diff", "--json").json
    assert document["to"] == record.best and document["diff"] == ended.out
    ended = run("diff", "latest", "best", "best")
    assert (ended.out, ended.code) == ("", 0) and "no difference" in ended.err


def test_the_best_program_to_a_pipe_and_to_a_file(run: Run, root: Path) -> None:
    record = load(finished_run(root))
    ended = run("best")
    assert ended.out == "print(4 - 4 + 2)\n" and "Best: " in ended.err
    assert run("best", "--json").json["id"] == record.best
    ended = run("best", "-o", "mine.py")
    assert ended.out == "" and (root.parent / "mine.py").read_text() == "print(4 - 4 + 2)\n"


def test_without_a_best_the_baseline_is_the_best_program(run: Run, root: Path) -> None:
    noop_run(root)
    ended = run("best")
    assert ended.out == BASELINE and "No improvement" in ended.err and ended.code == 0
    assert "nothing was crowned" in run("diff").err


def test_a_file_that_cannot_be_written_is_one_line(run: Run, root: Path) -> None:
    finished_run(root)
    ended = run("best", "-o", "no/such/folder.py")
    assert ended.code == 1 and ended.err.endswith("error: no/such/folder.py: No such file or directory\n")


def test_a_text_that_was_changed_is_refused(run: Run, root: Path) -> None:
    folder = finished_run(root)
    (folder / "blobs" / (load(folder).tried[4].source or "")).write_text("import os; os.remove('x')\n")
    ended = run("best")
    assert ended.code == 1 and ended.out == "" and "has changed" in ended.err


HOSTILE = "[red]x[/red] \x1b[2J :skull: \u202e [link=http://x]y[/link]"


def test_a_hostile_note_stays_inert_everywhere(run: Run, root: Path) -> None:
    writing = Writing(root, model="m\x1b[2J")
    writing.outcome(scored(), note=HOSTILE, crowned=True, operator="op\x1b[3J")
    writing.end("done", "because \x1b[1m")
    writing.close()
    for form in ([], ["--json"]):
        ended = run("show", "-c", "best", *form)
        assert ended.code == 0 and not set("\x1b\u202e") & set(ended.out + ended.err)
    for command in ("show", "lineage", "list", "leaderboard", "best"):
        for form in (["--json"], []) if command == "best" else (["-f", f] for f in ("table", "json", "csv", "md")):
            ended = run(command, *form)
            assert ended.code == 0
            assert "\x1b" not in ended.out + ended.err and "\u202e" not in ended.out + ended.err
    assert "[red]x[/red] [2J :skull:" in run("show").out
    assert run("show", "--json").json["candidates"][0]["note"] == HOSTILE
