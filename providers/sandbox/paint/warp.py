"""Pictures bent along a coarse net."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Floats = NDArray[np.floating[Any]]


def warped(
    image: Image.Image,
    columns: Floats,
    rows: Floats,
    at_x: Floats,
    at_y: Floats,
    resample: Image.Resampling = Image.Resampling.BICUBIC,
) -> Image.Image:
    """A picture of the net's size: at the net's crossing (columns[j], rows[i]) shows the image at (at_x, at_y)[i, j].

    All in pixels; the net has to begin at 0.
    """
    xs, ys = np.round(columns).astype(int), np.round(rows).astype(int)
    corners = np.stack([at_x, at_y], -1)
    # Pillow wants the corners counter-clockwise from the upper left
    quads = np.concatenate([corners[:-1, :-1], corners[1:, :-1], corners[1:, 1:], corners[:-1, 1:]], -1)
    boxes = np.empty((len(ys) - 1, len(xs) - 1, 4), int)
    boxes[..., 0], boxes[..., 1] = xs[None, :-1], ys[:-1, None]
    boxes[..., 2], boxes[..., 3] = xs[None, 1:], ys[1:, None]
    net = [
        (tuple(box), tuple(quad))
        for box, quad in zip(boxes.reshape(-1, 4).tolist(), quads.reshape(-1, 8).tolist(), strict=True)
    ]
    return image.transform((int(xs[-1]), int(ys[-1])), Image.Transform.MESH, net, resample)
