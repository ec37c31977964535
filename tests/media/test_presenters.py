from __future__ import annotations

from django.urls import reverse

from studio.media.models import Asset
from studio.media.presenters import image_view


def test_what_a_template_gets(asset, team, django_assert_num_queries):
    found = Asset.objects.prefetch_related("renditions").get()
    with django_assert_num_queries(0):
        view = image_view(found, team.slug)
    small, full = (reverse("media:rendition", args=[team.slug, asset.pk, spec]) for spec in ("w320", "w768"))
    assert view.src == full
    assert view.srcset == f"{small} 320w, {full} 400w"
    assert (view.width, view.height, view.ratio) == (400, 300, "1.3333")
    assert view.placeholder == asset.placeholder
    assert view.original_url == reverse("media:original", args=[team.slug, asset.pk])
    assert view.download_url == view.original_url + "?download=1"
    assert view.download_name == "A reef at dawn.png"
    assert (view.asset_id, view.name) == (asset.pk, "A reef at dawn")


def test_a_picture_is_drawn_from_the_middle_size(asset, team):
    asset.renditions.all().delete()
    for spec, width in (("w1536", 1536), ("w320", 320), ("w768", 768)):
        asset.renditions.create(spec=spec, width=width, height=width, size=1, storage_key="x")
    view = image_view(asset, team.slug)
    assert view.src.endswith("/w768.webp")
    assert [part.split()[1] for part in view.srcset.split(", ")] == ["320w", "768w", "1536w"]


def test_without_renditions_the_original_is_drawn(asset, team):
    asset.renditions.all().delete()
    view = image_view(asset, team.slug)
    assert (view.src, view.srcset) == (view.original_url, "")


def test_the_name_in_the_page_is_the_name_of_the_download(asset, team, alice, browser_of):
    view = image_view(asset, team.slug)
    assert view.download_name in browser_of(alice).get(view.download_url)["Content-Disposition"]
