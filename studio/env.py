"""Reading settings from environment variables, with the table that documents them.

Every setting a person may set is declared here once; the README's table and the system checks
follow from it.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Variable:
    name: str
    default: str
    meaning: str


VARIABLES: dict[str, Variable] = {}
#: variables whose value could not be read: (name, value, what was expected)
UNREADABLE: list[tuple[str, str, str]] = []


def read(name: str, default: str, meaning: str, kind: Callable[[str], Any] = str, expected: str = "text") -> Any:
    """The variable's value as `kind`. An unreadable one falls back on the default and is reported by
    the system check atelier.E001."""
    VARIABLES[name] = Variable(name, default, meaning)
    raw = os.environ.get(name, "").strip() or default
    try:
        return kind(raw)
    except ValueError:
        UNREADABLE.append((name, raw, expected))
        return kind(default)


def integer(name: str, default: int, meaning: str) -> int:
    return int(read(name, str(default), meaning, int, "a whole number"))


def seconds(name: str, default: float, meaning: str) -> float:
    return float(read(name, f"{default:g}", meaning, float, "a number of seconds"))


def flag(name: str, default: bool, meaning: str) -> bool:
    def parse(raw: str) -> bool:
        words = {
            "1": True,
            "true": True,
            "yes": True,
            "on": True,
            "0": False,
            "false": False,
            "no": False,
            "off": False,
        }
        if raw.lower() not in words:
            raise ValueError(raw)
        return words[raw.lower()]

    return bool(read(name, "yes" if default else "no", meaning, parse, "yes or no"))


def words(name: str, default: str, meaning: str) -> list[str]:
    value: list[str] = read(
        name, default, meaning, lambda raw: [item.strip() for item in raw.split(",") if item.strip()]
    )
    return value


def folder(name: str, default: Path, meaning: str) -> Path:
    path: Path = read(name, str(default), meaning, lambda raw: Path(raw).expanduser())
    return path if path.is_absolute() else Path.cwd() / path
