"""The Codex CLI (`@openai/codex`): its own sandbox for the commands that it runs, ours around all of it.

Verified with Codex CLI 0.169. Its events are read leniently: unknown ones are passed over, usage is the difference of
counters that only grow, and nothing but `turn.failed` or the exit code means failure.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from harness.agents import cli
from harness.agents.confinement import HOME, WORK
from harness.errors import SandboxError
from harness.types import Brief, JsonObject, Report, Sandbox, SessionEnd, Tools, Usage

SERVICE = "https://api.openai.com/v1"
KEY = "OPENAI_API_KEY"
PROVIDER = "service"
RETRIES = 2
SAID = 16_384
REFUSALS = ("401", "403", "invalid_api_key", "incorrect api key", "unauthorized", "model_not_found", "does not exist")


class CodexCli:
    """Agent by the Codex CLI."""

    name = "codex"
    replays = False

    def __init__(self, sandbox: Sandbox, asked_to_stop: Callable[[], str | None] = lambda: None) -> None:
        del sandbox  # it is confined otherwise, since it needs a network
        self._asked_to_stop = asked_to_stop

    def work(self, brief: Brief, tools: Tools) -> Report:
        """One `codex exec`. Raises SandboxError when it is not there or cannot be confined."""
        program = _program()
        heard = Heard(brief.max_steps)
        own = {KEY: os.environ.get(KEY, ""), "CODEX_HOME": HOME}
        words = [str(program), *_arguments(brief.model)]
        prompt = f"{brief.rules}\n{brief.task}"
        invocation = cli.Invocation(words, own, shown(program), prompt, heard.line, own[KEY])
        ended = cli.work(brief, tools, invocation, self._asked_to_stop)
        end, reason = _end(ended, heard)
        usage, models = heard.usage(), (f"codex/{brief.model}" if brief.model else "codex",)
        return cli.report(
            ended,
            said=heard.said,
            usage=usage,
            models=models,
            steps=heard.steps,
            end=end,
            reason=reason or ended.reason,
        )


@dataclass
class Heard:
    """What its events said so far. counters: of tokens, the largest seen."""

    max_steps: int = 1000
    said: str = ""
    failure: str = ""
    steps: int = 0
    counters: dict[str, int] = field(default_factory=dict)

    def line(self, line: bytes) -> bool:
        """Take an event; False when that was the last step it may take."""
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            return True
        if isinstance(event, dict):
            self._event(event)
        return self.steps < self.max_steps

    def _event(self, event: JsonObject) -> None:
        kind = event.get("type")
        if kind == "item.completed" and isinstance(event.get("item"), dict):
            self._item(event["item"])
        elif kind == "turn.completed" and isinstance(event.get("usage"), dict):
            self._count(event["usage"])
        elif kind == "turn.failed":
            error = event.get("error")
            self.failure = str(error.get("message") if isinstance(error, dict) else error)[:600] or "it failed"

    def _item(self, item: JsonObject) -> None:
        if item.get("type") in ("command_execution", "file_change"):
            self.steps += 1
        if item.get("type") == "agent_message":
            self.said = str(item.get("text", ""))[:SAID]

    def _count(self, usage: JsonObject) -> None:
        for name, value in usage.items():
            if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
                self.counters[name] = max(self.counters.get(name, 0), value)

    def usage(self) -> Usage:
        """Of a session that begins at nothing, the counters are the difference. Its price is not known."""
        count = self.counters.get
        spent = bool(self.counters)
        return Usage(
            calls=int(spent or not self.failure),
            tokens_in=count("input_tokens", 0),
            tokens_cached=count("cached_input_tokens", 0),
            tokens_out=count("output_tokens", 0),
            tokens_reasoning=count("reasoning_output_tokens", 0),
            tokens_written=count("cache_write_input_tokens", 0),
            usd=None if spent or not self.failure else 0.0,
        )


def _arguments(model: str) -> list[str]:
    service = os.environ.get("OPENAI_BASE_URL") or SERVICE
    provider = (
        f'{{name="{PROVIDER}",base_url={json.dumps(service)},env_key="{KEY}",wire_api="responses",'
        f"request_max_retries={RETRIES},stream_max_retries={RETRIES}}}"
    )
    settings = (
        'shell_environment_policy.inherit="core"',
        "sandbox_workspace_write.exclude_slash_tmp=true",
        "sandbox_workspace_write.exclude_tmpdir_env_var=true",
        "sandbox_workspace_write.network_access=false",
        'web_search="disabled"',
        "features.multi_agent=false",  # a turn is one agent
        f'model_provider="{PROVIDER}"',
        f"model_providers.{PROVIDER}={provider}",
    )
    return [
        *("exec", "--json", "--ephemeral", "--skip-git-repo-check", "-s", "workspace-write", "-C", WORK),
        *(("-m", model) if model else ()),
        *(word for setting in settings for word in ("-c", setting)),
        "-",
    ]


def _end(ended: cli.Ended, heard: Heard) -> tuple[SessionEnd, str]:
    if ended.stopped:
        return ended.end, ended.stopped
    if not heard.failure and ended.code == 0:
        return "done", ""
    words = heard.failure or cli.last_line(ended.stderr) or f"exit code {ended.code}"
    refused = any(mark in words.lower() for mark in REFUSALS)
    return ("refused" if refused else "failed"), f"agent codex: {words}"


def shown(program: Path) -> list[Path]:
    """What must be seen to run it: of npm's package the folder with its helpers, otherwise the one file.

    Never a folder that only happens to be above it: that of ~/.local/bin holds the user's secrets.
    """
    package = program.parent.parent
    return [package] if package.parent.name == "vendor" and "node_modules" in package.parts else [program]


def _program() -> Path:
    """The program itself: npm puts a script of node before it, which is not needed. Raises SandboxError."""
    found = shutil.which("codex")
    if found is None:
        raise SandboxError("agent codex: the program codex is no longer on PATH: npm install -g @openai/codex")
    real = Path(found).resolve()
    with real.open("rb") as file:
        if file.read(4) == b"\x7fELF":
            return real
    package = real.parent.parent
    beside, below = package.parent, package / "node_modules" / "@openai"
    places = [*beside.glob("codex-*/vendor/*/bin/codex"), *below.glob("codex-*/vendor/*/bin/codex")]
    if places or (places := [*package.glob("vendor/*/bin/codex")]):
        return sorted(places)[0]
    raise SandboxError(f"agent codex: {found} is there, but not the program that it starts: install it again")
