"""Pictures as files, for tests."""

from __future__ import annotations

import base64
from io import BytesIO

from PIL import Image


def encoded(picture: Image.Image, kind: str = "PNG") -> bytes:
    data = BytesIO()
    picture.save(data, kind)
    return data.getvalue()


def data_url(picture: Image.Image) -> str:
    return "data:image/png;base64," + base64.b64encode(encoded(picture)).decode()
