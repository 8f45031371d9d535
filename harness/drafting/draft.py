"""The steps of a draft, and the folder that comes of them."""

from __future__ import annotations

import math
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from harness import targets
from harness.drafting import suggesting, toml
from harness.drafting.observing import Observed, imports_for, observe
from harness.drafting.repeating import Kept, repeat
from harness.drafting.sources import Given, given
from harness.drafting.suggesting import LONGEST_S, Trial
from harness.drafting.toml import Sheet, Suggestion
from harness.errors import BadTarget, BaselineError, OptimizeRunError
from harness.judging.goldens import Goldens
from harness.judging.lanes import Lanes
from harness.judging.reference import Reference
from harness.judging.traces import Trace
from harness.parts import make_judge
from harness.private import private_folder
from harness.targets.program import imports_of
from harness.types import Candidate, Limits, Sandbox, Target

RECORDS = ("golden.txt", "recorded-output.txt")  # the second where the program has a file of the first name

# What an honest rewrite of any program may want, where the rules are strict.
HARMLESS = (
    "__future__", "array", "bisect", "collections", "collections.abc", "functools", "gc", "heapq", "itertools", "math",
    "operator", "random", "re", "string", "sys",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Draft:
    """What was found out and written. lines: of its output; hidden: suggestions that are in the file, switched off."""

    folder: Path
    name: str
    program: str
    inputs: tuple[str, ...]
    written: tuple[str, ...]
    lines: int
    code: int
    level: str
    cpu_s: float
    peak_mib: float
    strict: bool
    hidden: tuple[str, ...]


def draft(
    folder: Path,
    program: Path,
    sandbox: Sandbox,
    *,
    arguments: tuple[str, ...] = (),
    stdin: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> Draft:
    """Write a target for a program into a new folder. tell: hears what is being done.

    Raises BadTarget for a folder that exists and a program that cannot be a target, BaselineError for one that fails or
    does not repeat itself. Nothing is left behind then.
    """
    if folder.exists():
        raise BadTarget(f"{folder} exists already: name a folder that does not, or remove it")
    wanted = given(program, arguments, stdin)
    tell(f"running {program} in the sandbox, watched")
    seen = observe(wanted, sandbox)
    tell(f"it reads {', '.join(seen.inputs) or 'no file'}; running it again to see whether it repeats itself")
    kept = repeat(wanted, seen, sandbox, _limits(seen))
    with _new_folder(folder) as made:
        sheet = _sheet(folder, wanted, seen, kept)
        _fill(made, wanted, seen, kept, sheet)
        sheet = replace(sheet, loose=_breach(made, sheet, sandbox))
        if sheet.loose:
            sheet = replace(sheet, imports=imports_for(wanted))
        tell("trying what could be a hidden workload")
        sheet = _with_suggestions(made, wanted, seen, kept, sheet, sandbox)
        (made / "target.toml").write_text(toml.render(sheet), encoding="utf-8")
        targets.read_folder(made)  # what is written is a target, or nothing is written
    return _summary(folder, sheet, kept)


@contextmanager
def _new_folder(folder: Path) -> Iterator[Path]:
    """A folder that gets its name only when it is complete."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        yield made
        made.chmod(0o755)
        made.rename(folder)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise


def _sheet(folder: Path, wanted: Given, seen: Observed, kept: Kept) -> Sheet:
    own = imports_of(wanted.source, wanted.path)
    return Sheet(
        name=_slug(folder.resolve().name),
        program=wanted.path.name,
        command=wanted.command,
        imports=tuple(sorted({*HARMLESS, *own})),
        inputs=seen.inputs,
        level=kept.level,
        limits=_limits(seen, kept),
        golden=_record(seen, kept),
        writes=tuple(kept.first.written),
        code=kept.first.code,
    )


def _slug(name: str) -> str:
    """A folder's name as that of a target: small letters, digits and dashes."""
    plain = "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in name.lower())
    return plain.strip("-") or "program"


def _record(seen: Observed, kept: Kept) -> str:
    """The name of the recorded output; none where output is not all, or not the same each time."""
    first = kept.first
    if kept.level != "exact" or first.code or first.stderr or first.written:
        return ""
    return next(name for name in RECORDS if name not in seen.inputs)


def _limits(seen: Observed, kept: Kept | None = None) -> Limits:
    """Far above what the program itself took, and no more than a machine can give. Before it is known what it writes
    and holds, generous."""
    cpu = max([seen.cpu_s, *([result.cpu_s for result in kept.results] if kept else [])])
    wall = max([seen.wall_s, *([result.wall_s for result in kept.results] if kept else [])])
    peak = max(result.peak_mib for result in kept.results) if kept else 1024.0
    said = len(kept.first.stdout) if kept else 2 << 20
    return Limits(
        cpu_s=float(math.ceil(6 * cpu + 10)),
        wall_s=float(math.ceil(12 * max(cpu, wall) + 60)),
        memory_mib=max(512, 256 * math.ceil(4 * peak / 256)),
        output_bytes=max(1 << 20, 4 * said),
        writes_mib=64 if kept is None or kept.first.written else 0,
    )


def _fill(made: Path, wanted: Given, seen: Observed, kept: Kept, sheet: Sheet) -> None:
    """The program, its inputs and the recorded output."""
    names = {"target.toml", *([sheet.golden] if sheet.golden else [])}
    if clash := names & {sheet.program, *seen.inputs}:
        raise BadTarget(f"program {wanted.path} reads {min(clash)}, a name that a target needs: give that file another")
    (made / sheet.program).write_text(wanted.source, encoding="utf-8", newline="")
    for name in seen.inputs:
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_bytes(wanted.read(name))
    if sheet.golden:
        (made / sheet.golden).write_bytes(kept.first.stdout)


def _breach(made: Path, sheet: Sheet, sandbox: Sandbox) -> str:
    """What strict rules have against the program itself, or ""."""
    target = _target(made, toml.render(sheet))
    score = make_judge(target, sandbox, "", Lanes()).screen(Candidate.of(target.source))
    return "" if score.status == "ok" else score.feedback.rstrip(".")


def _target(made: Path, text: str) -> Target:
    (made / "target.toml").write_text(text, encoding="utf-8")
    return targets.read_folder(made)


# --- Suggestions ------------------------------------------------------------------------------------------------------


def _with_suggestions(made: Path, wanted: Given, seen: Observed, kept: Kept, sheet: Sheet, sandbox: Sandbox) -> Sheet:
    if kept.first.code:
        return replace(sheet, untried=f"Nothing was tried, since the program ends with exit code {kept.first.code}.")
    if kept.first.wall_s > LONGEST_S:
        return replace(sheet, untried=f"Nothing was tried, since a run takes {kept.first.wall_s:.0f} s.")
    text = toml.render(sheet)

    def run(settings: str, workload: str) -> Trace | None:
        return _traced(_target(made, f"{text}\n{settings}\n"), workload, sandbox)

    trial = Trial(run, Trace.of(kept.first))
    return replace(
        sheet, suggestions=_sound(made, text, list(suggesting.suggestions(wanted.source, seen.inputs, trial)))
    )


def _traced(target: Target, name: str, sandbox: Sandbox) -> Trace | None:
    """A hidden workload's trace; None where the program fails on it."""
    goldens = Goldens(private_folder("goldens", "XDG_CACHE_HOME", ".cache"))
    reference = Reference(target, sandbox, secrets.token_hex(16), goldens, Lanes())
    try:
        return reference.golden(next(workload for workload in target.workloads if workload.name == name))
    except (BaselineError, BadTarget):
        return None


def _sound(made: Path, text: str, found: list[Suggestion]) -> tuple[Suggestion, ...]:
    """Those that can all be in force at once."""
    kept: list[Suggestion] = []
    for suggestion in found:
        try:
            _target(made, "\n".join([text, *(one.settings for one in (*kept, suggestion))]) + "\n")
        except OptimizeRunError:
            continue
        kept.append(suggestion)
    return tuple(kept)


def _summary(folder: Path, sheet: Sheet, kept: Kept) -> Draft:
    return Draft(
        folder=folder,
        name=sheet.name,
        program=sheet.program,
        inputs=sheet.inputs,
        written=sheet.writes,
        lines=len(Trace.of(kept.first).lines),
        code=kept.first.code,
        level=sheet.level,
        cpu_s=min(result.cpu_s for result in kept.results),
        peak_mib=max(result.peak_mib for result in kept.results),
        strict=not sheet.loose,
        hidden=tuple(suggestion.what for suggestion in sheet.suggestions),
    )
