"""From an order of Seedance to the film: what the model may decide by itself, and what is rendered."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Any

from .paint import Recipe
from .probing import Probe
from .render import Work
from .talkingdata_ark_bodies import ADAPTIVE, FILM, FIRST, LAST, PICTURE, SOUND, Order
from .talkingdata_ark_wire import FRAMES_A_SECOND, SIZES

WATERMARK = "AI generated"
RATIOS = tuple(SIZES["720p"])
_SHAPES = (
    ("21:9", r"ultra.?wide|anamorphic|cinemascope|宽银幕|超宽"),
    ("9:16", r"vertical|portrait|phone screen|smartphone video|竖屏|竖版|竖幅|短视频|手机屏"),
    ("1:1", r"\bsquare (?:format|frame|picture|video)|方形|方图|正方"),
    ("4:3", r"old (?:tv|television|film)|vhs|复古电视|老电视"),
    ("16:9", r"landscape format|wide shot|横屏|横版|横幅"),
)
_NEWS = re.compile(r"today|tonight|latest|current|real.?time|news|weather|this week|今天|今日|实时|最新|新闻|天气|近期")
_SECONDS = re.compile(r"(\d{1,2})\s*(?:秒|s\b|secs?\b|seconds?\b)", re.IGNORECASE)


@dataclass(frozen=True)
class TakenFile:
    """A file of the order as we have it."""

    role: str
    file: str
    seen: Probe


def searches(order: Order) -> int:
    """How often the model looks something up on the web, if it may."""
    return int(order.search and _NEWS.search(order.text.lower()) is not None)


def seconds_of(order: Order) -> int:
    """What is asked for; -1 takes the longest time that the words name, or one that fits how much they tell."""
    if order.duration != -1:
        return order.duration
    named = [int(number) for number in _SECONDS.findall(order.text)]
    told = len(re.findall(r"[\u3400-\u9fff]", order.text)) // 10 + len(re.findall(r"[A-Za-z]+", order.text)) // 6
    return min(15, max(4, max(named) if named else 4 + told))


def ratio_of(order: Order, files: list[TakenFile]) -> str:
    """What is asked for; adaptive follows the first frame, else the words, else the first film or picture."""
    if order.ratio != ADAPTIVE:
        return order.ratio
    first = next((file.seen for file in files if file.role == FIRST), None)
    if first is not None:
        return nearest(first.width / first.height)
    if meant := _meant(order.text):
        return meant
    for role in (FILM, PICTURE):
        for file in files:
            if file.role == role:
                return nearest(file.seen.width / file.seen.height)
    return "16:9"


def nearest(shape: float) -> str:
    return min(RATIOS, key=lambda ratio: abs(math.log(shape / _sides(ratio))))


def work_of(order: Order, files: list[TakenFile], ratio: str, seconds: int, seed: int, last_frame: str) -> Work:
    """``last_frame`` is the file that keeps it, "" for none."""
    width, height = SIZES[order.resolution][ratio]
    named = {role: [file.file for file in files if file.role == role] for role in (FIRST, LAST, PICTURE, FILM, SOUND)}
    options: dict[str, Any] = {
        "width": width,
        "height": height,
        "seconds": seconds,
        "fps": FRAMES_A_SECOND,
        "first": "".join(named[FIRST]),
        "last": "".join(named[LAST]),
        "steer": named[PICTURE],
        "videos": named[FILM],
        "audios": named[SOUND] if order.sound else [],
        "sound": "mono" if order.sound else "",
        "watermark": WATERMARK if order.watermark else "",
        "keep_last": last_frame,
    }
    return Work("clip", Recipe(order.text, seed, 0, width, height).to_json(), "", options)


def _meant(text: str) -> str:
    text = text.lower().replace("：", ":")
    if named := re.search(r"(?<![\d:])(16:9|4:3|1:1|3:4|9:16|21:9)(?![\d:])", text):
        return named[1]
    return next((ratio for ratio, words in _SHAPES if re.search(words, text)), "")


def _sides(ratio: str) -> float:
    width, _colon, height = ratio.partition(":")
    return int(width) / int(height)
