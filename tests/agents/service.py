"""A service on the loopback that speaks the Responses protocol as the Codex CLI hears it, and says what it is told."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKENS = {
    "input_tokens": 100,
    "input_tokens_details": {"cached_tokens": 40},
    "output_tokens": 10,
    "output_tokens_details": {"reasoning_tokens": 3},
    "total_tokens": 110,
}


@dataclass
class Service:
    """answers: shell commands to be run, one a request; "" and whatever comes after them are the last words.

    status: instead of any of it.
    """

    answers: list[str]
    last: str
    status: int = 200
    silent_s: float = 0.0
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def outputs(self) -> list[str]:
        """What the commands printed, as the agent sent it back."""
        items = self.requests[-1]["input"]
        return [str(item["output"]) for item in items if item["type"].endswith("_output")]

    def item(self) -> dict[str, Any]:
        n = len(self.requests)
        if n <= len(self.answers) and self.answers[n - 1]:
            arguments = json.dumps({"cmd": self.answers[n - 1], "yield_time_ms": 30_000})
            return {"type": "function_call", "call_id": f"c{n}", "name": "exec_command", "arguments": arguments}
        text = {"type": "output_text", "text": self.last}
        return {"type": "message", "id": f"m{n}", "role": "assistant", "content": [text]}

    def events(self) -> Iterator[dict[str, Any]]:
        response = f"r{len(self.requests)}"
        yield {"type": "response.created", "response": {"id": response}}
        yield {"type": "response.output_item.done", "item": self.item()}
        yield {"type": "response.completed", "response": {"id": response, "usage": TOKENS}}


@contextmanager
def serving(
    *answers: str, last: str = "done", status: int = 200, silent_s: float = 0.0, most: int = 40
) -> Iterator[Service]:
    """most: requests that are answered at all."""
    service = Service(list(answers), last, status, silent_s)
    over = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            service.keys.append(self.headers.get("authorization", ""))
            service.requests.append(json.loads(body))
            if service.silent_s:
                over.wait(service.silent_s)
                return
            failing = service.status != 200 or len(service.requests) > most
            self.send_response(service.status if service.status != 200 else 400 if failing else 200)
            self.send_header("content-type", "application/json" if failing else "text/event-stream")
            self.end_headers()
            if failing:
                self.wfile.write(json.dumps({"error": {"message": "refused here", "code": "refused"}}).encode())
                return
            for event in service.events():
                self.wfile.write(f"event: {event['type']}\ndata: {json.dumps(event)}\n\n".encode())
                self.wfile.flush()

        def do_GET(self) -> None:
            self.send_response(404)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        over.set()
        server.shutdown()
        thread.join()
        server.server_close()
