"""One run as an object: what it came to so far, and what comes while it goes on."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from harness.errors import OptimizeRunError
from harness.store.runrecord import RunRecord, Tried

if TYPE_CHECKING:
    from harness.launch import Hooks
    from harness.spec import Spec
    from harness.types import JsonObject

LOOKS_EVERY_S = 0.2  # at the journal of a run that goes on


class Run:
    """A run in its folder. Iterating gives its candidates in the order in which they were judged, and waits for more
    while the run goes on, in this process or in another.

    folder is where it is; everything else is read from there when it is asked for, so it is never out of date.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._job: _Job | None = None

    @classmethod
    def begin(cls, spec: Spec, root: Path) -> Run:
        """Start a new run below root. Returns when it has begun; raises what kept it from beginning."""
        from harness.launch import launch

        return cls._started(lambda hooks: launch(spec, root, hooks))

    def resume(self, *, sandbox: str | None = None, unsafe_no_sandbox: bool = False) -> Run:
        """Go on with it where it was cut off, in a thread of this process; nothing is paid for twice."""
        from harness.launch import resume

        return self._started(lambda hooks: resume(self.folder, hooks, backend=sandbox, unsafe=unsafe_no_sandbox))

    @classmethod
    def _started(cls, work: Callable[[Hooks], Path]) -> Run:
        job = _Job(work)
        run = cls(job.began())
        run._job = job
        return run

    # --- while it goes on --------------------------------------------------------------------------------------------

    def __iter__(self) -> Iterator[Tried]:
        """Raises, at its end, what ended a run of this process. An interrupt asks the run to stop, and is raised."""
        from harness.store.fold import JOURNAL, Fold
        from harness.store.journal import read

        fold, seen, told = Fold(), 0, 0
        try:
            while True:
                over = not self.running
                if not (self.folder / JOURNAL).exists():  # it could not begin, and left nothing behind
                    break
                for event in islice(read(self.folder / JOURNAL), seen, None):
                    fold.take(event)
                    seen += 1
                fresh, told = fold.tried[told:], len(fold.tried)
                yield from fresh
                if over:
                    break
                time.sleep(LOOKS_EVERY_S)
        except KeyboardInterrupt:
            self.stop()
            raise
        if self._job:
            self._job.wait(None)

    def wait(self, timeout: float | None = None) -> Run:
        """Returns itself when it has ended, or when these seconds are over. Raises what ended it, if that was an error;
        an interrupt asks the run to stop, and is raised."""
        try:
            if self._job:
                self._job.wait(timeout)
            until = None if timeout is None else time.monotonic() + timeout
            while self.running and (until is None or time.monotonic() < until):
                time.sleep(LOOKS_EVERY_S)
        except KeyboardInterrupt:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """Ask for an end after what is in flight, with the confirmation of the best. It can be resumed."""
        if self.running:
            (self.folder / "STOP").touch()

    @property
    def running(self) -> bool:
        """Whether a process works on it now, this one or another."""
        from harness.store.runs import written_now

        return self._job.running if self._job else written_now(self.folder)

    # --- what it came to ---------------------------------------------------------------------------------------------

    @property
    def record(self) -> RunRecord:
        """Everything that its journal tells, as of now."""
        from harness.store.runs import load

        return load(self.folder)

    @property
    def status(self) -> str:
        """running, done, interrupted, failed or killed."""
        return self.record.status

    @property
    def best(self) -> Tried | None:
        """The best so far, with the score of its confirmation where there is one; None while the baseline stands."""
        return self.record.leader

    @property
    def best_source(self) -> str:
        """The text of the best program; of the untouched one while nothing is better."""
        record = self.record
        return record.source(record.best or record.start.baseline_id)

    @property
    def diff(self) -> str:
        """What the best changes, as a unified diff; empty while nothing is better."""
        from harness import edits

        record = self.record
        return edits.unified(record.source(record.start.baseline_id), self.best_source, "baseline.py", "best.py")

    def rows(self) -> list[JsonObject]:
        """One record for each candidate, with the columns of `optimize-run export --columns`: a DataFrame's rows."""
        from harness.report.export import rows

        return rows(self.record)

    def __repr__(self) -> str:
        from harness.report.tables import verdict

        record = self.record
        return f"<Run {record.start.run}: {record.status}; {verdict(record)}>"

    def _repr_html_(self) -> str:
        """What a notebook shows. Foreign text in it is escaped."""
        from harness.report.notebook import of_run

        return of_run(self.record)


class _Job:
    """The thread that sees a run through, and what became of it."""

    def __init__(self, work: Callable[[Hooks], Path]) -> None:
        self._work = work
        self._begun = Event()
        self._folder: Path | None = None
        self._error: BaseException | None = None
        self._ending = False
        self._thread = Thread(target=self._go, name="optimize-run", daemon=True)
        self._thread.start()
        _before_the_end(self._end)

    def _go(self) -> None:
        from harness.launch import Hooks

        try:
            self._work(Hooks(asked_to_stop=self._asked_to_stop, began=self._on_began, closed=_report))
        except BaseException as error:  # for whoever waits
            self._error = error
        self._begun.set()

    def _on_began(self, folder: Path) -> None:
        self._folder = folder
        self._begun.set()

    def _asked_to_stop(self) -> str | None:
        return "asked to stop by the end of the program that began it" if self._ending else None

    def _end(self) -> None:
        """A program that comes to its end takes its runs with it, when what is in flight has landed."""
        if self._thread.is_alive():
            print("finishing what is in flight of a run that was not waited for", file=sys.stderr)
            self._ending = True
            self._thread.join()

    def began(self) -> Path:
        """The run's folder. Raises what kept it from beginning."""
        self._begun.wait()
        if self._folder is None:
            raise self._error or OptimizeRunError("the run did not begin")
        return self._folder

    def wait(self, timeout: float | None) -> None:
        self._thread.join(timeout)
        if self._error is not None:
            raise self._error

    @property
    def running(self) -> bool:
        return self._thread.is_alive()


def _before_the_end(job: Callable[[], None]) -> None:
    """Before the interpreter ends its pools of threads, without which nothing in flight could land; atexit is later."""
    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(job)


def _report(folder: Path) -> None:
    """Every run ends with its page; it is not worth the run, so what prevents it is a warning."""
    import warnings

    from harness.report.html.run import write

    try:
        write(folder)
    except Exception as error:
        warnings.warn(f"no report.html was written: {error}; `optimize-run report` tries again", stacklevel=2)
