"""What templates need to draw a picture."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from django.urls import reverse

from studio.media.models import Asset

DRAWN_BY_DEFAULT = 768

_EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp", ".avif", ".gif")
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|', " "))


@dataclass(frozen=True, slots=True)
class ImageView:
    asset_id: int
    name: str
    src: str
    srcset: str
    width: int
    height: int
    #: width ÷ height, written for CSS
    ratio: str
    placeholder: str
    original_url: str
    download_url: str
    download_name: str


def image_view(asset: Asset, team_slug: str) -> ImageView:
    """Makes no queries when `renditions` is prefetched."""
    original = reverse("media:original", args=[team_slug, asset.pk])
    folder = original.removesuffix("original")  # reversing every rendition doubles the time of a page of pictures
    renditions = sorted(asset.renditions.all(), key=lambda made: made.width)
    largest = renditions[-1] if renditions else None
    drawn = next((made for made in renditions if made.width >= DRAWN_BY_DEFAULT), largest)
    return ImageView(
        asset_id=asset.pk,
        name=asset.name,
        src=f"{folder}{drawn.spec}.webp" if drawn else original,
        srcset=", ".join(f"{folder}{made.spec}.webp {made.width}w" for made in renditions),
        width=asset.width,
        height=asset.height,
        ratio=f"{asset.width / asset.height:.4f}" if asset.height else "1",
        placeholder=asset.placeholder,
        original_url=original,
        download_url=f"{original}?download=1",
        download_name=download_name(asset),
    )


def download_name(asset: Asset, wanted: str = "") -> str:
    """A file name that is safe on every system; the extension is that of the real format."""
    name = (wanted or asset.name).translate(_NOT_IN_NAMES)
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    if name.lower().endswith(_EXTENSIONS):
        name = name[: name.rindex(".")]
    name = " ".join(name.split())[:80].strip(" .")
    return (name or f"atelier-{asset.pk}") + PurePosixPath(asset.storage_key).suffix
