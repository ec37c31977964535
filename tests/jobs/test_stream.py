"""The live timeline: everything once, in order, from where the page left off."""

from __future__ import annotations

import asyncio
import json

import pytest
from asgiref.sync import async_to_sync, sync_to_async
from django.test import AsyncClient

from studio.jobs.models import Event, EventKind
from studio.jobs.stream import stream

pytestmark = pytest.mark.django_db(transaction=True)


async def take(lines, wanted: int) -> list[str]:
    found = []
    async with asyncio.timeout(20):
        async for line in lines:
            if line.startswith("id:"):
                found.append(line)
                if len(found) == wanted:
                    break
    await lines.aclose()
    return found


def ids(lines: list[str]) -> list[int]:
    return [int(line.split("\n")[0].removeprefix("id: ")) for line in lines]


def test_the_backlog_then_what_comes(ask, team):
    first = ask()
    start = first.events.get().pk

    async def scenario() -> list[str]:
        lines = stream(team, start - 1)
        reader = asyncio.create_task(take(lines, 3))
        await sync_to_async(ask)()
        await sync_to_async(ask)()
        return await reader

    lines = async_to_sync(scenario)()
    assert ids(lines) == sorted(Event.objects.values_list("pk", flat=True))
    data = json.loads(lines[0].split("data: ")[1])
    assert data == {"event": start, "job": first.pk, "kind": EventKind.CREATED, "new": True}


def test_another_teams_events_stay_there(ask, team, charlie):
    ask()
    other = charlie.memberships.get().team

    async def scenario() -> list[str]:
        lines = stream(other, 0)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.6):
                async for line in lines:
                    assert not line.startswith("id:")
        return []

    async_to_sync(scenario)()


def test_the_stream_needs_membership(ask, team, charlie, alice):
    async def status(user) -> int:
        client = AsyncClient()
        if user is not None:
            await client.aforce_login(user)
        response = await client.get(f"/t/{team.slug}/events/")
        if response.status_code == 200:
            await response.streaming_content.aclose()
        return response.status_code

    assert async_to_sync(status)(alice) == 200
    assert async_to_sync(status)(charlie) == 404
    assert async_to_sync(status)(None) in {302, 401}


def test_polling_tells_the_same(ask, team, alice, browser_of):
    job = ask()
    client = browser_of(alice)
    answer = client.get(f"/t/{team.slug}/events/poll/?since=0").json()
    assert answer["events"] == [{"event": job.events.get().pk, "job": job.pk, "kind": "created", "new": True}]
    again = client.get(f"/t/{team.slug}/events/poll/?since={answer['last']}").json()
    assert again == {"last": answer["last"], "events": []}
    assert client.get(f"/t/{team.slug}/events/poll/?since=nonsense").status_code == 200
