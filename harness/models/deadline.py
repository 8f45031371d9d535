"""An end for a request that no silence ends: a body, or a header, that drips for ever.

The SDKs bound how long a service may be silent, not how long it may go on. So each request has a connection of its own,
and a clock that shuts it when the time is over: whoever waits on it, for whatever, is told at once.
"""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from threading import Lock, Timer
from typing import Any


class Deadline:
    """The clock over one request. late: whether it had to end it."""

    def __init__(self) -> None:
        self.late = False
        self._sockets: list[socket.socket] = []
        self._mutex = Lock()

    def trace(self, event: str, told: dict[str, Any]) -> None:
        """httpx calls this at every step of a request; a connection that was made is one to shut."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        line = told["return_value"].get_extra_info("socket")
        if not isinstance(line, socket.socket):  # TLS within TLS hides it, behind some proxies: silence ends that alone
            return
        with self._mutex:
            self._sockets.append(line)
        if self.late:
            self.end()

    def end(self) -> None:
        self.late = True
        with self._mutex:
            for line in self._sockets:
                with suppress(OSError):  # it is shut already
                    socket.socket.shutdown(line, socket.SHUT_RDWR)


_CURRENT: ContextVar[Deadline | None] = ContextVar("deadline", default=None)


@contextmanager
def deadline(seconds: float) -> Iterator[Deadline]:
    """A clock over the requests that this thread makes meanwhile through a client of `http_client`."""
    clock = Deadline()
    before = _CURRENT.set(clock)
    timer = Timer(max(seconds, 0.0), clock.end)
    timer.daemon = True
    timer.start()
    try:
        yield clock
    finally:
        timer.cancel()
        _CURRENT.reset(before)


def http_client(kind: Any) -> Any:
    """An SDK's own kind of httpx client, whose requests the current deadline ends."""
    import httpx2

    limits = httpx2.Limits(max_connections=None, max_keepalive_connections=0)
    return kind(limits=limits, event_hooks={"request": [_put_under_clock]})


def _put_under_clock(request: Any) -> None:
    if clock := _CURRENT.get():
        request.extensions = {**request.extensions, "trace": clock.trace}
