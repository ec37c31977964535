"""Reading a JSON body strictly: known names, right types, bounds. Null counts as left out."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .net import is_web_url


class FieldError(Exception):
    """``place`` is the path of the field ("content[1].role"), ``missing`` whether it is not there at all."""

    def __init__(self, place: str, detail: str, *, missing: bool = False) -> None:
        super().__init__(place, detail)
        self.place = place
        self.detail = detail
        self.missing = missing


class Fields:
    """An object of the body at ``place`` ("" is the body itself). Every reader raises FieldError."""

    def __init__(self, value: Any, place: str, known: Iterable[str]) -> None:
        if not isinstance(value, dict):
            raise FieldError(place, "must be an object")
        self._given = value
        self._place = place
        if unknown := sorted(set(value) - set(known)):
            raise FieldError(self.place(unknown[0]), "is not known")

    def place(self, name: str) -> str:
        return f"{self._place}.{name}" if self._place else name

    def get(self, name: str) -> Any:
        return self._given.get(name)

    def has(self, name: str) -> bool:
        return self._given.get(name) is not None

    def need(self, name: str) -> None:
        if not self.has(name):
            raise FieldError(self.place(name), "is needed", missing=True)

    def text(self, name: str, default: str = "", *, most: int | None = None) -> str:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, str):
            raise FieldError(self.place(name), "must be a text")
        if most is not None and len(value) > most:
            raise FieldError(self.place(name), f"has at most {most} characters")
        return value

    def words(self, name: str, *, most: int | None = None) -> str:
        """A text that must be there and say something."""
        self.need(name)
        value = self.text(name, most=most)
        if not value.strip():
            raise FieldError(self.place(name), "is empty", missing=True)
        return value

    def choice(self, name: str, allowed: Iterable[str], default: str = "") -> str:
        value = self.text(name, default)
        if self.has(name) and value not in allowed:
            raise FieldError(self.place(name), f"is one of {', '.join(allowed)}")
        return value

    def switch(self, name: str, default: bool = False) -> bool:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise FieldError(self.place(name), "must be true or false")
        return value

    def whole(self, name: str, low: int, high: int, default: int) -> int:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise FieldError(self.place(name), f"must be a whole number from {low} to {high}")
        return value

    def number(self, name: str, low: float, high: float, default: float) -> float:
        value = self.get(name)
        if value is None:
            return default
        if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
            raise FieldError(self.place(name), f"must be a number from {low:g} to {high:g}")
        return float(value)

    def items(self, name: str) -> list[Any]:
        value = self.get(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise FieldError(self.place(name), "must be a list")
        return value

    def inner(self, name: str, known: Iterable[str]) -> Fields:
        """The object behind a name that must be there."""
        self.need(name)
        return Fields(self.get(name), self.place(name), known)


@dataclass(frozen=True)
class Source:
    """Where the bytes of a file are: one of a link, the bytes themselves, and the id of an asset."""

    link: str = ""
    data: bytes = b""
    asset: str = ""


def read_source(text: str, place: str, data_kind: str, *, assets: bool) -> Source:
    """A link, a data URL of ``data_kind`` ("image", "" for none) or, if ``assets``, an ``asset://`` id. FieldError."""
    if assets and text.startswith("asset://"):
        return Source(asset=text.removeprefix("asset://"))
    if text.startswith("data:"):
        if not data_kind:
            raise FieldError(place, "must be a link")
        match = re.match(rf"data:{data_kind}/[a-z0-9.+-]+;base64,", text)
        if match is None:
            raise FieldError(place, f"a data URL begins with data:{data_kind}/<format>;base64, in small letters")
        try:
            data = base64.b64decode(text[match.end() :], validate=True)
        except (binascii.Error, ValueError) as error:
            raise FieldError(place, "is no base64") from error
        if not data:
            raise FieldError(place, "is empty")
        return Source(data=data)
    if not is_web_url(text):
        raise FieldError(place, "must be an http(s) address")
    return Source(link=text)
