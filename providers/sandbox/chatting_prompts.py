"""Making a prompt richer: the same subject, with the light, lens, composition and mood that it does not name yet."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .paint import words
from .paint.words import Intent

CJK = re.compile(r"[\u3400-\u9fff]")
_FLAG = re.compile(r"(?<!\S)--[A-Za-z]")
_DRAWN = {"watercolour", "sumi", "oil", "gouache", "woodblock", "pencil", "pixel", "minimal", "poster", "mosaic"}

Choices = Sequence[tuple[str, str]]
"""English and Chinese."""

_LIGHTS: Mapping[str, Choices] = {
    "dawn": (("pale first light with long soft shadows", "晨光微熹，影子柔长"),),
    "noon": (("clear high daylight with crisp shadows", "明朗的日光，阴影清晰"),),
    "golden": (("low golden sunlight that rims every edge", "低斜的金色阳光勾勒轮廓"),),
    "dusk": (("warm afterglow against a cooling sky", "暖色余晖映着渐冷的天色"),),
    "blue": (("even blue-hour light with a few warm lamps", "蓝调时刻的柔光点缀几盏暖灯"),),
    "night": (("moonlight with small pools of warm lamplight", "月光清冷，点点暖灯"),),
    "": (
        ("soft directional light from the side", "柔和的侧光"),
        ("diffused window light with gentle falloff", "漫射的窗光，明暗过渡细腻"),
        ("warm rim light against a darker background", "暖色轮廓光，背景偏暗"),
    ),
}
_LENSES: Choices = (
    ("shot on a 35mm lens at f/2.8", "35毫米镜头，f/2.8光圈"),
    ("50mm lens, shallow depth of field", "50毫米镜头，浅景深"),
    ("85mm lens with creamy bokeh", "85毫米镜头，柔美虚化"),
)
_WIDE: Choices = (("24mm wide-angle lens, deep focus", "24毫米广角镜头，全景深"),)
_STROKES: Choices = (
    ("visible hand-made texture, confident strokes", "手工质感，笔触自信"),
    ("layered pigment and fine paper grain", "颜料层叠，纸纹细腻"),
)
_COMPOSITIONS: Choices = (
    ("subject on the left third with open space to breathe", "主体位于左侧三分线，留白舒展"),
    ("low angle, layered foreground and background", "低角度构图，前后景层次分明"),
    ("balanced centred composition with leading lines", "居中均衡构图，引导线汇聚"),
)
_MOODS: Mapping[str, Choices] = {
    "mist": (("hushed, dreamlike mood", "静谧梦幻的氛围"),),
    "rain": (("quiet, reflective mood", "安静而略带思绪的氛围"),),
    "snow": (("hushed, crystalline mood", "清冽安宁的氛围"),),
    "storm": (("tense, dramatic mood", "紧张而富有戏剧性的氛围"),),
    "": (
        ("calm, intimate mood", "宁静亲密的氛围"),
        ("sense of quiet wonder", "静静的惊奇感"),
        ("fresh, hopeful atmosphere", "清新而充满希望的氛围"),
    ),
}
_MOVES: Choices = (
    ("the camera slowly pushes in", "镜头缓缓推近"),
    ("a smooth sideways tracking shot", "镜头平稳横移跟随"),
    ("a gentle upward crane move reveals the scene", "镜头缓缓升起，展现全景"),
)
_TEXTURES: Choices = (
    ("rich natural textures, fine detail", "材质真实，细节丰富"),
    ("harmonious colour palette, delicate tonal range", "配色和谐，影调细腻"),
)
_NAMED = {
    "light": r"\blight|\blit\b|glow|shadow|sunlit|backlit|光|影子|逆光",
    "lens": r"\blens|\d+\s?mm\b|f/\d|bokeh|depth of field|镜头|景深|光圈|毫米|虚化",
    "composition": r"composition|composed|rule of thirds|close-?up|low angle|wide shot|centred|centered|framing"
    r"|构图|特写|全景|三分|俯拍|仰拍",
    "mood": r"\bmood|atmosphere|serene|calm|dramatic|dreamy|moody|cheerful|氛围|气氛|情绪|宁静|梦幻",
    "move": r"camera|tracking|pans?\b|zoom|dolly|crane|推近|拉远|横移|跟拍|运镜|镜头",
}


@dataclass(frozen=True)
class Parts:
    """A prompt as it is: its words, and its flags written as they were."""

    words: str
    flags: str


def split(prompt: str) -> Parts:
    """Everything from the first ``--flag`` on is flags."""
    match = _FLAG.search(prompt)
    if match is None:
        return Parts(prompt.strip(), "")
    return Parts(prompt[: match.start()].strip(), prompt[match.start() :].strip())


def improve(prompt: str, *, film: bool = False, colours: Sequence[str] = ()) -> str:
    """``colours`` are those of pictures that came with it, in the prompt's own language."""
    parts = split(prompt)
    chinese = CJK.search(parts.words) is not None
    subject = re.sub(r"[\s.,;。，；、]+$", "", parts.words)
    named = {facet for facet, pattern in _NAMED.items() if re.search(pattern, subject, re.IGNORECASE)}
    added = [pair[chinese] for pair in _facets(words.read(subject), named, zlib.crc32(subject.encode()), film)]
    if colours:
        palette = ("、" if chinese else ", ").join(colours)
        added.append(f"以{palette}为主色" if chinese else f"a palette of {palette}")
    whole = ("，" if chinese else ", ").join([subject, *added] if subject else added)
    return f"{whole} {parts.flags}".strip()


def _facets(intent: Intent, named: set[str], mark: int, film: bool) -> list[tuple[str, str]]:
    drawn = bool(_DRAWN & set(intent.styles))
    found: list[tuple[str, str]] = []
    if "light" not in named:
        found.append(_pick(_LIGHTS.get(intent.time or "", _LIGHTS[""]), mark))
    if "lens" not in named:
        lenses = _STROKES if drawn else _WIDE if intent.lands else _LENSES
        found.append(_pick(lenses, mark // 3))
    if "composition" not in named:
        found.append(_pick(_COMPOSITIONS, mark // 7))
    if film and "move" not in named:
        found.append(_pick(_MOVES, mark // 11))
    if "mood" not in named:
        weather = next((name for name in _MOODS if name in intent.weathers), "")
        found.append(_pick(_MOODS[weather], mark // 13))
    return found or [_pick(_TEXTURES, mark)]


def _pick(choices: Choices, mark: int) -> tuple[str, str]:
    return choices[mark % len(choices)]
