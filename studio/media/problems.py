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
