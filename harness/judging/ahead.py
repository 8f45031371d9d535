"""Work that is begun before it is needed, on a thread that dies with the process: nobody waits for it at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")


class Ahead(Generic[T]):
    """Does jobs one after another. An error is raised to whoever asks next; it is never lost."""

    def __init__(self, jobs: Sequence[Callable[[], T]]) -> None:
        self._futures: list[Future[T]] = [Future() for _ in jobs]
        self._jobs = tuple(jobs)
        if jobs:
            Thread(target=self._work, name="ahead", daemon=True).start()

    def _work(self) -> None:
        for job, future in zip(self._jobs, self._futures, strict=True):
            try:
                future.set_result(job())
            except BaseException as error:
                future.set_exception(error)

    def done(self) -> bool:
        """Whether all is done. Raises what a job raised."""
        for future in self._futures:
            if future.done():
                future.result()
        return all(future.done() for future in self._futures)
