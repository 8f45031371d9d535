"""The lineage of a run as a git repository in its folder: one commit for each program that was kept.

The harness commits, never an agent, which does not see the repository. It can always be made again from the journal:
what is missing is added, and what does not fit is made anew.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from harness.errors import StoreError
from harness.types import Commit, Committing, Strategy

FOLDER = "repository"
PROGRAM = "program.py"
TRAILER = "Candidate: "
BEGAN = 1_000_000_000  # commits are dated a second apart from here: the same run makes the same commits
_WHO = {f"GIT_{who}_{what}": value for who in ("AUTHOR", "COMMITTER") for what, value in
        (("NAME", "optimize-run"), ("EMAIL", "optimize-run@localhost"))}  # fmt: skip
SETTINGS = ("core.hooksPath=/dev/null", "commit.gpgSign=false", "core.autocrlf=false", "core.fsmonitor=false")

# A repository in a folder from elsewhere could have git run programs: by its settings, or as filters of its files.
CONFIG = "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n"
STRANGE = (".git/config", ".git/commondir", ".git/config.worktree", ".git/info/attributes", ".gitattributes")


class Repository:
    """A repository below a run's folder, made when the first commit comes."""

    def __init__(self, run: Path) -> None:
        self.folder = run.resolve() / FOLDER
        self._there: list[str] | None = None  # ids of the commits, oldest first

    def following(self, strategy: Strategy) -> Callable[[], None]:
        """What brings it up to date with a strategy, if that keeps its lineage as commits."""

        def told() -> None:
            if isinstance(strategy, Committing):
                self.follow(strategy.commits, strategy.papers)

        return told

    def follow(self, commits: Sequence[Commit], papers: Mapping[str, str]) -> None:
        """Bring it to these commits, and leave papers beside the program. Raises StoreError."""
        wanted = [commit.id for commit in commits]
        there = self._known()
        if there != wanted[: len(there)]:
            shutil.rmtree(self.folder)
            there = self._there = []
        for n in range(len(there), len(commits)):
            self._commit(n, commits[n])
        self._there = wanted
        for name, text in papers.items():
            self._write(name, text)

    def _known(self) -> list[str]:
        if self._there is None:
            for place in (self.folder, self.folder / ".git", self.folder / ".git/info"):
                if place.is_symlink():  # it would lead to another project's
                    place.unlink()
            self._there = self._read() if (self.folder / ".git").is_dir() else []
        return self._there

    def _write(self, name: str, text: str) -> None:
        """A file of the folder, and never what a link there leads to."""
        (self.folder / name).unlink(missing_ok=True)
        (self.folder / name).write_bytes(text.encode())

    def _read(self) -> list[str]:
        for name in STRANGE:
            (self.folder / name).unlink(missing_ok=True)
        self._write(".git/config", CONFIG)
        for lock in (self.folder / ".git").rglob("*.lock"):
            lock.unlink()  # left by a kill; there is one writer
        log = self._git("log", "--branches", "--reverse", "--format=%B", check=False)
        return [line.removeprefix(TRAILER) for line in log.splitlines() if line.startswith(TRAILER)]

    def _commit(self, n: int, commit: Commit) -> None:
        if n == 0:
            shutil.rmtree(self.folder, ignore_errors=True)  # one that a kill left half made
            self.folder.mkdir()
            self._git("init", "--quiet", "--initial-branch=main", "--template=")
        self._write(PROGRAM, commit.source)
        self._git("add", "--", PROGRAM)
        message = f"{commit.message.rstrip()}\n\n{TRAILER}{commit.id}\n"
        self._git("commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "--file=-", stdin=message, at=BEGAN + n)

    def _git(self, *words: str, stdin: str = "", at: int = BEGAN, check: bool = True) -> str:
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        own = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "HOME": os.devnull, **_WHO}
        own |= {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        own |= {"GIT_AUTHOR_DATE": f"{at} +0000", "GIT_COMMITTER_DATE": f"{at} +0000"}
        try:
            done = subprocess.run(
                ["git", *settings, "--git-dir", str(self.folder / ".git"), "--work-tree", str(self.folder), *words],
                env=own, input=stdin.encode(), capture_output=True, timeout=60, check=False, cwd=self.folder,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired) as error:
            raise StoreError(f"git could not keep {self.folder}: {error}") from None
        if check and done.returncode:
            words_ = done.stderr.decode(errors="replace").strip().splitlines()
            raise StoreError(f"git could not keep {self.folder}: {words_[-1] if words_ else done.returncode}")
        return done.stdout.decode(errors="replace")
