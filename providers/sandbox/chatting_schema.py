"""Whether what is called a JSON Schema is one: the forms of its words, as far as answers are made after them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

DEEPEST = 30
LONGEST = 100_000
"""Characters or items that a schema may ask for."""
TYPES = frozenset({"string", "number", "integer", "boolean", "object", "array", "null"})
_NAMED = frozenset({"properties", "patternProperties", "$defs", "definitions"})
_ONE = frozenset({"items", "additionalProperties", "contains", "not", "propertyNames"})
_SEVERAL = frozenset({"anyOf", "oneOf", "allOf", "prefixItems"})
_COUNTS = frozenset({"minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"})
_NUMBERS = frozenset({"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"})
_TEXTS = frozenset({"$ref", "$schema", "$id", "format", "pattern", "title", "description"})


def flaw_in(schema: Any) -> str:
    """The path of the first word that does not have its form, "schema" for the whole; "" for a schema."""
    return _flaw(schema, schema, "schema", 0)


def referred(root: Any, reference: str) -> Any:
    """What ``$ref`` leads to; None where that is nothing."""
    if not reference.startswith("#"):
        return None
    found = root
    for part in reference.removeprefix("#").strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if name:
            found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _flaw(root: Any, schema: Any, place: str, depth: int) -> str:
    if isinstance(schema, bool):
        return ""
    if not isinstance(schema, Mapping) or depth > DEEPEST:
        return place
    for name, value in schema.items():
        at = f"{place}.{name}"
        if name in _NAMED or name in _SEVERAL:
            parts = _parts(value, named=name in _NAMED)
            if parts is None:
                return at
            if flaw := next(filter(None, (_flaw(root, part, at, depth + 1) for part in parts)), ""):
                return flaw
        elif name in _ONE:
            if flaw := _flaw(root, value, at, depth + 1):
                return flaw
        elif not _has_its_form(root, name, value):
            return at
    return ""


def _parts(value: Any, *, named: bool) -> list[Any] | None:
    """The schemas in it, None where it has not the form for any."""
    if named:
        return list(value.values()) if isinstance(value, dict) else None
    return value if isinstance(value, list) and value else None


def _has_its_form(root: Any, name: str, value: Any) -> bool:
    if name == "type":
        kinds = value if isinstance(value, list) else [value]
        return bool(kinds) and all(isinstance(kind, str) and kind in TYPES for kind in kinds)
    if name == "required":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if name in ("enum", "examples"):
        return isinstance(value, list) and (bool(value) or name == "examples")
    if name in _COUNTS:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LONGEST
    if name in _NUMBERS:
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= 2**53
        return is_number and math.isfinite(value) and (name != "multipleOf" or value > 0)
    if name == "$ref":
        return isinstance(value, str) and isinstance(referred(root, value), Mapping)
    return name not in _TEXTS or isinstance(value, str)
