"""The audit names every job and every question to a chat model whose credits do not agree with the ledger."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model

from studio.jobs import chat
from studio.jobs.audit import audit
from studio.jobs.models import Job, JobState, Reply, ReplyState

pytestmark = pytest.mark.django_db


@pytest.fixture(params=["job", "reply"])
def row(request, ask, membership) -> Job | Reply:
    if request.param == "job":
        return ask()
    reply, _is_new = chat.ask(membership, purpose="improve", request_key="request-audit", prompt="a fox")
    return reply


def findings(row: Model, **changes: Any) -> list[str]:
    type(row)._default_manager.filter(pk=row.pk).update(**changes)
    name = type(row).__name__.lower()
    return [finding.removeprefix(f"{name} {row.pk} ") for finding in audit() if finding.startswith(name)]


def test_what_waits_with_its_hold_is_well(row):
    assert findings(row) == []


def test_a_hold_of_another_amount(row):
    assert findings(row, quote=row.quote + 1) == [
        f"was quoted {row.quote + 1} credits but its hold is another amount",
    ]


def test_no_hold(row):
    hold = row.hold_id
    assert findings(row, hold=None) == [f"was quoted {row.quote} credits but holds none"]
    assert f"hold {hold} of {row.quote} credits belongs to no job" in audit()


def test_an_end_that_settled_nothing(row):
    ended = JobState.FAILED if isinstance(row, Job) else ReplyState.FAILED
    assert findings(row, state=ended, cost=3) == [
        f"ended as failed but its hold {row.hold_id} is still open",
        "says it cost 3 but 0 were captured",
    ]
