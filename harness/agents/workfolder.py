"""An agent's work folder: what lies in it at the start, and the few texts that are read back from a stranger's hands.

The folder and its window are held by descriptors from before the agent begins, so whatever it renames, links or
replaces, nothing outside is ever read or written for it.
"""

from __future__ import annotations

import os
import re
import secrets
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from harness.errors import Unusable
from harness.sandbox import rooms

PROGRAM = "program.py"
NOTES = "NOTES.md"
WINDOW = ".eval"  # where ./eval puts its requests and finds the answers
NOTES_BYTES = 8192
REQUEST_BYTES = 64
ANSWER_WAIT_S = 3600  # how long ./eval waits; the harness ends the turn long before
_TICKET = re.compile(rb"[0-9a-f]{8,32}\n?")

EVAL = f"""#!/bin/sh
# Judges {PROGRAM} as it is now. Asks through files, since there is no network here.
cd "$(dirname "$0")" || exit 1
ticket=$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')
printf '%s\\n' "$ticket" > "{WINDOW}/.$ticket" && mv "{WINDOW}/.$ticket" "{WINDOW}/request" || exit 1
waited=0
while [ ! -e "{WINDOW}/$ticket.json" ]; do
  [ "$waited" -ge {ANSWER_WAIT_S * 5} ] && {{ echo '{{"error": "no answer came"}}'; exit 1; }}
  sleep 0.2
  waited=$((waited + 1))
done
cat "{WINDOW}/$ticket.json"
"""


@dataclass(frozen=True, slots=True)
class WorkFolder:
    """path: where it is for the harness. box and window: descriptors of it and of its window."""

    path: Path
    box: int
    window: int

    def program(self, limit: int) -> str:
        """The text of the one file that is taken back. Raises Unusable that says what lies there instead."""
        return _text(self.box, PROGRAM, limit)

    def notes(self) -> str:
        """NOTES.md, cut to size; "" when there is no such plain text file."""
        try:
            return _read(self.box, NOTES, 1 << 20)[:NOTES_BYTES].decode("utf-8", "replace")
        except (OSError, Unusable):
            return ""

    def asked(self) -> str | None:
        """The ticket of a request for an evaluation, which is taken down; None when there is none."""
        try:
            found = _read(self.window, "request", REQUEST_BYTES)
        except FileNotFoundError:
            return None
        except (OSError, Unusable):
            found = b""
        with suppress(OSError):
            os.unlink("request", dir_fd=self.window)
        return found.decode().strip() if _TICKET.fullmatch(found) else None

    def answer(self, ticket: str, text: str) -> None:
        """Leave an answer in the window; where something else took its place, nothing is left."""
        fresh = f".{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with suppress(OSError):  # its own window is the agent's to spoil
            file = os.open(fresh, flags, 0o644, dir_fd=self.window)
            with os.fdopen(file, "wb") as out:
                out.write(text.encode())
            os.rename(fresh, f"{ticket}.json", src_dir_fd=self.window, dst_dir_fd=self.window)


@contextmanager
def work_folder(
    program: str, texts: Mapping[str, str], files: Mapping[str, bytes], uid: int | None
) -> Iterator[WorkFolder]:
    """A fresh folder with a program, papers and inputs, gone on the way out. uid: whose it is, if not the harness's."""
    given = {name: text.encode("utf-8", "replace") for name, text in texts.items()}
    given |= {**files, PROGRAM: program.encode(), "eval": EVAL.encode(), f"{WINDOW}/.keep": b""}
    with rooms.room(given, group=uid, writable=True) as path:
        (path / "eval").chmod(0o755)
        box = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        window = os.open(path / WINDOW, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield WorkFolder(path, box, window)
        finally:
            os.close(window)
            os.close(box)


def _text(folder: int, name: str, limit: int) -> str:
    try:
        return _read(folder, name, limit).decode("utf-8")
    except FileNotFoundError:
        raise Unusable(f"{name} is gone") from None
    except UnicodeDecodeError:
        raise Unusable(f"{name} is not UTF-8 text") from None
    except OSError as error:
        raise Unusable(f"{name} cannot be read, it is a link or worse: {error.strerror}") from None


def _read(folder: int, name: str, limit: int) -> bytes:
    """A plain file's bytes: links are not followed, pipes not waited for, no more than limit bytes read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC | os.O_NOCTTY
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        found = os.fstat(file.fileno())
        if not stat.S_ISREG(found.st_mode):
            raise Unusable(f"{name} is no plain file")
        data = file.read(limit + 1)
    if len(data) > limit:
        raise Unusable(f"{name} is larger than the {limit} bytes allowed")
    return data
