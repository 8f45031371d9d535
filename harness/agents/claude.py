"""The Claude Code CLI (`@anthropic-ai/claude-code`): no file-system sandbox of its own, so ours is the only one.

Verified with 2.1.197. CLAUDE_CODE_SUBPROCESS_ENV_SCRUB, which would hide the key from its commands, ends it in our
room.
Its commands share its network and see its key: what they could do with either is not confined beyond the room. Usage
counts what was read from and written to a cache among the tokens that went in.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.agents import cli
from harness.agents.confinement import HOME
from harness.errors import SandboxError
from harness.types import Brief, JsonObject, Report, Sandbox, SessionEnd, Tools, Usage

KEY = "ANTHROPIC_API_KEY"
ALLOWED = "Bash Edit Read Write"
QUIET = {
    "BASH_DEFAULT_TIMEOUT_MS": "3600000",  # ./eval waits for the judge; the turn's own clock ends what hangs
    "BASH_MAX_TIMEOUT_MS": "3600000",
    "CLAUDE_CODE_MAX_RETRIES": "2",  # ten, its default, wait for minutes on a refused key
    "DISABLE_AUTOUPDATER": "1",
    "DISABLE_TELEMETRY": "1",
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "CLAUDE_CONFIG_DIR": HOME,
}
SAID = 16_384
REFUSED = (401, 403, 404)
REFUSALS = ("invalid api key", "invalid x-api-key", "authentication_error", "permission_error", "not_found_error")


class Claude:
    """Agent by the Claude Code CLI."""

    name = "claude"
    replays = False

    def __init__(self, sandbox: Sandbox, asked_to_stop: Callable[[], str | None] = lambda: None) -> None:
        del sandbox  # it is confined otherwise, since it needs a network
        self._asked_to_stop = asked_to_stop

    def work(self, brief: Brief, tools: Tools) -> Report:
        """One `claude -p`. Raises SandboxError when it is not there or cannot be confined."""
        words, shown = _program()
        heard = Heard()
        own = {name: os.environ[name] for name in (KEY, "ANTHROPIC_BASE_URL") if name in os.environ}
        arguments = [
            *("-p", "--bare", "--output-format", "json", "--allowedTools", ALLOWED, "--no-session-persistence"),
            *("--max-turns", str(brief.max_steps), *(("--model", brief.model) if brief.model else ())),
        ]
        prompt = f"{brief.rules}\n{brief.task}"
        invocation = cli.Invocation([*words, *arguments], {**QUIET, **own}, shown, prompt, heard.line, own.get(KEY, ""))
        ended = cli.work(brief, tools, invocation, self._asked_to_stop)
        end, reason = _end(ended, heard.result)
        return cli.report(
            ended,
            said=str(heard.result.get("result") or "")[:SAID],
            usage=usage_of(heard.result),
            models=(f"claude/{brief.model}" if brief.model else "claude",),
            steps=_count(heard.result, "num_turns"),
            end=end,
            reason=reason or ended.reason,
        )


@dataclass
class Heard:
    """The one object that it prints; the last one, should there be more."""

    result: JsonObject = field(default_factory=dict)

    def line(self, line: bytes) -> bool:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            return True
        if isinstance(found, dict) and ("is_error" in found or found.get("type") == "result"):
            self.result = found
        return True


def usage_of(result: JsonObject) -> Usage:
    """What a session cost, as it says itself; nothing is known of one that was cut off."""
    said = result.get("usage")
    usage = said if isinstance(said, dict) else {}
    written, cached = (_count(usage, f"cache_{what}_input_tokens") for what in ("creation", "read"))
    cost = result.get("total_cost_usd")
    return Usage(
        calls=int(not result or bool(_count(usage, "output_tokens"))),  # a refused one was none
        tokens_in=_count(usage, "input_tokens") + written + cached,
        tokens_cached=cached,
        tokens_written=written,
        tokens_out=_count(usage, "output_tokens"),
        usd=float(cost) if isinstance(cost, int | float) and not isinstance(cost, bool) and cost >= 0 else None,
    )


def _count(where: JsonObject, name: str) -> int:
    value = where.get(name, 0)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else 0


def _end(ended: cli.Ended, result: JsonObject) -> tuple[SessionEnd, str]:
    if ended.stopped:
        return ended.end, ended.stopped
    if result.get("subtype") == "error_max_turns":
        return "steps", "it took all its steps"
    if ended.code == 0 and result and not result.get("is_error"):
        return "done", ""
    words = " ".join(str(result.get("result") or cli.last_line(ended.stderr) or f"exit code {ended.code}").split())[
        :600
    ]
    refused = result.get("api_error_status") in REFUSED or any(mark in words.lower() for mark in REFUSALS)
    return ("refused" if refused else "failed"), f"agent claude: {words}"


def _is_package(folder: Path) -> bool:
    """Whether npm put it there; a package.json alone may as well lie in the user's home."""
    installed = "node_modules" in (folder.parent.name, folder.parent.parent.name)
    return installed and (folder / "package.json").is_file()


def _program() -> tuple[list[str], list[Path]]:
    """The words that start it, and what must be seen for that. Raises SandboxError."""
    found = shutil.which("claude")
    if found is None:
        raise SandboxError("agent claude: the program claude is no longer on PATH")
    real = Path(found).resolve()
    package = next((folder for folder in real.parents if _is_package(folder)), real)
    with real.open("rb") as file:
        first = file.readline(200)
    if not (first.startswith(b"#!") and b"node" in first):
        return [str(real)], [package]
    node = shutil.which("node")
    if node is None:
        raise SandboxError("agent claude: it needs node, which is not on PATH")
    program = Path(node).resolve()
    return [str(program), str(real)], [package, program]
