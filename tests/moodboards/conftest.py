from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.db import transaction
from django.test import Client
from PIL import Image

from studio.accounts.models import Membership, Team, User
from studio.media import services as media
from studio.media.models import Asset, Origin
from studio.moodboards import services
from studio.moodboards.models import Moodboard
from tests.media.pictures import encode

HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def _folder(settings, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = tmp_path / "media"
    settings.SANDBOX_URL = "http://127.0.0.1:9"


@pytest.fixture
def membership(alice: User, team: Team) -> Membership:
    return Membership.objects.select_related("team", "user").get(user=alice, team=team)


@pytest.fixture
def client(browser_of: Callable[[User], Client], alice: User) -> Client:
    return browser_of(alice)


@pytest.fixture
def board(membership: Membership) -> Moodboard:
    return services.create(membership, "Low sun", "Haze over contrast")


@pytest.fixture
def make_asset(team: Team, alice: User) -> Callable[..., Asset]:
    """A picture of one colour; the same colour twice is the same file."""

    def make(color: tuple[int, int, int] = (200, 120, 80), *, of: Team | None = None, name: str = "Dune") -> Asset:
        prepared = media.prepare(encode(Image.new("RGB", (60, 40), color), "PNG"), mode="upload")
        with transaction.atomic():
            return media.record(prepared, team=of or team, user=alice, origin=Origin.UPLOAD, name=name)

    return make


@pytest.fixture
def bare_assets(team: Team, alice: User) -> Callable[[int], list[Asset]]:
    """Rows without files, where there must be many."""

    def make(number: int) -> list[Asset]:
        return Asset.objects.bulk_create(
            Asset(
                team=team,
                created_by=alice,
                origin=Origin.UPLOAD,
                name=f"Dune {each}",
                sha256=f"{each:064d}",
                media_type="image/png",
                size=1,
                width=3,
                height=2,
                storage_key=f"originals/{each}.png",
            )
            for each in range(number)
        )

    return make
