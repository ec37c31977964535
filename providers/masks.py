"""Masks in the shapes that services want: two-level pictures, or polygons.

A canonical mask is a grey PNG as large as its picture, white where it is repainted. Here it is an array of
booleans, `mask[y, x]`, read from any kind of PNG.

**Polygons.** Corners are points between pixels: (0, 0) is the picture's upper left corner, (width, height)
its lower right one, so that a single pixel at the upper left is (0, 0) (1, 0) (1, 1) (0, 1). They run clockwise
as one sees them, beginning at their topmost point, and are to be filled together (a pixel is painted when its
middle is in any of them), by the even-odd or the non-zero rule alike. A hole is reached by a cut: the polygon
goes straight down to it, around it against the clock and back on the same line, so that nothing but the hole is
left out. Pixels that touch at a corner only are not connected.
"""

from __future__ import annotations

import base64
import io
from bisect import insort
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .errors import InvalidRequest
from .words import gettext_noop as _

Mask: TypeAlias = NDArray[np.bool_]
Point: TypeAlias = tuple[int, int]
Polygon: TypeAlias = list[Point]
Numbers: TypeAlias = NDArray[np.int64]
Coordinates: TypeAlias = NDArray[np.float64]

#: pixels; more than the largest picture that any service makes
MAX_PIXELS = 8192 * 8192
#: corners of all outlines together, beyond which a mask is noise and no drawing
MOST_CORNERS = 2_000_000
#: pixels that a simplified outline may leave the drawn one by
TOLERANCE = 1.0

_UNREADABLE = _("The mask can't be read. Draw it once more.")
_TOO_LARGE = _("The mask is too large.")
_EMPTY = _("Nothing is painted over yet. Paint over what should change.")
_FULL = _("The whole picture is painted over. Leave out what should stay.")


# ── reading and writing ──────────────────────────────────────────────────────


def read_mask(data: bytes) -> Mask:
    """The mask in a PNG of any mode: what is at least half white is painted, transparency counts as black.

    Raises InvalidRequest when the data is no PNG that can be read.
    """
    try:
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise InvalidRequest(_TOO_LARGE, code="mask_too_large")
            return _is_white(image)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise InvalidRequest(_UNREADABLE, code="mask_unreadable") from error


def _is_white(image: Image.Image) -> Mask:
    if image.mode.startswith("I"):  # 16 bits a pixel
        return np.asarray(image, dtype=np.uint32) >= 0x8000
    if image.mode in {"L", "1"} and "transparency" not in image.info:
        return np.asarray(image.convert("L")) >= 0x80
    seen = np.asarray(image.convert("RGBA").convert("LA"), dtype=np.uint16)
    return seen[..., 0] * seen[..., 1] >= 0x80 * 0xFF


def require_some(mask: Mask) -> None:
    """Raises InvalidRequest when nothing is painted."""
    if not mask.any():
        raise InvalidRequest(_EMPTY, code="mask_empty")


def require_not_all(mask: Mask) -> None:
    """Raises InvalidRequest when everything is painted."""
    if mask.all():
        raise InvalidRequest(_FULL, code="mask_full")


def two_level_png(mask: Mask) -> bytes:
    """Black and white alone, one bit a pixel."""
    packed = np.packbits(mask, axis=1)
    height, width = mask.shape
    file = io.BytesIO()
    Image.frombytes("1", (width, height), packed.tobytes()).save(file, "PNG")
    return file.getvalue()


def data_url(mask: Mask) -> str:
    """The two-level PNG as a data URL."""
    return "data:image/png;base64," + base64.b64encode(two_level_png(mask)).decode("ascii")


def blank(width: int, height: int) -> Mask:
    """A mask on which nothing is painted."""
    return np.zeros((height, width), dtype=np.bool_)


# ── polygons ─────────────────────────────────────────────────────────────────


def polygons(mask: Mask, *, max_points: int) -> list[Polygon] | None:
    """The painted areas, or None when they have more than `max_points` corners together.

    Filled, they differ from the mask at most in pixels within `TOLERANCE` of its border.
    """
    loops = _trace(mask, max_points)
    if loops is None:
        return None
    found: list[Polygon] = []
    left = max_points
    for loop in loops:
        if not loop.is_hole:
            polygon = _with_holes(loop, left)
            left -= len(polygon)
            if left < 0:
                return None
            found.append(polygon)
    return found


@dataclass(eq=False, slots=True)
class _Loop:
    """A closed outline, clockwise from the left end of its topmost edge. Its horizontal edges lie between the
    points 0 and 1, 2 and 3 …; `corners` are their numbers. `cuts` are where ways to holes begin, by the number of
    an edge's left corner."""

    corners: list[int]
    points: list[Point]
    is_hole: bool
    cuts: dict[int, list[tuple[Point, _Loop]]] = field(default_factory=dict)


def _trace(mask: Mask, max_points: int) -> list[_Loop] | None:
    """All outlines from top to bottom, holes tied to what is above them; None when there are far too many.

    Corners are numbered row by row. Along a row of the grid every two of them bound a horizontal edge, along a
    column a vertical one; where two pixels touch at a corner only, two corners have one place. Walking one edge of
    each kind in turn leads around an outline.
    """
    stride = mask.shape[1] + 1
    padded = np.pad(mask, 1)
    upper_left, upper_right = padded[:-1, :-1], padded[:-1, 1:]
    left_differs, right_differs = upper_left ^ padded[1:, :-1], upper_right ^ padded[1:, 1:]
    touching = left_differs & right_differs & (upper_left ^ upper_right)
    corner = (left_differs ^ right_differs) | touching
    if np.count_nonzero(corner) > MOST_CORNERS:
        return None
    places = np.sort(np.concatenate([np.flatnonzero(corner), np.flatnonzero(touching)]))
    rows, columns = np.divmod(places, stride)
    rising = touching[rows, columns] & upper_right[rows, columns]
    along_column = _vertical_partners(places, rows, columns, rising).tolist()
    xs, ys = columns.tolist(), rows.tolist()

    loops: list[_Loop] = []
    owner = [-1] * len(xs)
    for first in range(0, len(xs), 2):
        if owner[first] >= 0:
            continue
        if len(loops) > max_points // 3:
            return None
        corners: list[int] = []
        node = first
        while owner[node] < 0:
            across = node ^ 1
            owner[node] = owner[across] = len(loops)
            corners += (node, across)
            node = along_column[across]
        points = [(xs[node], ys[node]) for node in corners]
        loops.append(_Loop(corners, points, is_hole=not mask[ys[first], xs[first]]))

    for hole in loops:
        if hole.is_hole:
            x, y = hole.points[0]
            # straight up over painted pixels to the edge where they begin
            top = int(np.flatnonzero(~padded[: y + 1, x + 1])[-1])
            edge = int(np.searchsorted(places, top * stride + x, side="right")) - 1
            cuts = loops[owner[edge]].cuts.setdefault(edge, [])
            insort(cuts, ((x, top), hole), key=lambda cut: cut[0])
    return loops


def _vertical_partners(places: Numbers, rows: Numbers, columns: Numbers, rising: Mask) -> Numbers:
    """For every corner the one at the other end of its vertical edge."""
    second = np.zeros(len(places), dtype=np.bool_)
    second[1:] = places[1:] == places[:-1]
    # of two corners in one place, the second belongs to the pixel on the right, which is the upper one when rising
    order = np.lexsort((second ^ rising, rows, columns))
    partners = np.empty_like(order)
    partners[order[0::2]] = order[1::2]
    partners[order[1::2]] = order[0::2]
    return partners


def _with_holes(outer: _Loop, max_points: int) -> Polygon:
    """The simplified outline with its holes; with more than `max_points` as soon as it is known to have more."""
    found: Polygon = []
    ways = [iter(_steps(outer, max_points))]
    while ways and len(found) <= max_points:
        for point, hole in ways[-1]:
            if not found or found[-1] != point:
                found.append(point)
            if hole is not None:
                ways.append(iter(_steps(hole, max_points)))
                break
        else:
            ways.pop()
    return found


def _steps(loop: _Loop, max_points: int) -> list[tuple[Point, _Loop | None]]:
    """The simplified outline's points, each with the hole that is to be visited from it."""
    line: list[tuple[Point, _Loop | None]] = []
    for index in range(0, len(loop.points), 2):
        line.append((loop.points[index], None))
        cuts = loop.cuts.get(loop.corners[index] & ~1, ())
        line += cuts if loop.corners[index] % 2 == 0 else reversed(cuts)
        line.append((loop.points[index + 1], None))
    kept = _simplify([point for point, _hole in line], [i for i, (_point, hole) in enumerate(line) if hole], max_points)
    steps = [line[index] for index in kept]
    if loop.is_hole:
        steps = [steps[0], *reversed(steps[1:]), steps[0]]
    return [step for point, hole in steps for step in ([(point, hole), (point, None)] if hole else [(point, None)])]


def _simplify(points: list[Point], fixed: list[int], max_points: int) -> list[int]:
    """Which points of a closed line stay: the first, the fixed ones, and what the others are not nearer to."""
    array = np.array([*points, points[0]], dtype=np.float64)
    if not fixed:
        fixed = [int(np.argmax(((array - array[0]) ** 2).sum(axis=1)))]
    ends = sorted({0, *fixed, len(points)})
    for tolerance in (TOLERANCE, TOLERANCE / 2):
        kept = _douglas_peucker(array, ends, tolerance, max_points)
        if _has_area(array[kept]):
            return kept
    # a line of single pixels
    return list(range(len(points)))


def _douglas_peucker(array: Coordinates, ends: list[int], tolerance: float, max_points: int) -> list[int]:
    kept: list[int] = []
    spans = list(pairwise(ends))[::-1]
    while spans and len(kept) <= max_points:
        first, last = spans.pop()
        if last - first > 1:
            begin, chord = array[first], array[last] - array[first]
            offsets = array[first + 1 : last] - begin
            length = float(chord @ chord)
            if length:
                offsets -= np.clip(offsets @ chord / length, 0, 1)[:, None] * chord
            distances = np.einsum("ij,ij->i", offsets, offsets)
            farthest = int(np.argmax(distances))
            if distances[farthest] > tolerance * tolerance:
                middle = first + 1 + farthest
                spans += [(middle, last), (first, middle)]
                continue
        kept.append(first)
    return kept


def _has_area(line: Coordinates) -> bool:
    x, y = line[:, 0], line[:, 1]
    return len(line) > 2 and bool(abs(x @ np.roll(y, 1) - y @ np.roll(x, 1)) > 0)
