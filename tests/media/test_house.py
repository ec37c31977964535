"""The administration and the system checks."""

from __future__ import annotations

import os

import pytest
from django.urls import reverse
from PIL import features

from studio.media import checks
from tests.factories import make_user


def test_the_administration_lists_assets_but_changes_nothing(asset, browser_of):
    browser = browser_of(make_user(is_staff=True, is_superuser=True))
    page = browser.get(reverse("admin:media_asset_changelist")).content.decode()
    assert "400 × 300" in page
    assert asset.placeholder in page
    assert "/assets/" not in page, "staff see no team's pictures"
    detail = browser.get(reverse("admin:media_asset_change", args=[asset.pk]))
    assert asset.sha256 in detail.content.decode()
    assert browser.post(reverse("admin:media_asset_change", args=[asset.pk]), {"name": "x"}).status_code == 403
    assert browser.get(reverse("admin:media_asset_add")).status_code == 403
    assert browser.post(reverse("admin:media_asset_delete", args=[asset.pk]), {"post": "yes"}).status_code == 403
    assert browser.get(reverse("admin:media_asset_changelist"), {"q": asset.sha256[:8]}).status_code == 200


def test_all_is_well(media_root):
    assert checks.folder_is_writable() == []
    assert media_root.is_dir()
    assert checks.pillow_knows_the_formats() == []


def test_a_folder_that_cannot_be_made(settings, tmp_path):
    (tmp_path / "file").write_text("")
    settings.MEDIA_ROOT = tmp_path / "file" / "media"
    assert [problem.id for problem in checks.folder_is_writable()] == ["media.E001"]


def test_a_folder_that_cannot_be_written(monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    assert [problem.id for problem in checks.folder_is_writable()] == ["media.E001"]


@pytest.mark.parametrize(("missing", "number"), [("webp", "media.E002"), ("avif", "media.E003")])
def test_a_pillow_without_a_format(missing, number, monkeypatch):
    monkeypatch.setattr(features, "check", lambda name: name != missing)
    assert [problem.id for problem in checks.pillow_knows_the_formats()] == [number]


def test_videos_need_their_library(monkeypatch):
    assert checks.videos_can_be_read() == []
    monkeypatch.setattr(checks, "find_spec", lambda name: None)
    assert [problem.id for problem in checks.videos_can_be_read()] == ["media.E004"]
