"""The baseline's first runs, made while the first questions are on their way to the model."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread

from harness.judging.judge import Baseline


class Preparation:
    """Measures the baseline on a thread that dies with the process; whoever wants to judge waits for it.

    The result is recorded by the first who waits, not when it is there: so the journal of a run with one worker says
    the same whichever was sooner, the model's answer or the baseline.
    """

    def __init__(self, measure: Callable[[], Baseline], record: Callable[[Baseline], None]) -> None:
        self._measured: Future[Baseline] = Future()
        self._record = record
        self._mutex = Lock()
        self.done = False
        Thread(target=self._work, args=(measure,), name="prepare", daemon=True).start()

    def _work(self, measure: Callable[[], Baseline]) -> None:
        try:
            self._measured.set_result(measure())
        except BaseException as error:
            self._measured.set_exception(error)

    def wait(self) -> None:
        """Raises what measuring raised, to everyone who waits."""
        with self._mutex:
            measured = self._measured.result()
            if not self.done:
                self._record(measured)
                self.done = True
