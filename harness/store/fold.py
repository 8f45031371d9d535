"""From a journal to a RunRecord: events taken one at a time, so that a live view and a reader see the same run."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, get_args

from harness.errors import StoreError
from harness.store.records import order_of, score_of, usage_of
from harness.store.runrecord import Baseline, Confirm, Crown, End, Open, RunRecord, RunStatus, Start, Tried
from harness.types import Event, JsonObject, Objective, Score, Status, Usage

JOURNAL = "events.jsonl"


@dataclass
class Fold:
    """Takes a run's events one at a time, and knows at any moment what they amount to."""

    start: Start | None = None
    baseline: Baseline | None = None
    tried: list[Tried] = field(default_factory=list)
    planned: int = 0  # orders that were to make no program: plans, summaries
    crowns: list[Crown] = field(default_factory=list)
    confirms: list[Confirm] = field(default_factory=list)
    open: dict[int, Open] = field(default_factory=dict)
    throne: list[str] = field(default_factory=list)
    closed: Usage = field(default_factory=Usage)
    end: End | None = None
    last: float = 0.0
    seconds: float = 0.0

    def take(self, event: Event) -> None:
        """Passes over unknown kinds. Raises StoreError that names the line of an event without what it must have."""
        if not isinstance(event.kind, str) or not isinstance(event.at, int | float):
            raise StoreError(f"{JOURNAL} line {event.n + 1} is not a usable event: no kind, or no time")
        handler = getattr(self, f"_on_{event.kind}", None)
        try:
            self._tick(event)
            if handler:
                handler(event, event.data)
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            what = f"no {error}" if isinstance(error, KeyError) else str(error)
            raise StoreError(f"{JOURNAL} line {event.n + 1} is not a usable {event.kind} event: {what}") from error

    def _tick(self, event: Event) -> None:
        if self.last and event.kind != "resume":  # nobody worked between the last event and a resumption
            self.seconds += event.at - self.last
        self.last = float(event.at)
        self.end = None  # whatever follows an end is a resumed run

    def record(self, folder: Path, idle: RunStatus) -> RunRecord:
        """The run as it is known now; idle is its status while no end was recorded."""
        if self.start is None:
            raise StoreError(f"{folder} holds no run yet: its journal has no start event")
        return RunRecord(
            folder=folder,
            start=self.start,
            status=self.end.status if self.end else idle,
            reason=self.end.reason if self.end else "",
            ended=self.last if self.end else None,
            last=self.last,
            usage=self.spent(),
            baseline=self.baseline,
            planned=self.planned,
            tried=tuple(replace(tried, kept=tried.kept and tried.id in self.throne) for tried in self.tried),
            crowns=tuple(self.crowns),
            confirms=tuple(self.confirms),
            open=tuple(self.open.values()),
            best=self.throne[-1] if self.throne else None,
        )

    def spent(self) -> Usage:
        """What was paid for so far, the calls of orders that are still open among it; seconds are wall time."""
        paid = self.end.usage if self.end else sum((order.usage for order in self.open.values()), self.closed)
        return replace(paid, seconds=round(self.seconds, 3))

    def _on_start(self, event: Event, data: JsonObject) -> None:
        own = _own(Start, data) | {key: dict(data[key]) for key in ("budget", "settings", "machine", "sandbox")}
        own |= {"baseline_id": data["baseline"]["id"], "baseline_source": data["baseline"]["source"]}
        own |= {"plugins": tuple(map(dict, data.get("plugins", ())))}
        self.start = Start(**own | {"objective": Objective(**data["objective"]), "at": float(event.at)})

    def _on_baseline(self, _: Event, data: JsonObject) -> None:
        self.baseline = Baseline(**{**_own(Baseline, data), "warnings": tuple(data["warnings"])})

    def _on_ask(self, event: Event, data: JsonObject) -> None:
        self.open[data["n"]] = Open(order_of(data), float(event.at))

    def _on_reply(self, _: Event, data: JsonObject) -> None:
        if opened := self.open.get(data["n"]):
            usage = opened.usage + usage_of(data["usage"])
            self.open[data["n"]] = replace(opened, usage=usage, stage="answered")

    def _on_judged(self, _: Event, data: JsonObject) -> None:
        if opened := self.open.get(data["n"]):
            self.open[data["n"]] = replace(opened, stage=data["kind"])

    def _on_session(self, _: Event, data: JsonObject) -> None:
        if opened := self.open.get(data["n"]):
            usage = opened.usage + usage_of(data["usage"])  # what its calls and evaluations cost is told by their own
            self.open[data["n"]] = replace(opened, usage=usage, stage="answered")

    def _on_crown(self, _: Event, data: JsonObject) -> None:
        self.crowns.append(Crown(**_own(Crown, data)))
        if data["crowned"]:
            self._crown(data["candidate"])

    def _on_confirm(self, _: Event, data: JsonObject) -> None:
        self.confirms.append(Confirm(data["candidate"], data["ok"], _checked(score_of(data["score"]))))
        if not data["ok"] and data["candidate"] in self.throne:
            self.throne.remove(data["candidate"])

    def _on_outcome(self, event: Event, data: JsonObject) -> None:
        candidate: JsonObject = data["candidate"] or {"id": None, "source": None, "note": ""}
        tried = Tried(
            n=data["n"],
            operator=data["operator"],
            parents=tuple(candidate.get("parents") or data["parents"]),
            id=candidate["id"],
            source=candidate["source"],
            note=candidate["note"],
            score=_checked(score_of(data["score"])),
            usage=usage_of(data["usage"]),
            kept=bool(data["crowned"]),
            at=float(event.at),
        )
        self.open.pop(tried.n, None)
        self.closed += tried.usage
        if tried.score.status == "none":
            self.planned += 1
            return
        self.tried.append(tried)
        refuted = any(confirm.candidate == tried.id and not confirm.ok for confirm in self.confirms)
        if tried.kept and tried.id and tried.id not in self.throne and not refuted:
            self._crown(tried.id)

    def _on_end(self, _: Event, data: JsonObject) -> None:
        if data["status"] not in ("done", "interrupted", "failed"):
            raise ValueError(f"status {data['status']!r} is not done, interrupted or failed")
        self.end = End(data["status"], data["reason"] or "", usage_of(data["usage"]))

    def _crown(self, id_: str) -> None:
        if id_ in self.throne:
            self.throne.remove(id_)
        self.throne.append(id_)


def _own(record: type, data: JsonObject) -> JsonObject:
    """The part of an event's data that a record has fields for; what a later version adds is passed over."""
    return {field.name: data[field.name] for field in fields(record) if field.name in data}


def _checked(score: Score) -> Score:
    numbers: list[Any] = [n for r in score.readings for n in (r.low, r.high) if n is not None]
    numbers += [r.value for r in score.readings] + [score.fitness or 0.0]
    if score.status not in get_args(Status):
        raise ValueError(f"status {score.status!r} is not one of {', '.join(get_args(Status))}")
    if not all(isinstance(n, int | float) for n in numbers):
        raise ValueError("its score holds something else where a number is due")
    return score
