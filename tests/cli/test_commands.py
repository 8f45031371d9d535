"""The group of commands, and those that answer about all runs or about what there is."""

import csv
import io
from pathlib import Path

import pytest

from harness.cli.main import COMMANDS
from tests.cli.conftest import Run
from tests.runs_on_disk import Writing, finished_run, noop_run, scored

# --- the group --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(run: Run, name: str) -> None:
    ended = run(name, "--help")
    assert ended.code == 0 and f"optimize-run {name}" in ended.out


def test_help_names_every_command(run: Run) -> None:
    for flag in ("--help", "-h"):
        ended = run(flag)
        assert ended.code == 0 and all(name in ended.out for name in COMMANDS)


def test_no_word_at_all_is_help_and_a_usage_error(run: Run) -> None:
    ended = run()
    assert ended.code == 2 and "Usage" in ended.out + ended.err


def test_the_main_job_goes_by_the_name_that_help_gives_it(run: Run) -> None:
    assert run("microgpt", "--help").out.startswith("Usage: optimize-run TARGET [OPTIONS]")
    assert "Try 'optimize-run TARGET -h' for help." in run("microgpt", "--lanes", "0").err


def test_the_version(run: Run) -> None:
    assert run("--version").out.startswith("optimize-run ")


def test_a_misspelt_command_is_answered_with_the_nearest(run: Run) -> None:
    ended = run("leaderbord", "--json")
    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "error: unknown command or target 'leaderbord': did you mean leaderboard?\n"


def test_a_misspelt_target_is_answered_with_the_nearest(run: Run) -> None:
    assert "did you mean microgpt?" in run("microgtp").err


def test_a_word_like_nothing_known_is_answered_with_what_there_is(run: Run) -> None:
    ended = run("xyzzy")
    assert ended.code == 2 and "known: audit, best, calibrate" in ended.err and "microgpt" in ended.err


@pytest.mark.parametrize("word", ["./nowhere.py", "nowhere.py", "some/folder"])
def test_a_path_is_a_target_even_when_it_is_missing(run: Run, word: str) -> None:
    ended = run(word)
    assert ended.code == 2 and "command" not in ended.err and word.removeprefix("./") in ended.err


def test_a_file_that_exists_is_a_target(run: Run, root: Path) -> None:
    (root.parent / "leaderbord").mkdir()
    ended = run("leaderbord")
    assert ended.code == 2 and "target.toml" in ended.err


def test_options_may_stand_before_the_target(run: Run) -> None:
    ended = run("--strategy", "openevolv", "microgpt")
    assert ended.code == 2 and "did you mean openevolve?" in ended.err


def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    ended = run("list", "--jsn")
    assert ended.code == 2 and "--jsn" in ended.err and "Traceback" not in ended.err


# --- nothing yet ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [True, False])
def test_no_runs_yet(run: Run, root: Path, make: bool) -> None:
    if make:
        root.mkdir()
    for command in ("list", "leaderboard"):
        ended = run(command)
        assert (ended.code, ended.out) == (0, "")
        assert "no runs in" in ended.err and "optimize-run microgpt" in ended.err
    assert run("list", "--json").json == []
    assert run("leaderboard", "--json").json["rows"] == []
    assert run("leaderboard", "--json", "--no-reference").json == {"target": None, "rows": []}
    assert run("list", "--format", "csv").out.startswith("run,status,")
    ended = run("show")
    assert (ended.code, ended.out) == (2, "") and ended.err.startswith("error: no runs in ")


# --- list, leaderboard ------------------------------------------------------------------------------------------------

ROW = ["rank", "run", "strategy", "model", "seed", "fitness", "memory_ratio", "speed_ratio", "evaluations", "calls"]
ROW += [
    "tokens",
    "usd",
    "seconds",
    "best_id",
    "machine",
    "interpreter",
    "at",
    "unsafe",
    "fitness_low",
    "fitness_high",
    "memory_low",
]
ROW += ["memory_high", "speed_low", "speed_high"]


def test_the_leaderboard_ranks_by_fitness(run: Run, root: Path) -> None:
    folder, control = finished_run(root), noop_run(root)
    document = run("leaderboard", "--json", "--no-reference").json
    assert list(document) == ["target", "rows"] and document["target"] == "microgpt"
    assert [(row["rank"], row["run"]) for row in document["rows"]] == [(1, folder.name), (2, control.name)]
    first = document["rows"][0]
    assert list(first) == ROW
    assert (first["fitness"], first["memory_ratio"], first["speed_ratio"]) == (6.0, 3.0, 12.0)
    assert document["rows"][1]["best_id"] is None


def test_equal_runs_share_a_rank(run: Run, root: Path) -> None:
    for name in ("20260301T000000-a-s-0000", "20260301T000001-a-s-0001"):
        finished_run(root, name)
    noop_run(root)
    assert [row["rank"] for row in run("leaderboard", "--json").json["rows"]] == [1, 1, 3]


def test_a_leaderboard_in_every_form(run: Run, root: Path) -> None:
    finished_run(root)
    assert "12.0x" in run("leaderboard").out
    assert [row["fitness"] for row in csv.DictReader(io.StringIO(run("leaderboard", "--format", "csv").out))] == ["6.0"]
    assert run("leaderboard", "-f", "md").out.startswith("| # | run |")
    assert run("leaderboard", "--format", "json").json["rows"]
    assert run("leaderboard", "--format", "xml").code == 2


def test_one_target_at_a_time(run: Run, root: Path) -> None:
    finished_run(root, "20260301T000000-other-s-0000", target="other")
    finished_run(root, "20260302T000000-microgpt-s-0000")
    ended = run("leaderboard", "--json")
    assert ended.json["target"] == "microgpt" and len(ended.json["rows"]) == 1
    assert "other" in ended.err
    assert run("leaderboard", "--target", "other", "--json").json["target"] == "other"
    ended = run("leaderboard", "--target", "othre")
    assert ended.code == 2 and "did you mean other?" in ended.err


def test_runs_with_different_objectives_can_be_ranked_alike(run: Run, root: Path) -> None:
    finished_run(root, "20260301T000000-microgpt-s-0000")
    memory = {"name": "memory", "memory": 1.0, "speed": 0.0}
    writing = Writing(root, "20260302T000000-microgpt-s-0001", objective=memory)
    writing.outcome(scored(8.0, 0.5), crowned=True)
    writing.close()
    assert "different objectives" in run("leaderboard").err
    ended = run("leaderboard", "--objective", "memory", "--json")
    assert "different" not in ended.err
    assert [row["fitness"] for row in ended.json["rows"]] == pytest.approx([8.0, 3.0])
    assert run("leaderboard", "--objective", "memry").code == 2


def test_the_list_is_newest_first_and_can_be_cut(run: Run, root: Path) -> None:
    finished_run(root)
    noop_run(root)
    assert [row["strategy"] for row in run("list", "--json").json] == ["noop", "openevolve"]
    assert len(run("list", "--limit", "1", "--json").json) == 1
    assert "interrupted" not in run("list").out


def test_a_broken_run_is_named_and_the_others_are_listed(run: Run, root: Path) -> None:
    finished_run(root)
    (root / "20260309T000000-x-y-0000").mkdir()
    (root / "20260309T000000-x-y-0000" / "events.jsonl").write_text("nonsense\n")
    ended = run("list", "--json")
    assert len(ended.json) == 1 and "left out" in ended.err and "line 1" in ended.err
    ended = run("show", "20260309")
    assert ended.code == 1 and ended.err.startswith("error: ") and "line 1 is damaged" in ended.err


def test_the_runs_folder_may_be_named(run: Run, root: Path) -> None:
    finished_run(root.parent / "elsewhere")
    assert len(run("list", "--runs", str(root.parent / "elsewhere"), "--json").json) == 1


# --- what there is ----------------------------------------------------------------------------------------------------


def test_targets(run: Run) -> None:
    known = {target["name"]: target["title"] for target in run("targets", "--json").json}
    assert known["microgpt"]
    assert "microgpt" in run("targets").out


def test_strategies_and_their_knobs(run: Run) -> None:
    known = run("strategies", "--json").json
    assert {"openevolve", "best-of-n", "noop"} <= {strategy["name"] for strategy in known}
    assert all(strategy["summary"] and strategy["source"] for strategy in known)
    document = run("strategies", "openevolve", "--json").json
    assert "exploration" in [knob["name"] for knob in document["knobs"]]
    ended = run("strategies", "openevolv")
    assert ended.code == 2 and "did you mean openevolve?" in ended.err


def test_models_and_never_their_keys(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    known = {model["name"]: model for model in run("models", "--json").json}
    assert known["offline"]["key_set"] is None and known["openai/NAME"]["key_set"] is True
    ended = run("models")
    assert "OPENAI_API_KEY" in ended.out and "very-secret" not in ended.out + ended.err
