"""Values that fit a JSON Schema, filled with what was said; and which tool the words ask for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .chatting_schema import referred

Schema = Mapping[str, Any]
DEEPEST = 12
_TEXT_NAMES = re.compile(r"prompt|text|answer|content|description|caption|summary|reply|message|result", re.IGNORECASE)
_FORMATS = {
    "date": "2026-01-01",
    "date-time": "2026-01-01T00:00:00Z",
    "time": "00:00:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
}
_COMMON = frozenset(
    {"get", "set", "the", "find", "for", "and", "with", "from", "call", "run", "use", "tool", "function"}
)
_COMMON_CHINESE = frozenset({"查询", "获取", "一个", "指定", "调用", "工具", "函数", "用于", "进行", "返回"})


@dataclass(frozen=True)
class Filler:
    """``asked`` is what the person said, ``said`` the answer in plain words; ``root`` is where ``$ref`` looks."""

    asked: str
    said: str
    root: Schema

    def value(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        if not isinstance(schema, Mapping) or depth > DEEPEST:
            return self.said if schema is True else None
        schema = self._resolved(schema)
        if "const" in schema:
            return schema["const"]
        if schema.get("enum"):
            return next((item for item in schema["enum"] if str(item).lower() in self.asked.lower()), schema["enum"][0])
        for choice in ("anyOf", "oneOf"):
            if schema.get(choice):
                usable = [option for option in schema[choice] if self._kind(option) != "null"]
                return self.value((usable or schema[choice])[0], name, depth + 1)
        kind = self._kind(schema)
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            return self._array(schema, name, depth)
        if kind == "string":
            return self._string(schema, name)
        if kind in ("integer", "number"):
            return self._number(schema, whole=kind == "integer")
        return {"boolean": True, "null": None}.get(kind, self.said)

    def _resolved(self, schema: Schema, depth: int = 0) -> Schema:
        for _ in range(DEEPEST):
            reference = schema.get("$ref")
            if not isinstance(reference, str):
                break
            found = referred(self.root, reference) or {}
            schema = {**found, **{key: value for key, value in schema.items() if key != "$ref"}}
        for each in schema.get("allOf", ()) if depth < DEEPEST else ():
            more = self._resolved(each, depth + 1) if isinstance(each, Mapping) else {}
            properties = {**schema.get("properties", {}), **more.get("properties", {})}
            schema = {**more, **schema} | ({"properties": properties} if properties else {})
        return schema

    def _kind(self, schema: Any) -> str:
        if not isinstance(schema, Mapping):
            return ""
        kind = schema.get("type")
        if isinstance(kind, list):
            kind = next((item for item in kind if item != "null"), "null")
        if kind is None:
            kind = "object" if "properties" in schema else "array" if "items" in schema else ""
        return str(kind)

    def _object(self, schema: Schema, depth: int) -> dict[str, Any]:
        properties = schema.get("properties", {})
        needed = [name for name in schema.get("required", ()) if name not in properties]
        deep = depth > DEEPEST // 2
        made = {
            name: self.value(part, name, depth + 1)
            for name, part in properties.items()
            if not deep or name in schema.get("required", ())
        }
        return made | dict.fromkeys(needed, self.said)

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        if "prefixItems" in schema:
            return [self.value(part, name, depth + 1) for part in schema["prefixItems"]]
        count = max(int(schema.get("minItems", 1)), min(1, int(schema.get("maxItems", 1))))
        return [self.value(schema.get("items", {}), name, depth + 1) for _ in range(min(count, 100))]

    def _string(self, schema: Schema, name: str) -> str:
        if schema.get("format") in _FORMATS:
            return _FORMATS[schema["format"]]
        for example in (schema.get("default"), *schema.get("examples", ())):
            if isinstance(example, str) and "pattern" in schema:
                return example
        text = self.said if _TEXT_NAMES.search(name) or not name else self._thing()
        most = schema.get("maxLength")
        return text[: int(most)] if most is not None else text.ljust(int(schema.get("minLength", 0)), ".")

    def _thing(self) -> str:
        """What the words are about: a name in them, or the words themselves."""
        if match := re.search(r"(?:\b(?:in|at|for|of|to)\s+)([A-Z][\w-]+(?:\s[A-Z][\w-]+)*)", self.asked):
            return match[1]
        if match := re.search(r"[\"“「](.+?)[\"”」]", self.asked):
            return match[1]
        if match := re.search(r"([\u3400-\u9fff]{2,4}?)(?:的|今天|现在|明天)", self.asked):
            return match[1]
        return " ".join(self.asked.split())[:80] or self.said[:80]

    def _number(self, schema: Schema, *, whole: bool) -> int | float:
        low = schema.get("minimum", schema.get("exclusiveMinimum"))
        high = schema.get("maximum", schema.get("exclusiveMaximum"))
        step = schema.get("multipleOf", 1)
        above = schema.get("exclusiveMinimum") is not None
        for found in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", self.asked):
            number = float(found)
            fits = (low is None or number > low or (number == low and not above)) and (high is None or number < high)
            if fits and number % step == 0 and (not whole or number.is_integer()):
                return int(number) if number.is_integer() else number
        begin = (low + step if above else low) if low is not None else min(step, high) if high is not None else step
        return int(-(-begin // step) * step) if whole else begin


def as_json(asked: str, said: str, schema: Schema | None) -> str:
    """An object that holds the answer, in the shape of the schema when there is one."""
    value = {"answer": said} if schema is None else Filler(asked, said, schema).value(schema)
    return json.dumps(value, ensure_ascii=False)


def arguments_for(function: Mapping[str, Any], asked: str) -> str:
    schema = function.get("parameters") or {"type": "object", "properties": {}}
    return json.dumps(Filler(asked, asked, schema).value(schema) or {}, ensure_ascii=False)


def wanted_tools(tools: Sequence[Mapping[str, Any]], asked: str) -> list[Mapping[str, Any]]:
    """The functions that the words speak of."""
    return [tool["function"] for tool in tools if _is_spoken_of(tool["function"], asked)]


def _is_spoken_of(function: Mapping[str, Any], asked: str) -> bool:
    told = asked.lower()
    names = [part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+", function["name"])]
    if any(len(name) > 2 and name not in _COMMON and name in told for name in names):
        return True
    about = function.get("description") or ""
    shared = {word for word in re.findall(r"[a-z]{5,}", about.lower()) if word in told and word not in _COMMON}
    pairs = {about[at : at + 2] for at in range(len(about) - 1)} - _COMMON_CHINESE
    return len(shared) > 1 or any(pair in asked for pair in pairs if re.fullmatch(r"[\u3400-\u9fff]{2}", pair))
