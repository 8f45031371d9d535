"""`leaderboard`: ranks that intervals bear out, filters, and reference results that are never taken for runs."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from harness.report import reference
from tests.cli.conftest import Run
from tests.runs_on_disk import Writing, finished_run, noop_run, scored


def ended_at(root: Path, name: str, fitness: float, width: float = 0.01, **start: object) -> Path:
    """A finished run with this fitness, known to about half of `width` either way for each ratio."""
    writing = Writing(root, f"20260301T000000-microgpt-{name}", **start)
    best = writing.outcome(scored(fitness, fitness, width), crowned=True)
    writing.confirm(best, scored(fitness, fitness, width))
    writing.end(best=best)
    return writing.close()


def ranks(run: Run, *args: str) -> list[tuple[int, str]]:
    rows = run("leaderboard", "--json", "--no-reference", *args).json["rows"]
    return [(row["rank"], row["run"].rpartition("-")[2]) for row in rows]


def test_runs_that_are_not_told_apart_share_a_rank(run: Run, root: Path) -> None:
    for name, fitness in (("a", 2.00), ("b", 2.01), ("c", 1.99), ("d", 1.50), ("e", 1.49), ("f", 1.0001)):
        ended_at(root, name, fitness)
    assert ranks(run) == [(1, "b"), (1, "a"), (1, "c"), (4, "d"), (4, "e"), (6, "f")]


def test_of_a_chain_only_those_are_ranked_apart_that_are_told_apart(run: Run, root: Path) -> None:
    """a and b overlap, b and c overlap, a and c do not."""
    for name, fitness in (("a", 2.03), ("b", 2.01), ("c", 1.99)):
        ended_at(root, name, fitness, width=0.01)
    assert ranks(run) == [(1, "a"), (1, "b"), (2, "c")]


def test_a_wide_interval_is_beaten_by_nobody_that_it_reaches(run: Run, root: Path) -> None:
    ended_at(root, "sure", 2.0, 0.001)
    ended_at(root, "unsure", 1.8, 0.4)
    ended_at(root, "low", 1.79, 0.001)
    assert ranks(run) == [(1, "sure"), (1, "unsure"), (2, "low")]


def test_bounds_are_told_and_follow_the_objective(run: Run, root: Path) -> None:
    writing = Writing(root)
    best = writing.outcome(scored(4.0, 1.0, 0.1), crowned=True)
    writing.confirm(best, scored(4.0, 1.0, 0.1))
    writing.end(best=best)
    writing.close()
    row = run("leaderboard", "--json", "--no-reference").json["rows"][0]
    assert row["fitness"] == pytest.approx(2.0) and row["memory_low"] == pytest.approx(3.6)
    assert 1.8 < row["fitness_low"] < 2.0 < row["fitness_high"] < 2.2
    memory = run("leaderboard", "--json", "--no-reference", "--objective", "memory").json["rows"][0]
    assert memory["fitness"] == pytest.approx(4.0)
    assert memory["fitness_high"] / memory["fitness_low"] == pytest.approx(4.4 / 3.6)
    assert "1.86-2.15" in run("leaderboard", "--no-reference").out


def test_filters(run: Run, root: Path) -> None:
    ended_at(root, "a", 2.0, strategy="gepa", machine={"id": "Linux-x86_64-fast-8"})
    ended_at(root, "b", 1.5, strategy="shinka", model="openai/x")
    ended_at(root, "c", 1.2, strategy="gepa")
    assert ranks(run, "--strategy", "gepa") == [(1, "a"), (2, "c")]
    assert ranks(run, "--strategy", "gepa", "--strategy", "shinka") == [(1, "a"), (2, "b"), (3, "c")]
    assert ranks(run, "--model", "openai/x") == [(1, "b")]
    assert ranks(run, "--machine", "fast") == [(1, "a")]
    assert ranks(run, "--since", "1h") == [(1, "a"), (2, "b"), (3, "c")]
    assert ranks(run, "--since", "2000-01-01", "-n", "1") == [(1, "a")]
    tomorrow = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 86400))
    ended = run("leaderboard", "--no-reference", "--since", tomorrow)
    assert ended.code == 0 and ended.out == "" and "none of the 3 runs on microgpt is left" in ended.err


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("--strategy", "gpea"), "unknown strategy among these runs 'gpea': did you mean gepa?"),
        (("--model", "ofline"), "did you mean offline?"),
        (("--machine", "mars"), "no run was made on a machine like 'mars': there are Linux-x86_64-test-2"),
        (("--since", "yesterday"), "write a day, 2026-03-01, or so long ago, 12h or 7d"),
        (("nowhere",), "unknown target 'nowhere'"),
    ],
)
def test_a_filter_that_can_match_nothing_is_a_mistake(run: Run, root: Path, args: tuple[str, ...], says: str) -> None:
    ended_at(root, "a", 2.0, strategy="gepa")
    ended = run("leaderboard", *args)
    assert (ended.code, ended.out) == (2, "") and says in ended.err


# --- Reference results ------------------------------------------------------------------------------------------------


@pytest.fixture
def shipped(run: Run, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Reference results of microgpt as compare writes them, where a built-in target has them."""
    from tests.compare.synthetic import comparison

    folders = comparison(tmp_path / "recorded", {"gepa": [2.2, 2.3], "best-of-n": [1.5, 1.6]})
    (tmp_path / "targets/microgpt").mkdir(parents=True)
    file = tmp_path / "targets/microgpt/reference.json"
    names = [folder.name for folder in folders]
    ended = run("compare", *names, "--runs", str(tmp_path / "recorded"), "--save-reference", str(file))
    assert ended.code == 0 and "reference rows written" in ended.err
    monkeypatch.setattr(reference, "TARGETS", tmp_path / "targets")
    return file


def test_without_a_run_the_reference_results_are_shown_and_called_so(run: Run, shipped: Path) -> None:
    ended = run("leaderboard")
    assert ended.code == 0 and "no runs here yet" in ended.err
    today = time.strftime("%Y-%m-%d", time.gmtime())
    assert f"reference results, recorded on 2 cores of test on {today}" in ended.out
    assert ended.out.count("reference: 2026") == 4 and "2.30x" in ended.out
    document = run("leaderboard", "--json").json
    assert document["rows"] == [] and len(document["reference"]["rows"]) == 4
    assert document["reference"]["machine"] == "2 cores of test"


def test_reference_results_stand_apart_from_runs_unless_asked_for(run: Run, root: Path, shipped: Path) -> None:
    ended_at(root, "mine", 2.25)
    document = run("leaderboard", "--json").json
    assert len(document["rows"]) == 1 and len(document["reference"]["rows"]) == 4
    ended = run("leaderboard")
    assert "target microgpt" in ended.out and "reference results" in ended.out and ended.err == ""
    together = run("leaderboard", "--json", "--reference").json
    assert [row["run"].startswith("reference: ") for row in together["rows"]] == [True, False, True, True, True]
    assert "reference" not in together
    assert list(run("leaderboard", "--json", "--no-reference").json) == ["target", "rows"]
    assert "reference" not in run("leaderboard", "-f", "csv").out


def test_a_target_without_reference_results_has_none(run: Run, root: Path, shipped: Path) -> None:
    finished_run(root, "20260301T000000-other-s-0000", target="../targets/microgpt")
    assert list(run("leaderboard", "--json").json) == ["target", "rows"]


def test_damaged_reference_results_are_named(run: Run, shipped: Path) -> None:
    table = json.loads(shipped.read_text())
    del table["rows"][1]["fitness"]
    shipped.write_text(json.dumps(table))
    ended = run("leaderboard")
    assert ended.code == 1 and "reference.json is not a file of reference results: no 'fitness'" in ended.err
    assert run("leaderboard", "--no-reference").code == 0


def test_what_ships_with_the_targets_can_be_read(root: Path) -> None:
    for file in reference.TARGETS.glob("*/reference.json"):
        assert reference.read(file).rows


def test_noop_never_shares_a_rank_with_a_gain(run: Run, root: Path) -> None:
    finished_run(root)
    noop_run(root)
    assert [rank for rank, _ in ranks(run)] == [1, 2]
