"""`optimize-run doctor`: proves, by running real attacks, what this machine's sandbox stops; and checks the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from harness.cli import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.types import JsonObject


def doctor(
    sandbox: options.Sandbox = None,
    all_: Annotated[bool, typer.Option("--all", help="Attack every sandbox that works here.")] = False,
    runs: options.Runs = None,
    json: options.Json = False,
) -> None:
    """Check this machine: which sandbox works, what it stops when it is really attacked, the runs folder, the keys.

    Ends with 1 when a run could not be started here, or when an attack was not stopped.
    """
    if not json:
        options.note("running real attacks in the sandbox; this takes some seconds")
    findings = examine(options.runs_root(runs), sandbox, all_)
    if json:
        options.print_json(findings)
    else:
        options.answer(told(findings))
    if not findings["ok"]:
        raise typer.Exit(1)


def examine(root: Path, backend: str | None = None, every: bool = False) -> JsonObject:
    """Everything doctor knows, as plain JSON. `sandbox` is the one that a run would use, `others` what else was tried.

    backend: this sandbox and no other. every: attack all that work, not only the one that a run would use.
    """
    import platform

    from harness import models

    rooms = try_sandboxes(backend, every)
    chosen = next((room for room in rooms if room["error"] is None), nothing(backend, told_by(rooms)))
    runs = {"folder": str(root), "writable": writable(root)}
    attacks = [attack for room in rooms for attack in room["attacks"]]
    stopped = bool(chosen["attacks"]) and all(attack["stopped"] for attack in attacks)
    return {
        "ok": chosen["error"] is None and stopped and runs["writable"],
        "version": options.installed_version(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "sandbox": {key: value for key, value in chosen.items() if key != "attacks"},
        "attacks": chosen["attacks"],
        "others": [room for room in rooms if room is not chosen],
        "runs": runs,
        "keys": {model["key"]: model["key_set"] for model in models.known() if model["key"]},
    }


def try_sandboxes(backend: str | None, every: bool) -> list[JsonObject]:
    """What each sandbox says of itself, why it does not work, or what came of the attacks; up to the one to be used."""
    from dataclasses import asdict

    from harness import sandbox
    from harness.errors import SandboxError
    from harness.sandbox.attacks import attempt_all

    tried: list[JsonObject] = []
    try:
        for trial in sandbox.survey(backend=backend):
            if trial.sandbox is None:
                tried.append(nothing(trial.name, trial.failure))
                continue
            protection = trial.sandbox.describe()
            said = {"backend": protection.backend, "covers": list(protection.covers), "lacks": list(protection.lacks)}
            attacks = [asdict(finding) for finding in attempt_all(trial.sandbox)]
            tried.append({"name": trial.name, **said, "error": None, "attacks": attacks})
            if not every:
                break
    except SandboxError as error:
        tried.append(nothing(None, str(error)))
    return tried


def nothing(name: str | None, why: str) -> JsonObject:
    return {"name": name, "backend": None, "covers": [], "lacks": [], "error": why, "attacks": []}


def told_by(rooms: list[JsonObject]) -> str:
    """Why there is no sandbox at all, in one line."""
    from harness import sandbox

    reasons = "; ".join(f"{room['name']}: {room['error']}" if room["name"] else room["error"] for room in rooms)
    return f"{reasons or 'none is known for this platform'}; {sandbox.UNSAFE_FLAG} runs candidates with your own rights"


def writable(folder: Path) -> bool:
    """Whether run folders can be made here, now or once the folder itself is made."""
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def told(findings: JsonObject) -> RenderableType:
    """The same for people."""
    from rich.console import Group
    from rich.text import Text

    from harness.report.text import clean

    return Group(*(Text(clean(line), style) for line, style in lines(findings)))


def lines(findings: JsonObject) -> Iterator[tuple[str, str]]:
    """Lines of text, each with its style."""
    runs = findings["runs"]
    yield f"optimize-run {findings['version']}, {findings['python']}, {findings['platform']}", ""
    yield f"cores: {findings['cores']}", "" if findings["cores"] > 1 else "yellow"
    yield from sandbox_lines(findings["sandbox"], findings["attacks"])
    for room in findings["others"]:
        yield from other_lines(room)
    if runs["writable"]:
        yield f"runs folder: {runs['folder']}, writable", ""
    else:
        yield f"runs folder: {runs['folder']}, NOT writable: name another with --runs", "red"
    for name, is_set in findings["keys"].items():
        yield f"key {name}: {'set' if is_set else 'not set'}", ""
    yield ("all is well", "bold green") if findings["ok"] else ("something is wrong: see above", "bold red")


def sandbox_lines(room: JsonObject, attacks: list[JsonObject]) -> Iterator[tuple[str, str]]:
    """The sandbox that a run would use."""
    if room["error"]:
        yield f"sandbox: none: {room['error']}", "red"
        return
    yield f"sandbox: {room['backend']}", "green"
    yield from protection_lines(room, attacks)


def other_lines(room: JsonObject) -> Iterator[tuple[str, str]]:
    """One that was tried before or besides."""
    if room["error"]:
        yield f"sandbox that does not work here: {room['name']}: {room['error']}", "yellow"
        return
    yield f"another sandbox: {room['backend']}", "green"
    yield from protection_lines(room, room["attacks"])


def protection_lines(room: JsonObject, attacks: list[JsonObject]) -> Iterator[tuple[str, str]]:
    for covered in room["covers"]:
        yield f"- covers: {covered}", ""
    for lacking in room["lacks"]:
        yield f"- does not cover: {lacking}", "yellow"
    for attack in attacks:
        outcome, style = ("stopped", "green") if attack["stopped"] else ("NOT STOPPED", "bold red")
        yield f"- {outcome}: {attack['name']} ({attack['detail']})", style
