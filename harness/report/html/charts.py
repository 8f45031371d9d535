"""The charting library of all pages: Chart.js, taken from the Python package that ships it.

What was weighed, by what a page of 2,000 points needs (inlined, small, clickable, legible at 400 px, light and dark, no
`eval`, since the page's policy forbids it):

- Chart.js in `chartkick` (MIT, no dependencies): 165 kB deflated in the page, a wheel of 0.2 MB. Chosen. Canvas, so
  that points cost little; it hit-tests clicks, and colours can be changed while it is shown.
- plotly 4.6 MB and Bokeh 1 MB of script; Bokeh brings numpy and a web server with it.
- Vega-Lite needs `eval` or a second interpreter in the page, and comes in a wheel of 33 MB.
- pygal and matplotlib draw SVG in Python: megabytes for 2,000 points in three charts, and clicks would be our own code.
"""

from __future__ import annotations

from importlib import resources

from harness.errors import OptimizeRunError

PLACE = "django/static/chartkick/Chart.bundle.js"


def library() -> str:
    """The script that defines `Chart`. Raises OptimizeRunError when the installed package lacks it."""
    try:
        return resources.files("chartkick").joinpath(PLACE).read_bytes().decode("utf-8")
    except (ModuleNotFoundError, FileNotFoundError):
        raise OptimizeRunError(
            "the package chartkick, which brings the charts of HTML pages, is missing or has changed: install it with "
            "`pip install 'chartkick>=1.2,<2'`"
        ) from None
