"""Run one of our own small test programs and give back what it printed, or how it died."""

from __future__ import annotations

import contextlib
import gc
import io


def printed(source: str) -> str:
    thresholds, on = gc.get_threshold(), gc.isenabled()
    out = io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            exec(compile(source, "program", "exec"), {"__name__": "__main__"})
        end = "done"
    except Exception as error:
        end = type(error).__name__
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()
        if on:
            gc.enable()
    return f"{out.getvalue()}<{end}>"
