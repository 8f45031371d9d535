"""The live view: a panel on a terminal, lines elsewhere, the journal for programs."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from harness.report import panel
from harness.report.live import LiveView
from harness.report.staircase import climb, staircase
from harness.store import journal
from harness.store.fold import Fold
from harness.types import Event, Usage
from tests.runs_on_disk import Writing, failed, finished_run, noop_run, scored


def events_of(folder: Path) -> list[Event]:
    return list(journal.read(folder / "events.jsonl"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def watched(folder: Path, **options: object) -> str:
    err = io.StringIO()
    with LiveView(err=err, **options) as view:  # type: ignore[arg-type]
        for event in events_of(folder):
            view.on_event(event)
    return err.getvalue()


def drawn(folder: Path, events: int | None = None, later: float = 5.0, width: int = 160) -> str:
    fold = Fold()
    for event in events_of(folder)[:events]:
        fold.take(event)
    out = io.StringIO()
    Console(file=out, width=width).print(panel.draw(fold, fold.last + later, width))
    return out.getvalue()


# --- elsewhere --------------------------------------------------------------------------------------------------------


def test_one_line_an_outcome(tmp_path: Path) -> None:
    lines = watched(finished_run(tmp_path)).splitlines()
    assert lines[0].endswith("openevolve with offline on microgpt, objective balanced")
    assert lines[1] == "baseline: 60.0 MiB (7.5 MiB of it the interpreter's own), 5.00 s of CPU"
    assert lines[2].startswith("#0 kept 2.00x: turn the collector off (2.00x less memory (1.96-2.04), 2.00x faster")
    assert lines[3].startswith("#1 discarded 0.95x: slower, alas (1.11x more memory")
    assert lines[4] == "#2 wrong: reorder the sums (short: line 3 differs)"
    assert lines[5] == "#3 invalid: diff (unusable answer: the answer is empty)"
    assert lines[7].startswith("confirmed on the full-length run")
    assert lines[8].startswith("done (40 evaluations). Best: ")
    assert len(lines) == 9


def test_quiet_is_the_start_and_the_end(tmp_path: Path) -> None:
    lines = watched(noop_run(tmp_path), quiet=True).splitlines()
    assert len(lines) == 2 and "No improvement" in lines[1]


def test_a_dethroned_leader_is_told(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.confirm(writing.outcome(scored(), crowned=True), failed("wrong", "full: line 900 differs"))
    assert "dethroned by its full-length run" in watched(writing.close()).splitlines()[-1]


def test_a_run_without_a_sandbox_is_announced(tmp_path: Path) -> None:
    assert watched(finished_run(tmp_path, unsafe=True)).startswith("UNSAFE")


def test_hostile_text_is_inert_in_lines_and_in_the_panel(tmp_path: Path) -> None:
    writing = Writing(tmp_path, model="evil\x1b[2J")
    writing.outcome(scored(), note="[red]x[/red] \x1b[2J :skull:")
    writing.outcome(failed("crash", "\x1b]0;title\x07 [blink]"))
    folder = writing.close()
    for shown in (watched(folder), drawn(folder)):
        assert "\x1b" not in shown and "\x07" not in shown
        assert "[red]x[/red] [2J :skull:" in shown and "[blink]" in shown


def test_programs_get_the_journal_as_it_is(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), note="naïve \x9b \u202e")
    folder = writing.close()
    out = io.StringIO()
    watched(folder, json_events=True, out=out)
    assert out.getvalue().isascii()
    streamed = [json.loads(line) for line in out.getvalue().splitlines()]
    recorded = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert streamed == [{key: event[key] for key in ("n", "kind", "at", "data")} for event in recorded]


def test_a_resumed_run_goes_on_from_what_is_recorded(tmp_path: Path) -> None:
    events = events_of(finished_run(tmp_path))
    err = io.StringIO()
    with LiveView(err=err, past=events[:-1]) as view:
        view.on_event(Event(events[-1].n, "resume", events[-1].at, {"version": "0.1.0"}))
        view.on_event(events[-1])
    assert err.getvalue().startswith("done (40 evaluations). Best: ")


def test_a_view_that_joins_late_tells_what_it_sees(tmp_path: Path) -> None:
    err = io.StringIO()
    with LiveView(err=err) as view:
        for event in events_of(finished_run(tmp_path))[-7:]:
            view.on_event(event)
    lines = err.getvalue().splitlines()
    assert lines[0].startswith("#4 kept 6.30x") and lines[-1] == "done (40 evaluations)"


def test_a_line_says_why_it_was_kept_or_not(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    first = writing.outcome(scored(), crowned=True)
    n = writing.ask()
    lost = {"n": n, "candidate": "0ddba11", "over": first, "crowned": False, "ratio": 1.02, "low": 0.97, "high": 1.07}
    writing.append("crown", **lost, explanation="1.020x the incumbent's fitness (0.970-1.070) in 15 pairs")
    writing.outcome(scored(2.1, 3.1), note="much the same")
    lines = watched(writing.close()).splitlines()
    assert lines[1].endswith("; won its duel; 3 pairs)")
    assert lines[2].endswith("; not above the best)"), "it had no duel: the one that was lost is another's"
    fold = Fold()
    for event in events_of(writing.folder):
        fold.take(event)
    loser = replace(fold.tried[1], id="0ddba11")
    assert panel.outcome_line(loser, fold.crowns).endswith(
        "; lost its duel; 1.020x the incumbent's fitness (0.970-1.070) in 15 pairs)"
    )


def test_a_program_that_comes_back_after_its_crown_is_no_second_winner(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    writing.outcome(scored(), source="print(2)\n", crowned=True)
    writing.outcome(scored(), source="print(2)\n")
    assert watched(writing.folder).splitlines()[2].endswith("; this program was crowned before)")
    assert "(this program was crowned before)" in drawn(writing.close(), width=90)


def test_a_control_that_changes_nothing_has_no_duels_to_lose(tmp_path: Path) -> None:
    assert "not above the best" not in watched(noop_run(tmp_path))


# --- on a terminal ----------------------------------------------------------------------------------------------------


def test_a_terminal_gets_a_panel_that_is_cleared_at_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    err = Terminal()
    with LiveView(err=err) as view:
        for event in events_of(finished_run(tmp_path)):
            view.on_event(event)
        assert view._live is not None
        view._live.refresh()
    assert "in flight" not in err.getvalue() and "turn the collector off" in err.getvalue()
    assert err.getvalue().rstrip().endswith("\x1b[2K")


def test_a_panel_at_every_moment_of_a_run(tmp_path: Path) -> None:
    folder = finished_run(tmp_path)
    for n in range(len(events_of(folder)) + 1):
        assert drawn(folder, n)


def test_the_panel_shows_what_goes_on(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    assert "measuring the baseline" in drawn(writing.folder)
    writing.measure_baseline()
    writing.ask("diff")
    writing.reply(writing.ask("rewrite"))
    shown = drawn(writing.folder)
    assert "the baseline stands: 60.0 MiB" in shown
    assert re.search(r"in flight: #0 diff asking [5-9]\.\d s, #1 rewrite judging 5\.\d s", shown)
    assert "spent 0 evaluations, 1 call, 120 tokens, $0.01" in shown
    best = writing.outcome(scored(), crowned=True)
    shown = drawn(writing.close())
    assert f"best {best}: 2.00x less memory (1.96-2.04), 3.00x faster (2.94-3.06)" in shown
    assert "left 39 evaluations" in shown


def test_a_narrow_terminal_cuts_the_note_and_keeps_the_newest_step(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    for n in range(70):
        writing.outcome(scored(1.0 + n / 10, 1.0), note="a long note about what was done " * 3, crowned=n == 69)
    wide, narrow = drawn(writing.folder, width=160), drawn(writing.close(), width=60)
    assert all(len(line) <= 60 for line in narrow.splitlines())
    assert "a long note about what was done a long note" in wide and wide.count("not above the best") == 4
    assert narrow.count("(won its duel)") == 1 and narrow.count("a long") == 5 and "..." in narrow
    step = next(line for line in narrow.splitlines() if "█" in line)
    assert step.rstrip(" │").endswith("█"), "the last column of the staircase is the newest, and is there"


def test_the_whole_run_at_the_end_is_shown_while_it_goes(tmp_path: Path) -> None:
    writing = Writing(tmp_path)
    best = writing.outcome(scored(), crowned=True)
    assert f"confirming {best} on the full-length run 5.0 s" in drawn(writing.folder)
    assert "confirming" not in drawn(writing.folder, later=0.1), "between two orders there is nothing in flight either"
    writing.confirm(best, scored())
    assert "confirming" not in drawn(writing.close())


def test_what_is_left_of_every_limit() -> None:
    usage = Usage(calls=4, tokens_in=100, tokens_out=20, usd=0.5, evaluations=10)
    none = {"evaluations": None, "calls": None, "tokens": None, "usd": None, "seconds": None}
    assert panel.left(none, usage, 60.0) == "no limit"
    limits = {"evaluations": 20, "calls": 5, "tokens": 1000, "usd": 2.0, "seconds": 480.0}
    assert panel.left(limits, usage, 60.0) == "10 evaluations, 1 call, 880 tokens, $1.50, about 1 min 00 s"
    assert panel.left({**none, "seconds": 480.0}, usage, 60.0) == "about 7 min 00 s"
    assert panel.left({**none, "usd": 2.0}, Usage(usd=None), 1.0) == "an unknown sum"
    assert panel.left({**none, "calls": 3}, usage, 1.0) == "0 calls"


# --- the staircase ----------------------------------------------------------------------------------------------------


def test_the_best_so_far_only_changes_with_a_crown() -> None:
    assert climb([None, 2.0, None, 3.0]) == [1.0, 1.0, 2.0, 2.0, 3.0]


def test_a_staircase_climbs_and_is_labelled_with_its_top() -> None:
    lines = staircase([1.0, 2.0, 4.0], height=2)
    assert lines[0].split() == ["4.00x", "█"]
    assert lines[1].rstrip().endswith("▁██")


def test_a_long_run_fits_and_its_newest_step_is_seen() -> None:
    lines = staircase([1.0] * 1000 + [2.0], width=40)
    assert all(len(line) <= 49 for line in lines)
    assert lines[0].endswith("█")


def test_a_run_without_gain_is_flat() -> None:
    assert staircase([1.0, 1.0])[-1].endswith("▁▁")
