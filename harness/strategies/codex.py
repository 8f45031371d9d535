"""A coding agent in a plain loop: one incumbent, one turn after another, keep or discard.

One turn is one order is one session of an agent in a fresh work folder with the program, `results.tsv`, `NOTES.md` and
`./eval`. The official score is the judge's, after the turn, from the one program file alone. After public loops around
coding agents (Karpathy's autoresearch, the Codex CLI in a shell loop); the rules of acceptance are ours:
crowned, so better beyond the noise: commit and keep; within the noise and simpler: keep; else back. A program that
breaks its promise gets one turn to be repaired. After `stall` turns that keep nothing one turn starts from an earlier
commit, or is told to do something structurally different.
Turns follow one another: with --parallel 4 there is still one at a time, since each starts from what the last one left.
"""

from __future__ import annotations

import ast
import warnings
from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness import parsing
from harness.strategies.agent_turns import RESULTS, plain_turn, results_table, turn
from harness.strategies.history import Attempt, Program, artifacts, attempt_of, program_of, telling
from harness.strategies.quoting import middle_cut, one_line
from harness.types import Candidate, Commit, JsonObject, Order, Outcome, Target, Tools

AgentName = Literal["builtin", "codex", "claude"]

FAILURE_BYTES = 4096
NOTES_BYTES = 8192
ROWS = 200  # of results.tsv; older ones are left out


class CodexSettings(BaseModel):
    """The knobs of `codex`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agent: AgentName = Field(
        "builtin", description="who works: builtin (over the run's own model), or a CLI: codex, claude"
    )
    model: str = Field("", description="the model of a CLI, by the CLI's own name; unset: its default")
    turns: int = Field(12, ge=1, description="turns, each a session of the agent")
    turn_timeout: float = Field(600.0, gt=0, le=86400, description="seconds of a turn, judgements not counted")
    max_steps: int = Field(
        30, ge=1, le=1000, description="steps of a turn: answers of a model, or commands of the codex CLI"
    )
    quick_evals: int = Field(5, ge=0, le=100, description="evaluations that an agent may ask for within a turn")
    history_rows: int = Field(10, ge=0, le=100, description="latest rows of results.tsv that the prompt shows")
    stall: int = Field(4, ge=1, description="turns that keep nothing until one starts elsewhere")
    stall_stop: int = Field(8, ge=0, description="turns that keep nothing until it ends; 0: never")
    profile: bool = Field(True, description="show a language model where the program's time and memory go")
    diffs: int = Field(4, ge=0, le=20, description="turns whose changes a language model is shown")
    noise: float = Field(0.02, ge=0, le=0.5, description="share of the best score that a simpler program may lack")

    @model_validator(mode="after")
    def _one_model(self) -> CodexSettings:
        if self.model and self.agent == "builtin":
            raise ValueError(
                "agent builtin works over the run's own model: name it by --model, and leave this knob out"
            )
        return self


class Codex:
    """Policy and proposer of the `codex` strategy."""

    name: ClassVar[str] = "codex"
    summary: ClassVar[str] = "a coding agent in a loop: one incumbent, one session a turn, keep or discard"
    source: ClassVar[str] = "after public loops around coding agents; rules of acceptance ours"
    Settings: ClassVar[type[CodexSettings]] = CodexSettings

    def __init__(
        self, settings: CodexSettings, *, target: Target, seed: int, evaluations: int | None, baseline: Candidate
    ) -> None:
        del target, seed
        self.settings = settings
        self._left = evaluations
        self._asked = 0
        self._working = False
        self._stalls = 0
        self._repair = ""  # id of a program that broke its promise and may be mended
        self._failure = ""
        self._notes = ""
        self._rows: list[JsonObject] = []
        self._attempts: list[Attempt] = []
        self._elsewhere: dict[str, int] = {}  # turns that started from an earlier commit, by its id
        self.kept: list[Program] = [Program.baseline(baseline)]  # the lineage; the last one is the incumbent
        self._best = 1.0  # fitness of the last one that was crowned

    # --- the policy --------------------------------------------------------------------------------------------------

    @property
    def incumbent(self) -> Program:
        return self.kept[-1]

    def ask(self) -> Order | None:
        """The next turn; None while one is under way, and when it has ended."""
        if self._working or self._ended():
            return None
        self._working = True
        self._asked += 1
        operator, start = self._next()
        return Order(self._asked, operator, (start,), self._context(operator, start))

    def tell(self, outcome: Outcome) -> None:
        self._working = False
        if self._left is not None:
            self._left -= outcome.usage.evaluations
        if "notes" in outcome.handoff:
            self._notes = middle_cut(str(outcome.handoff["notes"]), NOTES_BYTES)
        program = program_of(outcome, outcome.crowned)
        keep = program is not None and (outcome.crowned or self._simpler(program))
        if keep and program is not None:
            self.kept.append(program)
            self._best = program.fitness if outcome.crowned else self._best
        self._remember(outcome, keep)
        broken = outcome.candidate is not None and outcome.score.status != "ok"
        mended_once = outcome.order.operator == "repair"
        self._repair = outcome.candidate.id if outcome.candidate and broken and not mended_once else ""
        self._stalls = 0 if keep else self._stalls + (not self._repair)  # a broken one counts once its repair failed

    def propose(self, order: Order, tools: Tools) -> Candidate | None:
        """One session. Raises Unusable when it left the program as it was, or nothing that can be taken back."""
        settings = self.settings
        if settings.agent == "builtin" and not tools.can("tools"):
            return plain_turn(order, tools, max(1, min(settings.max_steps, settings.quick_evals)))
        return turn(order, tools, settings)

    @property
    def commits(self) -> tuple[Commit, ...]:
        """The lineage, the given program first; each with what it scored and what was said of it."""
        return tuple(Commit(program.id, program.source, _message(program)) for program in self.kept)

    @property
    def papers(self) -> Mapping[str, str]:
        """What lies beside the program: every turn's row, and the notes as the last turn left them."""
        return {RESULTS: results_table(self._rows), "NOTES.md": self._notes}

    def _ended(self) -> bool:
        most = self.settings.stall_stop
        spent = self._left is not None and self._left <= 0
        return self._asked >= self.settings.turns or (most > 0 and self._stalls >= most) or spent

    def _next(self) -> tuple[str, str]:
        """What kind of turn is next, and the id of the program that it starts from."""
        if self._repair:
            return "repair", self._repair
        if not self._stalls or self._stalls % self.settings.stall:
            return "turn", self.incumbent.id
        earlier = [program.id for program in reversed(self.kept[:-1])]  # the latest first
        if not earlier:
            return "shift", self.incumbent.id
        start = min(earlier, key=lambda id_: self._elsewhere.get(id_, 0))
        self._elsewhere[start] = self._elsewhere.get(start, 0) + 1
        return "restart", start

    def _context(self, operator: str, start: str) -> JsonObject:
        quick = self.settings.quick_evals
        begun = next((p for p in self.kept if p.id == start), self.incumbent)  # a program to be mended has no score
        return {
            "turn": self._asked,
            "turns": self.settings.turns,
            "kind": operator,
            "incumbent": self.incumbent.described(),
            "start": begun.described(),
            "rows": self._rows[-ROWS:],
            "shown": self.settings.history_rows,
            "diffs": telling(self._attempts, self.settings.diffs),
            "profiled": self.settings.profile,
            "failure": self._failure,
            "notes": self._notes,
            "quick_evals": quick if self._left is None else min(quick, max(0, self._left - 1)),
        }

    def _simpler(self, program: Program) -> bool:
        """Whether a program is as good as the best but for the noise, and has fewer nodes than the incumbent.

        Measured against the best, not the incumbent: a row of small losses must not add up.
        """
        good = program.fitness >= self._best * (1.0 - self.settings.noise)
        return good and nodes(program.source) < nodes(self.incumbent.source)

    def _remember(self, outcome: Outcome, keep: bool) -> None:
        score, candidate = outcome.score, outcome.candidate
        self._attempts = [*self._attempts[-ROWS:], attempt_of(outcome, keep)]
        broken = candidate is not None and score.status != "ok"
        if score.status != "ok":
            self._failure = middle_cut(artifacts(score), FAILURE_BYTES)
        elif keep:
            self._failure = ""
        said = candidate.note if candidate else score.feedback
        self._rows.append(
            {
                "n": outcome.order.n,
                "id": candidate.id if candidate else "",
                "status": score.status,
                "fitness": score.fitness if score.status == "ok" else None,
                "memory": score.ratio("memory"),
                "speed": score.ratio("speed"),
                "kept": keep,
                "verdict": "keep" if keep else "crash" if broken else "discard" if candidate else "no-op",
                "note": one_line(said) or "no note",
                "feedback": one_line(score.feedback) if score.status != "ok" else "",
            }
        )


def nodes(source: str) -> int:
    """How many nodes a program's syntax tree has."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a stranger's odd escapes are no news
        return sum(1 for _ in ast.walk(parsing.parse(source)))


def _message(program: Program) -> str:
    ratios = f"score {program.fitness:.4g}x, memory {program.memory:.4g}x, speed {program.speed:.4g}x"
    return f"{one_line(program.note, 72) or 'no note'}\n\n{ratios}\n"
