"""Pictures of other people's making become ones that can be painted on."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageOps


def flattened(picture: Image.Image) -> Image.Image:
    """RGB, upright, the first frame only, transparency over white; 16 bits a channel are reduced to 8."""
    picture = _eight_bits(ImageOps.exif_transpose(picture))
    if not picture.has_transparency_data:
        return picture.convert("RGB")
    clear = picture.convert("RGBA")
    white = Image.new("RGB", clear.size, "white")
    white.paste(clear, mask=clear.getchannel("A"))
    return white


def with_alpha(picture: Image.Image) -> Image.Image:
    """RGBA, upright, the first frame only; colours under transparent pixels stay as they are."""
    return _eight_bits(ImageOps.exif_transpose(picture)).convert("RGBA")


def _eight_bits(picture: Image.Image) -> Image.Image:
    if not (picture.mode.startswith("I") or picture.mode == "F"):
        return picture
    values = np.asarray(picture, np.float32)
    top = float(values.max(initial=0))
    scale = 1.0 if top <= 255 and not picture.mode.startswith("I;16") else 255 / max(65535.0, top)
    return Image.fromarray(np.clip(values * scale, 0, 255).astype(np.uint8))
