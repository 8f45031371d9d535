"""Where a program's time and memory go: run in the sandbox on public input, under a profiler. For a model to read.

A profile is a stranger's word, since the program shares a process with the profiler: it is parsed strictly, holds
nothing but line numbers, counts and names of types, and decides nothing.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness import knobs, workloads
from harness.types import Candidate, HotLine, Job, JobResult, Profile, Sandbox, Target, Workload

PROGRAM = "candidate.py"
DRIVER = "driver.py"
LINES = 10  # of each list
SECONDS = 8.0  # of CPU time while tracing; a longer program is cut there, which its profile says
MEMORY_FACTOR = 4  # a traced program needs more than the program alone
LONGEST_NAME = 40


def profile(candidate: Candidate, target: Target, sandbox: Sandbox, core: int | None = None) -> Profile:
    """Hottest lines, heaviest lines at the peak and the commonest types of objects then.

    An empty profile says in `end` why it is empty. Raises SandboxError when there is no room to run in.
    """
    if target.language != "python":
        return Profile((), (), (), 0.0, end=f"no profile: programs in {target.language} are not profiled yet")
    drawn = workloads.draw(public_quick(target), target, secret="")
    source = knobs.turn(candidate.source, target.knobs, drawn.settings)
    limits = target.limits
    job = Job(
        command=(),
        files={**drawn.files, PROGRAM: source.encode(), DRIVER: (Path(__file__).parent / DRIVER).read_bytes()},
        imports=target.rules.imports,
        python=target.python,
        limits=replace(
            limits,
            cpu_s=SECONDS * 3,
            wall_s=SECONDS * 8,
            memory_mib=min(limits.memory_mib * MEMORY_FACTOR, 4096),
            output_bytes=1 << 20,
        ),
        core=core,
    )
    time, memory = (_traced(job, kind, sandbox) for kind in ("time", "memory"))
    return _read(time, memory, source.count("\n") + 1)


def public_quick(target: Target) -> Workload:
    """The public input with the knobs of the cheapest short run; without knobs, the public workload as it is."""
    public = next((w for w in target.workloads if not w.hidden), target.workloads[0])
    short = next((w for w in target.workloads if w.stage in ("short", "measure")), public)
    settings = {label: value for label, value in short.knobs.items() if value != "random"}
    return Workload(name="profile", stage="short", hidden=False, generator="file", knobs=settings, files=public.files)


def _traced(job: Job, kind: str, sandbox: Sandbox) -> JobResult:
    return sandbox.run(replace(job, command=("{python}", DRIVER, kind, str(SECONDS))))


# --- Reading what a stranger says -------------------------------------------------------------------------------------


def _read(time: JobResult, memory: JobResult, length: int) -> Profile:
    spent, _, _, how = _parsed(time, length)
    held, types, at, how_held = _parsed(memory, length)
    total = sum(amount for _, _, amount in spent) or 1
    return Profile(
        hottest=_top(spent, total),
        heaviest=_top(held, at or 1),
        types=tuple(types[:LINES]),
        traced_mib=at / 2**20,
        end=how if how != "done" else how_held,
    )


def _top(lines: list[tuple[int, int, int]], total: int) -> tuple[HotLine, ...]:
    ranked = sorted(lines, key=lambda entry: -entry[2])[:LINES]
    return tuple(HotLine(line, count, amount / total) for line, count, amount in ranked if line and amount)


def _parsed(result: JobResult, length: int) -> tuple[list[tuple[int, int, int]], list[tuple[str, int]], int, str]:
    """(line, count, amount) of each line; (name, count) of each type; bytes at the peak; how it ended."""
    lines: list[tuple[int, int, int]] = []
    types: list[tuple[str, int]] = []
    at, end = 0, f"no profile: {result.reason or 'the program ended before its profiler'}"
    for text in result.stdout.decode("ascii", "replace").splitlines():
        match text.split():
            case ["line", *numbers] if len(numbers) == 3 and all(map(_number, numbers)):
                line, count, amount = map(int, numbers)
                if line <= length:
                    lines.append((line, count, amount))
            case ["type", name, count] if name.isidentifier() and len(name) <= LONGEST_NAME and _number(count):
                types.append((name, int(count)))
            case ["at", amount] if _number(amount):
                at = int(amount)
            case ["end", "done" | "cut" as word]:
                end = word
            case ["end", "error", name] if name.isidentifier() and len(name) <= LONGEST_NAME:
                end = f"ended with {name}"
    return lines, types, at, end


def _number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 18
