"""What the adapters of services say alike: schemas that services accept, in their terms or in words, and tool calls."""

from __future__ import annotations

import json
from typing import Any

from harness.types import AnswerSchema, JsonObject, Prompt, ToolCall

# What services refuse in a schema, or ignore; whoever asked checks the answer against the whole of it.
_DROPPED = frozenset(
    {"default", "title", "examples", "discriminator", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
    | {"multipleOf", "minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems"}
)


def closed(schema: JsonObject) -> JsonObject | None:
    """The schema as services can enforce it: no object holds more or less than its properties; bounds told in words.

    None when it has an object of free keys, which they cannot enforce.
    """
    try:
        made: JsonObject = _closed(schema)
    except _Open:
        return None
    return made


class _Open(Exception):
    """An object of free keys."""


def _closed(node: Any) -> Any:
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        return {"$ref": node["$ref"]}
    kept = {key: _closed(value) for key, value in node.items() if key not in {*_DROPPED, "properties", "$defs", "enum"}}
    kept |= {key: node[key] for key in ("enum",) if key in node}
    for key in ("properties", "$defs"):
        if key in node:
            kept[key] = {name: _closed(value) for name, value in node[key].items()}
    if bounds := {key: node[key] for key in sorted(_DROPPED & node.keys() - {"default", "title", "discriminator"})}:
        kept["description"] = f"{kept.get('description', '')} {json.dumps(bounds)}".strip()
    if node.get("type") == "object":
        if "properties" not in node or node.get("additionalProperties"):
            raise _Open
        kept |= {"additionalProperties": False, "required": list(node["properties"])}
    return kept


def in_words(schema: AnswerSchema) -> str:
    """A schema for a model whose service does not enforce it."""
    return (
        "Answer with one JSON object and nothing else: no words around it, no fence. "
        f"It satisfies this JSON schema:\n{json.dumps(schema.body, ensure_ascii=False)}"
    )


def system_of(prompt: Prompt, words: bool) -> str:
    """The prompt's system part, with the schema in words where it cannot be enforced, or shall be told as well."""
    parts = [prompt.system, in_words(prompt.schema) if prompt.schema and words else ""]
    return "\n\n".join(part for part in parts if part)


def call_of(id_: str, name: str, arguments: Any) -> ToolCall:
    """A tool call as a service tells it, its arguments parsed or not."""
    parsed = arguments = "{}" if arguments is None else arguments
    if isinstance(arguments, str):
        try:
            parsed = json.loads(arguments or "{}")
        except (ValueError, RecursionError):
            parsed = None
    if isinstance(parsed, dict):
        return ToolCall(id_, name, parsed)
    return ToolCall(id_, name, {}, arguments if isinstance(arguments, str) else json.dumps(arguments))


def arguments_of(call: ToolCall) -> str:
    """A call's arguments as the model wrote them, for services that take them back as text."""
    return call.unreadable or json.dumps(call.arguments, ensure_ascii=False)
