"""What an interrupted run had already paid for, by order: replies, judgements, duels. Read when a run is resumed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from harness.store.records import profile_of, score_of
from harness.types import Event, JsonObject, Profile, Score


@dataclass
class Recording:
    """Events of a journal, arranged for looking up. Empty for a new run."""

    steps: list[tuple[str, JsonObject]] = field(default_factory=list)  # asks and outcomes, as they came
    replies: dict[tuple[int, int], JsonObject] = field(default_factory=dict)
    judgements: dict[tuple[int, int], JsonObject] = field(default_factory=dict)
    crowns: dict[tuple[str, str], JsonObject] = field(default_factory=dict)  # by candidate and incumbent
    confirms: dict[str, JsonObject] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)  # by candidate
    planned: int | None = None  # evaluations that the strategy was sized for
    seconds: float = 0.0  # wall time already used

    @classmethod
    def of(cls, events: Iterable[Event]) -> Recording:
        made = cls()
        previous = None
        for event in events:
            if previous is not None and event.kind != "resume":
                made.seconds += event.at - previous
            previous = event.at
            made._file(event)
        return made

    def _file(self, event: Event) -> None:
        data = event.data
        match event.kind:
            case "ask" | "outcome":
                self.steps.append((event.kind, data))
            case "baseline":
                self.planned = self.planned or data["planned"]
            case "reply":
                self.replies[data["n"], data["call"]] = data
            case "judged":
                self.judgements[data["n"], data["k"]] = data
            case "profile":
                self.profiles[data["candidate"]] = profile_of(data)
            case "crown":
                self.crowns[data["candidate"], data["over"]] = data
            case "confirm":
                self.confirms[data["candidate"]] = data

    def score(self, n: int, k: int) -> Score | None:
        found = self.judgements.get((n, k))
        return score_of(found["score"]) if found else None
