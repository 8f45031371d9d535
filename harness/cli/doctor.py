"""`optimize-run doctor`: proves, by running real attacks, what this machine's sandbox stops; and checks the rest."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from harness.cli import options

if TYPE_CHECKING:
    from rich.console import RenderableType

    from harness.types import JsonObject


def doctor(runs: options.Runs = None, json: options.Json = False) -> None:
    """Check this machine: which sandbox works, what it stops when it is really attacked, the runs folder, the keys.

    Ends with 1 when a run could not be started here, or when an attack was not stopped.
    """
    if not json:
        options.note("running real attacks in the sandbox; this takes some seconds")
    findings = examine(options.runs_root(runs))
    if json:
        options.print_json(findings)
    else:
        options.answer(told(findings))
    if not findings["ok"]:
        raise typer.Exit(1)


def examine(root: Path) -> JsonObject:
    """Everything doctor knows, as plain JSON."""
    import platform

    from harness import models

    room, attacks = try_sandbox()
    runs = {"folder": str(root), "writable": writable(root)}
    stopped = bool(attacks) and all(attack["stopped"] for attack in attacks)
    return {
        "ok": room["error"] is None and stopped and runs["writable"],
        "version": options.installed_version(),
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "platform": platform.platform(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "sandbox": room,
        "attacks": attacks,
        "runs": runs,
        "keys": {model["key"]: model["key_set"] for model in models.known() if model["key"]},
    }


def try_sandbox() -> tuple[JsonObject, list[JsonObject]]:
    """What the sandbox says of itself, and what came of each attack; no attack is run without a sandbox."""
    from dataclasses import asdict

    from harness import sandbox
    from harness.errors import SandboxError
    from harness.sandbox.attacks import attempt_all

    nothing: JsonObject = {"backend": None, "covers": [], "lacks": []}
    try:
        room = sandbox.choose()
        findings = [asdict(finding) for finding in attempt_all(room)]
    except SandboxError as error:
        return {**nothing, "error": str(error)}, []
    protection = room.describe()
    said = {"backend": protection.backend, "covers": list(protection.covers), "lacks": list(protection.lacks)}
    return {**said, "error": None}, findings


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
    room, runs = findings["sandbox"], findings["runs"]
    yield f"optimize-run {findings['version']}, {findings['python']}, {findings['platform']}", ""
    yield f"cores: {findings['cores']}", "" if findings["cores"] > 1 else "yellow"
    yield from sandbox_lines(room)
    for attack in findings["attacks"]:
        outcome, style = ("stopped", "green") if attack["stopped"] else ("NOT STOPPED", "bold red")
        yield f"- {outcome}: {attack['name']} ({attack['detail']})", style
    if runs["writable"]:
        yield f"runs folder: {runs['folder']}, writable", ""
    else:
        yield f"runs folder: {runs['folder']}, NOT writable: name another with --runs", "red"
    for name, is_set in findings["keys"].items():
        yield f"key {name}: {'set' if is_set else 'not set'}", ""
    yield ("all is well", "bold green") if findings["ok"] else ("something is wrong: see above", "bold red")


def sandbox_lines(room: JsonObject) -> Iterator[tuple[str, str]]:
    if room["error"]:
        yield f"sandbox: none: {room['error']}", "red"
        return
    yield f"sandbox: {room['backend']}", "green"
    for covered in room["covers"]:
        yield f"- covers: {covered}", ""
    for lacking in room["lacks"]:
        yield f"- does not cover: {lacking}", "yellow"
