"""Prompt templates: Markdown that reads as prose, filled in by jinja2. A name that a template lacks is an error."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness import edits, knobs
from harness.strategies.quoting import fenced, one_line, quoted

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "prompts"


def render(template: str, **values: Any) -> str:
    """The template `prompts/<template>` with these values. Raises jinja2.UndefinedError for a value that is missing."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        undefined=StrictUndefined,
        autoescape=False,  # the answer is Markdown; untrusted text goes through `line`, `quoted` or a fence
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,  # templates do not change while a run goes on
    )
    environment.filters.update(fence=edits.fence, fenced=fenced, line=one_line, quoted=quoted, ratio=_ratio)
    environment.filters.update(as_expected=knobs.expected)  # as a program that lacks one is refused
    return environment


def _ratio(value: float) -> str:
    return f"{value:.2f}"
