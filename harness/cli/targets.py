"""`optimize-run targets`: what can be optimized by name."""

from __future__ import annotations

from pathlib import Path

from harness.cli import options


def targets(format_: options.Format = options.Form.TABLE, json: options.Json = False) -> None:
    """List the built-in targets; a folder with target.toml or a .py file is a target too."""
    from harness.report.grid import Column
    from harness.targets import builtin

    records = [{"name": name, "title": title_of(folder)} for name, folder in builtin().items()]
    columns = (Column("name", "target"), Column("title", "what it is"))
    options.table(columns, records, options.form_of(format_, json), records)


def title_of(folder: Path) -> str:
    """The title in a target.toml. Raises BadTarget when it is not TOML."""
    import tomllib

    from harness.errors import BadTarget

    file = folder / "target.toml"
    try:
        return str(tomllib.loads(file.read_text(encoding="utf-8")).get("title", ""))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadTarget(f"{file} is not valid TOML: {error}") from None
