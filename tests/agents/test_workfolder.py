"""What is read back from a folder that a stranger has had his hands in."""

from __future__ import annotations

import os
import stat
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.agents.workfolder import NOTES_BYTES, WINDOW, WorkFolder, work_folder
from harness.errors import Unusable


@pytest.fixture
def folder() -> Iterator[WorkFolder]:
    with work_folder("x = 1\n", {"NOTES.md": "notes", "results.tsv": "id\n"}, {"input.txt": b"words"}, None) as made:
        yield made


def test_it_holds_what_the_agent_needs_and_is_gone_afterwards() -> None:
    with work_folder("x = 1\n", {"NOTES.md": "n"}, {"input.txt": b"words"}, None) as made:
        names = sorted(path.name for path in made.path.iterdir())
        assert names == [WINDOW, "NOTES.md", "eval", "input.txt", "program.py"]
        assert made.program(100) == "x = 1\n"
        path = made.path
    assert not path.exists()


def link(path: Path, outside: Path) -> None:
    path.symlink_to(outside)


def pipe(path: Path, _outside: Path) -> None:
    os.mkfifo(path)


def directory(path: Path, _outside: Path) -> None:
    path.mkdir()


def binary(path: Path, _outside: Path) -> None:
    path.write_bytes(b"\xff\xfe")


def huge(path: Path, _outside: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


STRANGE = {link: "link", pipe: "no plain file", directory: "directory", binary: "UTF-8", huge: "larger than"}


@pytest.mark.parametrize(("make", "words"), STRANGE.items(), ids=[make.__name__ for make in STRANGE])
def test_only_a_plain_file_of_text_is_read(
    make: Callable[[Path, Path], None], words: str, folder: WorkFolder, tmp_path: Path
) -> None:
    outside = tmp_path / "secret"
    outside.write_text("TOPSECRET")
    for name in ("program.py", "NOTES.md"):
        (folder.path / name).unlink()
        make(folder.path / name, outside)
    with pytest.raises(Unusable, match=words):
        folder.program(1000)
    assert "TOPSECRET" not in folder.notes()
    (folder.path / WINDOW / "request").unlink(missing_ok=True)
    make(folder.path / WINDOW / "request", outside)
    assert folder.asked() is None


def test_a_program_that_is_gone(folder: WorkFolder) -> None:
    (folder.path / "program.py").unlink()
    with pytest.raises(Unusable, match="gone"):
        folder.program(100)


def test_notes_are_cut_to_size(folder: WorkFolder) -> None:
    (folder.path / "NOTES.md").write_text("é" * NOTES_BYTES)
    assert len(folder.notes()) <= NOTES_BYTES


@pytest.mark.parametrize("ticket", ["../../x", "a", "", "0" * 64, "0123456789ABCDEF", "abcdef0123456789\nx"])
def test_a_ticket_that_is_none_is_taken_down_and_not_answered(ticket: str, folder: WorkFolder) -> None:
    (folder.path / WINDOW / "request").write_text(ticket)
    assert folder.asked() is None
    assert not (folder.path / WINDOW / "request").exists()


def test_an_answer_never_leaves_the_window(folder: WorkFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (folder.path / WINDOW).rename(folder.path / "moved")
    (folder.path / WINDOW).symlink_to(outside)
    folder.answer("0123456789abcdef", "{}\n")
    assert list(outside.iterdir()) == []
    assert (folder.path / "moved" / "0123456789abcdef.json").read_text() == "{}\n"


def test_an_answer_does_not_follow_a_link_that_waits_for_it(folder: WorkFolder, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("mine")
    (folder.path / WINDOW / "0123456789abcdef.json").symlink_to(outside)
    folder.answer("0123456789abcdef", "{}\n")
    assert outside.read_text() == "mine"


def test_eval_asks_and_prints_the_answer(folder: WorkFolder) -> None:
    seen: list[str] = []

    def harness() -> None:
        for _ in range(200):
            if ticket := folder.asked():
                seen.append(folder.program(100))
                folder.answer(ticket, '{"score": 1.5}\n')
                return
            time.sleep(0.02)

    thread = threading.Thread(target=harness)
    thread.start()
    ran = subprocess.run([folder.path / "eval"], cwd="/", capture_output=True, text=True, timeout=20, check=False)
    thread.join()
    assert (ran.stdout, ran.returncode, seen) == ('{"score": 1.5}\n', 0, ["x = 1\n"])


def test_others_of_the_machine_see_nothing(folder: WorkFolder) -> None:
    assert stat.S_IMODE(folder.path.parent.stat().st_mode) & 0o007 == 0
