"""What the harness itself costs: from an answer to the next request, in memory, and from launch to the first request.

    python -m benchmarks.overhead                                   # 10,000 iterations of openevolve, the OpenAI SDK
    python -m benchmarks.overhead --strategy shinka --iterations 2000
    python -m benchmarks.overhead --startup                         # only the time from launch to the first request

A server on loopback in a process of its own answers at once; the real SDK asks it; journal and texts are real, on the
disk of --where; the judge is a stub (benchmarks/stub.py). The span is the server's: from the last byte of an answer
written to the first byte of the next request read. `floor` is the same span for the bare SDK in a loop that does
nothing with the answer: what is left is the harness's. Prints one JSON document.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks.stub import ROOT
from harness.types import Event

PROGRAM_BYTES = 8000
CHANGED = 20  # lines of the program that answers change


# --- a program -------------------------------------------------------------------------------------


def program() -> str:
    """About 8 kB of plain Python with lines that hold a number to be changed."""
    lines = ['"""A program of no use."""', "", "import math", "", "total = 0.0"]
    lines += [f"step_{n} = {n}" for n in range(CHANGED)]
    number = 0
    while len("\n".join(lines)) < PROGRAM_BYTES:
        lines += [
            f"def part_{number}(value, scale):",
            f"    shifted = [math.sin(value + k * {number}) for k in range(10)]",
            "    return sum(x * scale for x in shifted if x > 0)",
            "",
            f"total += part_{number}({number}.5, step_{number % CHANGED})",
        ]
        number += 1
    return "\n".join([*lines, "print(total)"]) + "\n"


# --- the server -------------------------------------------------------------------------------------------------------


def serve(times: Path) -> None:
    """Answers every request at once, in one thread; writes when each was read and answered to a file at the end."""
    listening = socket.create_server(("127.0.0.1", 0))
    print(listening.getsockname()[1], flush=True)
    spans: list[tuple[float, float]] = []
    try:
        while True:
            connection, _ = listening.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for read_at, request in requests(connection):
                connection.sendall(response(len(spans), request))
                spans.append((read_at, time.perf_counter()))
                if len(spans) == 1:
                    print(time.time(), flush=True)
                if b'"model":"last"' in request or b'"model": "last"' in request:
                    raise KeyboardInterrupt
    except KeyboardInterrupt:
        times.write_text(json.dumps(spans), encoding="utf-8")


def requests(connection: socket.socket) -> Iterator[tuple[float, bytes]]:
    """Each request, with the time at which its first byte was there."""
    held = b""
    while True:
        first = 0.0
        while b"\r\n\r\n" not in held:
            more = connection.recv(1 << 16)
            first = first or time.perf_counter()
            if not more:
                return
            held += more
        head, _, body = held.partition(b"\r\n\r\n")
        length = int(next(x for x in head.lower().split(b"\r\n") if x.startswith(b"content-length")).split(b":")[1])
        while len(body) < length:
            body += connection.recv(1 << 16)
        yield first, body[:length]
        held = body[length:]


def response(n: int, request: bytes) -> bytes:
    """A Responses answer, or one of chat completions, by what was asked."""
    usage = {"input_tokens": 3000, "output_tokens": 60, "total_tokens": 3060}
    content = [{"type": "output_text", "text": edit(n, request), "annotations": []}]
    message = {"type": "message", "id": f"m{n}", "role": "assistant", "status": "completed", "content": content}
    body = json.dumps(
        {
            "id": f"r{n}", "object": "response", "created_at": 1.0, "status": "completed", "model": "stub",
            "output": [message], "parallel_tool_calls": True, "tool_choice": "auto", "tools": [], "usage": usage,
        }
    ).encode()  # fmt: skip
    return b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n" % len(body) + body


def edit(n: int, request: bytes) -> str:
    """The answer for the program in the request: its own line is what must be searched for."""
    name = f"step_{n % CHANGED} = "
    at = request.find(name.encode())
    line = request[at:].partition(b"\\n")[0].decode() if at >= 0 else name + str(n % CHANGED)
    return f"NOTE: step {n}\n\n<<<<<<< SEARCH\n{line}\n=======\n{name}{1000 + n}\n>>>>>>> REPLACE\n"


# --- the two clients --------------------------------------------------------------------------------------------------


def run_harness(port: int, where: Path, strategy: str, iterations: int) -> None:
    """One run of the harness in this process; its memory at the end to standard output."""
    from benchmarks.stub import with_stub_judge
    from harness import launch
    from harness.budget import Limit
    from harness.spec import Spec

    with_stub_judge()
    spec = Spec(
        target=str(where / "target"), strategy=strategy, model=f"openai/stub?base_url=http://127.0.0.1:{port}/v1",
        parallel=1, limit=Limit(calls=iterations),
    )  # fmt: skip
    used: list[float] = []

    def watch(event: Event) -> None:
        if event.kind == "outcome":
            used.append(time.process_time())

    launch.launch(spec, where / "runs", launch.Hooks(watch=watch))
    print(json.dumps(own_use(used)))


def own_use(used: list[float]) -> dict[str, Any]:
    """Memory, and the CPU time between two answers, of all threads; used: CPU seconds after each answer."""
    first, last = used[:100], used[-100:]
    return {
        "rss_mib": resident("VmRSS"), "peak_mib": resident("VmHWM"),
        "cpu_ms": {"first_100": median_step(first), "last_100": median_step(last)},
    }  # fmt: skip


def median_step(used: list[float]) -> float:
    """The median of the steps; the first few are the making of caches."""
    return round(statistics.median(b - a for a, b in pairwise(used[5:])) * 1e3, 2)


def run_bare(port: int, where: Path, iterations: int) -> None:
    """The SDK alone: the same requests' size, and nothing done with the answers."""
    import httpx2
    from openai import OpenAI

    client = OpenAI(api_key="none", base_url=f"http://127.0.0.1:{port}/v1", max_retries=0)
    text = (where / "target/program.py").read_text(encoding="utf-8") * 2
    used = []
    for _ in range(iterations):
        client.responses.create(
            model="stub", input=text, instructions=text[:4000], store=False, timeout=httpx2.Timeout(60, connect=10)
        )
        used.append(time.process_time())
    print(json.dumps(own_use(used)))


def resident(field: str) -> float:
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return round(int(next(line for line in lines if line.startswith(field)).split()[1]) / 1024, 1)


# --- measuring --------------------------------------------------------------------------------------------------------


def make_target(where: Path) -> None:
    folder = where / "target"
    folder.mkdir()
    (folder / "program.py").write_text(program(), encoding="utf-8")
    (folder / "target.toml").write_text(
        'name = "idle"\ntitle = "a program of no use"\nprogram = "program.py"\n'
        '[rules]\nimports = ["math"]\n'
        '[[workloads]]\nname = "timed"\nstage = "measure"\nhidden = false\ngenerator = "file"\n',
        encoding="utf-8",
    )


def measured(kind: str, where: Path, *args: object) -> dict[str, Any]:
    """Spans in ms of one client against a fresh server, and the client's memory."""
    times = where / f"{kind}.json"
    serving = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.overhead", "--serve", str(times)], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert serving.stdout is not None
    port = int(serving.stdout.readline())
    command = [sys.executable, "-m", "benchmarks.overhead", f"--{kind}", str(port), str(where), *map(str, args)]
    env = {**os.environ, "OPENAI_API_KEY": "none"}
    ended = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=False)
    serving.send_signal(2)
    serving.wait()
    if ended.returncode:
        raise SystemExit(f"the {kind} client failed")
    spans = json.loads(times.read_text(encoding="utf-8"))
    between = [(b[0] - a[1]) * 1e3 for a, b in pairwise(spans)]
    return {
        "requests": len(spans), "first_100": spread(between[:100]), "last_100": spread(between[-100:]),
        **json.loads(ended.stdout.splitlines()[-1]),
    }  # fmt: skip


def spread(spans: list[float]) -> dict[str, float]:
    ordered = sorted(spans)
    return {"median_ms": round(statistics.median(ordered), 2), "p90_ms": round(ordered[len(ordered) * 9 // 10], 2)}


def startup(where: Path, times: int) -> dict[str, Any]:
    """Seconds from the start of the command to the first request at the server, and to the first ask with `offline`;
    the sandbox and the judge are real."""
    return {
        "openai": spread_s([to_first_request(where / f"sdk{n}") for n in range(times)]),
        "offline": spread_s([to_first_reply(where / f"offline{n}") for n in range(times)]),
        "python_alone": spread_s([to_nothing() for _ in range(times)]),
    }


def to_first_request(where: Path) -> float:
    where.mkdir()
    make_target(where)
    serving = subprocess.Popen(
        [sys.executable, "-m", "benchmarks.overhead", "--serve", str(where / "times")], cwd=ROOT, stdout=subprocess.PIPE
    )
    assert serving.stdout is not None
    port = int(serving.stdout.readline())
    began = time.time()
    running = command(where, f"openai/stub?base_url=http://127.0.0.1:{port}/v1")
    came = float(serving.stdout.readline())
    finish(running, serving)
    return came - began


def to_first_reply(where: Path) -> float:
    """Until the first reply is in the journal: the offline engine sends no request."""
    where.mkdir()
    make_target(where)
    began = time.time()
    running = command(where, "offline")
    while True:
        for path in (where / "runs").glob("2*/events.jsonl"):
            for line in path.read_text(encoding="utf-8").splitlines():
                if '"kind":"ask"' in line:
                    finish(running)
                    return float(json.loads(line)["at"]) - began
        time.sleep(0.002)


def command(where: Path, model: str) -> subprocess.Popen[bytes]:
    line = [sys.executable, "-m", "harness.cli.main", str(where / "target"), "-m", model]
    line += ["--max-calls", "2", "--parallel", "1", "--runs", str(where / "runs"), "--quiet"]
    env = {**os.environ, "OPENAI_API_KEY": "none"}
    return subprocess.Popen(line, cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def finish(*running: subprocess.Popen[bytes]) -> None:
    for one in running:
        one.send_signal(2)
    for one in running:
        try:
            one.wait(30)
        except subprocess.TimeoutExpired:
            one.kill()


def to_nothing() -> float:
    began = time.time()
    subprocess.run([sys.executable, "-c", "import harness.cli.optimize"], check=True, cwd=ROOT)
    return time.time() - began


def spread_s(seconds: list[float]) -> dict[str, float]:
    return {"median_s": round(statistics.median(seconds), 3), "least_s": round(min(seconds), 3)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--iterations", type=int, default=10_000)
    parser.add_argument("--strategy", default="openevolve")
    parser.add_argument("--startup", action="store_true")
    parser.add_argument("--times", type=int, default=5)
    parser.add_argument("--where", type=Path, help="a folder on the disk that is meant")
    for own in ("serve", "client", "bare"):
        parser.add_argument(f"--{own}", nargs="+", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        return serve(Path(asked.serve[0]))
    if asked.client:
        port, where, strategy, iterations = asked.client
        return run_harness(int(port), Path(where), strategy, int(iterations))
    if asked.bare:
        port, where, iterations = asked.bare
        return run_bare(int(port), Path(where), int(iterations))
    with TemporaryDirectory(dir=asked.where) as folder:
        where = Path(folder)
        if asked.startup:
            found: dict[str, Any] = startup(where, asked.times)
        else:
            make_target(where)
            found = {"strategy": asked.strategy, "floor": measured("bare", where, 300)}
            found["harness"] = measured("client", where, asked.strategy, asked.iterations)
    print(json.dumps(found, indent=2))
    return None


if __name__ == "__main__":
    main()
