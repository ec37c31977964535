"""What is not taken, and the sentence for it."""

from __future__ import annotations

import zipfile
from io import BytesIO

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from studio.media import services
from studio.media.containers import Refused, read_contents, sniff
from studio.media.problems import SENTENCES, MediaProblem
from tests.media.pictures import animation, encode, photo, png_bomb, png_header, webp_header

SVG = b'<?xml version="1.0"?>\n<!-- by hand -->\n<svg xmlns="http://www.w3.org/2000/svg"><script>x()</script></svg>'
MP4 = b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + bytes(64)


def archive() -> bytes:
    buffer = BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("a.png", b"hello")
    return buffer.getvalue()


UNREADABLE = "This is not a picture we can read. Use JPEG, PNG, WebP, AVIF or GIF."
NO_SVG = "SVG drawings cannot be used here. Export it as PNG and try again."
OTHER = "{} files cannot be used here. Save it as JPEG, PNG or WebP and try again."
DAMAGED = "The picture is damaged or incomplete."

REFUSED = {
    "nothing": (b"", "The file is empty."),
    "text": (b"Dear Sir or Madam", UNREADABLE),
    "archive": (archive(), UNREADABLE),
    "page": (b"\n <!DOCTYPE html><html><img></html>", "This is a web page, not a picture."),
    "script": (b"<script>alert(1)</script>", "This is a web page, not a picture."),
    "svg": (SVG, NO_SVG),
    "svg after a mark": (b"\xef\xbb\xbf<svg />", NO_SVG),
    "video": (MP4, "This is a video, not a picture."),
    "matroska": (b"\x1aE\xdf\xa3" + bytes(40), "This is a video, not a picture."),
    "sound": (b"RIFF\0\0\0\0WAVEfmt ", "This is a sound file, not a picture."),
    "heic": (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", OTHER.format("HEIC")),
    "tiff": (encode(photo(), "TIFF"), OTHER.format("TIFF")),
    "bmp": (encode(photo(), "BMP"), OTHER.format("BMP")),
    "pdf": (b"%PDF-1.7\n", OTHER.format("PDF")),
    "icon": (encode(photo(32, 32), "ICO"), OTHER.format("ICO")),
    "only a signature": (b"\x89PNG\r\n\x1a\n", DAMAGED),
    "only a webp signature": (b"RIFF\x04\0\0\0WEBP", DAMAGED),
    "another format inside": (b"\xff\xd8\xff" + encode(photo(), "PNG"), DAMAGED),
    "png without pixels": (png_header(40, 40), DAMAGED),
    "png that claims 4 terapixels": (png_header(2_000_000, 2_000_000), "The picture has more than 50 megapixels."),
    "webp that claims 268 megapixels": (webp_header(16384, 16384), "The picture has more than 50 megapixels."),
    "bomb": (png_bomb(8000, 8000), "The picture has more than 50 megapixels."),
    "201 frames of gif": (animation(201), "The animation has more than 200 frames."),
    "201 frames of webp": (animation(201, "WEBP"), "The animation has more than 200 frames."),
    "201 frames of png": (animation(201, "PNG"), "The animation has more than 200 frames."),
    "201 frames of avif": (animation(201, "AVIF"), "The animation has more than 200 frames."),
}


@pytest.mark.parametrize("mode", ["upload", "result"])
@pytest.mark.parametrize("kind", REFUSED)
def test_refused_with_a_plain_sentence_and_nothing_kept(kind, mode, files):
    data, sentence = REFUSED[kind]
    with pytest.raises(MediaProblem) as caught:
        services.prepare(data, mode=mode, kinds=services.PICTURES)
    assert caught.value.user_message == sentence
    assert str(caught.value) == sentence
    assert files() == set()


@pytest.mark.parametrize("name", ["JPEG", "PNG", "WEBP", "AVIF", "GIF"])
@pytest.mark.parametrize("part", [0.2, 0.6, 0.95])
def test_a_cut_off_picture_is_refused(name, part, files):
    # noise: every byte of the file counts
    data = encode(photo().effect_spread(40), name)
    with pytest.raises(MediaProblem) as caught:
        services.prepare(data[: int(len(data) * part)], mode="upload")
    assert caught.value.code == "damaged"
    assert files() == set()


def test_bounds_come_from_the_settings(settings, png):
    settings.MAX_PIXELS = 100_000
    with pytest.raises(MediaProblem, match="more than 0 megapixels"):
        services.prepare(png, mode="upload")
    settings.MAX_PIXELS = 120_000
    assert services.prepare(png, mode="upload").width == 400


def test_too_many_bytes_are_refused_unread(settings, png, monkeypatch):
    monkeypatch.setattr(services.decoder, "pool", lambda: pytest.fail("the decoder was asked"))
    settings.MAX_UPLOAD_BYTES = 1024
    with pytest.raises(MediaProblem, match="The file is larger than 0 MB"):
        services.prepare(png, mode="upload")


def test_results_may_be_larger_than_uploads(settings, png):
    settings.MAX_UPLOAD_BYTES = 1024
    assert services.prepare(png, mode="result").size == len(png)


def test_the_name_of_a_file_does_not_matter(tmp_path, png):
    path = tmp_path / "picture.html"
    path.write_bytes(png)
    assert services.prepare(path, mode="result").media_type == "image/png"


def test_sentences_are_translated_when_they_are_shown():
    problem = MediaProblem("too_large", limit=20)
    with translation.override("zh-hans"):
        assert "20" in problem.user_message
    assert (problem.text, problem.values) == (SENTENCES["too_large"], {"limit": 20})


@hypothesis_settings(deadline=None)
@given(st.sampled_from(["JPEG", "PNG", "WEBP", "AVIF", "GIF"]), st.binary(max_size=300), st.data())
def test_reading_the_structure_of_anything_ends(name, noise, data):
    real = encode(photo(16, 16), name)
    at = data.draw(st.integers(0, len(real)))
    for file in (noise, real[:at] + noise, real[:at] + noise + real[at:]):
        try:
            read_contents(name, file, 200)
            sniff(file)
        except Refused:
            pass
