"""The room that a command-line agent works in: bubblewrap with a network, and nothing of the user's to be seen.

Inside there are the system's programs and libraries, the agent itself, the work folder and a home in memory. There is
no user's home, no run folder, no golden trace, no secret. A network there must be, since the agent calls its service.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.errors import SandboxError
from harness.sandbox import bubblewrap

WORK = "/work"
HOME = "/home/agent"
PATH = "/usr/local/bin:/usr/bin:/bin"
SYSTEM = ("/usr", "/bin", "/lib", "/lib32", "/lib64", "/sbin")  # links where the distribution has links
CONFIGURED = (  # names, certificates and the loader's cache; no keys among them
    *("/etc/resolv.conf", "/etc/hosts", "/etc/nsswitch.conf", "/etc/ssl", "/etc/pki", "/etc/ca-certificates"),
    *("/etc/alternatives", "/etc/ld.so.cache", "/etc/localtime"),
)
PASSED_ON = ("HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY", "https_proxy", "http_proxy", "no_proxy", "TZ")
MEMORY_FILES = str(256 << 20)  # bytes that the home and /tmp may hold each
NAMESPACES = ("--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try")


@dataclass(frozen=True, slots=True)
class Confinement:
    """How agents are confined here. uid: whom they run as when the harness is root."""

    tool: Path
    uid: int | None

    @classmethod
    def found(cls) -> Confinement:
        """Raises SandboxError where bubblewrap is not to be had: without it, nothing would hide the golden traces."""
        for backend in bubblewrap.candidates(sys.executable):
            return cls(backend.path, backend.uid)
        raise SandboxError("a command-line agent is confined by bubblewrap, which is not here; use --set agent=builtin")

    def command(self, words: Sequence[str], folder: Path, shown: Sequence[Path]) -> list[str]:
        """A command line that runs `words` in the work folder. shown: what else of the machine can be read inside."""
        return [
            *(str(self.tool), *NAMESPACES, "--cap-drop", "ALL", "--die-with-parent", "--new-session"),
            *("--hostname", "x", "--proc", "/proc", "--dev", "/dev"),
            *(word for path in SYSTEM for word in _as_it_is(path)),
            *(word for path in CONFIGURED for word in ("--ro-bind-try", path, path)),
            *("--size", MEMORY_FILES, "--tmpfs", "/tmp", "--size", MEMORY_FILES, "--tmpfs", HOME),
            *(word for path in shown for word in ("--ro-bind", str(path), str(path))),
            *("--bind", str(folder), WORK, "--remount-ro", "/", "--chdir", WORK, "--"),
            *words,
        ]


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The whole environment of an agent: what it needs by name, ways through a proxy, nothing else of the user's."""
    passed = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed, "PATH": PATH, "HOME": HOME, "LANG": "C.UTF-8", "TMPDIR": "/tmp", **own}


def _as_it_is(path: str) -> tuple[str, ...]:
    found = Path(path)
    if found.is_symlink():
        return ("--symlink", str(found.readlink()), path)
    return ("--ro-bind-try", path, path)
