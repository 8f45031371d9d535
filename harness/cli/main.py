"""`optimize-run`: finds the command that the first word names, and turns every error into one line and an exit code."""

from __future__ import annotations

import io
import os
import re
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperGroup
from typer.main import get_command

from harness.cli import defaults, options
from harness.errors import OptimizeRunError, UnknownName

# Each command as (one line, "module:function"); a command's module is imported when the command is asked for.
COMMANDS = {
    "init": ("Make a target of your own program.", "harness.cli.init:init"),
    "evaluate": ("Judge one program as a run would judge its best.", "harness.cli.evaluate:evaluate"),
    "tolerance": ("Calibrate a target's tolerance.", "harness.cli.tolerance:tolerance"),
    "compare": ("Compare strategies at one budget, or runs that are there.", "harness.cli.compare:compare"),
    "leaderboard": ("Rank all runs on a target.", "harness.cli.leaderboard:leaderboard"),
    "list": ("List all runs, newest first.", "harness.cli.list_:list_"),
    "show": ("Show one run: its best, its candidates, its cost.", "harness.cli.show:show"),
    "lineage": ("Show how a run came to its best, step by step.", "harness.cli.lineage:lineage"),
    "diff": ("Show what a run changed.", "harness.cli.diff:diff"),
    "report": ("Make a page about a run for a browser.", "harness.cli.report:report"),
    "export": ("Write a run's candidates for a spreadsheet or a program.", "harness.cli.export:export"),
    "best": ("Print the best program of a run.", "harness.cli.best:best"),
    "targets": ("List the built-in targets, or check one of yours.", "harness.cli.targets:targets"),
    "strategies": ("List the strategies, or the knobs of one.", "harness.cli.strategies:strategies"),
    "models": ("List the models that can be asked.", "harness.cli.models:models"),
    "resume": ("Go on with an interrupted run.", "harness.cli.resume:resume"),
    "audit": ("Try the judge on cheats and honest programs.", "harness.cli.audit:audit"),
    "calibrate": (
        "Measure this machine's noise, and which gains can be told on it.",
        "harness.cli.calibrate:calibrate",
    ),
    "rescore": ("Judge a run's programs again, on fresh hidden inputs.", "harness.cli.rescore:rescore"),
    "doctor": ("Check this machine: sandbox, runs folder, keys.", "harness.cli.doctor:doctor"),
}
MAIN_JOB = "optimize"
HIDDEN = {MAIN_JOB: ("Optimize a program.", "harness.cli.optimize:optimize")}
GAIN_FLAG = "--fail-if-no-improvement"
OWN_FLAGS = ("--help", "-h", "--version")
HELP_FLAGS = {"help_option_names": ["-h", "--help"]}


class Commands(TyperGroup):
    """A group whose commands are loaded by name, and whose main job needs no name: a first word that is no command is
    a target."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - the base's signature, here and below
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        found = (COMMANDS | HIDDEN).get(cmd_name)
        return load_command(cmd_name, found[1]) if found else None

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if args and args[0] not in COMMANDS | HIDDEN and args[0] not in OWN_FLAGS:
            if not args[0].startswith("-"):
                refuse_misspelt(args[0])
            args = [MAIN_JOB, *args]
        if args[:1] == [MAIN_JOB]:
            args = with_default_gain(args)
        if args[:1] == [MAIN_JOB] and Path(defaults.FILE).is_file():
            args = [MAIN_JOB, *defaults.flags_of(load_command(MAIN_JOB, HIDDEN[MAIN_JOB][1]), args), *args[1:]]
        return super().parse_args(ctx, args)

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The main job goes by TARGET in usage lines, since nobody wrote its name."""
        name, command, rest = super().resolve_command(ctx, args)
        if name != MAIN_JOB:
            return name, command, rest
        job: Any = command
        job.collect_usage_pieces = lambda _: [job.options_metavar]
        return "TARGET", job, rest

    def format_commands(self, ctx: Any, formatter: Any) -> None:  # noqa: ARG002
        """The commands and their one line each, without loading any."""
        with formatter.section("Commands"):
            lines = [(name, line) for name, (line, _) in COMMANDS.items()]
            formatter.write_dl(
                [("TARGET", "Optimize it: the main job; its options: `optimize-run TARGET -h`."), *lines]
            )


def with_default_gain(args: list[str]) -> list[str]:
    """`--fail-if-no-improvement` without a percentage after it asks for any gain at all: 0%."""
    following = [*args[1:], ""]
    return [
        f"{arg}=0%" if arg == GAIN_FLAG and not re.match(r"\s*\d+(\.\d+)?\s*%", after) else arg
        for arg, after in zip(args, following, strict=True)
    ]


def load_command(name: str, reference: str) -> Any:
    module, _, function = reference.partition(":")
    app = typer.Typer(add_completion=False, rich_markup_mode=None)
    app.command(name, context_settings=HELP_FLAGS)(getattr(import_module(module), function))
    return get_command(app)


def refuse_misspelt(word: str) -> None:
    """Raises UnknownName unless word is a target: a built-in one, or something on disk, or written like a path."""
    from harness.targets import builtin

    if word in builtin() or "/" in word or word.endswith((".py", ".toml")) or Path(word).exists():
        return
    raise UnknownName("command or target", word, [*COMMANDS, *builtin()])


def say_version(asked: bool) -> None:
    if asked:
        print(f"optimize-run {options.installed_version()}")
        raise typer.Exit


app = typer.Typer(
    cls=Commands, add_completion=False, rich_markup_mode=None, no_args_is_help=True, context_settings=HELP_FLAGS
)


@app.callback(subcommand_metavar="TARGET [OPTIONS] | COMMAND [ARGS]...")
def optimize_run(
    _: bool = typer.Option(False, "--version", callback=say_version, is_eager=True, help="Say which version this is."),
) -> None:
    """Make a program faster or smaller with a model in the loop, and believe the result.

    `optimize-run TARGET` optimizes; TARGET is a built-in target, a folder with target.toml, or a .py file.
    """


def main() -> None:
    """The console script. No traceback for what a user can meet: one line on stderr and the error's exit code."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # on a narrow encoding a letter is shown by its number, not an error
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        try:
            get_command(app)(prog_name="optimize-run")
        finally:
            sys.stdout.flush()  # here, where a reader that went away is no news; not at the interpreter's end
    except OptimizeRunError as error:
        fail(str(error), error.exit_code)
    except KeyboardInterrupt:
        fail("interrupted", 130)
    except BrokenPipeError:
        hush()
    except OSError as error:
        if error.filename is None:
            raise  # not about a file that the user named: a defect, which should be seen whole
        fail(f"{error.filename}: {error.strerror}", 1)


def fail(message: str, code: int) -> None:
    from harness.report.text import clean

    red, plain = ("\x1b[31m", "\x1b[0m") if sys.stderr.isatty() and not os.environ.get("NO_COLOR") else ("", "")
    print(f"{red}error: {clean(message)}{plain}", file=sys.stderr)
    sys.exit(code)


def hush() -> None:
    """The reader went away: so do we, and the interpreter's last flush goes nowhere instead of complaining."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(1)


if __name__ == "__main__":
    main()
