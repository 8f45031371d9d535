"""The skeleton of every page: head, style for light and dark, our scripts, and the two doors that foreign text takes.

Foreign text (notes, replies, candidates, paths) gets into a page in two ways only. In markup, through a template whose
every expression is escaped. In data, as JSON in which nothing can end its element, which scripts show by textContent.
Either way characters that hide or reorder text are spelt out. A content security policy lets the browser run the
scripts named here by their hash and nothing else, and reach no network at all: what slips through both doors is inert.
"""

from __future__ import annotations

import base64
import hashlib
import json
import unicodedata
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.report.html.charts import library
from harness.report.text import UNSEEN

if TYPE_CHECKING:
    from jinja2 import Environment
    from markupsafe import Markup

ASSETS = Path(__file__).parent / "assets"
CHARTS = "charts"  # the id under which the page's script finds the charting library


def document(
    *,
    title: str,
    body: Markup,
    scripts: Sequence[str] = (),
    data: Any = None,
    packed: Mapping[str, str] | None = None,
    charts: bool = False,
) -> str:
    """A whole page. body comes from `render`.

    scripts: files in assets/, run in order after page.js. data: what they get from `page.data`, plain JSON.
    packed: large texts by id, deflated, which they get from `await page.unpack(id)`. charts: `await page.charts()` has
    Chart.js.
    """
    from markupsafe import Markup

    sources = [asset(name) for name in ("page.js", *scripts)]
    texts = {**(packed or {}), **({CHARTS: library()} if charts else {})}
    style = asset("page.css")
    runnable = [*sources, *([texts[CHARTS]] if charts else [])]
    page = render(
        "page.html.j2",
        title=title,
        policy=policy(runnable, style),
        style=Markup(style),
        body=body,
        data=embedded(data),
        packed={id_: Markup(deflated(text)) for id_, text in texts.items()},
        scripts=[Markup(source) for source in sources],
    )
    return str(page)


def render(template: str, **values: Any) -> Markup:
    """The template `assets/<template>`: every value is escaped, and a name that it lacks is an error."""
    from markupsafe import Markup

    return Markup(_environment().get_template(template).render(values))


def asset(name: str) -> str:
    """The text of a file of ours that goes into pages."""
    return (ASSETS / name).read_text(encoding="utf-8")


# --- The two doors ----------------------------------------------------------------------------------------------------


def visible(text: str) -> str:
    """Foreign text whose unseen characters (controls, bidirectional overrides, zero width) are spelt out: \\u202e."""
    if text.isprintable():
        return text
    return "".join(c if c in "\n\t" or unicodedata.category(c) not in UNSEEN else _spelt(c) for c in text)


def _spelt(char: str) -> str:
    point = ord(char)
    return f"\\x{point:02x}" if point < 0x100 else f"\\u{point:04x}" if point < 0x10000 else f"\\U{point:08x}"


def embedded(data: Any) -> Markup:
    """JSON for a script element that nothing in it can end or leave. Pure ASCII; what is read back is the same."""
    from markupsafe import Markup

    plain = json.dumps(data, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    for mark in "<>&":
        plain = plain.replace(mark, f"\\u{ord(mark):04x}")
    return Markup(plain)


def deflated(text: str) -> str:
    """A large text for a page: zlib, then base64. Lone surrogates become question marks."""
    return base64.b64encode(zlib.compress(text.encode("utf-8", "replace"), 9)).decode("ascii")


def policy(scripts: Sequence[str], style: str) -> str:
    """What a browser may do with the page: show it, and run these very scripts. No network, no forms, no frames."""
    allowed = " ".join(dict.fromkeys(_hash(source) for source in scripts))
    return (
        f"default-src 'none'; script-src {allowed}; style-src {_hash(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'"
    )


def _hash(source: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode('ascii')}'"


# --- Templates --------------------------------------------------------------------------------------------------------


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(ASSETS),
        undefined=StrictUndefined,
        autoescape=True,
        finalize=lambda value: visible(value) if type(value) is str else value,  # Markup is no foreign text
        trim_blocks=True,
        lstrip_blocks=True,
    )
