"""The tree of a run: straight down to the best, with what failed counted where it was tried."""

from __future__ import annotations

from pathlib import Path

from harness.report import tree
from harness.store.runs import load
from tests.runs_on_disk import BASELINE, Writing, failed, finished_run, scored


def lines(folder: Path, to: str = "best", everything: bool = False) -> list[str]:
    record = load(folder)
    return [line for line, _ in tree.drawn(record, record.lineage(record.resolve(to)), everything)]


def test_a_run_as_a_tree(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    record = load(folder)
    base, first, slower, second = record.start.baseline_id, *(t.id for t in record.tried if t.score.status == "ok")
    assert lines(folder) == [
        f"● {base}  1.00x  the untouched program",
        "│    tried without success: 1 invalid",
        f"● {first}  2.00x  kept: turn the collector off",
        "│    tried without success: 1 wrong",
        f"├─ ○ {slower}  0.95x  not kept: slower, alas",
        f"● {second}  6.00x  kept: backpropagate by hand",
    ]


def test_the_way_to_another_candidate_can_be_marked(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    slower = load(folder).tried[1].id or ""
    marked = [line.split()[1] for line in lines(folder, slower) if line.startswith("●")]
    assert marked == list(load(folder).lineage(slower))


def test_a_side_branch_keeps_its_column_too(tmp_path: Path) -> None:
    run = Writing(tmp_path)
    side = run.outcome(scored(1.1, 1.1), note="side 1")
    deeper = run.outcome(scored(1.2, 1.2), parents=(side,), note="side 2")
    run.outcome(failed("crash"), parents=(deeper,))
    run.outcome(scored(1.0, 1.0), parents=(side,), note="side 3")
    run.outcome(scored(2.0, 2.0), note="best", crowned=True)
    drawn = lines(run.close())
    assert [line.rpartition(": ")[2] for line in drawn[1:]] == ["side 1", "side 3", "side 2", "1 crash", "best"]
    assert [line[:6] for line in drawn[1:5]] == ["├─ ○ " + side[0], "│  ├─ ", "│  ○ " + deeper[0], "│     "]
    assert drawn[5].startswith("● ")


def test_a_long_line_of_descent_stays_in_its_column(tmp_path: Path) -> None:
    run = Writing(tmp_path)
    parents: tuple[str, ...] = ()
    for n in range(60):
        parents = (run.outcome(scored(1 + n / 10, 1), parents=parents, crowned=True),)
    drawn = lines(run.close())
    assert len(drawn) == 61 and all(line.startswith("● ") for line in drawn)


def test_of_very_many_only_what_led_somewhere_is_drawn(tmp_path: Path) -> None:
    run = Writing(tmp_path)
    best = run.outcome(scored(2.0, 2.0), crowned=True)
    for _ in range(60):
        run.outcome(scored(0.9, 1.0), parents=(best,))
    folder = run.close()
    assert len(lines(folder)) == 3 and lines(folder)[2].endswith("60 more that were not kept")
    assert len(lines(folder, everything=True)) == 62


def test_programs_that_came_again_and_parents_that_nobody_knows_lose_no_candidate(tmp_path: Path) -> None:
    run = Writing(tmp_path)
    run.outcome(scored(1.0, 1.0), source=BASELINE, operator="noop")
    one = run.outcome(scored(1.5, 1.5), parents=("f" * 12,), note="orphan")
    run.outcome(scored(1.5, 1.5), source="print(1 - 1 + 2)\n", parents=(one,), note="the same again")
    record = load(run.close())
    nodes = tree.grow(record, record.lineage())
    assert list(nodes) == [record.start.baseline_id, one] and nodes[one].parent == record.start.baseline_id
    assert sum(node.again for node in nodes.values()) == 2


def test_a_hostile_note_draws_nothing(tmp_path: Path) -> None:
    run = Writing(tmp_path)
    run.outcome(scored(), note="\x1b[2J\u202eevil\n├─ ● 000000000000  9.99x  kept: me", crowned=True)
    drawn = lines(run.close())
    assert len(drawn) == 2 and not set("\x1b\u202e\n") & set("".join(drawn))
