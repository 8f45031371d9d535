"""A run while it goes: a panel on a terminal, one line an outcome elsewhere, and the journal itself for programs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import TYPE_CHECKING, TextIO

from harness.report import panel, text
from harness.report.tables import verdict
from harness.store.fold import Fold
from harness.store.journal import encode
from harness.types import Event

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.live import Live

REFRESH_PER_SECOND = 2  # the screen shares its cores with measurements


class LiveView:
    """Shows events as they come, from any thread. People read err; with json_events programs read journal lines on out.

    On a terminal: a panel that is redrawn. Elsewhere: one line an outcome. quiet: only the start and the end.
    past: what a resumed run had recorded, shown as known and not again.
    """

    def __init__(
        self,
        *,
        quiet: bool = False,
        json_events: bool = False,
        past: Iterable[Event] = (),
        err: TextIO | None = None,
        out: TextIO | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._err = err or sys.stderr
        self._out = (out or sys.stdout) if json_events else None
        self._quiet = quiet
        self._clock = clock
        self._fold = Fold()
        self._lock = RLock()
        self._live: Live | None = None
        for event in past:
            self._fold.take(event)

    def __enter__(self) -> LiveView:
        if not self._quiet and self._err.isatty():
            self._live = self._panel()
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()
            self._live = None

    def on_event(self, event: Event) -> None:
        with self._lock:
            if self._out:
                self._out.write(_ascii(encode(event)) + "\n")
                self._out.flush()
            self._fold.take(event)
            if self._live is None:
                self._tell(event)

    def _panel(self) -> Live:
        from rich.console import Console
        from rich.live import Live

        console = Console(file=self._err)
        return Live(
            console=console,
            get_renderable=self._drawn,
            refresh_per_second=REFRESH_PER_SECOND,
            transient=True,
            redirect_stdout=False,  # what is printed there is for programs, and must not end up on the screen's side
        )

    def _drawn(self) -> RenderableType:
        with self._lock:
            return panel.draw(self._fold, self._clock(), self._live.console.width if self._live else 100)

    def _tell(self, event: Event) -> None:
        """Plain lines, for a log or a pipe."""
        line = None
        match event.kind:
            case "start":
                line = panel.opening(self._fold)
            case "end":
                line = self._closing()
            case "baseline" if not self._quiet:
                line = panel.baseline_line(self._fold)
            case "outcome" if not self._quiet and event.data["score"]["status"] != "none":
                line = panel.outcome_line(self._fold.tried[-1], self._fold.crowns)
            case "confirm" if not self._quiet:
                line = panel.confirm_line(self._fold.confirms[-1])
        if line:
            print(line, file=self._err, flush=True)

    def _closing(self) -> str:
        end = self._fold.end
        if end is None:
            return ""
        how = f"{end.status} ({text.clean(end.reason)})" if end.reason else end.status
        known = self._fold.start is not None  # not so when a run was resumed and its past was not given
        return f"{how}. {verdict(self._fold.record(Path(), 'running'))}" if known else how


def _ascii(line: str) -> str:
    """The same JSON with nothing in it that could act on a terminal or fail on a narrow encoding."""
    import json

    return line if line.isascii() else json.dumps(json.loads(line), separators=(",", ":"))
