"""From a specification to a finished run: makes the parts, hands them to the engine, closes the books."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import get_args

from harness import agents, edits, languages, pledges, plugins, registry, targets
from harness.agents.repository import Repository
from harness.archive import Leader
from harness.budget import Budget
from harness.court import Court
from harness.engine import Engine
from harness.errors import BaselineError, NothingTried, OptimizeRunError, PluginFailed, UsageError
from harness.judging import launching, scoring
from harness.judging.judge import Baseline
from harness.judging.lanes import Lanes
from harness.machine import machine, version
from harness.models import members_of
from harness.parts import Parts, make_judge, planned, refuse_another_safety, warnings_of
from harness.preparing import Preparation
from harness.private import private_folder
from harness.simplifying import Simplifying
from harness.spec import Spec, read_spec, run_toml
from harness.store.blobs import Blobs, write_whole
from harness.store.folder import new_folder, point_latest
from harness.store.journal import Journal, read
from harness.store.recording import Recording
from harness.store.records import plain, usage_of
from harness.strategies.polishing import Polished
from harness.toolbox import Ledger
from harness.types import Candidate, Capability, Event, JsonObject


@dataclass(frozen=True, slots=True)
class Hooks:
    """How a run is watched and stopped from outside. began and closed: called with its folder when its first line is
    recorded, and when it ended, however it did."""

    watch: Callable[[Event], None] = lambda _: None
    asked_to_stop: Callable[[], str | None] = lambda: None
    closed: Callable[[Path], None] = lambda _: None
    began: Callable[[Path], None] = lambda _: None


def launch(spec: Spec, root: Path, hooks: Hooks) -> Path:
    """Start a run in a new folder below root and see it through. Returns the folder."""
    spec = registry.settled(spec)
    parts = Parts.of(spec, root)
    plugins.remember(parts.plugins)
    chosen = [pledges.interpreter(parts.target.python.path)] if parts.target.python else []
    pledges.remember([*pledges.of(spec), *chosen])
    folder = new_folder(root, parts.target.name, plugins.slug(spec.strategy))
    try:
        journal = Journal(folder)
    except BaseException:
        shutil.rmtree(folder)
        raise
    with journal:
        write_whole(folder / "run.toml", run_toml(spec).encode())
        run = Run(spec, parts, folder, journal, hooks)
        try:
            run.go()
        except BaselineError:
            if run.worthless():  # what is wrong with the target is said, and no run is left behind
                run.forget()
            raise
    return folder


def resume(folder: Path, hooks: Hooks, *, backend: str | None = None, unsafe: bool = False) -> Path:
    """Go on with an interrupted run, from its own run.toml and journal; nothing that is recorded is paid for twice.

    backend: this sandbox instead of the run's. unsafe: the user says again that there is to be none; a run's own files
    cannot say that for them. Raises UsageError when that is said of a run with a sandbox, or not said of one without.
    """
    spec = replace(recorded := read_spec(folder), sandbox=backend or recorded.sandbox, unsafe_no_sandbox=unsafe)
    with Journal(folder) as journal:
        if any(event.kind == "end" and event.data["status"] == "done" for event in journal.past()):
            raise UsageError(f"run {folder.name} is finished: there is nothing to resume")
        refuse_another_safety(folder.name, tuple(journal.past()), recorded.unsafe_no_sandbox, unsafe)
        plugged = _plugins_in(journal.past())
        plugins.refuse_strangers(folder.name, registry.references_of(recorded), plugged)
        pledges.refuse_strange(folder.name, pledges.of(recorded))
        (folder / "STOP").unlink(missing_ok=True)  # it stopped what was; to resume is to go on
        parts = Parts.of(spec, folder.parent, journal.past())
        own = [origin for origin in parts.plugins if origin.kind != "sandbox" or backend is None]
        plugins.refuse_changed(folder.name, plugged, own)
        Run(spec, parts, folder, journal, hooks).go()
    return folder


def _plugins_in(events: Iterable[Event]) -> list[JsonObject]:
    """What a run recorded of its plug-ins when it began."""
    return [entry for event in events if event.kind == "start" for entry in event.data.get("plugins", ())]


class Run:
    """One run in its folder: books opened, engine run, books closed, whatever happens."""

    def __init__(self, spec: Spec, parts: Parts, folder: Path, journal: Journal, hooks: Hooks) -> None:
        self.spec = spec
        self.parts = parts
        self.folder = folder
        self.hooks = hooks
        blobs = Blobs(folder / "blobs", journal.syncer)
        self.ledger = Ledger(journal, blobs, Recording.of(journal.past), hooks.watch)
        self.baseline = Candidate.of(parts.target.source, note="the untouched program")
        self.budget = Budget(spec.limit, used_s=self.ledger.recording.seconds)
        self.suffix = languages.of(parts.target).suffix
        self.best: Leader | None = None
        self.preparation: Preparation | None = None

    def go(self) -> None:
        self._open()
        self.hooks.began(self.folder)
        try:
            lanes = Lanes(self.spec.lanes)
            with lanes.kept_clear():
                reason = self._optimize(lanes)
        except (KeyboardInterrupt, NothingTried) as error:
            stopped = isinstance(error, KeyboardInterrupt) or self._asked_to_stop()
            self._close("interrupted" if stopped else "failed", str(error) or "interrupted")
            raise
        except BaseException as error:
            words = str(error) if isinstance(error, OptimizeRunError) else f"{type(error).__name__}: {error}"
            blamed = plugins.blame(error, [origin.file for origin in self.parts.plugins])
            if blamed and isinstance(error, Exception) and not isinstance(error, OptimizeRunError):
                self._close("failed", f"{blamed}: {words}")
                raise PluginFailed(f"a plug-in failed, {blamed}: {words}") from error
            self._close("failed", words)
            raise
        interrupted = reason.startswith("asked to stop")
        self._close("interrupted" if interrupted else "done", reason)

    def _open(self) -> None:
        self.ledger.keep_text(self.baseline.source)
        began = self.ledger.recording.began
        self.ledger.record("resume" if began else "start", self._reopening() if began else self._opening())

    def _opening(self) -> JsonObject:
        return {
            "run": self.folder.name,
            "target": self.parts.target.name,
            "target_path": None if self._builtin_target() else self.spec.target,
            "program": self.spec.program,
            "strategy": plugins.titled(self.spec.strategy),
            "model": agents.model_of(self.parts.settings)
            or plugins.titled(self.parts.model.name if self.spec.roles else self.spec.model),
            "can": {role: self._can(role) for role in ["", *registry.roles_of(self.spec.strategy)]},
            "seed": self.spec.seed,
            "version": version(),
            "objective": plain(self.parts.target.objective),
            "budget": asdict(self.spec.limit),
            "settings": self.parts.settings.model_dump(mode="json"),
            "parallel": self.spec.parallel,
            "lanes": len(Lanes(self.spec.lanes).measured),
            "executor": self.parts.executor.describe(),
            "planned": planned(self.spec.limit),
            "machine": machine(),
            "interpreter": plain(launching.runs_on(self.parts.target)),
            "suffix": self.suffix,
            "sandbox": plain(self.parts.sandbox.describe()),
            "plugins": self._plugins(),
            "unsafe": self.spec.unsafe_no_sandbox,
            "baseline": {"id": self.baseline.id, "source": self.ledger.blobs.put(self.baseline.source)},
        }

    def _builtin_target(self) -> bool:
        """Whether its name is all that it takes to load the target again."""
        return self.spec.target == self.parts.target.name and self.spec.target in targets.builtin()

    def _can(self, role: str) -> list[str]:
        return [what for what in get_args(Capability) if self.parts.model.can(what, role)]

    def _reopening(self) -> JsonObject:
        return {"version": version(), "sandbox": plain(self.parts.sandbox.describe()), "plugins": self._plugins()}

    def _plugins(self) -> list[JsonObject]:
        return [origin.record() for origin in self.parts.plugins]

    def _optimize(self, lanes: Lanes) -> str:
        target = self.parts.target
        local = make_judge(target, self.parts.sandbox, self._secret(), lanes, self.spec.evaluators)
        judge = self.parts.executor.judge(local, target, self._secret())
        self.preparation = Preparation(judge.prepare, lambda measured: self._prepared(measured, judge.warnings()))
        self.ledger.learn_score(self.baseline.source, scoring.unchanged())
        strategy = registry.make_strategy(
            self.spec.strategy, self.parts.settings, target=target, seed=self.spec.seed,
            evaluations=self.ledger.recording.planned or planned(self.spec.limit), baseline=self.baseline,
            models=members_of(self.parts.model),
            warm=self.parts.warm,
        )  # fmt: skip
        searching = Polished(strategy) if self.spec.polish else strategy
        others = any("offline" not in name for name in (*self.spec.model.split(","), *self.spec.roles))
        engine = Engine(
            strategy=Simplifying(searching, self.baseline, tells=others), model=self.parts.model, judge=judge,
            court=Court(judge, self.ledger, self.baseline, self.spec.limit.target_score),
            ledger=self.ledger, budget=self.budget, seed=self.spec.seed, parallel=self.spec.parallel,
            keep=self._keep, asked_to_stop=self._asked_to_stop, prepared=self.preparation.wait,
            agents=lambda name: agents.make(name, self.parts.sandbox, self._asked_to_stop),
            told=Repository(self.folder).following(strategy),
        )  # fmt: skip
        if self.ledger.recording.measured:  # duels may come before the first judgement
            self.preparation.wait()
        engine.run()
        self.preparation.wait()
        return engine.reason

    def _prepared(self, measured: Baseline, warnings: Sequence[str]) -> None:
        point_latest(self.folder.parent, self.folder)
        if not self.ledger.recording.measured:
            told = [*warnings_of(self.parts.target), *warnings]
            self.ledger.record("baseline", {**plain(measured), "warnings": told})

    def _asked_to_stop(self) -> str | None:
        if (self.folder / "STOP").exists():
            return "asked to stop by the file STOP"
        return self.hooks.asked_to_stop()

    def _keep(self, best: Leader | None) -> None:
        """best.py (or best.c) and best.diff follow the best; without one they are not there."""
        self.best = best
        if best is None:
            for name in (f"best{self.suffix}", "best.diff"):
                (self.folder / name).unlink(missing_ok=True)
            return
        source = best.candidate.source
        self.ledger.journal.settle()  # nobody sees a result that the disk does not have
        name = f"best{self.suffix}"
        write_whole(self.folder / name, source.encode())
        diff = edits.unified(self.baseline.source, source, f"baseline{self.suffix}", name)
        write_whole(self.folder / "best.diff", diff.encode())

    def _close(self, status: str, reason: str) -> None:
        end = {
            "status": status,
            "reason": reason,
            "best": self.best.candidate.id if self.best else None,
            "usage": plain(self.budget.spent),
            "secret": self._secret() if status == "done" else None,  # an interrupted run may go on
        }
        try:
            self.ledger.record("end", end)
            self.ledger.journal.settle()
        finally:  # also when whoever watches is gone
            self.ledger.blobs.close()
            self.parts.executor.close()
            self.hooks.closed(self.folder)

    def worthless(self) -> bool:
        """Whether nothing was measured and nothing paid for."""
        if self.preparation is not None and self.preparation.done:
            return False
        usages = [
            usage_of(event.data["usage"])
            for event in read(self.ledger.journal.path)
            if event.kind in ("reply", "session")
        ]
        return not any(usage.tokens_in or usage.tokens_out or usage.usd for usage in usages)

    def forget(self) -> None:
        """Leave nothing of a run that could not begin."""
        shutil.rmtree(self.folder)
        self._secret_path().unlink(missing_ok=True)

    def _secret_path(self) -> Path:
        return private_folder("secrets", "XDG_STATE_HOME", ".local/state") / self.folder.name

    def _secret(self) -> str:
        """What draws the hidden inputs: readable by this user alone until the run is over, then part of its record."""
        path = self._secret_path()
        if not path.exists():
            write_whole(path, secrets.token_hex(16).encode())
        return path.read_text(encoding="ascii")
