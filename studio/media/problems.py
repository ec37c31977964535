"""Why a file is not taken, in plain sentences."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

SENTENCES = {
    "empty": _("The file is empty."),
    "too_large": _("The file is larger than %(limit)s MB."),
    "not_a_picture": _("This is not a picture we can read. Use JPEG, PNG, WebP, AVIF or GIF."),
    "web_page": _("This is a web page, not a picture."),
    "svg": _("SVG drawings cannot be used here. Export it as PNG and try again."),
    "video": _("This is a video, not a picture."),
    "sound": _("This is a sound file, not a picture."),
    "other_format": _("%(format)s files cannot be used here. Save it as JPEG, PNG or WebP and try again."),
    "too_many_pixels": _("The picture has more than %(limit)s megapixels."),
    "too_many_frames": _("The animation has more than %(limit)s frames."),
    "damaged": _("The picture is damaged or incomplete."),
    "too_complex": _("The picture needs too much memory to be read."),
    "timeout": _("The picture took too long to read."),
    "crashed": _("The picture could not be read."),
    "decoder_failed": _("The picture could not be read."),
    "busy": _("Too many pictures are being read right now. Please try again in a moment."),
    "canceled": _("Reading the picture was canceled."),
    "not_media": _("This is neither a picture nor a video that we can read. Use JPEG, PNG, WebP, MP4, MOV or WebM."),
    "not_a_video": _("This is a picture, not a video."),
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
