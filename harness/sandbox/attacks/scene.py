"""The bait: what there is to be had outside a room, set out where anybody may take it but a program in a room."""

from __future__ import annotations

import os
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.private import private_folder


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything an attack may want; the folder and what is in it are writable for every user."""

    folder: str
    secret: str  # a file that every user may read
    prey: str  # a file that every user may change
    golden: str  # a file beside the expected outputs
    home: str
    victim: int  # a process with a key in its environment
    harness: int
    port: int  # TCP and UDP on the loopback
    abstract: str
    socket_file: str
    descriptor: int  # open in the harness, and inheritable


@contextmanager
def scene() -> Iterator[Scene]:
    """Set out the bait, and clear it away."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="optimize-run-bait-")))
        folder.chmod(0o777)
        secret, prey = folder / "secret.txt", folder / "prey.txt"
        for path in (secret, prey):
            path.write_text("a key\n")
            path.chmod(0o666)
        opened = stack.enter_context(secret.open("rb"))
        os.set_inheritable(opened.fileno(), True)
        yield Scene(
            folder=str(folder),
            secret=str(secret),
            prey=str(prey),
            golden=stack.enter_context(_beside_the_goldens()),
            home=str(Path.home()),
            victim=stack.enter_context(_victim()),
            harness=os.getpid(),
            port=stack.enter_context(_on_the_loopback()),
            abstract=stack.enter_context(_listening(f"\0optimize-run-{os.getpid()}-{opened.fileno()}")),
            socket_file=stack.enter_context(_listening(str(folder / "socket"))),
            descriptor=opened.fileno(),
        )


@contextmanager
def _beside_the_goldens() -> Iterator[str]:
    folder = private_folder("goldens", "XDG_CACHE_HOME", ".cache")
    with tempfile.NamedTemporaryFile(prefix="bait-", dir=folder) as file:
        file.write(b"the expected output\n")
        file.flush()
        yield file.name


@contextmanager
def _victim() -> Iterator[int]:
    process = subprocess.Popen(["sleep", "600"], env={"PATH": os.defpath, "API_KEY": "a key"})
    try:
        yield process.pid
    finally:
        process.kill()
        process.wait()


@contextmanager
def _on_the_loopback() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as stream, socket.socket(type=socket.SOCK_DGRAM) as datagrams:
        datagrams.bind(stream.getsockname())
        yield stream.getsockname()[1]


@contextmanager
def _listening(name: str) -> Iterator[str]:
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(name)
        if not name.startswith("\0"):
            Path(name).chmod(0o666)
        listener.listen()
        yield name
