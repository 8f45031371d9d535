"""Where a run's time and money went, as far as its journal tells: spans by stage, and the calls of each order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.errors import StoreError
from harness.store.fold import JOURNAL
from harness.store.records import usage_of
from harness.types import Event, JsonObject, Usage

STAGES = {
    "baseline": "running the untouched program, to know what to compare with",
    "model": "waiting for the model's answers",
    "rules": "reading candidates: nothing runs",
    "screen": "short hidden runs: is it right?",
    "measure": "memory and speed, side by side with the untouched program",
    "duel": "would-be bests against the best so far",
    "full": "the whole program on hidden and public input, and the last measurement",
    "judge": "judging, from before its stages were recorded",
    "wait": "judgements that waited for a free core",
    "idle": "nothing of this was under way",
}


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a model. texts: all that was said, each with its title and the sha of its blob, in order."""

    model: str
    stop: str
    texts: tuple[tuple[str, str], ...]
    usage: Usage


@dataclass(frozen=True, slots=True)
class Span:
    """A stage under way, in seconds since the epoch."""

    stage: str
    begin: float
    end: float


@dataclass
class Spans:
    """Takes a run's events one at a time, beside the Fold that reads them for everything else."""

    calls: dict[int, list[Call]] = field(default_factory=dict)  # by order
    duels: dict[int, list[str]] = field(default_factory=dict)  # by the challenger's order, in words
    spans: list[Span] = field(default_factory=list)
    _began: float = 0.0
    _latest: dict[int, float] = field(default_factory=dict)  # when an order last made news

    def take(self, event: Event) -> None:
        """Raises StoreError that names the line of an event without what it must have."""
        try:
            self._take(event, event.data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise StoreError(f"{JOURNAL} line {event.n + 1} is not a usable {event.kind} event: {what}") from error

    def _take(self, event: Event, data: JsonObject) -> None:
        match event.kind:
            case "start" | "resume":
                self._began = event.at
            case "baseline":
                self.spans.append(Span("baseline", self._began, event.at))
            case "reply":
                self._on_reply(event.at, data)
            case "judged":
                self._on_stages(event.at, data, "judge", self._latest.get(data["n"]))
            case "crown":
                self.duels.setdefault(data.get("n", -1), []).append(str(data["explanation"]))
                self._on_stages(event.at, data, "duel", None)
            case "confirm":
                self._on_stages(event.at, data, "full", None)
        if event.kind in ("ask", "reply", "judged"):
            self._latest[data["n"]] = event.at

    def _on_reply(self, at: float, data: JsonObject) -> None:
        usage = usage_of(data["usage"])
        turns = [(f"Turn {n}", sha) for n, sha in enumerate(data.get("turns", ()), 1)]
        tools = [("Tools that it called", data["calls"])] if "calls" in data else []
        texts = [("Prompt", data["prompt"]), *turns, ("Answer", data["reply"]), *tools]
        call = Call(str(data["model"]), str(data["stop"]), tuple((title, str(sha)) for title, sha in texts), usage)
        self.calls.setdefault(data["n"], []).append(call)
        self.spans.append(Span("model", at - usage.seconds, at))

    def _on_stages(self, end: float, data: JsonObject, unsplit: str, since: float | None) -> None:
        """The stages that an event counts, one after the other up to it; without them, the time since, if known."""
        known = {unsplit: end - since} if since is not None else {}
        seconds = {stage: float(took) for stage, took in (data.get("seconds") or known).items()}
        at = end - sum(seconds.values())
        for stage, took in seconds.items():
            self.spans.append(Span(str(stage), at, at + took))
            at += took

    def by_stage(self, wall: float) -> dict[str, float]:
        """Seconds by stage in the order of STAGES, those of all workers together; idle is what none of them covers."""
        sums = {stage: sum(span.end - span.begin for span in self.spans if span.stage == stage) for stage in STAGES}
        others = {span.stage for span in self.spans} - STAGES.keys()
        sums |= {stage: sum(span.end - span.begin for span in self.spans if span.stage == stage) for stage in others}
        sums["idle"] = max(wall - covered(self.spans), 0.0)
        return {stage: seconds for stage, seconds in sums.items() if seconds > 0.0}

    def by_model(self) -> dict[str, Usage]:
        """What each model that answered cost."""
        sums: dict[str, Usage] = {}
        for calls in self.calls.values():
            for call in calls:
                sums[call.model] = sums.get(call.model, Usage()) + call.usage
        return sums


def covered(spans: Iterable[Span]) -> float:
    """Seconds during which at least one span was under way."""
    total, reached = 0.0, float("-inf")
    for span in sorted(spans, key=lambda span: span.begin):
        total += max(span.end - max(span.begin, reached), 0.0)
        reached = max(reached, span.end)
    return total
