"""What templates need to draw a picture or play a video or sound."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from django.urls import reverse

from studio.media.models import Asset, AssetKind

DRAWN_BY_DEFAULT = 768

_EXTENSIONS = tuple(
    ".jpg .jpeg .png .webp .avif .gif .mp4 .mov .webm .wav .mp3 .m4a .aac .ogg .oga .opus .flac".split()  # noqa: SIM905
)
_VIDEO_NAMES = {"video/mp4": "MP4", "video/quicktime": "MOV", "video/webm": "WebM"}
_AUDIO_NAMES = {
    "audio/wav": "WAV",
    "audio/mpeg": "MP3",
    "audio/mp4": "M4A",
    "audio/aac": "AAC",
    "audio/ogg": "OGG",
    "audio/flac": "FLAC",
}
PREVIEW = "preview"
WAVE = "wave"
#: a sound's place where pictures are drawn
_SOUND_SIZE = (960, 480)
#: a picture of one transparent pixel: a page whose `src` is empty asks for itself
_NOTHING = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"
_NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|', " "))


@dataclass(frozen=True, slots=True)
class ImageView:
    """`src`, `srcset` and `placeholder` of a video are those of its poster, of a sound those of its waveform in
    grey. `width` and `height` of a sound are those of the place it is given; `size_label` says no size of it."""

    asset_id: int
    name: str
    src: str
    srcset: str
    width: int
    height: int
    #: width ÷ height, written for CSS
    ratio: str
    placeholder: str
    original_url: str
    download_url: str
    download_name: str
    kind: str = "image"
    #: seconds; 0 for pictures, as `duration_label` is empty
    duration: float = 0
    duration_label: str = ""
    frame_rate: float = 0
    has_sound: bool = False
    video_url: str = ""
    #: "MP4", "MOV", "WebM"
    video_format: str = ""
    #: a small silent MP4 of its beginning; "" where there is none
    preview_url: str = ""
    audio_url: str = ""
    #: "WAV", "MP3", "M4A", "AAC", "OGG", "FLAC"
    audio_format: str = ""
    #: the waveform of a sound on a transparent ground, to be used as a mask
    wave_url: str = ""

    @property
    def is_video(self) -> bool:
        return self.kind == AssetKind.VIDEO

    @property
    def is_audio(self) -> bool:
        return self.kind == AssetKind.AUDIO

    @property
    def size_label(self) -> str:
        """ "1920 × 1080", or how long a sound is."""
        return self.duration_label if self.is_audio else f"{self.width} × {self.height}"


def image_view(asset: Asset, team_slug: str) -> ImageView:
    """Makes no queries when `renditions` is prefetched."""
    original = reverse("media:original", args=[team_slug, asset.pk])
    folder = original.removesuffix("original")  # reversing every rendition doubles the time of a page of pictures
    made_of_it = asset.renditions.all()
    renditions = sorted((made for made in made_of_it if made.spec not in (PREVIEW, WAVE)), key=lambda made: made.width)
    largest = renditions[-1] if renditions else None
    drawn = next((made for made in renditions if made.width >= DRAWN_BY_DEFAULT), largest)
    is_video, is_audio = asset.kind == AssetKind.VIDEO, asset.kind == AssetKind.AUDIO
    has_preview = is_video and any(made.spec == PREVIEW for made in made_of_it)
    has_wave = is_audio and any(made.spec == WAVE for made in made_of_it)
    wave = f"{folder}{WAVE}.webp" if has_wave else asset.placeholder
    poster = f"{folder}{drawn.spec}.webp" if drawn else asset.placeholder if is_video else original
    width, height = _SOUND_SIZE if is_audio else (asset.width, asset.height)
    return ImageView(
        asset_id=asset.pk,
        name=asset.name,
        src=(wave or _NOTHING) if is_audio else poster,
        srcset=", ".join(f"{folder}{made.spec}.webp {made.width}w" for made in renditions),
        width=width,
        height=height,
        ratio=f"{width / height:.4f}" if height else "1",
        placeholder=asset.placeholder,
        original_url=original,
        download_url=f"{original}?download=1",
        download_name=download_name(asset),
        kind=asset.kind,
        duration=asset.duration,
        duration_label=duration_label(asset.duration) if is_video or is_audio else "",
        frame_rate=asset.frame_rate,
        has_sound=asset.has_sound,
        video_url=original if is_video else "",
        video_format=_VIDEO_NAMES.get(asset.media_type, "") if is_video else "",
        preview_url=f"{folder}{PREVIEW}.mp4" if has_preview else "",
        audio_url=original if is_audio else "",
        audio_format=_AUDIO_NAMES.get(asset.media_type, "") if is_audio else "",
        wave_url=wave if is_audio else "",
    )


def duration_label(seconds: float) -> str:
    """ "0:05", "1:02:03"; what is there is never shown as nothing."""
    whole = max(1, round(seconds))
    hours, rest = divmod(whole, 3600)
    minutes, rest = divmod(rest, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def download_name(asset: Asset, wanted: str = "", *, extension: str = "") -> str:
    """A file name that is safe on every system; the extension is that of the real format."""
    name = (wanted or asset.name).translate(_NOT_IN_NAMES)
    name = "".join(letter if letter.isprintable() else " " for letter in name)
    if name.lower().endswith(_EXTENSIONS):
        name = name[: name.rindex(".")]
    name = " ".join(name.split())[:80].strip(" .")
    return (name or f"atelier-{asset.pk}") + (extension or PurePosixPath(asset.storage_key).suffix)
