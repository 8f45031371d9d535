"""An end for a request that no silence ends: a body, or a header, that drips for ever.

The SDKs bound how long a service may be silent, not how long it may go on. So each request has a line of its own, a
client with one connection, and a clock that shuts that connection when the time is over: whoever waits on it, for
whatever, is told at once. Lines are used again, and so are their connections.
"""

from __future__ import annotations

import math
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from threading import Condition, Lock, Thread
from typing import Any


class Line:
    """One client of an SDK and its connection, used by one request at a time. late: whether a clock had to shut it."""

    def __init__(self, connect: Callable[[Line], Any], certificates: Any) -> None:
        """certificates: the SSL context, which lines share, since it is large."""
        self.late = False
        self._certificates = certificates
        self._socket: socket.socket | None = None
        self._mutex = Lock()
        self.client = connect(self)

    def http_client(self, kind: Any) -> Any:
        """An SDK's own kind of httpx client, that makes its requests on this line."""
        import httpx2

        limits = httpx2.Limits(max_connections=1, max_keepalive_connections=1)
        return kind(verify=self._certificates, limits=limits, event_hooks={"request": [self._watch]})

    def shut(self) -> None:
        """End the request that is under way, whatever it waits for."""
        with self._mutex:
            self.late = True
            self._break()

    def _watch(self, request: Any) -> None:
        request.extensions = {**request.extensions, "trace": self._trace}

    def _trace(self, event: str, told: dict[str, Any]) -> None:
        """httpx calls this at every step of a request; a connection that was made is the one to shut."""
        if not event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            return
        found = told["return_value"].get_extra_info("socket")
        with self._mutex:
            # TLS within TLS hides it, behind some proxies: silence ends that alone.
            self._socket = found if isinstance(found, socket.socket) else None
            if self.late:
                self._break()

    def _break(self) -> None:
        if self._socket is not None:
            with suppress(OSError):  # it is shut already
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


@dataclass
class Lines:
    """The lines to one service: as many as there were requests at once; and the clock that watches over them."""

    connect: Callable[[Line], Any]  # the SDK's client for a line
    _idle: list[Line] = field(default_factory=list)
    _due: dict[Line, float] = field(default_factory=dict)  # of the lines in use: when their time is over
    _wakes: float = math.inf  # when the clock looks again
    _certificates: Any = None
    _clock: Thread | None = None
    _closed: bool = False
    _changed: Condition = field(default_factory=Condition)

    @contextmanager
    def line(self, seconds: float) -> Iterator[Line]:
        """A line that is shut when so many seconds are over. One that was shut is not used again."""
        line = self._taken(time.monotonic() + max(seconds, 0.0))
        try:
            yield line
        finally:
            self._give_back(line)

    def close(self) -> None:
        """Idle lines are closed; those in use when they come back."""
        with self._changed:
            self._closed = True
            idle, self._idle = self._idle, []
            self._changed.notify_all()
        for line in idle:
            line.client.close()

    def _taken(self, due: float) -> Line:
        with self._changed:
            line = self._idle.pop() if self._idle else self._made()
            self._due[line] = due
            if self._clock is None:
                self._clock = Thread(target=self._watch, name="deadlines", daemon=True)
                self._clock.start()
            elif due < self._wakes:
                self._changed.notify_all()
        return line

    def _made(self) -> Line:
        import httpx2

        self._certificates = self._certificates or httpx2.create_ssl_context()
        return Line(self.connect, self._certificates)

    def _give_back(self, line: Line) -> None:
        with self._changed:
            self._due.pop(line, None)
            kept = not (line.late or self._closed)
            if kept:
                self._idle.append(line)
        if not kept:
            line.client.close()

    def _watch(self) -> None:
        """Sleeps until the first line is due. One that came back in time costs it at most one look."""
        with self._changed:
            while not self._closed or self._due:
                now = time.monotonic()
                for line in [line for line, due in self._due.items() if due <= now]:
                    del self._due[line]
                    line.shut()
                self._wakes = min(self._due.values(), default=math.inf)
                self._changed.wait(None if self._wakes == math.inf else self._wakes - now)
