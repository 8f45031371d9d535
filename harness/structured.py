"""Answers as records: a model is asked for JSON that satisfies a schema, and what comes is checked, whoever sent it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from harness.edits import without_thoughts
from harness.errors import Unusable
from harness.types import AnswerSchema, Prompt, Reply, Tools, Turn

if TYPE_CHECKING:
    from pydantic import BaseModel

M = TypeVar("M", bound="BaseModel")

SHOWN_ERRORS = 5
_STOPPED = {
    "length": "the answer was cut off before its end: answer shorter",
    "refusal": "the answer was a refusal: only the JSON object is asked for",
    "empty": "the answer was empty: a JSON object is asked for",
    "calls": "the answer called a tool: only the JSON object is asked for",
}
_FENCE = re.compile(r"```[^\n`]*\n(.*?)```", re.S)


def structured(tools: Tools, prompt: Prompt, kind: type[M]) -> M:
    """The model's answer as an instance of `kind`, a pydantic model.

    An answer that is none goes back once, with what was wrong; a second raises Unusable. Ask `tools.can("schema")`
    first: a model that cannot do it raises ModelRefused.
    """
    schema = prompt.schema or AnswerSchema(kind.__name__, kind.model_json_schema())
    prompt = replace(prompt, schema=schema)
    reply = tools.complete(prompt)
    try:
        return parsed(reply, kind)
    except Unusable as wrong:
        words = f"That cannot be used: {wrong}\n\nAnswer again, with one JSON object that satisfies the schema."
        turn = Turn(reply.text, user=words)  # without its calls: nothing came of them
        return parsed(tools.complete(replace(prompt, turns=(*prompt.turns, turn))), kind)


def parsed(reply: Reply, kind: type[M]) -> M:
    """The instance in a reply; words and a fence around it are passed over. Raises Unusable that says what is wrong."""
    from pydantic import ValidationError

    if reply.stop in _STOPPED:
        raise Unusable(_STOPPED[reply.stop])
    try:
        return kind.model_validate(_object_in(without_thoughts(reply.text)))
    except ValidationError as error:
        raise Unusable("; ".join(_told(error))) from None


def _told(error: object) -> Iterator[str]:
    found = error.errors(include_url=False)  # type: ignore[attr-defined]
    for one in found[:SHOWN_ERRORS]:
        where = ".".join(str(part) for part in one["loc"]) or "the object"
        yield f"{where}: {one['msg']}"
    if len(found) > SHOWN_ERRORS:
        yield f"and {len(found) - SHOWN_ERRORS} more"


def _object_in(text: str) -> dict[str, object]:
    """The JSON object that a text is, has in a fence, or has among its words."""
    wrong = "it is no JSON object"
    for piece in (text, *_FENCE.findall(text), text[text.find("{") : text.rfind("}") + 1]):
        try:
            found = json.loads(piece)
        except ValueError as error:
            wrong = f"it is no JSON: {error}" if piece == text else wrong
        except RecursionError:
            wrong = "its JSON is nested too deeply"
        else:
            if isinstance(found, dict):
                return found
    raise Unusable(wrong)
