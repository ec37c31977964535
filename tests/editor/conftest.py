from __future__ import annotations

import io
import itertools
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from PIL import Image, ImageDraw

from studio.accounts.models import Membership, Team, User
from studio.jobs.models import Job, JobState, Output, OutputState
from studio.media import services as media
from studio.media.models import Asset, Origin
from tests.media.pictures import encode, photo

SIZE = (64, 48)
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _sandbox(settings) -> None:
    settings.SANDBOX_URL = "http://127.0.0.1:9"


@pytest.fixture
def membership(alice: User, team: Team) -> Membership:
    return Membership.objects.select_related("team", "user").get(user=alice, team=team)


@pytest.fixture
def client(browser_of: Callable[[User], Client], alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def asset(membership: Membership) -> Asset:
    prepared = media.prepare(encode(photo(*SIZE), "PNG"), mode="result")
    return media.record(prepared, team=membership.team, user=membership.user, origin=Origin.UPLOAD, name="A reef")


@pytest.fixture
def make_output(membership: Membership, asset: Asset) -> Callable[..., Output]:
    """A finished picture of the service."""

    def make(model: str = "v7", operation: str = "diffusion", **params: Any) -> Output:
        now = timezone.now()
        job = Job.objects.create(
            team=membership.team, created_by=membership.user, request_key=f"made-{next(_numbers)}", provider="youchuan",
            model=model, operation=operation, params={"prompt": "a reef", **params}, prompt="a reef",
            remote_id=f"{next(_numbers):024x}", state=JobState.SUCCEEDED, expected=4, quote=4, cost=4, seed=7,
            width=SIZE[0], height=SIZE[1], submitted_at=now, finished_at=now, deadline_at=now,
        )  # fmt: skip
        return Output.objects.create(team=membership.team, job=job, index=0, state=OutputState.DONE, asset=asset)

    return make


@pytest.fixture
def output(make_output: Callable[..., Output]) -> Output:
    return make_output()


def mask_file(size: tuple[int, int] = SIZE, *, marked: bool = True, mode: str = "L") -> SimpleUploadedFile:
    picture = Image.new("L", size, 0)
    if marked:
        ImageDraw.Draw(picture).rectangle((10, 10, 30, 30), fill=255)
    buffer = io.BytesIO()
    picture.convert(mode).save(buffer, "PNG")
    return SimpleUploadedFile("mask.png", buffer.getvalue(), "image/png")


@pytest.fixture
def page(team: Team, output: Output) -> SimpleNamespace:
    base = f"/t/{team.slug}/edit/output/{output.pk}/"
    return SimpleNamespace(url=base, submit=f"{base}submit/", versions=f"{base}versions/")


@pytest.fixture
def drawn(output: Output) -> Callable[..., dict[str, Any]]:
    """What the page posts for an inpaint."""

    def make(**changes: Any) -> dict[str, Any]:
        return {
            "request_key": "drawn-once-0001",
            "base": f"output:{output.pk}",
            "operation": "inpaint",
            "model": "youchuan:v7",
            "prompt": "a sailing boat",
            "mask": mask_file(),
            **changes,
        }

    return make
