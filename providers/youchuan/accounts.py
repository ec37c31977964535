"""Reading what the service says of our account: plan, bills, moodboards.

None of these shapes is documented. Lists are read as {"total", "pageNo", "pageSize", "items": […]} or as a bare list,
a charge as the `cost` object of a job; other plausible names of the same things are read as well. Money is in `fen`,
1/100 CNY.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ..bills import AccountInfo, Charge, ChargePage, Period
from ..errors import InvalidResponse
from ..transport import redact
from .replies import job_id

UNIT = "fen"

_LISTS = ("items", "list", "records", "rows", "data", "costs", "moodboards")
_TOTALS = ("total", "totalCount", "count")
_AMOUNTS = ("feeCost", "fee", "amount", "cost", "totalFee", "totalCost")
_TIMES = ("costAt", "createdAt", "at", "time")
_PERIODS = ("period", "month", "name", "cycle", "date", "since", "startAt")
_JOBS = ("jobs", "jobCount", "count", "times")
_BOARD_IDS = ("id", "moodboardId", "_id")


def read_account(body: Any, secrets: Iterable[str]) -> AccountInfo:
    """Raises InvalidResponse when the body is no object."""
    data = body.get("data") if isinstance(body, dict) else None
    facts = {**body, **data} if isinstance(data, dict) else body
    if not isinstance(facts, dict):
        raise InvalidResponse(code="no_account", raw=redact(body, secrets))
    plan = _first(facts, ("plan", "planName", "subscribe", "name", "type"))
    if isinstance(plan, dict):
        plan = _first(plan, ("name", "title", "type"))
    concurrent = _number(_first(facts, ("maxConcurrent", "concurrent", "concurrency", "maxConcurrency")))
    return AccountInfo(
        plan=str(plan or ""),
        balance=_number(_first(facts, ("feeBalance", "balance", "fee", "remain"))),
        unit=UNIT,
        max_concurrent=int(concurrent) if concurrent is not None else None,
        raw=redact(body, secrets),
    )


def read_charges(body: Any, secrets: Iterable[str]) -> ChargePage:
    """Items without a job or a readable sum are left out. Raises InvalidResponse when there is no list."""
    items, total = _list(body, secrets)
    found = []
    for item in items:
        nested = item.get("cost")
        facts = {**item, **nested} if isinstance(nested, dict) else item
        remote_id, amount = job_id({**facts, "id": facts.get("jobId") or facts.get("id")}), _amount(facts)
        if remote_id and amount is not None:
            at = _time(_first(facts, _TIMES))
            found.append(Charge(remote_id, amount, UNIT, at, raw=redact(item, secrets)))
    return ChargePage(tuple(found), total)


def read_periods(body: Any, secrets: Iterable[str]) -> tuple[Period, ...]:
    """Newest first. Raises InvalidResponse when there is no list."""
    items, _total = _list(body, secrets)
    found = []
    for item in items:
        name, amount = _first(item, _PERIODS), _amount(item)
        if isinstance(name, str | int) and amount is not None:
            jobs = _number(_first(item, _JOBS))
            found.append(
                Period(str(name), amount, UNIT, int(jobs) if jobs is not None else None, raw=redact(item, secrets))
            )
    return tuple(sorted(found, key=lambda period: period.name, reverse=True))


def read_boards(body: Any, secrets: Iterable[str]) -> tuple[list[str], int | None]:
    """The ids of one page, and how many there are on all pages, where it says so."""
    items, total = _list(body, secrets)
    return [found for item in items if (found := _board_id(item))], total


def read_board_id(body: Any) -> str:
    """The id of a moodboard in the reply to its making, or ""."""
    if not isinstance(body, dict):
        return ""
    for place in (body, body.get("data"), body.get("moodboard")):
        if isinstance(place, dict) and (found := _board_id(place)):
            return found
    return ""


def _board_id(item: Mapping[str, Any]) -> str:
    value = _first(item, _BOARD_IDS)
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if re.fullmatch(r"[0-9A-Za-z_-]{1,64}", text) else ""


def _list(body: Any, secrets: Iterable[str]) -> tuple[list[dict[str, Any]], int | None]:
    total = None
    # a list may lie a few names deep: {"data": {"items": […]}}
    for _depth in range(4):
        if isinstance(body, list):
            return [item for item in body if isinstance(item, dict)], total
        if not isinstance(body, dict):
            break
        said = _number(_first(body, _TOTALS))
        total = int(said) if said is not None else total
        body = _first(body, _LISTS) if any(name in body for name in _LISTS) else None
        if body is None:
            # "items": null is what some services say for nothing
            if total == 0:
                return [], 0
            break
    raise InvalidResponse(code="no_list", raw=redact(body, secrets))


def _amount(facts: Mapping[str, Any]) -> Decimal | None:
    return next((amount for name in _AMOUNTS if (amount := _number(facts.get(name))) is not None), None)


def _time(value: Any) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        return None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


def _first(facts: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    return next((facts[name] for name in names if facts.get(name) is not None), None)


def _number(value: Any) -> Decimal | None:
    text = str(value).strip()
    return Decimal(text) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text) else None
