"""A brief microgpt for benchmarks: the built-in target with fewer steps and one sample, about 0.4 CPU seconds."""

from __future__ import annotations

import tomllib
from pathlib import Path

import tomli_w

from harness.targets import builtin

SAMPLES = ("for sample_id in range(20):", "for sample_id in range(1):")


def write_brief_microgpt(folder: Path, steps: int = 2) -> Path:
    """Make the target in folder: only the measuring workload, everything else as the built-in one has it."""
    original = builtin()["microgpt"]
    table = tomllib.loads((original / "target.toml").read_text(encoding="utf-8"))
    measure = next(workload for workload in table["workloads"] if workload["stage"] == "measure")
    table |= {"name": "microgpt-brief", "title": f"microgpt, {steps} steps and one sample"}
    table["workloads"] = [measure | {"knobs": measure["knobs"] | {"steps": str(steps)}}]
    del table["metamorphic"]  # they are relations of the short runs
    source = (original / table["program"]).read_text(encoding="utf-8")
    if source.count(SAMPLES[0]) != 1:
        raise ValueError(f"{original / table['program']} has not exactly one line `{SAMPLES[0]}`")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / table["program"]).write_text(source.replace(*SAMPLES), encoding="utf-8")
    for name in measure["files"].values():
        (folder / name).write_bytes((original / name).read_bytes())
    (folder / "target.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    return folder
