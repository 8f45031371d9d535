"""Carrying out a comparison: each run in a folder of its own as ever, the comparison in one that names them.

`runs/<utc>-<target>-compare-<4 hex>/journal/` holds the plan and which run belongs to which strategy and seed, on disk
before the run does anything. A killed comparison goes on with the run that was under way, which itself goes on where it
was; a finished run is never made again.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from harness import launch, pledges, plugins, registry
from harness.compare.plan import Member, Plan, from_json, to_json
from harness.errors import NothingTried, StoreError, UnknownName
from harness.parts import Parts
from harness.store import journal, runs
from harness.store.fold import JOURNAL
from harness.store.journal import Journal
from harness.store.runrecord import unique
from harness.types import Event

BOOK = "journal"  # a folder of its own, so that nobody takes a comparison for a run
Show = Callable[[Member, tuple[Event, ...]], AbstractContextManager[launch.Hooks]]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A comparison as its journal tells it. runs: run folder names by strategy and seed."""

    folder: Path
    plan: Plan
    runs: dict[tuple[str, int], str]
    done: bool

    def folders(self) -> list[Path]:
        """The run folders in the plan's order; only those that have begun."""
        keys = [(member.strategy, member.seed) for member in self.plan.members()]
        return [self.folder.parent / self.runs[key] for key in keys if key in self.runs]


def begin(plan: Plan, root: Path) -> Path:
    """A new comparison in a folder below root. Raises StoreError when it cannot be made; UsageError and the like when
    a run of it could not begin, before anything is written."""
    plan = _settled(plan)
    parts = Parts.of(plan.members()[0].spec, root)
    for member in plan.members():
        plugins.remember(registry.origins_of(member.spec))
        pledges.remember(pledges.of(member.spec))
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S")
    folder = root / f"{stamp}-{parts.target.name}-compare-{secrets.token_hex(2)}"
    try:
        (folder / BOOK).mkdir(parents=True)
    except OSError as error:
        raise StoreError(f"runs folder {root} cannot be written: {error.strerror}; name another with --runs") from None
    with Journal(folder / BOOK) as book:
        book.append("plan", to_json(plan))
    return folder


def _settled(plan: Plan) -> Plan:
    """Files of the user's under absolute paths, so that the comparison goes on from any folder."""
    strategies, settings = (tuple(map(plugins.settled, texts)) for texts in (plan.strategies, plan.settings))
    return replace(plan, strategies=strategies, settings=settings, model=plugins.settled(plan.model))


def carry_out(folder: Path, show: Show) -> bool:
    """Make the runs that are still to be made; False when the user asked to stop. Raises Locked while another process
    does the same, and what a run raises: the comparison can go on after that."""
    with Journal(folder / BOOK) as book:
        state = _state(folder, book.recorded)
        for member in state.plan.members():
            if not _made(member, state, book, show):
                return False
        if not state.done:
            book.append("end", {"status": "done"})
    return True


def _made(member: Member, state: Recorded, book: Journal, show: Show) -> bool:
    """One run, made, gone on with, or there already. False when the user asked to stop."""
    root = state.folder.parent
    name = state.runs.get((member.strategy, member.seed))
    begun = root / name if name and (root / name / JOURNAL).exists() else None
    if begun and runs.load(begun).status == "done":
        return True
    with show(member, tuple(journal.read(begun / JOURNAL)) if begun else ()) as hooks:
        try:
            made = launch.resume(begun, hooks) if begun else _begun(member, root, book, hooks)
        except NothingTried:
            if hooks.asked_to_stop() is not None:
                return False
            raise
    return runs.load(made).status == "done"


def _begun(member: Member, root: Path, book: Journal, hooks: launch.Hooks) -> Path:
    plugins.refuse_strangers(f"{member.strategy} of a comparison", registry.references_of(member.spec))
    pledges.refuse_strange(f"{member.strategy} of a comparison", pledges.of(member.spec))
    return launch.launch(member.spec, root, replace(hooks, watch=_enlisting(member, book, hooks)))


def _enlisting(member: Member, book: Journal, hooks: launch.Hooks) -> Callable[[Event], None]:
    """A watch that writes a run's name into the book at its first event, before anything is paid for."""

    def watch(event: Event) -> None:
        if event.kind == "start":
            book.append("member", {"strategy": member.strategy, "seed": member.seed, "run": event.data["run"]})
        hooks.watch(event)

    return watch


# --- Reading and finding ----------------------------------------------------------------------------------------------


def read(folder: Path) -> Recorded:
    """Raises StoreError when the folder holds no comparison, or a damaged one."""
    try:
        return _state(folder, tuple(journal.read(folder / BOOK / JOURNAL)))
    except FileNotFoundError:
        raise StoreError(f"{folder} is not a comparison: it has no {BOOK}/{JOURNAL}") from None


def _state(folder: Path, events: tuple[Event, ...]) -> Recorded:
    plan = next((from_json(event.data) for event in events if event.kind == "plan"), None)
    if plan is None:
        raise StoreError(f"{folder} holds no comparison: it was stopped before it began; start a new one")
    made = {(e.data["strategy"], e.data["seed"]): e.data["run"] for e in events if e.kind == "member"}
    return Recorded(folder, plan, made, any(event.kind == "end" for event in events))


def all_below(root: Path) -> Iterator[Path]:
    """Folders of comparisons, oldest first."""
    if root.is_dir():
        yield from sorted(path.parent.parent for path in root.glob(f"*/{BOOK}/{JOURNAL}"))


def find(root: Path, ref: str) -> Path:
    """A comparison by id, unique prefix, path or `latest`. Raises UnknownName, UsageError."""
    names = [path.name for path in all_below(root)]
    if ref == "latest" and names:
        return root / names[-1]
    if ref and (Path(ref).expanduser() / BOOK / JOURNAL).is_file():
        return Path(ref).expanduser()
    if ref == "latest":
        raise UnknownName("comparison", ref, ())
    return root / unique("comparison", ref, names, [*names[-5:], "latest"])


def unfinished(plan: Plan, root: Path) -> Path | None:
    """The newest comparison of exactly this plan that has not come to its end."""
    plan = _settled(plan)
    for folder in reversed(list(all_below(root))):
        try:
            found = read(folder)
        except StoreError:
            continue  # damaged, or stopped before it began: nothing to go on with
        if found.plan == plan and not found.done:
            return folder
    return None
