"""Random rewrites of real code: does any crash, leave text that does not compile, or change what a program prints?

    python -m benchmarks.fuzz [--applications 10000] [--seed 0] [--largest 40000] [--json]

Draws programs of benchmarks/programs and pure-Python modules of the standard library, and applies every operator that
fits at a few drawn sites; one of the results is gone on with, up to four in a chain. Every result must compile; an
operator that is applied to its own work must come to an end; one of the programs must print what it printed before.
Modules of the library are never run: for them only the first two hold.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import sysconfig
import time
import traceback
from collections import Counter
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path
from random import Random
from typing import Any

from libcst import ParserSyntaxError

from harness.models.offline.operators import operators
from harness.models.offline.program import Program
from harness.models.offline.rewriting import Operator, apply

PROGRAMS = Path(__file__).parent / "programs"
LONGEST_CHAIN = 4
MOST_SITES = 4  # of one operator in one program, each tried by itself
OWN_SHARE = 0.1  # of the draws; running a program takes a second, reading a module a tenth of one
MOST_AGAIN = 40  # an operator that still finds a site after so many rounds of itself feeds on its own work


@dataclass
class Tally:
    """What was seen. faults: one line and the traceback or tags for each."""

    applications: int = 0
    declined: int = 0
    unread: int = 0
    run: int = 0
    sources: set[str] = field(default_factory=set)
    operators: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def modules(largest: int) -> list[Path]:
    """The standard library's own modules, tests and generated tables left out."""
    root = Path(sysconfig.get_paths()["stdlib"])
    found = [*root.glob("*.py"), *root.glob("*/*.py")]
    left_out = {"test", "tests", "site-packages", "lib2to3", "idlelib", "turtledemo", "pydoc_data", "encodings"}
    return sorted(p for p in found if p.parent.name not in left_out and 200 < p.stat().st_size <= largest)


def fuzz(applications: int, seed: int, largest: int) -> Tally:
    rng, tally = Random(seed), Tally()
    library, own = modules(largest), sorted(PROGRAMS.glob("*.py"))
    while tally.applications < applications:
        mine = rng.random() < OWN_SHARE
        path = rng.choice(own if mine else library)
        _chain(rng, path, mine, tally, applications)
    return tally


def _chain(rng: Random, path: Path, runs: bool, tally: Tally, applications: int) -> None:
    """Up to four rewrites of one file in a row, each drawn from what all operators would do there, which is checked."""
    text = read(path)
    program = parsed(text) if text is not None else None
    if text is None or program is None:
        tally.unread += 1
        return
    tally.sources.add(str(path))
    tags: list[str] = []
    while len(tags) < LONGEST_CHAIN and tally.applications < applications:
        made = _rewrites(rng, path, program, tags, tally, applications)
        if not made:
            return
        last, tag, child = rng.choice(made)
        tags.append(tag)
        if runs:
            tally.run += 1
            if printed(child) != printed(text):
                tally.faults.append(f"{path} {tags}: the output is another")
                return
        try:
            program = Program(child)
        except Exception:  # whatever it is, it is what is looked for here
            tally.faults.append(f"{path} {tags}\n{traceback.format_exc(limit=-4)}")
            return
    if tags and rng.random() < 0.1:
        _ends(last, program, path, tally)


def _rewrites(
    rng: Random, path: Path, program: Program, tags: list[str], tally: Tally, applications: int
) -> list[tuple[Operator, str, str]]:
    """What each operator makes of a program at a few drawn sites; all of it must compile."""
    made = []
    for operator in operators():
        try:
            sites = operator.sites(program)
            tally.declined += not sites
            for site in rng.sample(sites, min(MOST_SITES, len(sites), applications - tally.applications)):
                child = apply(program, site)
                tally.applications += 1
                tally.operators[operator.name] += 1
                compile(child, path.name, "exec", dont_inherit=True)
                made.append((operator, site.tag, child))
        except Exception:  # whatever it is, it is what is looked for here
            tally.faults.append(f"{path} {tags} {operator.name}\n{traceback.format_exc(limit=-4)}")
    return made


def _ends(operator: Operator, program: Program, path: Path, tally: Tally) -> None:
    """An operator applied to its own work comes to an end."""
    for _ in range(MOST_AGAIN):
        sites = operator.sites(program)
        if not sites:
            return
        program = Program(apply(program, sites[0]))
    tally.faults.append(f"{path} {operator.name}: still at work after {MOST_AGAIN} rounds of its own")


def read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None


@lru_cache(maxsize=64)
def parsed(text: str) -> Program | None:
    """A program, or None for what libcst cannot read, which the engine passes over."""
    try:
        compile(text, "program", "exec", dont_inherit=True)
        return Program(text)
    except (ParserSyntaxError, SyntaxError, ValueError, RecursionError):
        return None


@cache
def printed(source: str) -> tuple[int, bytes]:
    done = subprocess.run([sys.executable, "-I", "-c", source], capture_output=True, timeout=300, check=False)
    return done.returncode, done.stdout


def told(tally: Tally, seconds: float) -> str:
    lines = [
        f"{tally.applications} rewrites of {len(tally.sources)} files in {seconds:.0f} s; {tally.declined} times an "
        f"operator declined, {tally.unread} files were not read; {tally.run} results were run",
        ", ".join(f"{name} {count}" for name, count in tally.operators.most_common()),
        f"faults: {len(tally.faults)}",
    ]
    return "\n".join([*lines, *tally.faults])


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.fuzz", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--applications", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--largest", type=int, default=40_000, help="bytes of a module")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    began = time.monotonic()
    tally = fuzz(asked.applications, asked.seed, asked.largest)
    seconds = time.monotonic() - began
    found: dict[str, Any] = {
        "applications": tally.applications,
        "files": len(tally.sources),
        "run": tally.run,
        "operators": dict(tally.operators),
        "faults": tally.faults,
        "seconds": seconds,
    }
    print(json.dumps(found, indent=2) if asked.json else told(tally, seconds))
    sys.exit(1 if tally.faults else 0)


if __name__ == "__main__":
    main()
