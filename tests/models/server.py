"""A service on loopback that answers as it is told, so that the real SDKs meet every kind of trouble."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Say:
    """One answer. wait_s: before it; cut: close the connection after so many bytes of the body.

    drip_s: between the events of the body, after the first. endless: what comes one at a time, every 20 ms and without
    end: "head" for header lines, "body" for spaces before the body.
    """

    body: Any
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    wait_s: float = 0.0
    cut: int | None = None
    drip_s: float = 0.0
    endless: str = ""

    def encoded(self) -> bytes:
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Choose = Callable[[int, dict[str, Any]], Say]  # from the how manieth request it is, counted from 1, and its body


@dataclass
class Service:
    """Its answers, in order (the last is repeated), or chosen by what is asked; and the requests that came."""

    url: str
    answers: list[Say]
    choose: Choose | None = None
    paths: list[str] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def next_answer(self) -> Say:
        if self.choose is not None:
            return self.choose(len(self.requests), self.requests[-1])
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@contextmanager
def serving(*answers: Say, choose: Choose | None = None) -> Iterator[Service]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            with one_at_a_time:
                service.paths.append(self.path)
                service.requests.append(json.loads(body))
                service.headers.append({name.lower(): value for name, value in self.headers.items()})
                answer = service.next_answer()
            time.sleep(answer.wait_s)
            content = answer.encoded()
            self.send_response(answer.status)
            if answer.endless:
                self.drip_without_end(answer.endless)
            for name, value in ({"content-type": "application/json"} | answer.headers).items():
                self.send_header(name, value)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            for part in _parts(content[: answer.cut], answer.drip_s):
                self.wfile.write(part)
                time.sleep(answer.drip_s)
            if answer.cut is not None:
                self.wfile.flush()
                self.connection.shutdown(socket.SHUT_RDWR)
                self.close_connection = True

        def drip_without_end(self, what: str) -> None:
            """Until the client has gone, or the test is over."""
            if what == "body":
                self.send_header("content-type", "application/json")
                self.send_header("content-length", "1000000")
                self.end_headers()
            else:
                self.flush_headers()
            while not over.wait(0.02):
                self.wfile.write(b" " if what == "body" else b"x-more: of it\r\n")
            raise ConnectionAbortedError

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, request: object, client_address: object) -> None:
            pass  # a client that went away is what some tests are about

    over, one_at_a_time = threading.Event(), threading.Lock()
    server = Quiet(("127.0.0.1", 0), Handler)
    service = Service(f"http://127.0.0.1:{server.server_address[1]}", list(answers), choose)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _parts(content: bytes, drip_s: float) -> list[bytes]:
    return [part + b"\n\n" for part in content.split(b"\n\n")[:-1]] if drip_s else [content]


def events(*data: dict[str, Any]) -> bytes:
    """Server-sent events, each named by its type."""
    return b"".join(f"event: {item['type']}\ndata: {json.dumps(item)}\n\n".encode() for item in data)
