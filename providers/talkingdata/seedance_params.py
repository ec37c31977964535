"""The parameters of Seedance 2.0 fast, with what the service says of each file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal, get_args

import pydantic

from ..params import Group, MediaRule, Params, Widget, choice, media, number, prompt, seed, switch
from ..words import gettext_noop as _
from .fields import refusal_at

MB = 1024 * 1024
#: Not documented: the service only recommends up to 500 Chinese characters or 1000 English words.
PROMPT_LIMIT = 8000
#: bytes of a whole request, files as text among them
REQUEST_BYTES = 64 * MB
#: seconds of all videos together, and of all sound files together
TOTAL_SECONDS = 15.0

MOST_PICTURES, MOST_VIDEOS, MOST_SOUNDS = 9, 3, 3

#: ratio (0.4, 2.5), sides (300, 6000), less than 30 MB: none of these bounds is itself allowed
PICTURE = MediaRule(
    media_types=("image/jpeg", "image/png", "image/webp", "image/bmp", "image/tiff", "image/gif"),
    max_bytes=30 * MB - 1,
    min_side=301,
    max_side=5999,
    min_ratio=0.4,
    max_ratio=2.5,
    open_ratio=True,
)
PICTURES = replace(PICTURE, max_items=MOST_PICTURES, spoken="[图{number}]")
VIDEO = MediaRule(
    kind="video",
    media_types=("video/mp4", "video/quicktime"),
    max_bytes=50 * MB,
    min_side=300,
    max_side=6000,
    min_pixels=409_600,
    max_pixels=927_408,
    min_ratio=0.4,
    max_ratio=2.5,
    min_seconds=2,
    max_seconds=15,
    max_total_seconds=TOTAL_SECONDS,
    min_rate=24,
    max_rate=60,
)
VIDEOS = replace(VIDEO, max_items=MOST_VIDEOS)
SOUNDS = MediaRule(
    kind="audio",
    max_items=MOST_SOUNDS,
    media_types=("audio/wav", "audio/mpeg"),
    max_bytes=15 * MB,
    min_seconds=2,
    max_seconds=15,
    max_total_seconds=TOTAL_SECONDS,
)

#: width and height by resolution and ratio
SIZES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    "480p": {
        "16:9": (864, 496),
        "4:3": (752, 560),
        "1:1": (640, 640),
        "3:4": (560, 752),
        "9:16": (496, 864),
        "21:9": (992, 432),
    },
    "720p": {
        "16:9": (1280, 720),
        "4:3": (1112, 834),
        "1:1": (960, 960),
        "3:4": (834, 1112),
        "9:16": (720, 1280),
        "21:9": (1470, 630),
    },
}

Resolution = Literal["480p", "720p"]
Ratio = Literal["adaptive", "16:9", "4:3", "1:1", "3:4", "9:16", "21:9"]
Seconds = Literal["4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "-1"]
#: the model chooses the length itself
CHOSEN_LENGTH = "-1"
#: hours; the service's own default
EXPIRES_AFTER = 48

#: the older way to say parameters, which the service refuses by now
_OLD_FLAG = re.compile(
    r"(?<!\S)--(?:resolution|rs|ratio|rt|duration|dur|frames|frs|framespersecond|fps|seed|camerafixed|cf|watermark|wm)"
    r"(?![\w-])",
    re.IGNORECASE,
)
_FLAG_IN_WORDS = _("%(flag)s can't stand in the words of a video. Set it in the panel, and take it out here.")
_NO_WORDS = _("Write a prompt first.")
_MIXED = _("A first or last frame and references can't go together. Take out one or the other.")
_NO_FIRST = _("A last frame needs a first frame as well.")
_SOUND_ALONE = _("Sound alone is not enough. Add a picture or a video.")
_NO_SUCH_PICTURE = _("The prompt speaks of picture %(number)s. Pictures added: %(count)s.")
_NO_SUCH_VIDEO = _("The prompt speaks of video %(number)s. Videos added: %(count)s.")
_NO_SUCH_SOUND = _("The prompt speaks of sound %(number)s. Sound files added: %(count)s.")

#: how prompts speak of files besides what is recommended: "[Image 3]", "图片3"; without brackets no amount is meant
#: ("图片3张", "视频15秒")
_NO_AMOUNT = r"(?!\s*(?:[\d张个幅年月日秒分段条首种次点Kk]|[.:：x×]\s*\d))"
_PICTURE_NUMBER = re.compile(
    rf"[\[【]\s*(?:图片|image|picture)\s*(\d{{1,3}})\s*[\]】]|图片(\d{{1,2}}){_NO_AMOUNT}", re.IGNORECASE
)
_VIDEO_NUMBER = re.compile(
    rf"[\[【]\s*(?:视频|video)\s*(\d{{1,3}})\s*[\]】]|视频(\d{{1,2}}){_NO_AMOUNT}", re.IGNORECASE
)
_SOUND_NUMBER = re.compile(
    rf"[\[【]\s*(?:音频|audio)\s*(\d{{1,3}})\s*[\]】]|音频(\d{{1,2}}){_NO_AMOUNT}", re.IGNORECASE
)


def _references(most_videos: int = MOST_VIDEOS) -> dict[str, Any]:
    """The three fields of files that a film may be made after."""
    return {
        "references": media(
            PICTURES,
            label=_("Reference pictures"),
            help=_("Speak of them in the prompt by their numbers: [图1], [图2] … No real people's faces."),
        ),
        "videos": media(replace(VIDEOS, max_items=most_videos), label=_("Reference videos")),
        "audios": media(
            SOUNDS,
            label=_("Reference sounds"),
            help=_("A voice, music or noise to go by. Needs a picture or a video beside it."),
        ),
    }


_FIELDS = _references()
_LAST_FRAME = _("The picture that the video ends on. It is cut to the shape of the first frame.")


class FilmParams(Params):
    """What all operations have."""

    prompt: str = prompt(max_length=PROMPT_LIMIT, required=False, placeholder=_("What happens, and how it looks"))
    ratio: Ratio = choice(
        "adaptive",
        [("adaptive", _("Automatic")), *((ratio, ratio) for ratio in get_args(Ratio)[1:])],
        label=_("Aspect ratio"),
        widget=Widget.RATIO,
        help=_("Automatic goes by the first frame, the first reference or the prompt."),
    )
    resolution: Resolution = choice(
        "720p", [(name, name) for name in get_args(Resolution)], label=_("Resolution"), help=_("480p costs half.")
    )
    duration: Seconds = choice(
        "5",
        [*((value, f"{value} s") for value in get_args(Seconds)[:-1]), (CHOSEN_LENGTH, _("Automatic"))],
        label=_("Length"),
        help=_("Automatic leaves it to the model. 15 seconds are held, and what it chose is paid."),
    )
    seed: int | None = seed(flag="")
    sound: bool = switch(
        label=_("Sound"),
        default=True,
        group=Group.BASIC,
        help=_("Made along with the picture, in mono. Put what is said into quotation marks."),
    )
    watermark: bool = switch(label=_("Watermark"), group=Group.ADVANCED)
    keep_last_frame: bool = switch(
        label=_("Keep the last frame"),
        group=Group.ADVANCED,
        help=_("As a picture besides, to go on from in another video."),
    )
    web_search: bool = switch(
        label=_("Web search"),
        group=Group.ADVANCED,
        help=_("The model may look up what is new, such as today's weather."),
    )
    library: bool = switch(
        label=_("Asset library"),
        group=Group.REFERENCES,
        help=_("Puts your files into the service's library of trusted files first. This takes a little longer."),
    )
    expires_after: int = number(
        EXPIRES_AFTER,
        ge=1,
        le=72,
        unit=_("hours"),
        label=_("Give up after"),
        group=Group.ADVANCED,
        widget=Widget.NUMBER,
        help=_("How long the service may take in all, waiting among it."),
    )

    def pictures(self) -> int:
        """How many pictures the prompt can speak of."""
        return 0

    def films(self) -> int:
        return len(getattr(self, "videos", ()))

    def sounds(self) -> int:
        return len(getattr(self, "audios", ()))

    @pydantic.model_validator(mode="after")
    def _check_words(self) -> FilmParams:
        if flag := _OLD_FLAG.search(self.prompt):
            raise refusal_at("prompt", self, _FLAG_IN_WORDS, flag=flag[0])
        for rule, pattern, count, sentence in (
            (PICTURES, _PICTURE_NUMBER, self.pictures(), _NO_SUCH_PICTURE),
            (VIDEOS, _VIDEO_NUMBER, self.films(), _NO_SUCH_VIDEO),
            (SOUNDS, _SOUND_NUMBER, self.sounds(), _NO_SUCH_SOUND),
        ):
            spoken = (int(inside or bare) for inside, bare in pattern.findall(self.prompt))
            for wanted in (*rule.numbers_in(self.prompt), *spoken):
                if not 1 <= wanted <= count:
                    raise refusal_at("prompt", self, sentence, number=wanted, count=count)
        return self


class CreateParams(FilmParams):
    """From words; from a first frame, or a first and a last one; or after references."""

    first_frame: tuple[str, ...] = media(
        PICTURE, label=_("First frame"), help=_("The picture that the video begins with.")
    )
    last_frame: tuple[str, ...] = media(PICTURE, label=_("Last frame"), help=_LAST_FRAME)
    references: tuple[str, ...] = _FIELDS["references"]
    videos: tuple[str, ...] = _FIELDS["videos"]
    audios: tuple[str, ...] = _FIELDS["audios"]

    def pictures(self) -> int:
        return len(self.first_frame) + len(self.last_frame) + len(self.references)

    @pydantic.model_validator(mode="after")
    def _check_combination(self) -> CreateParams:
        frames = self.first_frame or self.last_frame
        mixed = next((name for name in ("references", "videos", "audios") if getattr(self, name)), "")
        if frames and mixed:
            raise refusal_at(mixed, self, _MIXED)
        if self.last_frame and not self.first_frame:
            raise refusal_at("last_frame", self, _NO_FIRST)
        if self.audios and not (self.references or self.videos):
            raise refusal_at("audios", self, _SOUND_ALONE)
        if not (self.prompt.strip() or frames or mixed):
            raise refusal_at("prompt", self, _NO_WORDS)
        return self


class AnimateParams(FilmParams):
    """The picture is the first frame."""

    last_frame: tuple[str, ...] = media(PICTURE, label=_("Last frame"), help=_LAST_FRAME)

    def pictures(self) -> int:
        return 1 + len(self.last_frame)


_MORE = _references(MOST_VIDEOS - 1)


class ReworkParams(FilmParams):
    """The film is the first reference video."""

    references: tuple[str, ...] = _MORE["references"]
    videos: tuple[str, ...] = _MORE["videos"]
    audios: tuple[str, ...] = _MORE["audios"]

    def pictures(self) -> int:
        return len(self.references)

    def films(self) -> int:
        return 1 + len(self.videos)
