"""Targets: from a name, a folder with target.toml, or a plain .py file to a frozen Target.

Everything is checked here, at the door; the rest of the harness trusts a Target.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import ValidationError

from harness import languages, metamorphic, workloads
from harness.errors import BadTarget, UnknownName, UsageError
from harness.targets.program import from_program, read_program
from harness.targets.schema import PromiseTable, TargetFile, complaint
from harness.types import Knob, Limits, Metamorphic, Objective, Promise, Rules, Statistical, Target, Workload

NOT_EQUIVALENT = "not-equivalent"  # in the name of a target whose promise is only statistical: no table can forget it


def builtin_folder() -> Path:
    """Where the targets that come with the package live."""
    return Path(__file__).resolve().parents[2] / "targets"


def builtin() -> dict[str, Path]:
    """Built-in targets by name."""
    return {path.parent.name: path.parent for path in sorted(builtin_folder().glob("*/target.toml"))}


def load(reference: str, program: Path | None = None) -> Target:
    """A target by built-in name, by folder, by target.toml, or a .py file on its own.

    program replaces the target's own program; an input file of the same name beside it replaces the public one.
    """
    path = Path(reference).expanduser()
    if reference in builtin():
        target = read_folder(builtin()[reference])
    elif path.is_dir():
        target = read_folder(path)
    elif path.name == "target.toml" and path.is_file():
        target = read_folder(path.parent)
    elif path.suffix == ".py":
        target = from_program(path)
    else:
        raise UnknownName("target", reference, builtin())
    return with_program(target, program) if program else target


def read_folder(folder: Path) -> Target:
    """Read and check folder/target.toml."""
    file = folder / "target.toml"
    try:
        table = TargetFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BadTarget(f"{folder} has no target.toml: write one, or name a .py file") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTarget(f"{file} is not valid TOML: {error}") from None
    except ValidationError as error:
        raise BadTarget(f"{file}: {complaint(error)}") from None
    promise = _promise(table.promise)
    target = Target(
        name=table.name if promise.statistical is None else f"{table.name}-{NOT_EQUIVALENT}",
        folder=folder.resolve(),
        title=table.title,
        source=read_program(folder / table.program),
        command=table.command or languages.named(table.language).command,
        language=languages.named(table.language).name,
        flags=table.flags,
        rules=Rules(**table.rules.model_dump()),
        knobs=tuple(Knob(**knob.model_dump()) for knob in table.knobs),
        workloads=tuple(_seeded([Workload(**workload.model_dump()) for workload in table.workloads], promise)),
        promise=promise,
        objective=objective(table.objective.name),
        limits=Limits(**table.limits.model_dump()),
        metamorphic=tuple(Metamorphic(**relation.model_dump()) for relation in table.metamorphic),
        hints=table.hints.strip(),
    )
    return _checked(target)


def _promise(table: PromiseTable) -> Promise:
    fields = table.model_dump(exclude={"statistical"})
    return Promise(**fields, statistical=Statistical(**table.statistical.model_dump()) if table.statistical else None)


def _seeded(workloads: Sequence[Workload], promise: Promise) -> Iterator[Workload]:
    """A statistical promise is tested over several draws of its hidden short workloads."""
    for workload in workloads:
        if promise.statistical is None or workload.stage != "short" or not workload.hidden:
            yield workload
        else:
            yield from (replace(workload, name=f"{workload.name}-{n + 1}") for n in range(promise.statistical.seeds))


def _checked(target: Target) -> Target:
    language = languages.of(target)
    if target.flags and not language.compiled:
        raise BadTarget(f"target {target.name}: flags are for a compiler, and {language.name} has none")
    for knob in target.knobs:
        if knob.kind not in language.knobs:
            kinds = " or ".join(language.knobs)
            raise BadTarget(f"knob {knob.label}: {language.name} has no knob of kind {knob.kind}: write {kinds}")
    labels = {knob.label for knob in target.knobs}
    for workload in target.workloads:
        for label in workload.knobs:
            if label not in labels:
                raise BadTarget(f"workload {workload.name}: {UnknownName('knob', label, labels)}")
        for path in (*workload.files.values(), *filter(None, [workload.golden])):
            if not (target.folder / path).is_file():
                raise BadTarget(f"workload {workload.name}: input file {target.folder / path} does not exist")
        if workload.generator not in workloads.GENERATORS:
            raise BadTarget(
                f"workload {workload.name}: {UnknownName('generator', workload.generator, workloads.GENERATORS)}"
            )
    if not any(workload.stage == "measure" for workload in target.workloads):
        raise BadTarget(f"target {target.name} has no workload of stage 'measure': nothing would be timed")
    if target.promise.statistical and not any(w.stage == "short" and w.hidden for w in target.workloads):
        raise BadTarget(f"target {target.name}: a statistical promise needs a hidden workload of stage 'short'")
    metamorphic.check_relations(target)
    return _with_knobs_in_place(target)


def _with_knobs_in_place(target: Target) -> Target:
    complaints = languages.of(target).locate(target.source, target.knobs)
    if complaints:
        raise BadTarget(f"target {target.name}, program: {complaints[0]}")
    return target


def with_program(target: Target, program: Path) -> Target:
    """The target's contract for somebody's own copy of its program."""
    source = read_program(program)
    swapped = tuple(_beside(workload, program.resolve().parent) for workload in target.workloads)
    return _with_knobs_in_place(replace(target, source=source, workloads=swapped))


def _beside(workload: Workload, folder: Path) -> Workload:
    own = {name: str(folder / name) if (folder / name).is_file() else path for name, path in workload.files.items()}
    return replace(workload, files=own, golden="")


def objective(text: str) -> Objective:
    """memory, speed, balanced, or weights such as memory=0.7,speed=0.3."""
    named = {"memory": (1.0, 0.0), "speed": (0.0, 1.0), "balanced": (0.5, 0.5)}
    if text in named:
        return Objective(name=text, memory=named[text][0], speed=named[text][1])
    if "=" not in text:
        raise UnknownName("objective", text, named)
    weights = dict.fromkeys(("memory", "speed"), 0.0)
    for part in text.split(","):
        key, _, value = part.partition("=")
        if key.strip() not in weights:
            raise UnknownName("objective weight", key.strip(), weights)
        try:
            weights[key.strip()] = float(value)
        except ValueError:
            raise UsageError(f"objective weight {part!r} is not a number: write memory=0.7,speed=0.3") from None
    if min(weights.values()) < 0 or sum(weights.values()) <= 0:
        raise UsageError(f"objective {text!r}: weights are not negative, and at least one is above 0")
    return Objective(name="custom", **weights)
