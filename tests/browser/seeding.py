"""Rooms with something in them, made beside a running studio in its own database, so that no test has to
wait for a hundred jobs. Each step is called by name with `prepare(stack, step, …)` from `doing.py`."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.utils import timezone
from PIL import Image, ImageDraw

from studio.accounts.models import Membership, Role, Team, User
from studio.billing import services as billing
from studio.jobs import catalog
from studio.jobs.models import Event, EventKind, Job, JobState, Output, OutputState
from studio.media import services as media
from studio.media.models import Asset, Origin

MODEL = "youchuan:v7"
VIEWER = "vera.viewer@example.org"
PASSWORD = "correct horse battery staple"
_numbers = itertools.count(1)


def run(step: str, values: str) -> None:
    """Prints what the step answers, as JSON."""
    print(json.dumps(STEPS[step](**json.loads(values))))


# ---- the pieces ----


def make_team(slug: str, *, credits: int = 200) -> tuple[Team, User, User]:
    """A team of the first team's owner, with a creator and a viewer besides; gives owner and creator."""
    owner = User.objects.get(memberships__team__slug="studio", memberships__role=Role.OWNER)
    creator = _person("Bob Reed", "bob.reed@example.org")
    viewer = _person("Vera Viewer", VIEWER)
    team = Team.objects.create(name=slug.title(), slug=slug)
    for user, role in ((owner, Role.OWNER), (creator, Role.CREATOR), (viewer, Role.VIEWER)):
        Membership.objects.create(team=team, user=user, role=role)
    billing.grant(team, credits, key=f"seeding:{slug}")
    return team, owner, creator


def _person(name: str, email: str) -> User:
    known = User.objects.filter(email=email).first()
    return known or User.objects.create_user(email=email, name=name, password=PASSWORD)


def drawing(colour: str, size: tuple[int, int] = (768, 512)) -> bytes:
    """A PNG with a disc on a plain ground."""
    image = Image.new("RGB", size, colour)
    ImageDraw.Draw(image).ellipse([side // 4 for side in size] + [side * 3 // 4 for side in size], fill="#f4ead2")
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def pictures(team: Team, user: User, colour: str, count: int, *, size: tuple[int, int] = (768, 512)) -> list[Asset]:
    """`count` assets of one real file."""
    prepared = media.prepare(drawing(colour, size), mode="result")
    with transaction.atomic():
        return media.record_many([prepared] * count, team=team, user=user, origin=Origin.RESULT, name="seeded")


def make_job(team: Team, user: User, prompt: str, assets: Sequence[Asset] = (), **fields: Any) -> Job:
    """A job that has ended, with its results and what happened to it."""
    now = timezone.now()
    number = next(_numbers)
    params = catalog.find(MODEL).model.operation("diffusion").params.model_validate({"prompt": prompt})
    values: dict[str, Any] = {
        "provider": "youchuan",
        "model": "v7",
        "operation": "diffusion",
        "params": params.model_dump(mode="json"),
        "state": JobState.SUCCEEDED,
        "seed": 7_000 + number,
        "quote": 4,
        "cost": len(assets),
        "expected": 4,
        "remote_id": f"seeded-{number}",
        "submitted_at": now - timedelta(seconds=12),
        "finished_at": now,
        "deadline_at": now,
    }
    job = Job.objects.create(
        team=team, created_by=user, prompt=prompt, request_key=f"seeded-{uuid4().hex}", **{**values, **fields}
    )
    Output.objects.bulk_create(
        Output(team=team, job=job, index=index, state=OutputState.DONE, asset=asset)
        for index, asset in enumerate(assets)
    )
    return job


# ---- the steps ----


def gallery(slug: str) -> dict[str, Any]:
    """A wall of 120 landscapes by the owner, with four square foxes by Bob on top; and an empty team."""
    team, owner, bob = make_team(slug)
    meadows = pictures(team, owner, "#4f7d5a", 120)
    for at in range(0, 120, 4):
        make_job(team, owner, f"wildflower meadow number {at // 4}", meadows[at : at + 4])
    make_job(team, bob, "a red fox in the snow", pictures(team, bob, "#a34a2a", 4, size=(640, 640)))
    make_team(f"{slug}-empty")
    return {"count": 124}


def history(slug: str) -> dict[str, Any]:
    """A job that is done, one that was partly held back, one that failed and one that was canceled."""
    team, owner, bob = make_team(slug)
    done = make_job(team, owner, "a quiet harbour at dawn", pictures(team, owner, "#35606b", 4))
    partial = make_job(team, bob, "ink in water", pictures(team, bob, "#2b2556", 3))
    Output.objects.create(
        team=team, job=partial, index=3, state=OutputState.REJECTED, message="The service's filter held it back."
    )
    sentence = "The service could not finish this."
    failed = make_job(
        team, bob, "a broken umbrella", state=JobState.FAILED, cost=0, error_code="failed", error_message=sentence
    )
    canceled = make_job(team, owner, "a change of mind", state=JobState.CANCELED, cost=0, submitted_at=None)
    for job, events in {
        done: [
            (EventKind.CREATED, {"held": 4}),
            (EventKind.SUBMITTED, {}),
            (EventKind.DELIVERED, {"files": 4}),
            (EventKind.SUCCEEDED, {"cost": 4}),
        ],
        failed: [
            (EventKind.CREATED, {"held": 4}),
            (EventKind.SUBMITTED, {}),
            (EventKind.FAILED, {"message": sentence, "returned": 4}),
        ],
    }.items():
        Event.objects.bulk_create(Event(team=team, job=job, kind=kind, data=data) for kind, data in events)
    return {"done": done.pk, "partial": partial.pk, "failed": failed.pk, "canceled": canceled.pk, "owner": owner.name}


def moodboards(slug: str) -> dict[str, Any]:
    """A feed with one job of four pictures."""
    team, owner, _bob = make_team(slug)
    assets = [*pictures(team, owner, "#d9816f", 2), *pictures(team, owner, "#2b2556", 2, size=(512, 768))]
    return {"job": make_job(team, owner, "fishing boats in the evening", assets).pk}


def stills(slug: str) -> dict[str, Any]:
    """A feed with one small picture to set in motion."""
    team, owner, _bob = make_team(slug)
    # the service has never seen it: the file itself is sent
    still = pictures(team, owner, "#35606b", 1, size=(832, 480))
    return {"job": make_job(team, owner, "a paper boat", still, remote_id="").pk}


def extensions(slug: str) -> dict[str, Any]:
    """The result of each extension of a film, as rows that share its file; `slug`'s newest film is the first."""
    first = Output.objects.filter(team__slug=slug, asset__kind="video").latest("pk")
    chain, source = [first.pk], first
    for _turn in range(4):
        job = make_job(
            source.team, source.job.created_by, source.job.prompt, [source.asset] if source.asset else [],
            operation="extend-low", model=source.job.model, params=source.job.params, source=source, expected=1,
        )  # fmt: skip
        source = job.outputs.get()
        chain.append(source.pk)
    return {"chain": chain}


STEPS: dict[str, Callable[..., dict[str, Any]]] = {
    step.__name__: step for step in (gallery, history, moodboards, stills, extensions)
}
