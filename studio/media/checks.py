"""What must be true before pictures can be kept."""

from __future__ import annotations

import os
from importlib.util import find_spec
from typing import Any

from django.core.checks import CheckMessage, Error, register
from PIL import features

from studio.media import storage


@register()
def folder_is_writable(**kwargs: Any) -> list[CheckMessage]:
    folder = storage.local_path("")
    if folder is None:
        return []
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [_not_writable(f"{folder} could not be made: {error.strerror}.")]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [_not_writable(f"Nothing can be written to {folder}.")]
    return []


def _not_writable(message: str) -> Error:
    return Error(message, hint="Pictures are kept there. Set DATA_DIR to a folder that is ours.", id="media.E001")


@register()
def pillow_knows_the_formats(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error(f"This Pillow was built without {name}.", hint="Install Pillow's own wheel.", id=number)
        for name, feature, number in (("WebP", "webp", "media.E002"), ("AVIF", "avif", "media.E003"))
        if not features.check(feature)
    ]


@register()
def videos_can_be_read(**kwargs: Any) -> list[CheckMessage]:
    if find_spec("av") is not None:
        return []
    return [Error("PyAV is not installed.", hint="Videos and sounds need it: pip install av.", id="media.E004")]
