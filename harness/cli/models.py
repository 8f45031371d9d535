"""`optimize-run models`: who can be asked to write candidates, and which keys are there."""

from __future__ import annotations

from harness.cli import options


def models(format_: options.Format = options.Form.TABLE, json: options.Json = False) -> None:
    """List the models that can be asked, how to name them, and whether their key is set. Keys are never shown."""
    from harness import models
    from harness.report.grid import Column

    records = models.known()
    columns = (
        Column("name", "model"),
        Column("what", "what it is"),
        Column("key", "key in", lambda variable: variable or "-"),
        Column("key_set", "is set", lambda is_set: {True: "yes", False: "no", None: "-"}[is_set]),
    )
    options.table(columns, records, options.form_of(format_, json), records)
