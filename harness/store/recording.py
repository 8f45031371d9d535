"""What an interrupted run had already paid for, by order: replies, judgements, duels. Read when a run is resumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from harness.store.records import profile_of, score_of
from harness.types import Event, JsonObject, Profile, Score, candidate_id

Step = tuple[str, JsonObject]  # kind and data of an event


@dataclass
class Recording:
    """Events of a journal, arranged for looking up. Empty for a new run.

    Of orders that have an outcome nothing is kept here; steps() reads them again from the journal when they are retold.
    """

    steps: Callable[[], Iterator[Step]] = lambda: iter(())  # asks, judgements and outcomes, as they came
    replies: dict[tuple[int, int], JsonObject] = field(default_factory=dict)
    judgements: dict[tuple[int, int], JsonObject] = field(default_factory=dict)
    sessions: dict[tuple[int, int], JsonObject] = field(default_factory=dict)
    crowns: dict[tuple[str, str], JsonObject] = field(default_factory=dict)  # by candidate and incumbent
    confirms: dict[str, JsonObject] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)  # by candidate
    planned: int | None = None  # evaluations that the strategy was sized for
    began: bool = False  # there is a start event
    measured: bool = False  # there is a baseline event
    seconds: float = 0.0  # wall time already used

    @classmethod
    def of(cls, read: Callable[[], Iterable[Event]]) -> Recording:
        """read() gives the events that there were when the journal was opened, from the first on, each time."""
        made = cls(steps=lambda: _steps(read()))
        previous = None
        for event in read():
            if previous is not None and event.kind != "resume":
                made.seconds += event.at - previous
            previous = event.at
            made._file(event)
        return made

    def _file(self, event: Event) -> None:
        data = event.data
        match event.kind:
            case "start":
                self.began = True
                self.planned = data.get("planned")
            case "baseline":
                self.measured = True
            case "reply":
                self.replies[data["n"], data["call"]] = data
            case "judged":
                self.judgements[data["n"], data["k"]] = data
            case "session":
                self.sessions[data["n"], data["s"]] = data
            case "profile":
                self.profiles[data["candidate"]] = profile_of(data)
            case "outcome":
                for of_orders in (self.replies, self.judgements, self.sessions):
                    _forget(of_orders, data["n"])
            case "crown":
                self.crowns[data["candidate"], data["over"]] = data
            case "confirm":
                self.confirms[data["candidate"]] = data

    def score(self, n: int, k: int, source: str) -> Score | None:
        """What the k-th judgement of order n said, if it was of this program: an agent may do otherwise next time."""
        found = self.judgements.get((n, k))
        same = found is not None and found["source"].startswith(candidate_id(source))
        return score_of(found["score"]) if found and same else None

    def judged(self, n: int, first: int) -> list[JsonObject]:
        """Judgements of order n from the first-th on."""
        found: list[JsonObject] = []
        while (entry := self.judgements.get((n, first + len(found)))) is not None:
            found.append(entry)
        return found


def _steps(events: Iterable[Event]) -> Iterator[Step]:
    return ((event.kind, event.data) for event in events if event.kind in ("ask", "judged", "outcome"))


def _forget(found: dict[tuple[int, int], JsonObject], n: int) -> None:
    """Drop what belongs to order n; its entries are numbered from 0."""
    number = 0
    while found.pop((n, number), None) is not None:
        number += 1
