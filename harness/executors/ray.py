"""Judging on a Ray cluster: an actor for each lane of each node that has a sandbox. Extra: optimize-run[ray].

Ray starts the actors, starts a worker that died anew, repeats what it was at, and carries target and secret in its
object store. Here it is only decided which nodes may work, and what a dead node was at is given to another one.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from threading import Lock
from typing import Any

from harness import laps
from harness.errors import ExecutorError, UsageError
from harness.executors.luggage import Luggage, Post
from harness.judging.judge import Judge
from harness.judging.lanes import Lanes
from harness.machine import machine
from harness.types import Candidate, JsonObject, Sandbox, Score, Target

LOOK_S = 10.0  # whoever has waited so long for a lane looks for nodes that have come
NOBODY_S = 120.0  # without one lane in the cluster, before the run ends
TRIAL_S = 120.0  # for a node to try its sandbox


@dataclass(frozen=True, slots=True)
class Place:
    """A node that may work, or lacks what it takes: then lanes is 0 and lacks says why."""

    node: str
    machine: str
    sandbox: str
    lanes: int
    lacks: str = ""


@dataclass(eq=False, slots=True)
class Lane:
    """An actor on a node."""

    node: str
    actor: Any


def executor(address: str | None, sandbox: Callable[[], Sandbox], lanes: int | None) -> RayExecutor:
    ray, own = _connected(address)
    return RayExecutor(ray, sandbox, lanes, own)


def _connected(address: str | None) -> tuple[Any, bool]:
    """Ray, and whether the connection is ours to end."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody that the user did not ask for
    try:
        import ray
    except ImportError:
        raise UsageError("--executor ray needs Ray: pip install 'optimize-run[ray]'") from None
    if ray.is_initialized():
        return ray, False
    try:
        ray.init(address=address, include_dashboard=False if address is None else None, log_to_driver=False)
    except (ConnectionError, RuntimeError, ValueError) as error:
        where = f"at {address}" if address else "here"
        raise UsageError(f"no Ray cluster {where}: {' '.join(str(error).split())[:200]}") from None
    return ray, True


def _tried(sandbox: Callable[[], Sandbox], lanes: int | None) -> tuple[str, str, int, str]:
    """On a node: its kind of machine, its sandbox, its lanes, and what it lacks."""
    from harness.errors import OptimizeRunError

    kind = str(machine()["id"])
    try:
        return kind, sandbox().describe().backend, len(Lanes(lanes).measured), ""
    except OptimizeRunError as error:
        return kind, "", 0, str(error)


class RayExecutor:
    """Nodes are tried when it is made, and those that come later when a lane is missed."""

    def __init__(self, ray: Any, sandbox: Callable[[], Sandbox], lanes: int | None, own: bool = False) -> None:
        """own: it ends the connection."""
        self.ray = ray
        self._own = own
        self._sandbox = sandbox
        self._lanes = lanes
        self.places: dict[str, Place] = {}
        self.survey()
        if not any(place.lanes for place in self.places.values()):
            why = "; ".join(sorted({place.lacks for place in self.places.values()})) or "there is no node"
            raise ExecutorError(f"no node of the Ray cluster can judge: {why}")

    def describe(self) -> JsonObject:
        places = [
            {"machine": p.machine, "sandbox": p.sandbox, "lanes": p.lanes, "lacks": p.lacks}
            for p in self.places.values()
        ]
        return {"name": "ray", "version": self.ray.__version__, "nodes": places, "crowned_on": machine()["id"]}

    def judge(self, local: Judge, target: Target, secret: str) -> Judge:
        luggage = Luggage.packed(target, secret, self._sandbox, self._lanes)
        return RemoteJudge(local, self, self.ray.put(luggage))  # type: ignore[return-value]

    def close(self) -> None:
        if self._own:
            self.ray.shutdown()

    def survey(self) -> list[Place]:
        """Try the nodes that are new; those among them that may work."""
        alive = [node["NodeID"] for node in self.ray.nodes() if node["Alive"] and node["NodeID"] not in self.places]
        trial = self.ray.remote(num_cpus=0, max_retries=0)(_tried)
        asked = {node: trial.options(**self.on(node)).remote(self._sandbox, self._lanes) for node in alive}
        for node, answer in asked.items():
            try:
                self.places[node] = Place(node, *self.ray.get(answer, timeout=TRIAL_S))
            except self.ray.exceptions.RayError as error:  # it is gone again, or cannot run this at all
                self.places[node] = Place(node, "", "", 0, " ".join(str(error).split())[:200])
        return [self.places[node] for node in asked if self.places[node].lanes]

    def posts(self, place: Place, luggage: Any) -> list[Lane]:
        """Actors for the lanes of a node. One that dies is started anew there, and what it was at is done again."""
        actor = self.ray.remote(num_cpus=0, max_restarts=-1, max_task_retries=-1)(Post).options(**self.on(place.node))
        return [Lane(place.node, actor.remote(luggage, nth)) for nth in range(place.lanes)]

    def on(self, node: str) -> dict[str, Any]:
        from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

        return {"scheduling_strategy": NodeAffinitySchedulingStrategy(node, soft=False)}


class RemoteJudge:
    """Screens and judges on the cluster's lanes; everything else is the driver's own judge. Thread-safe.

    A lane is one caller's at a time, so that nothing waits in a node's own queue while another node has nothing to do.
    """

    def __init__(self, local: Judge, executor: RayExecutor, luggage: Any) -> None:
        self._local = local
        self._executor = executor
        self._luggage = luggage
        self._errors = executor.ray.exceptions
        self._free: SimpleQueue[Lane] = SimpleQueue()
        self._mutex = Lock()
        self.lanes = 0  # that are not known to be dead
        self.lost = 0  # judgements that a dying node took with it, and that were done again
        for place in executor.places.values():
            self._enlist(place)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._local, name)

    def screen(self, candidate: Candidate) -> Score:
        return self._asked("screen", candidate)

    def judge(self, candidate: Candidate, stake: float = 0.0, screened: Score | None = None) -> Score:
        return self._asked("judge", candidate, stake, screened)

    def _asked(self, what: str, *about: object) -> Score:
        while True:
            lane = self._taken()
            laps.lap("wait")
            try:
                answer = getattr(lane.actor, what).remote(*about)
                score, seconds = self._executor.ray.get(answer)
            except self._errors.RayTaskError as error:
                self._free.put(lane)
                raise error.cause from None
            except self._errors.RayError:  # the node is gone: this judgement is done again elsewhere
                with self._mutex:
                    self.lanes -= 1
                    self.lost += 1
                continue
            self._free.put(lane)
            laps.told(seconds)
            found: Score = score
            return found

    def _taken(self) -> Lane:
        """A lane that is free. Raises ExecutorError when the cluster has had none for a while."""
        deadline = time.monotonic() + NOBODY_S
        while self.lanes or time.monotonic() < deadline:
            with suppress(Empty):
                return self._free.get(timeout=LOOK_S if self.lanes else 1.0)
            with self._mutex:
                for place in self._executor.survey():
                    self._enlist(place)
        raise ExecutorError("no node of the Ray cluster is left that can judge; resume when there is one")

    def _enlist(self, place: Place) -> None:
        for lane in self._executor.posts(place, self._luggage):
            self.lanes += 1
            self._free.put(lane)
