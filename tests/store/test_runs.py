"""A journal folded into a record."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from harness.errors import StoreError, UnknownName
from harness.store.journal import sealed
from harness.store.runs import load
from harness.types import Usage, candidate_id
from tests.runs_on_disk import BASELINE, Writing, failed, finished_run, noop_run, scored


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return finished_run(tmp_path)


def lines_of(folder: Path) -> list[bytes]:
    return (folder / "events.jsonl").read_bytes().splitlines(keepends=True)


def rewrite(folder: Path, lines: list[bytes]) -> None:
    (folder / "events.jsonl").write_bytes(b"".join(lines))


def event(folder: Path, kind: str) -> tuple[int, dict]:
    """The first event of a kind, with its index."""
    found = [(i, json.loads(line)) for i, line in enumerate(lines_of(folder))]
    return next((i, record) for i, record in found if record["kind"] == kind)


def damage(folder: Path, kind: str, **data: object) -> int:
    """Change fields of the first event of a kind (None removes one); returns its line number."""
    index, record = event(folder, kind)
    record["data"] = {key: value for key, value in {**record["data"], **data}.items() if value is not ...}
    lines = lines_of(folder)
    del record["crc"]
    lines[index] = sealed(json.dumps(record))
    rewrite(folder, lines)
    return index + 1


# --- what a record tells ----------------------------------------------------------------------------------------------


def test_a_finished_run_tells_everything(folder: Path) -> None:
    run = load(folder)
    assert (run.status, run.reason, run.start.strategy, run.start.seed) == ("done", "40 evaluations", "openevolve", 7)
    assert [tried.score.status for tried in run.tried] == ["ok", "ok", "wrong", "invalid", "ok"]
    assert [tried.kept for tried in run.tried] == [True, False, False, False, True]
    assert run.tried[3].id is None and run.open == ()
    assert run.baseline is not None and run.baseline.memory_mib == 60.0
    assert (run.usage.calls, run.usage.evaluations, run.usage.usd) == (9, 9, 0.09)
    assert run.best == run.tried[4].id


def test_the_leader_is_shown_with_its_confirmation(folder: Path) -> None:
    run = load(folder)
    assert run.leader is not None
    assert run.leader.score.ratio("memory") == 3.0
    assert run.tried[4].score.ratio("memory") == 3.1


def test_the_line_goes_from_the_baseline_to_the_best(folder: Path) -> None:
    run = load(folder)
    assert run.lineage() == (run.start.baseline_id, run.tried[0].id, run.tried[4].id)
    assert run.lineage(run.tried[1].id) == (run.start.baseline_id, run.tried[0].id, run.tried[1].id)


def test_the_line_of_a_candidate_that_is_the_baseline_ends(tmp_path: Path) -> None:
    run = load(noop_run(tmp_path))
    assert run.best is None and run.leader is None
    assert run.lineage() == (run.start.baseline_id,)


def test_a_line_that_bites_its_tail_ends(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    second = candidate_id("print(3)\n")
    first = writing.outcome(scored(), source="print(2)\n", parents=(second,))
    writing.outcome(scored(), source="print(3)\n", parents=(first,))
    assert load(writing.close()).lineage(second) == (first, second)


def test_a_leader_that_failed_its_whole_run_leaves_the_place_to_the_one_before(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    first = writing.outcome(scored(2.0), crowned=True)
    second = writing.outcome(scored(4.0), crowned=True, parents=(first,))
    writing.confirm(second, failed("wrong"))
    run = load(writing.close())
    assert run.best == first
    assert [tried.kept for tried in run.tried] == [True, False]


def test_a_leader_refuted_before_its_outcome_is_never_best(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    candidate = "print(2 + 0)\n"
    n = writing.ask()
    sha = writing.blobs.put(candidate)
    numbers = {"ratio": 2.0, "low": 1.9, "high": 2.1, "pairs": 3, "alpha": 0.01, "explanation": ""}
    writing.append("crown", n=n, candidate="abc", over="x", crowned=True, **numbers)
    writing.confirm("abc", failed())
    writing.append(
        "outcome", n=n, operator="diff", parents=["x"], crowned=True, usage={}, score=json.loads(OK_SCORE),
        candidate={"id": "abc", "source": sha, "parents": ["x"], "note": ""},
    )  # fmt: skip
    assert load(writing.close()).best is None


OK_SCORE = '{"status": "ok", "fitness": 2.0, "readings": [], "feedback": "", "stage": "measure", "warnings": []}'


# --- how a run ended --------------------------------------------------------------------------------------------------


def test_a_run_is_running_while_its_writer_lives_and_killed_afterwards(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.reply(writing.ask())
    assert load(writing.folder).status == "running"
    run = load(writing.close())
    assert run.status == "killed"
    assert [(order.order.n, order.stage) for order in run.open] == [(0, "answered")]


@pytest.mark.parametrize("status", ["done", "interrupted", "failed"])
def test_an_end_says_how_it_ended(tmp_path: Path, status: str) -> None:
    writing = Writing(tmp_path)
    writing.end(status, "because")
    run = load(writing.close())
    assert (run.status, run.reason) == (status, "because")


def test_a_resumed_run_has_not_ended(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.end("interrupted")
    writing.append("resume", version="0.1.0")
    assert load(writing.folder).status == "running"
    assert load(writing.close()).status == "killed"


def test_calls_of_orders_that_never_came_back_are_counted(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored())
    writing.reply(writing.ask(), Usage(1, 1000, 0, 0, 0.5))
    run = load(writing.close())
    assert (run.usage.calls, run.usage.tokens_in) == (2, 1100)
    assert run.usage.usd == pytest.approx(0.51)


def test_the_time_between_a_death_and_a_resumption_is_nobodys(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.ask()
    writing.append("resume", version="0.1.0")
    writing.ask()
    folder = writing.close()
    lines = [json.loads(line) for line in lines_of(folder)]
    for record, at in zip(lines, (100.0, 110.0, 5000.0, 5003.0), strict=True):
        record["at"] = at
    rewrite(folder, [json.dumps(record).encode() + b"\n" for record in lines])
    assert load(folder).usage.seconds == 13.0


# --- damage -----------------------------------------------------------------------------------------------------------


def test_a_torn_last_line_is_passed_over(folder: Path) -> None:
    lines = lines_of(folder)
    rewrite(folder, [*lines[:-1], lines[-1][:20]])
    run = load(folder)
    assert run.status == "killed" and len(run.tried) == 5


def test_a_broken_line_in_the_middle_is_named(folder: Path) -> None:
    lines = lines_of(folder)
    lines[6] = b'{"n": 6, "kind\n'
    rewrite(folder, lines)
    with pytest.raises(StoreError, match="line 7"):
        load(folder)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("start", {"strategy": ...}),
        ("start", {"machine": "a string"}),
        ("start", {"objective": {"nonsense": 1}}),
        ("baseline", {"cpu_s": ...}),
        ("ask", {"parents": ...}),
        ("reply", {"usage": {"dollars": 3}}),
        ("crown", {"candidate": ...}),
        ("confirm", {"score": None}),
        ("outcome", {"score": {**json.loads(OK_SCORE), "status": "superb"}}),
        ("outcome", {"score": {**json.loads(OK_SCORE), "fitness": "high"}}),
        ("outcome", {"candidate": {"id": "x"}}),
        ("end", {"status": "splendid"}),
    ],
)
def test_an_event_without_what_it_must_have_is_named_with_its_line(folder: Path, kind: str, change: dict) -> None:
    line = damage(folder, kind, **change)
    with pytest.raises(StoreError, match=f"line {line} is not a usable {kind} event"):
        load(folder)


def test_what_a_later_version_adds_is_passed_over(folder: Path) -> None:
    damage(folder, "start", mood="good")
    damage(folder, "baseline", colour="blue")
    damage(folder, "crown", crowd="cheering")
    assert load(folder).status == "done"


def test_a_journal_begins_with_its_start(folder: Path) -> None:
    writing = Writing(folder.parent, "20260305T000000-a-b-0000")
    writing.close()
    (writing.folder / "events.jsonl").write_text('{"n": 0, "kind": "resume", "at": 1.0, "data": {}}\n')
    with pytest.raises(StoreError, match="no start event"):
        load(writing.folder)


def test_an_empty_journal_and_a_folder_without_one_are_said_to_be_so(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"not a run folder: it has no events\.jsonl"):
        load(tmp_path)
    (tmp_path / "events.jsonl").touch()
    with pytest.raises(StoreError, match="holds no run yet"):
        load(tmp_path)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_journal_cut_anywhere_reads_as_the_run_it_was_then(folder: Path, data: st.DataObject) -> None:
    whole = (folder / "events.jsonl").read_bytes()
    cut = folder.parent / "cut"
    cut.mkdir(exist_ok=True)
    size = data.draw(st.integers(len(whole.split(b"\n")[0]) + 1, len(whole)))
    (cut / "events.jsonl").write_bytes(whole[:size])
    run, full = load(cut), load(folder)
    assert len(run.tried) <= len(full.tried)
    assert [tried.id for tried in run.tried] == [tried.id for tried in full.tried[: len(run.tried)]]
    assert run.status == ("done" if size == len(whole) else "killed")


# --- texts ------------------------------------------------------------------------------------------------------------


def test_sources_are_read_by_candidate(folder: Path) -> None:
    run = load(folder)
    assert run.source(run.start.baseline_id) == BASELINE
    assert run.source(run.resolve("best")) == "print(4 - 4 + 2)\n"


def test_a_text_that_changed_or_went_missing_is_refused(folder: Path) -> None:
    run = load(folder)
    blob = folder / "blobs" / (run.tried[0].source or "")
    blob.write_text("import os\n")
    with pytest.raises(StoreError, match="has changed"):
        run.source(run.tried[0].id or "")
    blob.unlink()
    with pytest.raises(StoreError, match="is missing"):
        run.source(run.tried[0].id or "")


def test_a_journal_cannot_make_us_read_another_file(folder: Path) -> None:
    (folder / "secret").write_text("a key")
    damage(folder, "start", baseline={"id": "b", "source": "../secret"})
    run = load(folder)
    with pytest.raises(StoreError, match="records no source"):
        run.source("b")


def test_candidates_are_named_by_prefix(folder: Path) -> None:
    run = load(folder)
    assert run.resolve((run.best or "")[:5]) == run.best
    assert run.resolve("baseline") == run.start.baseline_id
    with pytest.raises(UnknownName, match="unknown candidate 'bets': did you mean best"):
        run.resolve("bets")
