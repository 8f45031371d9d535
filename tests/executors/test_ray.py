"""A run on Ray's own test cluster: several nodes on this machine, real workers, one node killed in the middle."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from benchmarks.kill import script, twice
from harness import launch, sandbox
from harness.budget import Limit
from harness.errors import ExecutorError, SandboxError, UsageError
from harness.executors import make
from harness.judging.lanes import Lanes
from harness.parts import make_judge
from harness.spec import Spec
from harness.store.journal import read
from harness.store.runs import load
from harness.types import Candidate, Sandbox, Target
from tests.conftest import TOY

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore")]
NODES = 2
PATIENCE = ("gcs_server_request_timeout_seconds", "raylet_start_wait_time_s", "gcs_rpc_server_connect_timeout_s")
ROOM = partial(sandbox.asked_for, None, unsafe=False)


@pytest.fixture
def cluster(room: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    monkeypatch.setenv("RAY_worker_niceness", "0")
    for name in PATIENCE:  # the machine may be busy
        monkeypatch.setenv(f"RAY_{name}", "300")
    for name in ("agent_register_timeout_ms", "health_check_timeout_ms", "worker_register_timeout_seconds"):
        monkeypatch.setenv(f"RAY_{name}", "300000")
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'optimize-run[ray]'")
    import ray
    from ray.cluster_utils import Cluster

    made = Cluster(initialize_head=True, connect=True, head_node_args={"include_dashboard": False, **node_args()})
    for _ in range(NODES - 1):
        made.add_node(**node_args())
    made.wait_for_nodes()
    yield made
    ray.shutdown()
    made.shutdown()


def node_args() -> dict[str, int]:
    """Agents that are given their ports are not waited for, which Ray does for 15 s only."""
    agents = ("metrics_agent_port", "metrics_export_port", "dashboard_agent_listen_port", "runtime_env_agent_port")
    return {"num_cpus": 1, **{name: free_port() for name in agents}}


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


def test_judgements_come_from_the_nodes_and_what_a_killed_node_was_at_is_done_again(
    cluster: Any, toy: Target, room: Sandbox
) -> None:
    executor: Any = make("ray", address=None, sandbox=ROOM, lanes=1)
    told = executor.describe()
    assert len(told["nodes"]) == NODES and all(place["lanes"] == 1 for place in told["nodes"])
    local = make_judge(toy, room, "a secret", Lanes(1))
    judge: Any = executor.judge(local, toy, "a secret")
    wrong = Candidate.of(toy.source.replace("state * 1.1", "state * 1.1000001"))
    assert judge.judge(wrong).status == "wrong"
    lean = Candidate.of(toy.source.replace("        history.append(ballast)\n", ""))
    scores: list[Any] = []
    threads = [threading.Thread(target=lambda: scores.append(judge.judge(lean, 1.0))) for _ in range(4)]
    for thread in threads:
        thread.start()
    time.sleep(1.0)
    cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
    for thread in threads:
        thread.join(180)
    assert [score.status for score in scores] == ["ok"] * 4
    assert all(score.ratio("memory") > 1.5 for score in scores)
    assert judge.lost <= 1 and judge.lanes == NODES - judge.lost


def test_a_run_on_the_cluster_ends_as_any_other_with_a_worker_killed_in_the_middle(
    cluster: Any, tmp_path: Path
) -> None:
    spec = Spec(
        target=str(TOY), strategy="best-of-n", model=script(tmp_path / "answers.json", 6), settings=("mode=rewrite",),
        parallel=3, executor="ray", limit=Limit(calls=6),
    )  # fmt: skip
    killed: list[int] = []

    def watch(event: Any) -> None:
        if event.kind == "judged" and not killed:
            killed.extend(posts()[:1])
            for pid in killed:
                os.kill(pid, signal.SIGKILL)

    folder = launch.launch(spec, tmp_path / "runs", launch.Hooks(watch=watch))
    events = list(read(folder / "events.jsonl"))
    assert killed and load(folder).status == "done" and not twice(events)
    assert sum(event.kind == "outcome" for event in events) == sum(event.kind == "ask" for event in events)
    assert events[0].data["executor"]["name"] == "ray" and events[0].data["executor"]["crowned_on"]


def posts() -> list[int]:
    """The processes of the actors."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = path.read_bytes()
        except OSError:
            continue
        if words.startswith(b"ray::Post"):
            found.append(int(path.parent.name))
    return sorted(found)


def no_room() -> Sandbox:
    raise SandboxError("nothing works here")


def test_a_node_without_a_sandbox_takes_no_work(cluster: Any) -> None:
    with pytest.raises(ExecutorError, match="no node of the Ray cluster can judge: nothing works here"):
        make("ray", address=None, sandbox=no_room, lanes=1)


def test_no_cluster_at_an_address_is_said_in_one_line() -> None:
    pytest.importorskip("ray", reason="Ray is not installed: pip install 'optimize-run[ray]'")
    with pytest.raises(UsageError, match=r"no Ray cluster at 127\.0\.0\.1:9"):
        make("ray", address="127.0.0.1:9", sandbox=ROOM, lanes=1)
