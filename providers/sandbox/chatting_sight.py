"""What can be told of a picture or film by its pixels alone: size, colours, light, where it is bright, how it moves."""

from __future__ import annotations

import math
from dataclasses import dataclass
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .paint.containers import opened, picture_stream
from .paint.footage import picture_of
from .render import UnusableReferenceError
from .youchuan_inputs import open_picture
from .youchuan_masks import PICTURE_FORMATS

SMALL = 96
"""Pixels of the longer side that colours are counted on."""
MOST_FRAMES = 720
"""Frames of a film that are decoded; what comes after is not looked at."""
MOST_SAMPLES = 48

Pixels = NDArray[np.float32]

_HUES = (
    (15, "red", "红色"),
    (40, "orange", "橙色"),
    (68, "yellow", "黄色"),
    (165, "green", "绿色"),
    (195, "teal", "青色"),
    (255, "blue", "蓝色"),
    (290, "purple", "紫色"),
    (345, "pink", "粉色"),
    (361, "red", "红色"),
)
CHINESE_COLOURS = {name: chinese for _end, name, chinese in _HUES} | {
    "black": "黑色",
    "white": "白色",
    "grey": "灰色",
    "brown": "棕色",
}
_PLACES = (
    ("upper left", "左上方"),
    ("top", "上方"),
    ("upper right", "右上方"),
    ("left", "左侧"),
    ("centre", "中央"),
    ("right", "右侧"),
    ("lower left", "左下方"),
    ("bottom", "下方"),
    ("lower right", "右下方"),
)
_RATIOS = ((1, 1), (4, 3), (3, 2), (16, 9), (21, 9), (3, 4), (2, 3), (9, 16), (9, 21))


@dataclass(frozen=True)
class Film:
    """``motion`` is how much of the light changes from sample to sample, ``brighter`` from beginning to end."""

    seconds: float
    frame_rate: float
    has_sound: bool
    motion: float
    brighter: float


@dataclass(frozen=True)
class Look:
    """``colours`` from most to least, with their share; light and contrast from 0 to 1; places count in a 3x3 grid."""

    width: int
    height: int
    colours: tuple[tuple[str, float], ...]
    light: float
    contrast: float
    warmth: float
    detail: float
    bright_place: int | None
    dark_place: int | None
    film: Film | None = None

    @property
    def colour_names(self) -> list[str]:
        return [name for name, share in self.colours if share >= 0.08][:3] or [self.colours[0][0]]


def look_at_picture(data: bytes) -> Look:
    """UnusableReferenceError when it can't be decoded."""
    try:
        with Image.open(BytesIO(data), formats=PICTURE_FORMATS) as picture_file:
            whole = picture_file.size
    except Exception as error:  # decoders raise whatever they like on broken files
        raise UnusableReferenceError(str(error)) from error
    picture = open_picture(data, enough=SMALL)
    width, height = whole if (whole[0] > whole[1]) == (picture.width > picture.height) else whole[::-1]
    return _look(_pixels(picture), width, height)


def look_at_film(path: Path, frames_a_second: float) -> Look:
    """UnusableReferenceError when it can't be decoded."""
    try:
        with opened(path) as container:
            stream = picture_stream(container)
            if stream is None:
                raise UnusableReferenceError("there is nothing to see")
            rate = float(stream.average_rate or 24)
            step = max(1, round(rate / frames_a_second))
            seen: list[Pixels] = []
            count, width, height = 0, stream.codec_context.width, stream.codec_context.height
            for frame in container.decode(stream):
                if count % step == 0 and len(seen) < MOST_SAMPLES and count < MOST_FRAMES:
                    picture = picture_of(frame)
                    width, height = picture.size
                    seen.append(_pixels(picture))
                count += 1
                if count > MOST_FRAMES and stream.frames:
                    count = stream.frames
                    break
            has_sound = bool(container.streams.audio)
    except UnusableReferenceError:
        raise
    except Exception as error:  # as above
        raise UnusableReferenceError(str(error) or type(error).__name__) from error
    if not seen:
        raise UnusableReferenceError("there is nothing to see")
    changes = [float(np.abs(a - b).mean()) for a, b in pairwise(seen)]
    film = Film(
        seconds=count / rate,
        frame_rate=rate,
        has_sound=has_sound,
        motion=max(changes, default=0.0) / 2 + (sum(changes) / len(changes) / 2 if changes else 0.0),
        brighter=float(seen[-1].mean() - seen[0].mean()),
    )
    return _look(seen[len(seen) // 2], width, height, film)


def describe(look: Look, *, chinese: bool) -> str:
    return _in_chinese(look) if chinese else _in_english(look)


def _pixels(picture: Image.Image) -> Pixels:
    small = picture.convert("RGB")
    small.thumbnail((SMALL, SMALL))
    return (np.asarray(small) / 255).astype(np.float32)


def _look(pixels: Pixels, width: int, height: int, film: Film | None = None) -> Look:
    light = pixels @ np.array([0.2126, 0.7152, 0.0722], np.float32)
    grid = np.array([[part.mean() for part in np.array_split(row, 3, axis=1)] for row in np.array_split(light, 3)])
    mean = float(light.mean())
    flat = grid.ravel()
    across, down = np.abs(np.diff(light, axis=1)), np.abs(np.diff(light, axis=0))
    detail = float(across.mean() if across.size else 0) + float(down.mean() if down.size else 0)
    return Look(
        width=width,
        height=height,
        colours=_colours(pixels),
        light=mean,
        contrast=float(light.std()),
        warmth=float((pixels[..., 0] - pixels[..., 2]).mean()),
        detail=detail,
        bright_place=int(flat.argmax()) if flat.max() - mean > 0.06 else None,
        dark_place=int(flat.argmin()) if mean - flat.min() > 0.06 else None,
        film=film,
    )


def _colours(pixels: Pixels) -> tuple[tuple[str, float], ...]:
    flat = pixels.reshape(-1, 3)
    high, low = flat.max(axis=1), flat.min(axis=1)
    spread = high - low
    saturation = np.where(high > 0, spread / np.maximum(high, 1e-6), 0)
    red, green, blue = flat.T
    safe = np.maximum(spread, 1e-6)
    hue = np.where(
        high == red,
        (green - blue) / safe % 6,
        np.where(high == green, (blue - red) / safe + 2, (red - green) / safe + 4),
    )
    degrees = hue * 60
    ends = np.array([end for end, _name, _chinese in _HUES])
    names = np.array([name for _end, name, _chinese in _HUES], dtype="<U6")[np.searchsorted(ends, degrees, "right")]
    names = np.where((names == "orange") & (high < 0.6), "brown", names)
    names = np.where(saturation < 0.15, np.where(high > 0.85, "white", "grey"), names)
    names = np.where(high < 0.15, "black", names)
    found, counts = np.unique(names, return_counts=True)
    shares = sorted(zip(found.tolist(), (counts / len(flat)).tolist(), strict=True), key=lambda item: -item[1])
    return tuple((name, float(share)) for name, share in shares[:4])


def _shape(look: Look) -> tuple[str, str]:
    ratio = look.width / look.height
    if 0.95 <= ratio <= 1.05:
        return "square", "方形"
    if ratio > 2.2:
        return "panoramic", "全景"
    return ("landscape", "横幅") if ratio > 1 else ("portrait", "竖幅")


def _ratio(look: Look) -> str:
    shape = look.width / look.height
    across, down = min(_RATIOS, key=lambda pair: abs(math.log(shape * pair[1] / pair[0])))
    return f"{across}:{down}"


def _level(value: float, bounds: tuple[float, ...], words: tuple[str, ...]) -> str:
    return words[sum(value >= bound for bound in bounds)]


_LIGHT, _CONTRAST, _DETAIL, _MOTION = (0.15, 0.35, 0.6, 0.8), (0.1, 0.22), (0.03, 0.1), (0.008, 0.04, 0.12)


def _in_english(look: Look) -> str:
    names = look.colour_names
    colours = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    light = _level(look.light, _LIGHT, ("very dark", "dark", "evenly lit", "bright", "very bright"))
    contrast = _level(look.contrast, _CONTRAST, ("soft", "moderate", "strong"))
    mood = "warm" if look.warmth > 0.06 else "cool" if look.warmth < -0.06 else "neutral"
    what = "film" if look.film else "picture"
    told = [
        f"A {_shape(look)[0]} {what} of {look.width} by {look.height} pixels, about {_ratio(look)}.",
        f"Its main colours are {colours}." if len(names) > 1 else f"Its main colour is {colours}.",
        f"It is {light}, with {contrast} contrast and a {mood} mood.",
    ]
    if look.bright_place is not None:
        told.append(f"The light gathers at the {_PLACES[look.bright_place][0]}.")
    elif look.dark_place is not None:
        told.append(f"The darkest part is at the {_PLACES[look.dark_place][0]}.")
    else:
        told.append("The light is spread evenly.")
    detail = _level(look.detail, _DETAIL, ("smooth, with few details", "moderately detailed", "rich in fine detail"))
    told.append(f"The surfaces are {detail}.")
    if look.film:
        film = look.film
        motion = _level(film.motion, _MOTION, ("hardly moves", "moves gently", "moves briskly", "changes a great deal"))
        sound = "with sound" if film.has_sound else "without sound"
        told.insert(1, f"It lasts {film.seconds:.1f} seconds at {film.frame_rate:.4g} frames a second, {sound}.")
        told.append(f"The picture {motion}{_trend(film, ' and grows brighter', ' and grows darker')}.")
    return " ".join(told)


def _in_chinese(look: Look) -> str:
    colours = "、".join(CHINESE_COLOURS[name] for name in look.colour_names)
    light = _level(look.light, _LIGHT, ("非常昏暗", "偏暗", "明暗均衡", "明亮", "非常明亮"))
    contrast = _level(look.contrast, _CONTRAST, ("柔和", "适中", "强烈"))
    mood = "温暖" if look.warmth > 0.06 else "清冷" if look.warmth < -0.06 else "中性"
    what = "视频" if look.film else "图片"
    one = "一段" if look.film else "一幅"
    told = [f"这是{one}{_shape(look)[1]}{what}，{look.width}×{look.height} 像素，约 {_ratio(look)}。"]
    if look.film:
        film = look.film
        sound = "有声" if film.has_sound else "无声"
        told.append(f"时长 {film.seconds:.1f} 秒，每秒 {film.frame_rate:.4g} 帧，{sound}。")
    told.append(f"主要颜色是{colours}，整体{light}，对比{contrast}，色调{mood}。")
    if look.bright_place is not None:
        told.append(f"光线集中在{_PLACES[look.bright_place][1]}。")
    elif look.dark_place is not None:
        told.append(f"最暗的部分在{_PLACES[look.dark_place][1]}。")
    else:
        told.append("光线分布均匀。")
    told.append(f"画面{_level(look.detail, _DETAIL, ('平滑，细节不多', '细节适中', '细节丰富'))}。")
    if look.film:
        motion = _level(look.film.motion, _MOTION, ("几乎静止", "缓缓移动", "动作轻快", "变化很大"))
        told.append(f"镜头内容{motion}{_trend(look.film, '，并逐渐变亮', '，并逐渐变暗')}。")
    return "".join(told)


def _trend(film: Film, brighter: str, darker: str) -> str:
    return brighter if film.brighter > 0.06 else darker if film.brighter < -0.06 else ""
