"""What the page knows of each candidate."""

import json
from pathlib import Path

from harness.report.html import nodes
from harness.report.html.nodes import changes, drawn
from harness.report.html.spans import Spans
from harness.report.html.texts import Texts
from harness.store.runrecord import RunRecord
from harness.store.runs import load
from tests.report.html.test_texts import read
from tests.runs_on_disk import BASELINE, Writing, failed, finished_run, scored


def told(folder: Path) -> tuple[RunRecord, nodes.Drawn, Texts]:
    spans, texts = Spans(), Texts()
    run = load(folder, spans.take)
    return run, drawn(run, spans, texts), texts


def test_the_best_path_and_everyone_s_parent(tmp_path: Path) -> None:
    _, found, _ = told(finished_run(tmp_path))
    assert [node["parent"] for node in found.nodes] == [-1, 0, 0, -1, 0]
    assert found.path == [0, 4]
    assert [node["best"] for node in found.nodes] == [True, False, False, False, True]
    assert [node["fate"] for node in found.nodes] == [
        "kept 2.00x",
        "discarded 0.95x",
        "wrong",
        "invalid",
        "kept 6.30x",
    ]


def test_the_diff_to_the_parent_and_the_calls_of_each(tmp_path: Path) -> None:
    _, found, texts = told(finished_run(tmp_path))
    first = found.nodes[0]
    assert first["diff"]["kinds"] == "@-+"
    assert read(texts, first["diff"]["text"]) == "@@ -1 +1 @@\nprint(1 + 1)\nprint(0 - 0 + 2)"
    [call] = first["calls"]
    assert [(title, read(texts, number)) for title, number in call["texts"]] == [
        ("Prompt", "prompt 0"),
        ("Answer", "reply 0"),
    ]
    assert call["cost"] == "100 tokens in, 20 out, $0.01, 1.5 s"
    assert found.nodes[3]["diff"] == "no program came of this" and found.nodes[3]["id"] is None
    assert found.nodes[4]["duels"] == ["3 pairs"]
    assert found.nodes[4]["confirms"][0].startswith("confirmed on the full-length run")


def test_readings_explain_themselves(tmp_path: Path) -> None:
    _, found, _ = told(finished_run(tmp_path))
    assert found.nodes[0]["readings"][0] == ["peak memory", "2.00x less memory (1.96-2.04)", ""]
    assert found.nodes[2]["feedback"] == "short: line 3 differs" and found.nodes[2]["memory"] is None


def test_a_program_that_came_back_is_the_child_of_the_one_that_came_first(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    first = writing.outcome(scored(), source="print(2)\n")
    writing.outcome(scored(), source="print(2)\n")
    writing.outcome(scored(), source="print(3)\n", parents=(first,))
    writing.outcome(scored(), source="print(2)\n", parents=(first,))
    _, found, _ = told(writing.close())
    assert [node["parent"] for node in found.nodes] == [-1, -1, 0, 0]
    assert found.nodes[3]["diff"] == "the same program as its parent"


def test_a_parent_that_nobody_knows_or_that_comes_later_is_the_baseline(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), source="print(2)\n", parents=("feedfacecafe",))
    _, found, _ = told(writing.close())
    assert found.nodes[0]["parent"] == -1
    assert found.nodes[0]["diff"] == "its text is not recorded"


def test_a_text_that_is_missing_or_changed_is_said_and_the_rest_is_shown(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    run = load(folder)
    (folder / "blobs" / (run.tried[4].source or "")).unlink()
    (folder / "blobs" / (run.tried[1].source or "")).write_text("changed")
    _, found, texts = told(folder)
    assert "is missing from" in found.nodes[4]["diff"]
    assert "has changed" in found.nodes[1]["diff"]
    assert read(texts, found.nodes[0]["diff"]["text"]).endswith("print(0 - 0 + 2)")


def test_the_best_path_goes_before_others_where_there_is_no_room_for_all(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), source="a = 1\n" * 10)
    best = writing.outcome(scored(), source="b = 2\n" * 10, crowned=True)
    run = load(writing.close())
    assert run.best == best
    texts = Texts(room=len("@@ -1 +1,10 @@") + len(BASELINE) + 4 + len("b = 2") + 8)
    found = drawn(run, Spans(), texts)
    assert found.nodes[0]["diff"] is None and found.nodes[1]["diff"]["kinds"] == "@-" + 10 * "+"


def test_what_no_other_beats_in_both(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    for memory, speed in ((2.0, 2.0), (1.0, 3.0), (3.0, 1.0), (1.5, 1.5), (2.0, 1.9), (3.0, 1.0)):
        writing.outcome(scored(memory, speed))
    writing.outcome(failed())
    assert nodes.pareto(load(writing.close())) == [1, 0, 2]


def test_characters_that_hide_or_reorder_are_spelt_out_everywhere(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    evil = "x\u202ey\x1b[2J"
    n = writing.outcome(
        scored(warnings=(evil,), feedback=evil), note=evil, operator=evil, source=f"# {evil}\n", parents=(evil,)
    )
    assert n
    _, found, texts = told(writing.close())
    shown = json.dumps([found.nodes, texts.document()], ensure_ascii=False)
    assert "\u202e" not in shown and "\x1b" not in shown
    assert "x\\\\u202ey\\\\x1b[2J" in shown


def test_a_diff_s_lines_have_their_kind_apart() -> None:
    assert list(changes("a\nb\n", "a\nc")) == [
        ("@", "@@ -1,2 +1,2 @@"),
        (" ", "a"),
        ("-", "b"),
        ("+", "c"),
        ("\\", "\\ No newline at end of file"),
    ]
    assert list(changes("a\n", "a\n")) == []
