"""Targets: from a name, a folder with target.toml, or a plain .py file to a frozen Target.

Everything is checked here, at the door; the rest of the harness trusts a Target.
"""

from __future__ import annotations

import ast
import sys
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from harness import knobs, workloads
from harness.errors import BadTarget, UnknownName, UsageError
from harness.types import Knob, Limits, Objective, Promise, Rules, Stage, Target, Workload

MODULES_OF_ANY_PROGRAM = (
    "abc", "array", "base64", "bisect", "collections", "copy", "csv", "dataclasses", "datetime", "decimal", "enum",
    "fractions", "functools", "gc", "hashlib", "heapq", "io", "itertools", "json", "math", "operator", "os", "random",
    "re", "statistics", "string", "struct", "sys", "textwrap", "time", "typing", "unicodedata", "zlib",
)  # fmt: skip
LARGEST_INPUT = 64 << 20


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RulesTable(_Strict):
    imports: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    max_bytes: int = Field(65536, gt=0)
    max_string: int = Field(200, gt=0)
    max_elements: int = Field(64, gt=0)
    constants_ratio: float = Field(3.0, gt=0)
    strict: bool = True


class KnobTable(_Strict):
    label: str
    kind: Literal["assign", "call", "format"]
    name: str
    value: str


class WorkloadTable(_Strict):
    name: str = Field(pattern=r"^[a-z0-9-]+$")
    stage: Literal["short", "measure", "full"]
    hidden: bool = False
    generator: str = "file"
    knobs: dict[str, str] = {}
    files: dict[str, str] = {}
    golden: str = ""


class PromiseTable(_Strict):
    level: Literal["exact", "tolerant"] = "tolerant"
    rtol: float = Field(1e-12, ge=0, le=1e-3)
    files: bool = False


class ObjectiveTable(_Strict):
    name: str = "balanced"


class LimitsTable(_Strict):
    wall_s: float = Field(900.0, gt=0)
    cpu_s: float = Field(600.0, gt=0)
    memory_mib: int = Field(1024, ge=32)
    output_bytes: int = Field(1 << 22, gt=0)
    writes_mib: int = Field(0, ge=0)


class TargetFile(_Strict):
    """target.toml, whole."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]*$")
    title: str
    program: str
    command: tuple[str, ...] = ("{python}", "{program}")
    hints: str = ""
    rules: RulesTable = RulesTable()
    knobs: tuple[KnobTable, ...] = ()
    workloads: tuple[WorkloadTable, ...]
    promise: PromiseTable = PromiseTable()
    objective: ObjectiveTable = ObjectiveTable()
    limits: LimitsTable = LimitsTable()


def builtin_folder() -> Path:
    """Where the targets that come with the package live."""
    return Path(__file__).resolve().parent.parent / "targets"


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
        raise BadTarget(f"{file}: {_complaint(error)}") from None
    target = Target(
        name=table.name,
        folder=folder.resolve(),
        title=table.title,
        source=read_program(folder / table.program),
        command=table.command,
        rules=Rules(**table.rules.model_dump()),
        knobs=tuple(Knob(**knob.model_dump()) for knob in table.knobs),
        workloads=tuple(Workload(**workload.model_dump()) for workload in table.workloads),
        promise=Promise(**table.promise.model_dump()),
        objective=objective(table.objective.name),
        limits=Limits(**table.limits.model_dump()),
        hints=table.hints.strip(),
    )
    return _checked(target)


def _complaint(error: ValidationError) -> str:
    """The first thing that pydantic minds, in one line, with the nearest valid key where a key is unknown."""
    errors = error.errors()
    first = next((e for e in errors if e["type"] == "extra_forbidden"), errors[0])
    where = ".".join(str(part) for part in first["loc"])
    if first["type"] != "extra_forbidden":
        return f"{where}: {first['msg'].lower()}"
    *parents, key = first["loc"]
    table: Any = TargetFile
    for part in parents:
        if isinstance(part, str):
            annotation = table.model_fields[part].annotation
            table = next((a for a in getattr(annotation, "__args__", ()) if hasattr(a, "model_fields")), annotation)
    return str(UnknownName(f"key {'.'.join(map(str, parents)) or 'top level'}", str(key), table.model_fields))


def _checked(target: Target) -> Target:
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
    return _with_knobs_in_place(target)


def _with_knobs_in_place(target: Target) -> Target:
    complaints = knobs.locate(target.source, target.knobs)
    if complaints:
        raise BadTarget(f"target {target.name}, program: {complaints[0]}")
    return target


def read_program(path: Path) -> str:
    """A program's text, refused when it is missing, not UTF-8 or does not parse."""
    try:
        source = path.read_bytes().decode("utf-8")
    except FileNotFoundError:
        raise BadTarget(f"program {path} does not exist") from None
    except (IsADirectoryError, PermissionError) as error:
        raise BadTarget(f"program {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise BadTarget(f"program {path} is not UTF-8 text") from None
    try:
        ast.parse(source)
    except (SyntaxError, ValueError) as error:
        line = f" line {error.lineno}" if isinstance(error, SyntaxError) else ""
        raise BadTarget(f"program {path}{line} does not parse: {getattr(error, 'msg', error)}") from None
    return source


def from_program(path: Path) -> Target:
    """A target for a plain .py file: the promise is the same standard output, exit code and written files."""
    source = read_program(path)
    files = {name: name for name in named_files(source, path.parent)}
    return Target(
        name=_slug(path.stem),
        folder=path.resolve().parent,
        title=path.name,
        source=source,
        command=("{python}", "{program}"),
        rules=Rules(
            imports=tuple(sorted({*MODULES_OF_ANY_PROGRAM, *imports_of(source, path)})),
            inputs=tuple(files),
            strict=False,
        ),
        knobs=(),
        workloads=(Workload(name="program", stage="measure", hidden=False, generator="file", files=files),),
        promise=Promise(level="exact", files=True),
        objective=objective("balanced"),
        limits=Limits(writes_mib=64),
    )


def _slug(stem: str) -> str:
    return "".join(ch if ch.isascii() and ch.isalnum() else "-" for ch in stem.lower()).strip("-") or "program"


def imports_of(source: str, path: Path) -> set[str]:
    """Modules that a program imports; refused when one is not in the standard library, which is all that is staged."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
    for module in sorted(found):
        if module.split(".")[0] not in sys.stdlib_module_names:
            raise BadTarget(
                f"program {path} imports {module}: only single files that use the standard library can be optimized"
            )
    return found


def named_files(source: str, folder: Path) -> list[str]:
    """Files beside a program that it names in a string: its inputs. A candidate sees nothing else of the folder."""
    strings = {
        node.value
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    names = sorted(
        s for s in strings if s and s == Path(s).name and not s.startswith(".") and len(s) < 200 and "\0" not in s
    )
    found = [name for name in names if (folder / name).is_file()]
    for name in found:
        if (folder / name).stat().st_size > LARGEST_INPUT:
            raise BadTarget(f"input file {folder / name} is larger than {LARGEST_INPUT >> 20} MiB")
    return found


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


def workloads_of(target: Target, stage: Stage) -> tuple[Workload, ...]:
    return tuple(workload for workload in target.workloads if workload.stage == stage)
