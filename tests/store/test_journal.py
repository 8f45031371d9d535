"""The journal is the truth: what it promises after a crash, a flipped byte, a full disk, a second writer."""

import json
import multiprocessing
import resource
import signal
import sys
from pathlib import Path

import pytest

from harness.errors import Locked, StoreError
from harness.store.blobs import Blobs
from harness.store.journal import Journal, read


def write_three(folder: Path) -> Path:
    with Journal(folder) as journal:
        for n in range(3):
            journal.append("ask", {"n": n, "text": "é \u2028"})
    return folder / "events.jsonl"


def test_what_was_appended_is_read_back(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    assert [(event.n, event.kind, event.data["n"]) for event in read(path)] == [(n, "ask", n) for n in range(3)]


def test_a_torn_last_line_is_cut_when_the_journal_is_opened_again(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    path.write_bytes(path.read_bytes()[:-9])
    assert len(list(read(path))) == 2
    with Journal(tmp_path) as journal:
        assert len(journal.recorded) == 2
        assert journal.append("ask", {"n": 7}).n == 2
    assert [event.data["n"] for event in read(path)] == [0, 1, 7]


def test_a_flipped_byte_in_the_middle_is_named_with_its_line(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[1].replace(b'"kind"', b'"kinX"') + lines[2])
    with pytest.raises(StoreError, match=r"line 2 is damaged"):
        Journal(tmp_path)


def test_any_flipped_bit_is_found(tmp_path: Path) -> None:
    """Also one that leaves good JSON behind: another digit, another letter, another key."""
    path = write_three(tmp_path)
    whole = path.read_bytes()
    first, second = (len(line) for line in whole.splitlines(keepends=True)[:2])
    for place in range(first, first + second):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        path.write_bytes(damaged)
        with pytest.raises(StoreError, match=r"events.jsonl line [123] is damaged"):
            list(read(path))


def test_a_journal_of_before_there_were_checksums_is_read(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n")[:-1]]
    for line in lines:
        del line["crc"]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    assert [event.data["n"] for event in read(path)] == [0, 1, 2]


def test_a_missing_line_is_named(tmp_path: Path) -> None:
    path = write_three(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + lines[2])
    with pytest.raises(StoreError, match=r"line 2 is damaged: it is numbered 2, and 1 was due"):
        list(read(path))


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path), pytest.raises(Locked, match="another process"):
        Journal(tmp_path)
    Journal(tmp_path).close()


def _write_until_killed(folder: str) -> None:
    with Journal(Path(folder)) as journal:
        for n in range(1_000_000):
            journal.append("ask", {"n": n})
            print(n, flush=True)


def test_whatever_was_acknowledged_before_a_kill_is_there_after_it(tmp_path: Path) -> None:
    code = f"from tests.store.test_journal import _write_until_killed as go; go({str(tmp_path)!r})"
    import subprocess

    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [next(process.stdout) for _ in range(40)]
        process.send_signal(signal.SIGKILL)
        seen += list(process.stdout)
    whole = [line for line in seen if line.endswith("\n")]
    with Journal(tmp_path) as journal:
        assert len(journal.recorded) >= len(whole)


def _fill_disk(folder: str, answer: "multiprocessing.Queue[str]") -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, hard))
    with Journal(Path(folder)) as journal:
        try:
            for n in range(100):
                journal.append("ask", {"n": n})
        except StoreError as error:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
            journal.append("end", {"status": "failed"})
            answer.put(str(error))


def test_a_full_disk_is_said_and_what_was_written_stays_readable(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    answer = context.Queue()
    process = context.Process(target=_fill_disk, args=(str(tmp_path), answer))
    process.start()
    assert "cannot write" in answer.get(timeout=30)
    process.join()
    with Journal(tmp_path) as journal:
        assert len(journal.recorded) >= 3 and journal.recorded[-1].kind == "end"


def test_lines_are_plain_json(tmp_path: Path) -> None:
    for line in write_three(tmp_path).read_text(encoding="utf-8").split("\n")[:-1]:
        assert set(json.loads(line)) == {"n", "kind", "at", "data", "crc"}


def test_blobs_are_named_by_content_and_checked_when_read(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    sha = blobs.put("x = 1\r\n\ud800")
    assert blobs.put("x = 1\r\n\ud800") == sha
    assert blobs.get(sha) == "x = 1\r\n\ud800"
    assert [path.name for path in tmp_path.iterdir()] == [sha]
    (tmp_path / sha).write_text("x = 2")
    with pytest.raises(StoreError, match="has changed"):
        blobs.get(sha)
    (tmp_path / sha).unlink()
    with pytest.raises(StoreError, match="is missing"):
        blobs.get(sha)
