"""The lineage as commits: exactly the kept programs, the same from the same run, made good after a kill."""

from __future__ import annotations

import subprocess
from pathlib import Path

from harness.agents.repository import Repository
from harness.types import Commit

COMMITS = tuple(Commit(f"{n:012x}", f"x = {n}\n", f"-- step {n}\n\nscore {n}x\n") for n in range(4))


def git(folder: Path, *words: str) -> str:
    command = ["git", "-C", str(folder / "repository"), *words]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_one_commit_for_each_that_was_kept(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    for upto in (1, 3, 3):
        repository.follow(COMMITS[:upto], {"results.tsv": "rows\n", "NOTES.md": "notes"})
    assert git(tmp_path, "log", "--reverse", "--format=%s").splitlines() == ["-- step 0", "-- step 1", "-- step 2"]
    assert git(tmp_path, "show", "HEAD:program.py") == "x = 2\n"
    assert git(tmp_path, "show", "HEAD~1:program.py") == "x = 1\n"
    assert "Candidate: 000000000002" in git(tmp_path, "log", "-1", "--format=%B")
    assert (tmp_path / "repository/results.tsv").read_text() == "rows\n"
    assert git(tmp_path, "ls-files").split() == ["program.py"]


def test_it_goes_on_after_a_kill_and_makes_the_same_commits(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    Repository(tmp_path / "a").follow(COMMITS, {})
    Repository(tmp_path / "b").follow(COMMITS[:2], {})
    (tmp_path / "b/repository/.git/index.lock").touch()
    (tmp_path / "b/repository/.git/refs/heads/main.lock").touch()
    Repository(tmp_path / "b").follow(COMMITS, {})
    heads = [git(tmp_path / name, "rev-parse", "HEAD") for name in ("a", "b")]
    assert heads[0] == heads[1]


def test_what_does_not_fit_is_made_anew(tmp_path: Path) -> None:
    Repository(tmp_path).follow(COMMITS[1:3], {})
    Repository(tmp_path).follow(COMMITS[:2], {})
    assert git(tmp_path, "log", "--reverse", "--format=%s").splitlines() == ["-- step 0", "-- step 1"]


def test_a_repository_half_made_is_made_again(tmp_path: Path) -> None:
    (tmp_path / "repository/.git").mkdir(parents=True)
    Repository(tmp_path).follow(COMMITS[:1], {})
    assert git(tmp_path, "log", "--format=%s").splitlines() == ["-- step 0"]


def test_a_program_that_was_kept_twice_is_two_commits(tmp_path: Path) -> None:
    Repository(tmp_path).follow((COMMITS[0], COMMITS[1], COMMITS[0]), {})
    assert git(tmp_path, "rev-list", "--count", "HEAD").strip() == "3"


def test_a_repository_from_somebody_else_has_git_run_nothing(tmp_path: Path) -> None:
    """Its settings and its files' attributes can name programs, which git would run outside every sandbox."""
    Repository(tmp_path).follow(COMMITS[:2], {})
    theirs, mark = tmp_path / "repository", tmp_path / "was-run"
    with (theirs / ".git/config").open("a") as config:
        config.write(f'[filter "x"]\n\tclean = "touch {mark}; cat"\n[core]\n\tpager = "touch {mark}"\n')
    (theirs / ".gitattributes").write_text("* filter=x\n")
    (theirs / ".git/info").mkdir(exist_ok=True)
    (theirs / ".git/info/attributes").write_text("* filter=x\n")
    Repository(tmp_path).follow(COMMITS, {})
    assert not mark.exists()
    assert len(git(tmp_path, "log", "--format=%s").splitlines()) == 4


def test_links_in_a_folder_from_somebody_else_are_not_followed(tmp_path: Path) -> None:
    Repository(tmp_path).follow(COMMITS[:2], {})
    own, theirs = tmp_path / "mine", tmp_path / "repository"
    own.write_text("kept")
    for name in ("program.py", "NOTES.md"):
        (theirs / name).unlink(missing_ok=True)
        (theirs / name).symlink_to(own)
    Repository(tmp_path).follow(COMMITS, {"NOTES.md": "notes"})
    assert own.read_text() == "kept" and (theirs / "NOTES.md").read_text() == "notes"
    project = tmp_path / "project"
    theirs.rename(project)
    theirs.symlink_to(project)
    before = (project / ".git/config").read_text() + "# mine"
    (project / ".git/config").write_text(before)
    Repository(tmp_path).follow(COMMITS[:1], {})
    assert (project / ".git/config").read_text() == before and not theirs.is_symlink()
