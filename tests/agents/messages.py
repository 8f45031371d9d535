"""A service on the loopback that speaks the Messages protocol as the Claude Code CLI hears it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

USAGE = {"input_tokens": 10, "cache_creation_input_tokens": 20, "cache_read_input_tokens": 30, "output_tokens": 5}


@dataclass
class Messages:
    """answers: shell commands to be run, one a request, then the last words."""

    answers: list[str]
    last: str
    status: int = 200
    url: str = ""
    requests: list[dict[str, Any]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)

    def outputs(self) -> str:
        """What the commands printed, as the agent sent it back, all in one."""
        return json.dumps(self.requests[-1]["messages"])

    def message(self, request: dict[str, Any]) -> dict[str, Any]:
        done = json.dumps(request["messages"]).count('"tool_result"')
        content: dict[str, Any] = {"type": "text", "text": self.last}
        if request.get("tools") and done < len(self.answers):
            arguments = {"command": self.answers[done], "description": "as told"}
            content = {"type": "tool_use", "id": f"toolu_{done}", "name": "Bash", "input": arguments}
        stop = "tool_use" if content["type"] == "tool_use" else "end_turn"
        head = {"id": f"msg_{len(self.requests)}", "type": "message", "role": "assistant", "model": request["model"]}
        return {**head, "content": [content], "stop_reason": stop, "stop_sequence": None, "usage": USAGE}


def events(message: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """A message as it is streamed."""
    (block,) = message["content"]
    yield {"type": "message_start", "message": {**message, "content": [], "stop_reason": None}}
    if block["type"] == "tool_use":
        begin, delta = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    else:
        begin, delta = {"type": "text", "text": ""}, {"type": "text_delta", "text": block["text"]}
    yield {"type": "content_block_start", "index": 0, "content_block": begin}
    yield {"type": "content_block_delta", "index": 0, "delta": delta}
    yield {"type": "content_block_stop", "index": 0}
    end = {"stop_reason": message["stop_reason"], "stop_sequence": None}
    yield {"type": "message_delta", "delta": end, "usage": USAGE}
    yield {"type": "message_stop"}


@contextmanager
def messages(*answers: str, last: str = "done", status: int = 200, most: int = 40) -> Iterator[Messages]:
    """most: requests that are answered at all."""
    service = Messages(list(answers), last, status)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["content-length"])))
            service.headers.append({name.lower(): value for name, value in self.headers.items()})
            if service.status != 200:
                error = {"type": "authentication_error", "message": "invalid x-api-key"}
                self._send(service.status, "application/json", json.dumps({"type": "error", "error": error}))
                return
            if "messages" not in request or len(service.requests) >= most:
                self._send(400, "application/json", json.dumps({"type": "error", "error": {"message": "no"}}))
                return
            service.requests.append(request)
            message = service.message(request)
            if request.get("stream"):
                lines = [f"event: {event['type']}\ndata: {json.dumps(event)}\n\n" for event in events(message)]
                self._send(200, "text/event-stream", "".join(lines))
            else:
                self._send(200, "application/json", json.dumps(message))

        def do_GET(self) -> None:
            self._send(404, "text/plain", "")

        do_HEAD = do_GET

        def _send(self, status: int, kind: str, text: str) -> None:
            self.send_response(status)
            self.send_header("content-type", kind)
            self.send_header("content-length", str(len(text.encode())))
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    service.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
