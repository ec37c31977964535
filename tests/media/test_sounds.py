"""Sounds taken in: judged by their bytes, kept as they came, drawn by their waveform."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from studio.jobs.models import Output, OutputState
from studio.media import services
from studio.media.models import Asset, Origin
from studio.media.presenters import image_view
from studio.media.problems import MediaProblem
from tests.gallery.conftest import make_result
from tests.media.films import film
from tests.media.pictures import encode, opened, photo
from tests.media.sounds import FORMATS, SECRET, samples, sound, streams

TYPES = {
    "wav": ("audio/wav", "wav"),
    "wav of 24 bits": ("audio/wav", "wav"),
    "mp3": ("audio/mpeg", "mp3"),
    "m4a": ("audio/mp4", "m4a"),
    "mp4 without picture": ("audio/mp4", "m4a"),
    "aac": ("audio/aac", "aac"),
    "opus": ("audio/ogg", "ogg"),
    "vorbis": ("audio/ogg", "ogg"),
    "flac": ("audio/flac", "flac"),
}


@pytest.fixture
def voice(team, alice) -> Asset:
    prepared = services.prepare(sound("wav", 65.0, rate=8000), mode="result")
    return services.record(prepared, team=team, user=alice, origin=Origin.RESULT, name="Good morning.wav")


def stored(media_root: Path, key: str) -> bytes:
    return (media_root / key).read_bytes()


def refusal(data: bytes, *, mode: str = "upload", kinds=services.EVERYTHING) -> str:
    with pytest.raises(MediaProblem) as caught:
        services.prepare(data, mode=mode, kinds=kinds)
    return caught.value.user_message


@pytest.mark.parametrize("kind", FORMATS)
def test_a_result_is_kept_byte_for_byte_and_described(kind, media_root):
    data = sound(kind, tags=kind != "aac")
    prepared = services.prepare(data, mode="result")
    assert stored(media_root, prepared.storage_key) == data
    assert (prepared.kind, prepared.media_type, Path(prepared.storage_key).suffix[1:]) == ("audio", *TYPES[kind])
    assert prepared.duration == pytest.approx(2.0, abs=0.05)
    assert (prepared.width, prepared.height, prepared.frame_rate, prepared.has_sound) == (0, 0, 0, True)
    assert prepared.placeholder.startswith("data:image/webp;base64,")
    assert [made.spec for made in prepared.renditions] == ["wave"]


@pytest.mark.parametrize("kind", FORMATS)
def test_an_upload_loses_its_metadata_and_nothing_that_is_heard(kind, media_root):
    data = sound(kind, tags=kind != "aac")
    prepared = services.prepare(data, mode="upload")
    kept = stored(media_root, prepared.storage_key)
    for trace in (SECRET, "Holidays", "Alice"):
        assert trace.encode() not in kept
    assert samples(kept) == samples(data), "not encoded again"
    assert prepared.media_type == ("audio/mp4" if kind == "aac" else TYPES[kind][0])
    assert services.prepare(kept, mode="result").media_type == prepared.media_type


@pytest.mark.parametrize("kind", ["mp3", "flac"])
def test_an_upload_loses_its_cover(kind, media_root):
    data = sound(kind, cover=True, tags=True)
    assert ("video", "png") in streams(data)
    prepared = services.prepare(data, mode="upload")
    kept = stored(media_root, prepared.storage_key)
    assert [kind for kind, _codec in streams(kept)] == ["audio"]
    assert samples(kept) == samples(data)


def test_the_waveform_shows_what_is_loud_and_what_is_silent(media_root):
    prepared = services.prepare(sound("wav", 2.0, loud_after=1.0), mode="result")
    (made,) = prepared.renditions
    wave = opened(stored(media_root, made.storage_key))
    assert (wave.mode, wave.size, (made.width, made.height)) == ("RGBA", (960, 240), (960, 240))
    alpha = wave.getchannel("A")
    first, second = alpha.crop((0, 0, 480, 240)).getbbox(), alpha.crop((480, 0, 960, 240)).getbbox()
    assert first[3] - first[1] < 12, "silence is a line"
    assert second[3] - second[1] > 200, "the loudest reaches the edge"
    assert alpha.getpixel((0, 120)) == 0, "there is air between the bars"
    assert {colour[:3] for _count, colour in wave.getcolors(1 << 16)} == {(128, 130, 138)}


def test_a_moment_of_sound_has_a_whole_waveform(media_root):
    prepared = services.prepare(sound("wav", 0.05), mode="result")
    wave = opened(stored(media_root, prepared.renditions[0].storage_key))
    assert wave.getchannel("A").getbbox()[2] > 940


def test_silence_throughout_is_a_line(media_root):
    prepared = services.prepare(sound("wav", 1.0, loud_after=1.0), mode="result")
    top, bottom = opened(stored(media_root, prepared.renditions[0].storage_key)).getchannel("A").getbbox()[1::2]
    assert bottom - top < 12


# ── what is refused ──────────────────────────────────


def cut(kind: str) -> bytes:
    data = sound(kind, 4.0)
    return data[: len(data) // 2]


def inflated_wav() -> bytes:
    """A header that promises an hour."""
    data = bytearray(sound("wav", 1.0, rate=8000))
    at = data.index(b"data") + 4
    data[at : at + 4] = (3600 * 8000 * 4).to_bytes(4, "little")
    return bytes(data)


def odd_rate(rate: int) -> bytes:
    data = bytearray(sound("wav", 1.0))
    data[24:28] = rate.to_bytes(4, "little")
    return bytes(data)


DAMAGED = "The sound file is damaged or incomplete."
CODEC = "This sound is compressed in a way that browsers cannot play. Save it as MP3 or WAV."
UNUSUAL = "This sound has an unusual sample rate or number of channels. Save it as stereo at 48 kHz."
BROKEN = {
    "wav cut off": (cut("wav"), DAMAGED),
    "mp3 cut off": (cut("mp3"), DAMAGED),
    "m4a cut off": (cut("m4a"), DAMAGED),
    "flac cut off": (cut("flac"), DAMAGED),
    "wav that promises an hour": (inflated_wav(), DAMAGED),
    "only a wav head": (b"RIFF\x24\0\0\0WAVEfmt ", DAMAGED),
    "a wav of nothing": (sound("wav")[:44], DAMAGED),
    "only an ogg head": (sound("opus")[:60], DAMAGED),
    "an ogg of zeros": (sound("vorbis")[:60] + bytes(4000), DAMAGED),
    "a flac of zeros": (b"fLaC" + bytes(4000), DAMAGED),
    "an mp3 of zeros": (sound("mp3")[:200] + bytes(4000), DAMAGED),
    "an id3 tag and text": (b"ID3\x04\0\0\0\0\0\x0a" + b"\0" * 10 + b"Dear Sir or Madam" * 40, DAMAGED),
    "an old codec in a wav": (sound("wav", codec="adpcm_ms"), CODEC),
    "a telephone's codec in a wav": (sound("wav", codec="pcm_mulaw"), CODEC),
    "apple lossless": (sound("m4a", codec="alac"), CODEC),
    "flac in ogg": (sound("opus", codec="flac"), CODEC),
    "a rate of 1 Hz": (odd_rate(1), UNUSUAL),
    "a rate of 2 MHz": (odd_rate(2_000_000), UNUSUAL),
    "two tracks": (sound("m4a", tracks=2), "The sound file has too many tracks. Keep one."),
    "moving pictures in ogg": (
        film(codec="libvpx", container="ogg", sound="libopus"),
        "This file has moving pictures, not only sound. Save it as MP4, or its sound as MP3.",
    ),
    "aiff": (
        b"RIFF\0\0\0\0RMIDMThd" + bytes(80),
        "This kind of sound file cannot be used here. Save it as MP3 or WAV and try again.",
    ),
    "a playlist behind a head": (b"ID3\x04\0\0\0\0\0\0#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", DAMAGED),
    "nothing we know": (
        b"Dear Sir or Madam",
        "This is not a picture, video or sound that we can read. Use JPEG, PNG, WebP, MP4, MOV, MP3 or WAV.",
    ),
}


@pytest.mark.parametrize("mode", ["result", "upload"])
@pytest.mark.parametrize("kind", BROKEN)
def test_what_only_claims_to_be_a_sound_is_refused(kind, mode, files):
    data, sentence = BROKEN[kind]
    assert refusal(data, mode=mode) == sentence
    assert files() == set()


def test_a_wav_that_was_streamed_does_not_know_its_length():
    data = bytearray(sound("wav", 1.0))
    for at in (4, data.index(b"data") + 4):
        data[at : at + 4] = b"\xff\xff\xff\xff"
    assert services.prepare(bytes(data), mode="result").duration == pytest.approx(1.0)


@pytest.mark.parametrize("kind", ["wav", "mp3", "aac", "opus"])
def test_a_sound_may_not_be_longer_than_ten_minutes(kind, monkeypatch, files):
    monkeypatch.setattr(services, "MAX_SECONDS", 1)
    assert "The sound is longer than" in refusal(sound(kind))
    assert files() == set()


PICTURE = encode(photo(64, 48), "PNG")
WRONG = [
    (sound(), services.PICTURES, "This is a sound file, not a picture."),
    (sound("mp3"), services.PICTURES, "This is a sound file, not a picture."),
    (sound("m4a"), services.VIDEOS, "This is a sound file, not a video."),
    (sound("mp4 without picture"), services.VIDEOS, "This is a sound file, not a video."),
    (sound("flac"), services.PICTURES | services.VIDEOS, "This is a sound file. A picture or a video is wanted here."),
    (film(sound="aac"), services.AUDIO, "This is a video, not a sound file."),
    (film(), services.PICTURES | services.AUDIO, "This is a video. A picture or a sound file is wanted here."),
    (PICTURE, services.VIDEOS, "This is a picture, not a video."),
    (PICTURE, services.AUDIO, "This is a picture, not a sound file."),
    (PICTURE, services.VIDEOS | services.AUDIO, "This is a picture. A video or a sound file is wanted here."),
    (b"Dear Sir", services.VIDEOS, "This is not a video we can read. Use MP4, MOV or WebM."),
    (b"Dear Sir", services.AUDIO, "This is not a sound file we can read. Use WAV, MP3, M4A, OGG or FLAC."),
]


@pytest.mark.parametrize(("data", "kinds", "sentence"), WRONG)
def test_another_kind_than_is_wanted(data, kinds, sentence):
    assert refusal(data, kinds=kinds) == sentence


def test_the_content_decides_and_not_the_brand():
    branded = film(sound="aac").replace(b"ftypisom", b"ftypM4A ", 1)
    assert services.prepare(branded, mode="result").media_type == "video/mp4"
    assert refusal(branded, kinds=services.AUDIO) == "This is a video, not a sound file."


def test_the_name_of_a_file_says_nothing(team, alice):
    upload = SimpleUploadedFile("film.mp4", sound("mp3"), content_type="video/mp4")
    asset = services.receive_upload(upload, team=team, user=alice, kinds=services.EVERYTHING)
    assert (asset.kind, asset.media_type, asset.origin) == ("audio", "audio/mpeg", "upload")
    with pytest.raises(MediaProblem, match="not a video"):
        services.receive_upload(SimpleUploadedFile("film.mp4", sound("mp3")), team=team, user=alice, kinds={"video"})


# ── giving away ──────────────────────────────────────


def test_what_a_template_gets(voice, team, django_assert_num_queries):
    found = Asset.objects.prefetch_related("renditions").get()
    with django_assert_num_queries(0):
        view = image_view(found, team.slug)
    wave = reverse("media:rendition", args=[team.slug, voice.pk, "wave"])
    assert (view.kind, view.is_audio, view.is_video, view.has_sound) == ("audio", True, False, True)
    assert (view.duration_label, view.size_label, view.audio_format) == ("1:05", "1:05", "WAV")
    assert (view.audio_url, view.video_url) == (view.original_url, "")
    assert (view.wave_url, view.src, view.srcset) == (wave, wave, "")
    assert view.width and view.height, "a place to be drawn in"
    assert view.download_name == "Good morning.wav"


def test_without_a_waveform_nothing_asks_for_the_page_itself(voice, team):
    voice.renditions.all().delete()
    assert image_view(voice, team.slug).wave_url == voice.placeholder
    voice.placeholder = ""
    view = image_view(voice, team.slug)
    assert view.wave_url == ""
    assert view.src.startswith("data:image/")


def test_a_sound_is_served_in_ranges(voice, team, alice, browser_of, media_root):
    browser, url = browser_of(alice), reverse("media:original", args=[team.slug, voice.pk])
    part = browser.get(url, headers={"range": "bytes=100-199"})
    assert (part.status_code, part["Content-Type"], part["Accept-Ranges"]) == (206, "audio/wav", "bytes")
    assert part.content == stored(media_root, voice.storage_key)[100:200]
    assert "Content-Disposition" not in part
    download = browser.get(url + "?download=1", headers={"range": "bytes=0-3"})
    assert download["Content-Disposition"] == 'attachment; filename="Good morning.wav"'
    assert download["X-Content-Type-Options"] == "nosniff"


def test_the_waveform_is_served(voice, team, alice, charlie, browser_of):
    url = image_view(voice, team.slug).wave_url
    answer = browser_of(alice).get(url)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/webp")
    assert browser_of(charlie).get(url).status_code == 404


def test_a_service_gets_it_by_its_link(voice, client):
    url = services.signed_input_url(voice, base_url="https://studio.example")
    answer = client.get(url.removeprefix("https://studio.example"), headers={"range": "bytes=0-3"})
    assert (answer.status_code, answer["Content-Type"], answer.content) == (206, "audio/wav", b"RIFF")


def test_sounds_come_along_in_a_zip(voice, team, alice, browser_of):
    job = make_result(team, alice, "Good morning")[0].job
    output = Output.objects.create(team=team, job=job, index=1, state=OutputState.DONE, asset=voice)
    answer = browser_of(alice).post(reverse("gallery:download", args=[team.slug]), {"output": output.pk})
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.streaming_content))) as archive:
        assert archive.namelist() == ["Good morning 2.wav"]
        assert archive.read("Good morning 2.wav") == sound("wav", 65.0, rate=8000)


@pytest.mark.parametrize("place", ["create:page", "gallery:wall", "history:page", "create:lightbox", "create:file"])
def test_every_page_draws_a_sound(place, voice, team, alice, browser_of):
    job = make_result(team, alice, "Good morning")[0].job
    Output.objects.filter(job=job).update(asset=voice)
    which = {"create:lightbox": [job.outputs.get().pk], "create:file": [voice.pk]}.get(place, [])
    text = browser_of(alice).get(reverse(place, args=[team.slug, *which])).content.decode()
    view = image_view(voice, team.slug)
    assert 'src=""' not in text
    assert "0 × 0" not in text
    if place == "history:page":
        assert "sound-thumb" in text
    else:
        assert view.audio_url in text
        assert f"--wave:url({view.wave_url})" in text
        assert "1:05" in text


def test_deleting_a_sound_takes_its_waveform(voice, files, django_capture_on_commit_callbacks):
    assert len(files()) == 2
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_asset(voice)
    assert files() == set()


def test_a_sound_has_no_frames_and_no_other_formats(voice, team, alice, browser_of):
    assert browser_of(alice).post(reverse("media:frame", args=[team.slug, voice.pk]), {"t": "0"}).status_code == 404
    converting = browser_of(alice).post(reverse("media:convert", args=[team.slug, voice.pk]), {"format": "gif"})
    assert converting.status_code == 404
