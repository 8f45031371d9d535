"""Texts that come faster than the disk takes a file for each go into one: nothing acknowledged is lost there either."""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from harness.errors import StoreError
from harness.store.blobs import Blobs
from harness.store.journal import Journal, read
from harness.store.pack import Pack
from harness.store.syncing import MANY_WAITING, Syncer

ROOT = Path(__file__).resolve().parents[2]


def linked(file: int) -> str:
    return Path(f"/proc/self/fd/{file}").readlink().name


def name(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def filled(path: Path, *texts: bytes) -> Pack:
    pack = Pack(path)
    for text in texts:
        pack.put(name(text), text)
    return pack


def test_a_text_is_read_back_at_once_and_by_others(tmp_path: Path) -> None:
    other = Pack(tmp_path / "pack")
    assert other.get(name(b"one")) is None
    pack = filled(tmp_path / "pack", b"one", b"", b"two\n\xff")
    assert other.get(name(b"one")) == pack.get(name(b"one")) == b"one"
    pack.put(name(b"three"), b"three")
    assert other.get(name(b"three")) == b"three" and other.get(name(b"")) == b"" and not other.holds(name(b"four"))


def test_what_a_kill_tore_is_passed_over_and_cut_off_by_the_next_writer(tmp_path: Path) -> None:
    path = tmp_path / "pack"
    filled(path, b"one", b"two")
    whole = path.read_bytes()
    for torn in range(len(whole) // 2 + 1, len(whole)):
        path.write_bytes(whole[:torn])
        assert Pack(path).get(name(b"one")) == b"one" and not Pack(path).holds(name(b"two"))
        assert filled(path, b"three").get(name(b"three")) == b"three"
        assert Pack(path).get(name(b"three")) == b"three" and path.read_bytes().count(b"\n") == 4


def test_behind_a_flipped_byte_the_rest_is_found(tmp_path: Path) -> None:
    path = tmp_path / "pack"
    filled(path, b"one", b"two", b"three")
    whole = path.read_bytes()
    for place in range(whole.index(name(b"two").encode()), whole.index(name(b"three").encode()) - 1):
        damaged = bytearray(whole)
        damaged[place] ^= 4
        path.write_bytes(damaged)
        assert Pack(path).get(name(b"one")) == b"one" and Pack(path).get(name(b"three")) == b"three", place
        assert filled(path, b"four").get(name(b"three")) == b"three", "and the next writer leaves it there"


def test_a_changed_text_is_named(tmp_path: Path) -> None:
    filled(tmp_path / "pack", b"one")
    (tmp_path / "pack").write_bytes((tmp_path / "pack").read_bytes().replace(b"one", b"0ne"))
    with pytest.raises(StoreError, match="has changed"):
        Blobs(tmp_path).get(name(b"one"))


class Behind(Syncer):
    """A disk that never keeps up with a file for each text."""

    def behind(self) -> bool:
        return True


def test_what_the_disk_does_not_keep_up_with_goes_into_the_pack_and_is_synced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[str] = []  # names of files
    sync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda file: (synced.append(linked(file)), sync(file)))
    with (tmp_path / "journal").open("ab") as journal:
        syncer = Behind(journal.fileno(), tmp_path / "journal")
        blobs = Blobs(tmp_path, syncer)
        shas = [blobs.put(f"text {n % 3}") for n in range(6)]
        syncer.settle()
        syncer.close()
    assert set(synced) == {"pack", "journal"}
    assert (tmp_path / "pack").read_bytes().count(b"text") == 3, "a text is kept once"
    assert [Blobs(tmp_path).get(sha) for sha in shas] == [f"text {n % 3}" for n in range(6)]


def test_one_text_after_another_stays_a_file_of_its_own(tmp_path: Path) -> None:
    with Journal(tmp_path) as journal:
        blobs = Blobs(tmp_path, journal.syncer)
        for n in range(2 * MANY_WAITING):
            blobs.put(str(n))
            journal.settle()
    assert not (tmp_path / "pack").exists()


def test_outcomes_that_were_told_before_a_kill_are_there_with_all_their_texts(tmp_path: Path) -> None:
    """The engine at full speed, killed in the middle of it."""
    command = [sys.executable, "-m", "benchmarks.driver", "--outcomes", "100000", "--bytes", "600", "--parallel", "8"]
    with subprocess.Popen([*command, "--tell", "--run", str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        told = [process.stdout.readline() for _ in range(400)]
        process.send_signal(signal.SIGKILL)
        told += process.stdout.readlines()
    numbers = {int(line) for line in told if line.endswith(b"\n")}
    with Journal(tmp_path) as journal:
        events = list(read(journal.path))
    outcomes = [event.data for event in events if event.kind == "outcome"]
    assert {data["n"] for data in outcomes} >= numbers
    blobs = Blobs(tmp_path / "blobs")
    for event in events:
        for key in ("prompt", "reply") if event.kind == "reply" else ("source",) if event.kind == "judged" else ():
            assert blobs.get(event.data[key])
