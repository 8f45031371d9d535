"""What a target.toml may hold, and what is said of one that holds something else."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from harness.errors import UnknownName

MOST_TOLERANT = 1e-11  # the smallest wrong thing that was tried is off by 2e-10


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
    kind: Literal["assign", "call", "format", "define"]
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


class StatisticalTable(_Strict):
    value: str = Field(min_length=1)
    within: float = Field(0.01, gt=0, le=0.1)
    each: float = Field(0.5, gt=0, le=10)
    seeds: int = Field(8, ge=3, le=100)
    free: tuple[str, ...] = ()


class PromiseTable(_Strict):
    level: Literal["exact", "tolerant", "statistical"] = "tolerant"
    rtol: float = Field(1e-12, ge=0)
    files: bool = False
    nudge: str = ""
    statistical: StatisticalTable | None = None

    @field_validator("rtol")
    @classmethod
    def _narrow(cls, rtol: float) -> float:
        if rtol > MOST_TOLERANT:
            raise ValueError(
                f"{rtol:g} lets wrong programs pass: at most {MOST_TOLERANT:g}; `optimize-run tolerance` calibrates it"
            )
        return rtol

    @model_validator(mode="after")
    def _one_level(self) -> PromiseTable:
        if (self.level == "statistical") != (self.statistical is not None):
            raise ValueError("level 'statistical' and the table [promise.statistical] come together: it is asked for")
        return self


class MetamorphicTable(_Strict):
    relations: tuple[str, ...] = Field(min_length=1)
    workload: str
    step: str = ""
    echo: str = ""
    shuffled: bool = False


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
    language: str = "python"
    command: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    hints: str = ""
    rules: RulesTable = RulesTable()
    knobs: tuple[KnobTable, ...] = ()
    workloads: tuple[WorkloadTable, ...]
    metamorphic: tuple[MetamorphicTable, ...] = ()
    promise: PromiseTable = PromiseTable()
    objective: ObjectiveTable = ObjectiveTable()
    limits: LimitsTable = LimitsTable()


def complaint(error: ValidationError) -> str:
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
