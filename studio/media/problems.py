"""Why a file is not taken, in plain sentences."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SENTENCES = {
    "empty": _("The file is empty."),
    "too_large": _("The file is larger than %(limit)s MB."),
    "not_a_picture": _("This is not a picture we can read. Use JPEG, PNG, WebP, AVIF or GIF."),
    "web_page": _("This is a web page, not a picture."),
    "web_page_for_others": _("This is a web page, not a file that can be used here."),
    "svg": _("SVG drawings cannot be used here. Export it as PNG and try again."),
    "other_format": _("%(format)s files cannot be used here. Save it as JPEG, PNG or WebP and try again."),
    "too_many_pixels": _("The picture has more than %(limit)s megapixels."),
    "too_many_frames": _("The animation has more than %(limit)s frames."),
    "damaged": _("The picture is damaged or incomplete."),
    "too_complex": _("The picture needs too much memory to be read."),
    "timeout": _("The picture took too long to read."),
    "crashed": _("The picture could not be read."),
    "decoder_failed": _("The picture could not be read."),
    "busy": _("Too many files are being read right now. Please try again in a moment."),
    "canceled": _("Reading the file was canceled."),
    "not_media": _("This is neither a picture nor a video that we can read. Use JPEG, PNG, WebP, MP4, MOV or WebM."),
    "not_a_film": _("This is not a video we can read. Use MP4, MOV or WebM."),
    "not_a_sound": _("This is not a sound file we can read. Use WAV, MP3, M4A, OGG or FLAC."),
    "not_any": _("This is not a picture, video or sound that we can read. Use JPEG, PNG, WebP, MP4, MOV, MP3 or WAV."),
    "video_for_picture": _("This is a video, not a picture."),
    "video_for_sound": _("This is a video, not a sound file."),
    "video_for_others": _("This is a video. A picture or a sound file is wanted here."),
    "sound_for_picture": _("This is a sound file, not a picture."),
    "sound_for_video": _("This is a sound file, not a video."),
    "sound_for_others": _("This is a sound file. A picture or a video is wanted here."),
    "not_a_video": _("This is a picture, not a video."),
    "picture_for_sound": _("This is a picture, not a sound file."),
    "picture_for_others": _("This is a picture. A video or a sound file is wanted here."),
    "audio_kind": _("This kind of sound file cannot be used here. Save it as MP3 or WAV and try again."),
    "audio_codec": _("This sound is compressed in a way that browsers cannot play. Save it as MP3 or WAV."),
    "audio_unusual": _("This sound has an unusual sample rate or number of channels. Save it as stereo at 48 kHz."),
    "audio_streams": _("The sound file has too many tracks. Keep one."),
    "audio_with_picture": _("This file has moving pictures, not only sound. Save it as MP4, or its sound as MP3."),
    "audio_without_sound": _("There is no sound in this file."),
    "audio_damaged": _("The sound file is damaged or incomplete."),
    "audio_too_long": _("The sound is longer than %(limit)s minutes."),
    "audio_too_complex": _("The sound needs too much memory to be read."),
    "audio_timeout": _("The sound took too long to read."),
    "audio_crashed": _("The sound could not be read."),
    "video_kind": _("This kind of video cannot be used here. Save it as MP4 and try again."),
    "video_codec": _(
        "This video is compressed in a way that browsers cannot play (%(codec)s). Save it as MP4 (H.264)."
    ),
    "video_sound": _(
        "The sound of this video is in a format that browsers cannot play. Save it as MP4 with AAC sound."
    ),
    "video_without_picture": _("This file has no picture to play, only sound or nothing."),
    "video_damaged": _("The video is damaged or incomplete."),
    "video_too_long": _("The video is longer than %(limit)s minutes."),
    "video_too_many_pixels": _("The video is larger than 4K (%(limit)s megapixels)."),
    "video_streams": _("The video has too many tracks."),
    "video_too_complex": _("The video needs too much memory to be read."),
    "video_timeout": _("The video took too long to read."),
    "video_crashed": _("The video could not be read."),
    "conversion_too_long": _("Only videos of up to %(limit)s seconds can become %(format)s."),
    "conversion_timeout": _("Making the file took too long."),
    "conversion_failed": _("The file could not be made."),
    "mask_format": _("This mask cannot be read. Use a PNG, JPEG or WebP."),
    "mask_animated": _("A mask cannot be animated."),
    "mask_size": _("The mask is %(mask_width)s × %(mask_height)s pixels and the picture %(width)s × %(height)s."),
    "mask_empty": _("Nothing is marked. Paint over what should change."),
    "mask_full": _("Everything is marked. Leave out what should stay as it is."),
    "gone": _("The file was deleted while it was being kept. Please try again."),
    "bad_address": _("This is not a web address. It should begin with https://."),
    "address_too_long": _("This address is too long."),
    "address_with_password": _("Addresses with a user name or password are not fetched."),
}

#: by what a file is and what is wanted
_WRONG_KIND = {
    ("video", frozenset({"image"})): "video_for_picture",
    ("video", frozenset({"audio"})): "video_for_sound",
    ("video", frozenset({"image", "audio"})): "video_for_others",
    ("audio", frozenset({"image"})): "sound_for_picture",
    ("audio", frozenset({"video"})): "sound_for_video",
    ("audio", frozenset({"image", "video"})): "sound_for_others",
    ("image", frozenset({"video"})): "not_a_video",
    ("image", frozenset({"audio"})): "picture_for_sound",
    ("image", frozenset({"video", "audio"})): "picture_for_others",
}
#: by what is wanted, for a file that is nothing we know
_UNKNOWN = {
    frozenset({"image"}): "not_a_picture",
    frozenset({"video"}): "not_a_film",
    frozenset({"audio"}): "not_a_sound",
    frozenset({"image", "video"}): "not_media",
}
#: what the decoder says of any file, where there is a sentence for its kind
_OF_KIND = {"timeout": "timeout", "crashed": "crashed", "too_complex": "too_complex", "decoder_failed": "crashed"}


class MediaProblem(Exception):
    """`text` and `values` can be kept and translated later; `user_message` is in the language of now."""

    def __init__(self, code: str, **values: Any) -> None:
        super().__init__(code, values)
        self.code = code
        self.text = SENTENCES[code]
        self.values = values

    @property
    def user_message(self) -> str:
        return gettext(self.text) % self.values

    def __str__(self) -> str:
        return self.text % self.values


def problem_of(code: str, values: Mapping[str, Any], *, found: str, wanted: Collection[str]) -> MediaProblem:
    """The problem that a decoder's answer means: `found` is the kind of the file by its first bytes ("" for none
    that we read), `wanted` the kinds that are taken."""
    kinds = frozenset(str(kind) for kind in wanted)
    if found in ("video", "audio") and code in _OF_KIND:
        return MediaProblem(f"{found}_{_OF_KIND[code]}")
    if code == "not_a_picture":
        return MediaProblem(_UNKNOWN.get(kinds, "not_any"))
    if code == "web_page" and kinds != {"image"}:
        return MediaProblem("web_page_for_others")
    if code != "other_format":
        return MediaProblem(code, **values)
    kind = found or {"video": "video", "sound": "audio"}.get(str(values.get("format")), "")
    if kind and kind not in kinds:
        return MediaProblem(_WRONG_KIND[kind, kinds])
    if kind:
        return MediaProblem(f"{kind}_kind")
    return MediaProblem("svg") if values.get("format") == "SVG" else MediaProblem(code, **values)
