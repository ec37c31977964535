from __future__ import annotations

from pathlib import Path

import pytest

from studio.accounts.models import Team, User
from studio.media import services
from studio.media.models import Asset, Origin
from tests.media.pictures import encode, photo


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path: Path) -> Path:
    settings.MEDIA_ROOT = tmp_path / "media"
    return settings.MEDIA_ROOT


@pytest.fixture
def files(media_root: Path):
    """The names of all stored files."""

    def names() -> set[str]:
        return {str(path.relative_to(media_root)) for path in media_root.rglob("*") if path.is_file()}

    return names


@pytest.fixture
def png() -> bytes:
    return encode(photo(400, 300), "PNG")


@pytest.fixture
def asset(team: Team, alice: User, png: bytes) -> Asset:
    prepared = services.prepare(png, mode="result")
    return services.record(prepared, team=team, user=alice, origin=Origin.RESULT, name="A reef at dawn")
