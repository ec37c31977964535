"""What the parameters of the pool's models have in common, and the files of an order."""

from __future__ import annotations

import base64
from typing import Any

import pydantic

from ..base import Media, Order
from ..errors import InvalidRequest
from ..params import MediaRule, Params, read_fields
from ..words import Message
from ..words import gettext_noop as _

_NO_FILE = _("Choose a file for this.")
_FILES_GONE = _("The files of this job can't be found any more. Create it anew.")
_UNFIT = _("A file is not what the service takes. Look at its format, size and length.")


def refusal_at(name: str, params: Params, sentence: str, **values: Any) -> pydantic.ValidationError:
    """A refusal that shows at one field although it took several to see it."""
    error = ValueError(Message(sentence, values))
    return pydantic.ValidationError.from_exception_data(
        type(params).__name__,
        [{"type": "value_error", "loc": (name,), "input": getattr(params, name), "ctx": {"error": error}}],
    )


def start_of(order: Order) -> Media:
    """The file that the order starts from. Raises InvalidRequest."""
    if order.input is None:
        raise InvalidRequest(_NO_FILE, code="no_input")
    if order.operation.takes is not None:
        check_file(order.input, order.operation.takes)
    return order.input


def files_of(order: Order, name: str) -> tuple[Media, ...]:
    """The files of a media field, () for an operation that has none of this name. Raises InvalidRequest."""
    wanted = getattr(order.params, name, ())
    found = order.media.get(name, ()) if wanted else ()
    if len(found) != len(wanted):
        raise InvalidRequest(_FILES_GONE, code="media_missing")
    rules = {spec.name: spec.media for spec in read_fields(type(order.params))}
    for file in found:
        check_file(file, rules[name])
    return found


def data_url(file: Media) -> str:
    return f"data:{file.media_type};base64,{base64.b64encode(file.read()).decode()}"


def link_or_data(file: Media) -> str:
    """By link where the service can reach us, else the bytes themselves."""
    return file.url if file.url is not None else data_url(file)


def check_file(file: Media, rule: MediaRule | None) -> None:
    """Raises InvalidRequest for a file that crosses a bound."""
    if rule is not None and (broken := rule.broken_by(file.facts)):
        raise InvalidRequest(_UNFIT, code=broken)
