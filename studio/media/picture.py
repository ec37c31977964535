"""Decoding one picture: judging it, bringing it to sRGB, rebuilding it without metadata, renditions.

Runs in the decoder's child process: standard library and Pillow only. A video goes on to `video`, a sound to
`audio`.
"""

from __future__ import annotations

import base64
import hashlib
import io
import mmap
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from PIL import (
    AvifImagePlugin,  # noqa: F401 -- registers; else the first picture pays for importing all forty plugins
    GifImagePlugin,  # noqa: F401
    Image,
    ImageCms,
    ImageFile,
    ImageOps,
    JpegImagePlugin,  # noqa: F401
    PngImagePlugin,  # noqa: F401
    WebPImagePlugin,  # noqa: F401
)

from studio.media.containers import Contents, Refused, read_contents, sniff, webp_canvas

ImageFile.LOAD_TRUNCATED_IMAGES = False
warnings.simplefilter("error", Image.DecompressionBombWarning)

TYPES = {
    "JPEG": ("image/jpeg", "jpg"),
    "PNG": ("image/png", "png"),
    "WEBP": ("image/webp", "webp"),
    "AVIF": ("image/avif", "avif"),
    "GIF": ("image/gif", "gif"),
}
VIDEOS = ("MP4", "MOV", "WEBM")
SOUNDS = ("WAV", "MP3", "M4A", "AAC", "OGG", "FLAC")
#: one container for both: what is inside decides
VIDEOS_OR_SOUNDS = ("MP4", "MOV", "M4A")
WEBP_LONGEST = 16383
SMALL_PROFILE = 4096
# Measured on a photo-like 1024² picture, quality 80: method 2 takes 37 ms for 124 kB, the default 4
# takes 85 ms for 120 kB, 6 takes 194 ms for 98 kB.
WEBP_METHOD = 2
# Encoding WebP takes 41 bytes a pixel when lossless and 39 with transparency (lossy and opaque: 10),
# measured; a larger picture that needs either becomes a PNG, or the child would run out of memory.
WEBP_DEMANDING_PIXELS = 16_000_000


def examine(request: dict[str, Any]) -> dict[str, Any]:
    """Do what one request asks; `Refused` says why not."""
    source, folder = Path(request["source"]), Path(request["output"])
    size = source.stat().st_size
    if size > request["max_bytes"]:
        raise Refused("too_large")
    with source.open("rb") as file:
        head = file.read(4096)
        name = sniff(head)
        if name in VIDEOS_OR_SOUNDS and not set(request["formats"]).isdisjoint(VIDEOS_OR_SOUNDS):
            from studio.media.audio import name_by_content

            name = name_by_content(source, name)
        if name not in request["formats"]:
            raise Refused("other_format", format=name)
        if name in VIDEOS:
            from studio.media.video import examine_video  # FFmpeg's libraries, only for those who need them

            return examine_video(source, name, request, folder)
        if name in SOUNDS:
            from studio.media.audio import examine_audio

            return examine_audio(source, name, request, folder)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            contents = read_contents(name, data, request["max_frames"])
    if name == "WEBP":
        _judge_size(webp_canvas(head), request["max_pixels"])
    if contents.frames > request["max_frames"]:
        raise Refused("too_many_frames")

    picture = open_checked(source, name, request["max_pixels"])
    frames = contents.frames if name in ("GIF", "WEBP", "PNG") else _frame_count(picture, name)
    if frames > request["max_frames"]:
        raise Refused("too_many_frames")
    try:
        picture.load()
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("damaged") from error
    if hasattr(picture, "_decoder"):
        picture._decoder = None  # WebP's and AVIF's hold two more canvases
    picture, turned = _upright(picture)
    picture, profile, recoloured = to_srgb(picture)
    picture.info = {}  # all that Pillow would write besides the pixels; `_rebuild` is checked for it

    stored, kept_name = source, None
    if request["mode"] == "upload":
        faithful = contents.clean and frames == 1 and name != "GIF" and not (turned or recoloured or contents.deep)
        if not faithful:
            name, kept_name = _rebuild(picture, profile, name, contents, folder)
            stored = folder / kept_name
            if not read_contents(name, stored.read_bytes(), 1).clean:
                raise RuntimeError(f"the rebuilt {name} still carries something")
    with stored.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    renditions, smallest = make_renditions(picture, request["renditions"], request["quality"], folder)
    media_type, extension = TYPES[name]
    return {
        "format": name,
        "kind": "image",
        "media_type": media_type,
        "extension": extension,
        "width": picture.width,
        "height": picture.height,
        "frames": frames,
        "sha256": digest,
        "size": stored.stat().st_size,
        "original": kept_name,
        "placeholder": placeholder(smallest),
        "renditions": renditions,
    }


def _judge_size(size: tuple[int, int], most: int) -> None:
    if size[0] * size[1] > most:
        raise Refused("too_many_pixels")


def open_checked(source: Path, name: str, max_pixels: int) -> Image.Image:
    """Open without decoding, and judge the size before a pixel is."""
    Image.MAX_IMAGE_PIXELS = max_pixels
    try:
        picture = Image.open(source, formats=(name,))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("too_many_pixels") from error
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("damaged") from error
    _judge_size(picture.size, max_pixels)
    if picture.format != name and not (name == "JPEG" and picture.format == "MPO"):
        raise Refused("not_a_picture")
    return picture


def _frame_count(picture: Image.Image, name: str) -> int:
    # the further pictures of an MPO are a phone's depth map or preview, no animation
    return 1 if name == "JPEG" else int(getattr(picture, "n_frames", 1))


def _upright(picture: Image.Image) -> tuple[Image.Image, bool]:
    try:
        orientation = picture.getexif().get(0x0112, 1)
        if orientation in range(2, 9):
            return ImageOps.exif_transpose(picture), True
    except MemoryError:
        raise
    except Exception:  # noqa: S110 -- unreadable metadata does not make the picture unreadable
        pass
    return picture, False


def to_srgb(picture: Image.Image) -> tuple[Image.Image, bytes | None, bool]:
    """The picture as 8-bit sRGB (L, RGB or RGBA), the profile worth keeping with it, and whether its
    colours had to be converted."""
    icc = picture.info.get("icc_profile")
    profile = _read_profile(icc)
    mode, converted = picture.mode, False
    if mode in ("LA", "PA", "La", "RGBa", "RGBA") or "transparency" in picture.info:
        plain = picture if mode == "RGBA" else picture.convert("RGBA")
    elif mode.startswith("I") or mode == "F":
        plain, converted = _to_eight_bits(picture), True
    elif mode in ("L", "RGB", "CMYK"):
        plain = picture
    else:
        plain = picture.convert("L" if mode == "1" else "RGB")
    if profile is not None and not is_srgb(icc or b"", profile):
        plain, done = _apply_profile(plain, profile)
        converted, icc = True, None
        if not done:
            profile = None
    if plain.mode == "CMYK":
        plain, converted = plain.convert("RGB"), True
    return plain, icc if profile is not None else None, converted or (profile is None and bool(icc))


def _to_eight_bits(picture: Image.Image) -> Image.Image:
    # Pillow's own conversion cuts off instead of scaling
    if picture.mode != "F":
        picture = picture.convert("I").point(lambda value: value * (1 / 256))
    return picture.convert("L")


def _read_profile(icc: bytes | None) -> ImageCms.ImageCmsProfile | None:
    if not icc:
        return None
    try:
        return ImageCms.ImageCmsProfile(io.BytesIO(icc))
    except (OSError, ImageCms.PyCMSError):
        return None


def is_srgb(icc: bytes, profile: ImageCms.ImageCmsProfile) -> bool:
    """Small, and by its own words sRGB. (A large one may hide anything; converting it loses nothing.)"""
    if len(icc) > SMALL_PROFILE or profile.profile.xcolor_space.strip() != "RGB":
        return False
    return "srgb" in (profile.profile.profile_description or "").lower()


def _apply_profile(picture: Image.Image, profile: ImageCms.ImageCmsProfile) -> tuple[Image.Image, bool]:
    space = profile.profile.xcolor_space.strip()
    mode = {"RGB": "RGB", "GRAY": "L", "CMYK": "CMYK"}.get(space)
    fits = {"RGB": ("RGB", "RGBA", "L"), "GRAY": ("L", "RGBA"), "CMYK": ("CMYK",)}.get(space, ())
    if mode is None or picture.mode not in fits:
        return picture, False
    alpha = picture.getchannel("A") if picture.mode == "RGBA" else None
    base = picture if picture.mode == mode else picture.convert(mode)
    try:
        converted = ImageCms.profileToProfile(base, profile, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except ImageCms.PyCMSError:
        return picture, False
    if converted is None:
        return picture, False
    if alpha is not None:
        converted.putalpha(alpha)
    return converted, True


def _rebuild(
    picture: Image.Image, profile: bytes | None, name: str, contents: Contents, folder: Path
) -> tuple[str, str]:
    """Write the pixels alone into a new file; the format stays where it can."""
    if name == "AVIF":
        name = "WEBP"  # encoding AVIF again takes seconds
    if name == "WEBP":
        demanding = contents.lossless or picture.mode == "RGBA"
        if max(picture.size) > WEBP_LONGEST or (demanding and picture.width * picture.height > WEBP_DEMANDING_PIXELS):
            name = "PNG"
    elif name == "GIF":
        name = "PNG"
    icc = {"icc_profile": profile} if profile else {}
    target = f"original.{TYPES[name][1]}"
    if name == "JPEG":
        picture.save(folder / target, "JPEG", quality=95, subsampling=0, **icc)
    elif name == "PNG":
        picture.save(folder / target, "PNG", **icc)
    elif contents.lossless:
        picture.save(folder / target, "WEBP", lossless=True, exact=True, quality=50, method=1, **icc)
    else:
        picture.save(folder / target, "WEBP", quality=95, method=WEBP_METHOD, **icc)
    return name, target


def _shrunk(picture: Image.Image, width: int, tallest: int) -> Image.Image:
    height = max(1, round(picture.height * width / picture.width))
    if height > tallest:
        width, height = max(1, round(width * tallest / height)), tallest
    if (width, height) == picture.size:
        return picture
    # like thumbnail(), which would need a copy of the whole picture first
    return picture.resize((width, height), Image.Resampling.BICUBIC, reducing_gap=2.0)


def make_renditions(
    picture: Image.Image, specs: Sequence[Sequence[Any]], quality: int, folder: Path
) -> tuple[list[dict[str, Any]], Image.Image]:
    """A WebP for each width up to the first that holds the picture whole; never larger than it is.

    Each is drawn from the next larger one: half or less of its width, so nothing visible is lost.
    Returns what was written, smallest first, and the smallest picture.
    """
    if picture.mode == "RGBA" and picture.getchannel("A").getextrema()[0] == 255:
        picture = picture.convert("RGB")  # an alpha channel that says nothing doubles the work
    wanted: list[tuple[str, int]] = []
    for spec, width in sorted(specs, key=lambda item: item[1]):
        wanted.append((spec, min(width, picture.width)))
        if width >= picture.width:
            break
    written = []
    for spec, width in reversed(wanted):
        picture = _shrunk(picture, width, WEBP_LONGEST)
        target = folder / f"{spec}.webp"
        picture.save(target, "WEBP", quality=quality, method=WEBP_METHOD)
        written.append(
            {
                "spec": spec,
                "width": picture.width,
                "height": picture.height,
                "size": target.stat().st_size,
                "file": target.name,
            }
        )
    return written[::-1], picture


def placeholder(picture: Image.Image) -> str:
    """A data URL of the picture 16 px wide."""
    tiny = _shrunk(picture, min(16, picture.width), 64)
    for quality in (70, 20):
        buffer = io.BytesIO()
        tiny.save(buffer, "WEBP", quality=quality, method=6)
        url = "data:image/webp;base64," + base64.b64encode(buffer.getvalue()).decode()
        if len(url) <= 1000:
            return url
    return ""
