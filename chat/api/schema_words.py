"""JSON schemas in words."""

from collections.abc import Mapping
from typing import Any

Schema = Mapping[str, Any]


def in_words(schema: Schema) -> str:
    """Return what a schema allows, such as "integer, 1 to 200" or "list of text, up to 10"."""
    if "$ref" in schema:
        return f"{schema['$ref'].rpartition('/')[2]}"
    if "enum" in schema:
        return " or ".join(f"`{it}`" for it in schema["enum"])
    if "anyOf" in schema:
        return " or ".join(in_words(it) for it in schema["anyOf"])
    match schema.get("type"):
        case "array":
            return f"list of {in_words(schema.get('items', {}))}{_bounds(schema, 'minItems', 'maxItems')}"
        case "integer":
            return f"integer{_bounds(schema, 'minimum', 'maximum')}"
        case "string" if schema.get("format") == "uuid":
            return "UUID"
        case "string":
            return f"text{_bounds(schema, 'minLength', 'maxLength', ' characters')}"
        case "boolean":
            return "`true` or `false`"
        case "null":
            return "`null`"
    return "object"


def _bounds(schema: Schema, low: str, high: str, unit: str = "") -> str:
    least, most = schema.get(low) or 0, schema.get(high)
    if most is None or most >= 10**15 - 1:  # no one reaches the bounds of ids
        return ""
    return f", {least:,} to {most:,}{unit}" if least else f", up to {most:,}{unit}"
