"""The page of a run, as a file: what stands in it without a script, and whatever state the run is in."""

import base64
import json
import re
import zlib
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from harness.errors import StoreError
from harness.report.html import run as pages
from harness.store.runs import load
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def prose(page: str) -> str:
    """What a reader without scripts sees."""
    return unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", page))))


def unpacked(page: str, id_: str) -> str:
    found = re.search(rf'<script type="text/plain" id="packed-{id_}">([^<]*)</script>', page)
    assert found
    return zlib.decompress(base64.b64decode(found[1])).decode()


def data(page: str) -> Any:
    return json.loads(unpacked(page, "run"))


def test_the_page_of_a_finished_run(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    path = pages.write(folder)
    assert path == folder / "report.html"
    page = path.read_text()
    said = prose(page)
    assert "microgpt: 3.00x less memory and 12.0x faster" in said
    assert "openevolve with offline, objective balanced, seed 7; done (40 evaluations)" in said
    assert "3.00x less memory (2.94-3.06)" in said and "20.0 MiB" in said
    assert "turn the collector off" in said and "backpropagate by hand" in said
    assert "5 candidates: 3 ok (2 kept), 1 wrong, 1 invalid" in said
    assert "-print(1 + 1) +print(4 - 4 + 2)" in said
    assert "bubblewrap" in said and "kernel bugs" in said and "num_islands" in said
    assert unpacked(page, "best") == "print(4 - 4 + 2)\n"
    assert data(page)["climb"] == pytest.approx([1, 2, 2, 2, 2, (3.1 * 12.8) ** 0.5])
    assert data(page)["confirmed"] == pytest.approx(6.0)


def test_nothing_in_the_page_is_to_be_fetched(tmp_path: Path) -> None:
    page = re.sub(r"(?s)<script.*?</script>", "", pages.made(finished_run(tmp_path)))
    assert not re.search(r"""(src|href|url|action)\s*[=(]|@import|<link|<iframe|<img|<object|style=""", page)


def test_another_file_and_one_that_cannot_be_written(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    assert pages.write(folder, tmp_path / "mine.html").read_text().startswith("<!DOCTYPE html>")
    assert not (folder / "report.html").exists()
    with pytest.raises((OSError, StoreError)):
        pages.write(folder, tmp_path / "no" / "such.html")


def test_a_run_without_a_best(tmp_path: Path) -> None:
    page = pages.made(noop_run(tmp_path))
    said = prose(page)
    assert "microgpt: no improvement" in said and "No step was kept" in said
    assert "Nothing was crowned: the program stays as it was" in said
    assert data(page)["path"] == [] and data(page)["confirmed"] is None


def test_a_run_that_failed_before_it_began(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.end("failed", "ValueError: <b>what</b>")
    said = prose(pages.made(writing.close()))
    assert "Nothing was tried" in said and "The run failed: ValueError: <b>what</b>" in said


def test_a_run_that_was_killed_with_orders_in_flight(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline()
    writing.outcome(scored(), crowned=True)
    writing.reply(writing.ask())
    assert "still under way" in prose(pages.made(writing.folder))
    said = prose(pages.made(writing.close()))
    assert "process was killed" in said and "1 order unfinished" in said and "Not confirmed" in said


def test_a_run_without_a_sandbox_is_red(tmp_path: Path) -> None:
    page = pages.made(finished_run(tmp_path, unsafe=True))
    assert '<p class="alarm" role="alert">UNSAFE' in page and '<header class="unsafe">' in page
    assert "alarm" not in re.sub(r"(?s)<style>.*?</style>", "", pages.made(finished_run(tmp_path / "safe")))


def test_every_warning_is_there(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.measure_baseline(warnings=("nothing hidden is checked",))
    writing.outcome(scored(warnings=("this machine is noisy: 14%",)))
    writing.outcome(scored(warnings=("this machine is noisy: 15%",)))
    said = prose(pages.made(writing.close()))
    assert "Warning: nothing hidden is checked" in said
    assert "Warning: this machine is noisy: 15% (said 2 times; this is the last)" in said


def test_a_best_whose_text_is_gone_is_said_to_be(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    (folder / "blobs" / (load(folder).tried[4].source or "")).unlink()
    said = prose(pages.made(folder))
    assert "The best program cannot be shown: blob" in said and "3.00x less memory" in said


def test_a_damaged_journal_is_refused_by_name(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    journal = folder / "events.jsonl"
    journal.write_text(journal.read_text().replace('"kind":"confirm"', '"kind":"conf'))
    with pytest.raises(StoreError, match="line"):
        pages.write(folder)
    assert not (folder / "report.html").exists()
    with pytest.raises(StoreError, match="is not a run folder"):
        pages.write(tmp_path)


def test_what_there_was_no_room_for_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.report.html.run.Texts", lambda: pages_texts(60))
    page = pages.made(finished_run(tmp_path))
    assert re.search(r"\d+ texts \(prompts, answers or changes\) left out", prose(page))
    assert "optimize-run show" in prose(page)


def pages_texts(room: int) -> Any:
    from harness.report.html.texts import Texts

    return Texts(room)


def test_hostile_text_is_only_text(tmp_path: Path) -> None:
    evil = "</script><img src=x onerror=alert(1)>\u202e\x1b[2J"
    writing = Writing(tmp_path, model=evil, strategy=evil, settings={evil: evil})
    writing.measure_baseline(warnings=(evil,))
    writing.outcome(scored(warnings=(evil,)), note=evil, operator=evil, source=f"# {evil}\n", crowned=True)
    writing.outcome(failed("crash", evil), note=evil)
    writing.end("failed", evil)
    page = pages.made(writing.close())
    assert "<img" not in page and "\u202e" not in page and "\x1b" not in page
    assert "</script><img src=x onerror=alert(1)>\\u202e\\x1b[2J" in prose(page)
    assert "\u202e" not in unpacked(page, "run")
    assert unpacked(page, "best") == f"# {evil}\n", "what is copied is the program as it was judged"
