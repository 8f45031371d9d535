"""What the live panel shows, drawn anew from what is known of the run; and the same news as plain lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from harness.report import text
from harness.report.staircase import climb, staircase
from harness.report.tables import METRICS, UNSAFE
from harness.report.views import measured
from harness.store.fold import Fold
from harness.store.runrecord import Confirm, Crown, Open, RunRecord, Tried
from harness.types import JsonObject, Score, Usage

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.text import Text

SHOWN_NOTES = 5
NARROWEST_NOTE = 24  # columns; what comes after it is cut first
FRAME = 4  # columns of the panel's border and padding
A_MOMENT = 1.0  # seconds; between one order and the next, nothing is in flight either
LABEL = 9  # columns before the staircase
LIMITS = (("evaluations", "evaluation"), ("calls", "call"), ("tokens", "token"))


# --- Plain lines ------------------------------------------------------------------------------------------------------


def opening(fold: Fold) -> str:
    start = fold.start
    if start is None:
        return ""
    head = f"{start.run}: {start.strategy} with {start.model} on {start.target}, objective {start.objective.name}"
    return text.clean(f"{UNSAFE}. {head}" if start.unsafe else head)


def baseline_line(fold: Fold) -> str:
    known = fold.baseline
    if known is None:
        return ""
    floor = f"{text.mib(known.floor_mib)} of it the interpreter's own"
    return f"baseline: {text.mib(known.memory_mib)} ({floor}), {text.cpu(known.cpu_s)} of CPU"


def outcome_line(tried: Tried, crowns: Sequence[Crown] = ()) -> str:
    """One outcome in one line: its order, its fate, its note, its ratios, why it was kept or not.

    crowns: the run's duels.
    """
    reasons = [_failure(tried, 160), ratios(tried.score), *_standing(tried, crowns)]
    return text.clean(f"{_head(tried)}{tried.note or tried.operator}{_bracketed(reasons)}")


def fitted_line(tried: Tried, crowns: Sequence[Crown], width: int) -> str:
    """The same in so many columns: the reason in few words, and as much of the note as there is room for."""
    head, tail = _head(tried), _bracketed([_failure(tried, 60), *_standing(tried, crowns)[:1]])
    note = text.cut(text.clean(tried.note or tried.operator), max(width - len(head) - len(tail), NARROWEST_NOTE))
    return text.clean(f"{head}{note}{tail}")


def _head(tried: Tried) -> str:
    return f"#{tried.n} {fate(tried)}: "


def fate(tried: Tried) -> str:
    """`kept 1.31x`, `discarded 0.98x` or the status of what is not valid."""
    score = tried.score
    if score.status != "ok" or score.fitness is None:
        return score.status
    return f"{'kept' if tried.kept else 'discarded'} {text.times(score.fitness)}"


def _bracketed(reasons: Sequence[str]) -> str:
    return f" ({'; '.join(given)})" if (given := [reason for reason in reasons if reason]) else ""


def _failure(tried: Tried, width: int) -> str:
    """What the judge said of it, if it failed."""
    return text.cut(text.clean(tried.score.feedback), width) if tried.score.status != "ok" else ""


def _standing(tried: Tried, crowns: Sequence[Crown]) -> list[str]:
    """How it stood against the best of its time, and how a duel went, if there was one."""
    if tried.operator == "noop" or tried.score.status != "ok":
        return []
    duels = [crown for crown in crowns if crown.candidate == tried.id]
    if duels and duels[-1].crowned and not tried.kept:
        return ["this program was crowned before"]
    if duels:
        return [f"{'won' if duels[-1].crowned else 'lost'} its duel", duels[-1].explanation]
    return [] if tried.kept else ["not above the best"]


def ratios(score: Score) -> str:
    readings = [reading for metric, *_ in METRICS if (reading := measured(score, metric))]
    return ", ".join(text.phrase_of(reading) for reading in readings)


def confirm_line(confirm: Confirm) -> str:
    if confirm.ok:
        return text.clean(f"confirmed on the full-length run: {confirm.candidate}, {ratios(confirm.score)}")
    return text.clean(f"dethroned by its full-length run: {confirm.candidate}, {confirm.score.feedback}")


# --- The panel --------------------------------------------------------------------------------------------------------


def draw(fold: Fold, now: float, width: int = 100) -> RenderableType:
    """Everything at a glance; now is in seconds since the epoch, width in columns of the terminal."""
    from rich.console import Group
    from rich.panel import Panel
    from rich.text import Text

    if fold.start is None:
        return Text("starting ...")
    run = fold.record(Path(), "running")
    elapsed = run.usage.seconds + max(now - run.last, 0.0)
    room = max(width - FRAME, 20)
    drawn = (_staircase(run, room), _best(run), _in_flight(run, now), _news(run, room), _spending(run, elapsed))
    body = Group(*(line for lines in drawn for line in lines))
    alarm = "red" if run.start.unsafe else ""
    return Panel(body, title=Text(opening(fold), alarm), border_style=alarm or "cyan")


def _staircase(run: RunRecord, room: int) -> Iterator[Text]:
    from rich.text import Text

    levels = climb([tried.score.fitness if tried.kept else None for tried in run.tried])
    if len(levels) > 1:
        yield from (Text(line, "green", no_wrap=True) for line in staircase(levels, width=min(60, room - LABEL)))


def _best(run: RunRecord) -> Iterator[Text]:
    from rich.text import Text

    if leader := run.leader:
        yield Text(text.clean(f"best {leader.id}: {ratios(leader.score)}"), "bold green")
    elif run.baseline:
        yield Text(f"the baseline stands: {text.mib(run.baseline.memory_mib)}, {text.cpu(run.baseline.cpu_s)} of CPU")
    else:
        yield Text("measuring the baseline ...")


def _in_flight(run: RunRecord, now: float) -> Iterator[Text]:
    from rich.text import Text

    if run.open:
        yield Text(text.clean("in flight: " + ", ".join(_flight(order, now) for order in run.open)), "cyan")
    elif unconfirmed(run) and now - run.last > A_MOMENT:
        words = f"confirming {run.best} on the full-length run {text.duration(max(now - run.last, 0.0))}"
        yield Text(text.clean(words), "cyan")


def unconfirmed(run: RunRecord) -> bool:
    """Whether the run still owes its best the whole run, which is what its end waits for."""
    return run.status == "running" and run.best is not None and all(c.candidate != run.best for c in run.confirms)


def _flight(order: Open, now: float) -> str:
    doing = {"asked": "asking", "answered": "judging", "trial": "trying", "evaluate": "measured"}.get(order.stage, "")
    return f"#{order.order.n} {order.order.operator} {doing} {text.duration(max(now - order.at, 0.0))}"


def _news(run: RunRecord, room: int) -> Iterator[Text]:
    from rich.text import Text

    for tried in run.tried[-SHOWN_NOTES:]:
        style = "bold green" if tried.kept else "" if tried.score.status == "ok" else "dim"
        yield Text(fitted_line(tried, run.crowns, room), style, no_wrap=True, overflow="ellipsis")


def _spending(run: RunRecord, elapsed: float) -> Iterator[Text]:
    from rich.text import Text

    budget, usage = run.start.budget, run.usage
    yield Text(text.clean(f"spent {spent(usage, elapsed)}; left {left(budget, usage, elapsed)}"), "dim")


def spent(usage: Usage, elapsed: float) -> str:
    parts = [text.count(usage.evaluations, "evaluation"), text.count(usage.calls, "call")]
    parts += [text.count(usage.tokens_in + usage.tokens_out, "token"), text.money(usage.usd), text.duration(elapsed)]
    return ", ".join(parts)


def left(budget: JsonObject, usage: Usage, elapsed: float) -> str:
    """What remains of every limit that was set, and how long that may take."""
    used = {"evaluations": usage.evaluations, "calls": usage.calls, "tokens": usage.tokens_in + usage.tokens_out}
    parts = [text.count(max(budget[key] - used[key], 0), thing) for key, thing in LIMITS if budget.get(key) is not None]
    if budget.get("usd") is not None:
        parts.append("an unknown sum" if usage.usd is None else text.money(max(budget["usd"] - usage.usd, 0.0)))
    seconds = time_left(budget, usage, elapsed)
    if seconds is not None:
        parts.append(f"about {text.duration(seconds)}")
    return ", ".join(parts) or "no limit"


def time_left(budget: JsonObject, usage: Usage, elapsed: float) -> float | None:
    """Seconds until the first limit is met at the pace so far; None when nothing tells."""
    bounds = []
    if budget.get("seconds") is not None:
        bounds.append(budget["seconds"] - elapsed)
    if budget.get("evaluations") is not None and usage.evaluations:
        bounds.append(elapsed / usage.evaluations * (budget["evaluations"] - usage.evaluations))
    return max(min(bounds), 0.0) if bounds else None
