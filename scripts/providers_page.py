"""Writes docs/providers.md from the registry: `python -m scripts.providers_page`, or with --check only compares."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from providers.base import Idempotency, Model, Needs, Operation, Provider
from providers.params import FieldSpec, MediaRule, Widget, read_fields
from providers.registry import PROVIDERS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "providers.md"

HEAD = """\
# Services, models, operations

Written by `python -m scripts.providers_page` from the declarations in `providers/`; a test fails when the two differ.
What the services' own documents leave out is told in their pages beside this one.

Prices are credits as declared: an administrator may have changed them. Bounds are checked before anything is sent,
those of a file by looking into it.
"""

IDEMPOTENCY = {
    Idempotency.KEY: "by our key: an order may be sent again",
    Idempotency.NONE: "none: never sent twice",
}
NEEDS = {
    Needs.NOTHING: "nothing",
    Needs.OUTPUT: "a result of its own",
    Needs.IMAGE: "any picture",
    Needs.VIDEO: "any video",
}
MEGABYTE = 1024 * 1024


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield _row(head)
    yield _row(["---"] * len(head))
    for row in rows:
        yield _row(row)
    yield ""


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(str(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def _figure(value: float | Decimal) -> str:
    return f"{value.normalize():f}" if isinstance(value, Decimal) else f"{value:.4f}".rstrip("0").rstrip(".")


def _range(low: float | None, high: float | None, unit: str = "", *, is_open: bool = False) -> str:
    unit = f" {unit}" if unit else ""
    if low is not None and high is not None:
        return f"{_figure(low)}{'<…<' if is_open else '–'}{_figure(high)}{unit}"
    if low is not None:
        return f"{'>' if is_open else '≥'} {_figure(low)}{unit}"
    return f"{'<' if is_open else '≤'} {_figure(high)}{unit}" if high is not None else ""


def file_bounds(rule: MediaRule) -> str:
    """The bounds of a file in a line."""
    parts = [
        ", ".join(kind.split("/")[1] for kind in rule.media_types),
        f"≤ {_figure(rule.max_bytes / MEGABYTE)} MB" if rule.max_bytes else "",
        _range(rule.min_side, rule.max_side, "px a side"),
        _range(rule.min_pixels, rule.max_pixels, "px in all"),
        _range(rule.min_ratio, rule.max_ratio, "wide : high", is_open=rule.open_ratio),
        _range(rule.min_seconds, rule.max_seconds, "s"),
        f"≤ {_figure(rule.max_total_seconds)} s together" if rule.max_total_seconds else "",
        _range(rule.min_rate, rule.max_rate, "frames a second", is_open=rule.open_rate),
    ]
    return "; ".join(part for part in parts if part)


def bounds(spec: FieldSpec) -> str:
    if spec.widget is Widget.MASK:
        return "a PNG as large as the picture, white repaints"
    if spec.media is not None:
        spoken = f"; in the prompt {spec.media.spoken.format(number=1)}" if spec.media.spoken else ""
        return f"≤ {spec.media.max_items} {spec.media.kind}: {file_bounds(spec.media)}{spoken}"
    if spec.widget is Widget.BOARDS:
        return f"≤ {spec.max_length} moodboards"
    if spec.widget is Widget.SWITCH:
        return "on, off"
    if spec.options:
        return ", ".join(option.value or "–" for option in spec.options)
    if spec.minimum is not None or spec.maximum is not None:
        step = f", step {_figure(spec.step)}" if spec.step and spec.step != 1 else ""
        return _range(spec.minimum, spec.maximum, spec.unit) + step
    if spec.max_length is not None:
        twice = f", a Chinese one counts {spec.wide_counts}" if spec.wide_counts > 1 else ""
        return f"≤ {spec.max_length} characters{twice}"
    return ""


def _default(value: Any) -> str:
    if value in (None, "", ()):
        return "–"
    return {True: "on", False: "off"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def parameters(operation: Operation) -> list[tuple[str, str, str, str, str]]:
    rows = []
    for spec in read_fields(operation.params):
        if spec.widget is not Widget.HIDDEN:
            needed = "needed" if spec.required else _default(spec.default)
            rows.append((f"`{spec.name}`", spec.label, needed, bounds(spec), spec.help))
    return rows


def _lifetime(model: Model) -> str:
    if model.chats:
        return "not kept"
    if model.keeps_hours is None:
        return "not documented; fetched at once"
    days = model.keeps_hours / 24
    return f"{_figure(days)} days" if days > 1 else f"{_figure(model.keeps_hours)} hours"


def _yes(value: bool, words: str) -> str:
    return words if value else "no"


def summary() -> Iterator[str]:
    head = ("Service", "Model", "Operations", "If the answer is lost", "Cancel", "Callback", "Results live")
    yield from table(
        head,
        (
            (
                provider.title,
                model.title,
                ", ".join(operation.slug for operation in model.operations),
                IDEMPOTENCY[model.idempotency],
                _yes(model.cancels, "while queued"),
                _yes(model.calls_back, "yes"),
                _lifetime(model),
            )
            for provider in PROVIDERS
            for model in provider.models
        ),
    )


def of_model(provider: type[Provider], model: Model, told: dict[tuple[Any, ...], str]) -> Iterator[str]:
    yield f"### {provider.title}: {model.title}"
    yield ""
    if model.summary:
        yield model.summary
        yield ""
    yield from table(
        ("Operation", "", "Starts from", "Makes", "Results", "Credits", "Usually", "File it starts from"),
        (
            (
                f"`{item.slug}`",
                item.label,
                NEEDS[item.needs],
                item.makes.value,
                f"by `{item.count_parameter}`" if item.count_parameter else item.count,
                "as its source" if item.repeats_source else _figure(item.price),
                f"{_figure(item.usual_seconds)} s",
                file_bounds(item.takes) if item.takes else "",
            )
            for item in model.operations
        ),
    )
    for operation in model.operations:
        rows = parameters(operation)
        if not rows:
            continue
        name = f"{provider.title} {model.title} `{operation.slug}`"
        known = told.setdefault(tuple(rows), name)
        if known != name:
            yield f"`{operation.slug}` has the parameters of {known}."
            yield ""
            continue
        yield f"`{operation.slug}`"
        yield ""
        yield from table(("Parameter", "", "Default", "Bounds", ""), rows)


def page() -> str:
    lines = [HEAD, *summary()]
    told: dict[tuple[Any, ...], str] = {}
    for provider in PROVIDERS:
        lines += [f"## {provider.title}", ""]
        facts = [
            ("Address", provider.base_url),
            (
                "Key",
                ", ".join(
                    f"{item.label}{'' if item.secret else ' (a setting)'}" for item in provider.credential_fields
                ),
            ),
            ("Jobs at once", provider.max_concurrent),
            ("Looked at every", f"{_figure(provider.poll_interval)} s"),
            (
                "Moodboards",
                "≤ {} pictures, {} an update".format(*provider.board_limits) if provider.board_limits else "no",
            ),
        ]
        lines += table(("", ""), facts)
        if provider.price_factors:
            lines += ["The price is multiplied:", ""]
            rows = ((f"`{item.parameter}`", item.value, f"× {_figure(item.factor)}") for item in provider.price_factors)
            lines += table(("Parameter", "Value", "Credits"), rows)
        for model in provider.models:
            lines += of_model(provider, model, told)
    return "\n".join(lines).rstrip() + "\n"


def main() -> int:
    made = page()
    if "--check" in sys.argv:
        return int(not PAGE.exists() or PAGE.read_text(encoding="utf-8") != made)
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
