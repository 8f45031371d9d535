"""The agent that needs no installation: a loop over the run's own model, with a few tools and no shell.

A shell is not offered: the room that candidates run in has no other programs and kills whatever starts a process, which
is what makes it safe, and a wider room would be a second thing to trust. What a shell would be used for here, the tools
do: read and write the two files that may change, edit by SEARCH/REPLACE, run the program in the sandbox, evaluate.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from harness import edits, knobs, workloads
from harness.agents.evaluating import Evaluator
from harness.agents.workfolder import NOTES, NOTES_BYTES, PROGRAM
from harness.errors import BadTarget, ModelError, ModelRefused, SandboxError, Spent, Unusable
from harness.types import (
    Brief,
    Job,
    Prompt,
    Reply,
    Report,
    Sandbox,
    SessionEnd,
    Target,
    ToolCall,
    ToolResult,
    Tools,
    ToolSpec,
    Turn,
    Workload,
)

RUN_S = 30.0
OUTPUT = 10_000  # characters of what a tool answers; beyond, its head and tail
ROUNDS_WITHOUT_CALLS = 2
HERE = """
# Here
There is no shell. The files of the work folder are reached by tools: read_file, write_file, edit, run; `./eval` is the
tool `eval`, and the tool `done` takes the object that you finish with.
"""
GO_ON = "Use the tools. When you are done, call `done`."
STOPPED = {"refusal": "it refused", "length": "its answer was cut off"}


def _spec(name: str, description: str, **parameters: str) -> ToolSpec:
    properties = {key: {"type": "string", "description": words} for key, words in parameters.items()}
    schema = {"type": "object", "properties": properties, "required": list(parameters), "additionalProperties": False}
    return ToolSpec(name, description, schema)


SPECS = (
    _spec("read_file", "The text of a file of the work folder.", path=f"{PROGRAM}, {NOTES} or results.tsv"),
    _spec("write_file", "Replace the whole text of a file.", path=f"{PROGRAM} or {NOTES}", text="its new text"),
    _spec(
        "edit",
        f"Change {PROGRAM} by one or more SEARCH/REPLACE blocks: <<<<<<< SEARCH, lines copied exactly, =======, the "
        "lines that take their place, >>>>>>> REPLACE. Each SEARCH part must occur exactly once.",
        blocks="the blocks",
    ),
    _spec("run", f"Run {PROGRAM} on the public input, made short, and show what it prints and uses. Not measured."),
    _spec("eval", f"Judge {PROGRAM} as it is now on hidden inputs: JSON with status, score, memory, speed, feedback."),
    _spec("done", "End the turn.", hypothesis="why", change="what was changed, one sentence", expected="what it gains"),
)


class Builtin:
    """Agent over the run's own model."""

    name = "builtin"
    replays = True

    def __init__(self, sandbox: Sandbox, asked_to_stop: Callable[[], str | None] = lambda: None) -> None:
        self._sandbox = sandbox
        self._asked_to_stop = asked_to_stop

    def work(self, brief: Brief, tools: Tools) -> Report:
        """A conversation of at most max_steps answers. Raises ModelError when the first question has no answer."""
        desk = Desk(brief, tools, self._sandbox)
        end, reason, turns = self._talk(desk)
        return Report(
            source=desk.files[PROGRAM],
            notes=desk.files[NOTES].encode()[:NOTES_BYTES].decode("utf-8", "ignore"),
            said=desk.said,
            transcript="\n".join(desk.log),
            steps=turns,
            end=end,
            reason=reason,
        )

    def _talk(self, desk: Desk) -> tuple[SessionEnd, str, int]:
        prompt = Prompt(desk.brief.rules + HERE, desk.brief.task, seed=desk.seed, tools=SPECS)
        turns: tuple[Turn, ...] = ()
        silent = 0
        while len(turns) < desk.brief.max_steps:
            if desk.overdue():
                return "timeout", f"the turn took longer than {desk.brief.seconds:g} s", len(turns)
            if why := self._asked_to_stop():
                return "stopped", why, len(turns)
            try:
                reply = desk.tools.complete(Prompt(prompt.system, prompt.user, prompt.seed, turns, SPECS))
            except Spent as error:
                return "spent", str(error), len(turns)
            except ModelRefused as error:
                return "refused", str(error), len(turns)
            except ModelError as error:
                return "failed", str(error), len(turns)
            turns = (*turns, desk.answered(reply))
            if desk.over:
                return "done", "", len(turns)
            silent = 0 if reply.calls else silent + 1
            if silent >= ROUNDS_WITHOUT_CALLS:
                return "done", STOPPED.get(reply.stop, ""), len(turns)
        return "steps", f"it took all its {desk.brief.max_steps} steps", len(turns)


@dataclass
class Desk:
    """The files of a session and what may be done to them. They are texts in memory: nothing of them is on a disk."""

    brief: Brief
    tools: Tools
    sandbox: Sandbox
    files: dict[str, str] = field(init=False)
    seed: str = field(init=False)
    said: str = ""
    over: bool = False
    log: list[str] = field(default_factory=list)
    _evaluator: Evaluator = field(init=False)
    _deadline: float = field(init=False)

    def __post_init__(self) -> None:
        self.files = {**self.brief.papers, PROGRAM: self.brief.program}
        self.files.setdefault(NOTES, "")
        self.seed = str(self.tools.rng.getrandbits(64))
        self._evaluator = Evaluator(self.tools, self.brief.quick_evals)
        self._deadline = time.monotonic() + self.brief.seconds

    def overdue(self) -> bool:
        return time.monotonic() >= self._deadline

    def answered(self, reply: Reply) -> Turn:
        """Carry out what a reply calls for; the turn that it makes."""
        self.said = reply.text or self.said
        self.log.append(reply.text)
        results = tuple(self._result(call) for call in reply.calls)
        return Turn.after(reply, results, "" if results else GO_ON)

    def _result(self, call: ToolCall) -> ToolResult:
        self.log.append(f"> {call.name} {call.arguments}")
        try:
            text, failed = cut(self._done(call)), False
        except Unusable as error:
            text, failed = str(error), True
        self.log.append(text)
        return ToolResult(call.id, text, failed)

    def _done(self, call: ToolCall) -> str:
        if call.unreadable:
            raise Unusable("the arguments are no JSON object")
        actions: dict[str, Callable[..., str]] = {
            "read_file": self.read_file,
            "write_file": self.write_file,
            "edit": self.edit,
            "run": self.run,
            "eval": self.evaluate,
            "done": self.done,
        }
        spec = next((spec for spec in SPECS if spec.name == call.name), None)
        if spec is None:
            raise Unusable(f"there is no tool {call.name[:40]!r}; there are {', '.join(actions)}")
        wanted: list[str] = spec.parameters["required"]
        if set(call.arguments) != set(wanted) or not all(isinstance(v, str) for v in call.arguments.values()):
            raise Unusable(f"{call.name} takes {', '.join(wanted) or 'no arguments'}, each a text")
        return actions[call.name](**call.arguments)

    # --- the tools ---------------------------------------------------------------------------------------------------

    def read_file(self, path: str) -> str:
        if path not in self.files:
            raise Unusable(f"there is no file {path[:80]!r}; there are {', '.join(sorted(self.files))}")
        return self.files[path]

    def write_file(self, path: str, text: str) -> str:
        if path not in (PROGRAM, NOTES):
            raise Unusable(f"only {PROGRAM} and {NOTES} may be written")
        limit = self.tools.target.rules.max_bytes if path == PROGRAM else NOTES_BYTES
        try:
            size = len(text.encode())
        except UnicodeEncodeError:
            raise Unusable("the text holds characters that no file can hold (lone surrogates)") from None
        if size > limit:
            raise Unusable(f"{path} would be {size} bytes; {limit} are allowed")
        self.files[path] = text
        return "written"

    def edit(self, blocks: str) -> str:
        return self.write_file(PROGRAM, edits.apply(blocks, self.files[PROGRAM]).source)

    def run(self) -> str:
        """In the room that candidates are judged in, its limits no wider."""
        target = self.tools.target
        drawn = workloads.draw(public_short(target), target, secret="")
        try:
            source = knobs.turn(self.files[PROGRAM], target.knobs, drawn.settings)
            result = self.sandbox.run(run_job(target, source, drawn.files))
        except (BadTarget, SandboxError) as error:
            raise Unusable(f"it could not be run: {error}") from None
        used = f"[{result.reason}; {result.cpu_s:.2f} CPU-s, {result.peak_mib:.1f} MiB]"
        shown = [used, result.stdout.decode("utf-8", "replace")]
        if result.stderr:
            shown.append(f"stderr:\n{result.stderr.decode('utf-8', 'replace')}")
        return "\n".join(shown)

    def evaluate(self) -> str:
        """The time that judging takes is not the agent's."""
        began = time.monotonic()
        try:
            return self._evaluator.answer(self.files[PROGRAM])
        finally:
            self._deadline += time.monotonic() - began

    def done(self, hypothesis: str, change: str, expected: str) -> str:
        self.over = True
        self.said = json.dumps({"hypothesis": hypothesis, "change": change, "expected": expected})
        return "ended"


def public_short(target: Target) -> Workload:
    """The public input with the knobs of the cheapest short run; without knobs, the public workload as it is."""
    public = next((w for w in target.workloads if not w.hidden), target.workloads[0])
    short = next((w for w in target.workloads if w.stage in ("short", "measure")), public)
    settings = {label: value for label, value in short.knobs.items() if value != "random"}
    return Workload(name="try", stage="short", hidden=False, generator="file", knobs=settings, files=public.files)


def run_job(target: Target, source: str, files: Mapping[str, bytes]) -> Job:
    limits = target.limits
    return Job(
        command=tuple(part.replace("{program}", PROGRAM) for part in target.command),
        files={**files, PROGRAM: source.encode()},
        imports=target.rules.imports,
        limits=replace(limits, wall_s=min(limits.wall_s, RUN_S), cpu_s=min(limits.cpu_s, RUN_S)),
    )


def cut(text: str) -> str:
    """Head and tail of a long text, and how much is missing between."""
    if len(text) <= OUTPUT:
        return text
    half = OUTPUT // 2
    return f"{text[:half]}\n[{len(text) - 2 * half} characters left out]\n{text[-half:]}"
