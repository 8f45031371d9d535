"""Real attacks, run for real: the proof that a sandbox holds on this machine, since "it is installed" says nothing."""

from __future__ import annotations

from dataclasses import dataclass

from harness.sandbox.attacks import cost, limits, reach, secrets
from harness.sandbox.attacks.attack import Attack
from harness.sandbox.attacks.scene import Scene, scene
from harness.types import Job, JobResult, Sandbox

MARK = b"BREACH"
ATTACKS = (*secrets.ATTACKS, *reach.ATTACKS, *cost.ATTACKS, *limits.ATTACKS)
INPUTS = {"input.txt": b"given\n"}

__all__ = ["ATTACKS", "INPUTS", "MARK", "Attack", "Finding", "Scene", "attempt", "attempt_all", "scene"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of an attack. detail: one line on how it was stopped, or on what it got."""

    name: str
    claim: str
    stopped: bool
    detail: str


def attempt_all(sandbox: Sandbox) -> list[Finding]:
    """Every attack in turn, some seconds in all. Raises SandboxError when a room cannot be made."""
    findings = []
    for attack in ATTACKS:
        with scene() as outside:
            findings.append(attempt(sandbox, attack, outside))
    return findings


def attempt(sandbox: Sandbox, attack: Attack, outside: Scene) -> Finding:
    """Run one attack in a room, and its sequel in another."""
    results = [_run(sandbox, attack, text) for text in attack.texts(outside)]
    stopped = all(MARK not in result.stdout and result.end in attack.ends for result in results)
    telling = next((result for result in results if MARK in result.stdout), results[-1])
    return Finding(attack.name, attack.claim, stopped, _detail(telling))


def _run(sandbox: Sandbox, attack: Attack, text: str) -> JobResult:
    files = {"attack.py": text.encode(), **INPUTS}
    job = Job(command=("{python}", "attack.py"), files=files, imports=attack.imports, limits=attack.limits)
    return sandbox.run(job)


def _detail(result: JobResult) -> str:
    said = (result.stdout if MARK in result.stdout else result.stderr).decode(errors="replace").strip().splitlines()
    return " | ".join([result.reason, *said[-1:]])[:300]
