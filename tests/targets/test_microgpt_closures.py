"""The first revision: what it prints, and that last digits which depend on addresses are within its promise."""

from __future__ import annotations

import pytest

from harness import knobs, targets
from harness.judging import differences
from harness.judging.traces import split_lines
from harness.types import Job, Limits, Sandbox, Target
from harness.workloads import draw

# Another layout of memory: the same program after many small objects were made, of which every second one is gone.
ELSEWHERE = "hole = [object() for _ in range(100_000)][::2]\n"


@pytest.fixture(scope="module")
def target() -> Target:
    return targets.load("microgpt-closures")


def printed(target: Target, room: Sandbox, settings: dict[str, str], before: str = "") -> list[bytes]:
    odd = next(workload for workload in target.workloads if workload.name == "odd")
    source = before + knobs.turn(target.source, target.knobs, settings)
    files = {"p.py": source.encode(), **draw(odd, target, "a secret").files}
    result = room.run(Job(command=("{python}", "p.py"), files=files, imports=target.rules.imports, limits=Limits()))
    assert (result.end, result.code, result.stderr) == ("exit", 0, b""), result.stderr
    return split_lines(result.stdout)


def test_another_layout_of_memory_stays_within_the_promise(target: Target, room: Sandbox) -> None:
    settings = {"steps": "3", "samples": "1", "seed": "7", "loss": ".17g"}
    here, there = printed(target, room, settings), printed(target, room, settings, ELSEWHERE)
    assert len(here) == len(there) == 3 + 3 + 1 + 1
    allowed = [differences.of_lines(a, b, target.promise) for a, b in zip(here, there, strict=True)]
    assert allowed == [None] * len(allowed)


def test_its_lines_are_those_of_the_first_revision(target: Target) -> None:
    golden = (target.folder / "golden.txt").read_bytes()
    lines = split_lines(golden)
    assert lines[:3] == [b"num docs: 32033\n", b"vocab size: 27\n", b"num params: 4064\n"]
    assert lines[3].startswith(b"step    1 /   60 | loss 3.28") and b"\r" not in golden
    assert len(lines) == 3 + 60 + 1 + 20 and lines[-1].startswith(b"sample 20: ")
