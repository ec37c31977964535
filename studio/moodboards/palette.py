"""Colours drawn from pictures.

Each picture is looked at once, on its smallest rendition, and its colours are kept with the item. A
board's palette is found among those, which costs no decoding however many pictures there are.
"""

from __future__ import annotations

import logging
import math
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.core.files.storage import default_storage
from PIL import Image, UnidentifiedImageError

from studio.media.models import Rendition

from .models import BoardItem

logger = logging.getLogger(__name__)

SIZE = 7
PER_PICTURE = 8
SMALL = 64
ROUNDS = 8
#: two colours of a palette are at least so far apart (OKLab)
APART = 0.06

Color = tuple[float, float, float]
#: a colour as #rrggbb and its share of the picture
Share = tuple[str, float]


def draw(picture: Image.Image) -> list[Share]:
    """The main colours of a picture, largest share first. Transparent pixels don't count."""
    small = picture.convert("RGBA")
    small.thumbnail((SMALL, SMALL), Image.Resampling.BOX)
    raw = small.tobytes()
    pixels = b"".join(raw[at : at + 3] for at in range(0, len(raw), 4) if raw[at + 3] > 127)
    if not pixels:
        return []
    total = len(pixels) // 3
    row = Image.frombytes("RGB", (total, 1), pixels)
    reduced = row.quantize(PER_PICTURE, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)
    table, counts = reduced.getpalette() or [], reduced.histogram()[:PER_PICTURE]
    shares = sorted(((count, index) for index, count in enumerate(counts) if count), key=lambda it: (-it[0], it[1]))
    return [
        ("#{:02x}{:02x}{:02x}".format(*table[index * 3 : index * 3 + 3]), round(count / total, 4))
        for count, index in shares
    ]


def draw_from(items: Iterable[BoardItem]) -> None:
    """Keeps the colours of pictures that have not been looked at. Decodes: give it a few at a time."""
    wanted = {item.asset_id: item for item in items if item.asset_id is not None and item.colors is None}
    for asset_id, key in Rendition.objects.filter(asset__in=list(wanted), spec="w320").values_list(
        "asset_id", "storage_key"
    ):
        item = wanted[asset_id]
        try:
            with default_storage.open(key, "rb") as file, Image.open(file, formats=["WEBP"]) as picture:
                item.colors = draw(picture)
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError):
            # a file that is away; the board goes without its colours
            logger.warning("no colours of rendition %s", key)
    for item in wanted.values():
        BoardItem.objects.filter(pk=item.pk).update(colors=item.colors or [])


def combine(pictures: Sequence[Sequence[Share]], size: int = SIZE) -> list[str]:
    """Up to `size` colours that stand for all pictures, each of the same weight; dark to light. The same
    pictures give the same palette, in whatever order they stand."""
    points = _points(pictures)
    if not points:
        return []
    centres = _spread(points, size)
    for _round in range(ROUNDS):
        groups: dict[int, list[tuple[Color, float]]] = defaultdict(list)
        for color, weight in points:
            groups[min(range(len(centres)), key=lambda at: _distance(color, centres[at]))].append((color, weight))
        moved = [_mean(groups[at]) for at in sorted(groups)]
        if moved == centres:
            break
        centres = moved
    # a mean of many is a grey that no picture has: the colour that stands for a group is one of its own
    return [_to_hex(color) for color in sorted(_distinct([_heaviest(groups[at]) for at in sorted(groups)]))]


def _points(pictures: Sequence[Sequence[Share]]) -> list[tuple[Color, float]]:
    """Colours of all pictures, near ones put together, in an order that depends on nothing but themselves.
    Strong colours weigh more than greys, as they do for the eye."""
    cells: dict[tuple[int, ...], list[tuple[Color, float]]] = defaultdict(list)
    for shares in pictures:
        for text, share in shares:
            color = _from_hex(text)
            weight = share * (0.25 + 6 * math.hypot(color[1], color[2]))
            cells[tuple(round(part * 30) for part in color)].append((color, weight))
    return [
        (_mean(sorted(cell)), sum(weight for _color, weight in sorted(cell))) for _key, cell in sorted(cells.items())
    ]


def _spread(points: list[tuple[Color, float]], size: int) -> list[Color]:
    """To begin with: the heaviest colour, then always the one that is heavy and far from all others."""
    centres = [_heaviest(points)]
    while len(centres) < min(size, len(points)):
        best = max(points, key=lambda point: point[1] ** 0.5 * min(_distance(point[0], centre) for centre in centres))
        centres.append(best[0])
    return centres


def _heaviest(points: list[tuple[Color, float]]) -> Color:
    return max(points, key=lambda point: point[1])[0]


def _distinct(colors: list[Color]) -> list[Color]:
    kept: list[Color] = []
    for color in colors:
        if all(_distance(color, other) >= APART**2 for other in kept):
            kept.append(color)
    return kept


def _mean(group: list[tuple[Color, float]]) -> Color:
    total = sum(weight for _color, weight in group) or 1.0
    a, b, c = (sum(color[axis] * weight for color, weight in group) / total for axis in range(3))
    return a, b, c


def _distance(one: Color, other: Color) -> float:
    return (one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2 + (one[2] - other[2]) ** 2


def _from_hex(text: str) -> Color:
    """OKLab, in which equal distances look equal."""
    red, green, blue = (_linear(int(text[at : at + 2], 16) / 255) for at in (1, 3, 5))
    long = (0.4122214708 * red + 0.5363325363 * green + 0.0514459929 * blue) ** (1 / 3)
    middle = (0.2119034982 * red + 0.6806995451 * green + 0.1073969566 * blue) ** (1 / 3)
    short = (0.0883024619 * red + 0.2817188376 * green + 0.6299787005 * blue) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * middle - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * middle + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * middle - 0.8086757660 * short,
    )


def _to_hex(color: Color) -> str:
    lightness, a, b = color
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    parts = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(part)):02x}" for part in parts)


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    part = min(max(part, 0.0), 1.0)
    return part * 12.92 if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)
