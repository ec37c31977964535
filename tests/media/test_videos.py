"""Videos taken in: judged by their bytes, kept as they came, drawn by posters and previews."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from studio.media import services, storage
from studio.media.models import Asset, Origin
from studio.media.presenters import duration_label, image_view
from studio.media.problems import MediaProblem
from tests.media.films import GPS_TOWN, film, greys, shade, streams, turned
from tests.media.pictures import encode, opened, photo
from tests.media.sounds import samples, sound

NEAR = 6


@pytest.fixture
def video(team, alice) -> Asset:
    prepared = services.prepare(film(sound="aac"), mode="result")
    return services.record(prepared, team=team, user=alice, origin=Origin.RESULT, name="A reef.mp4")


def stored(media_root: Path, key: str) -> bytes:
    return (media_root / key).read_bytes()


FILMS = {
    "mp4": (film(), "video/mp4", False),
    "mp4 with sound": (film(sound="aac"), "video/mp4", True),
    "mov": (film(container="mov"), "video/quicktime", False),
    "webm": (film(codec="libvpx", container="webm", sound="libopus"), "video/webm", True),
    "vp9": (film(codec="libvpx-vp9", container="webm"), "video/webm", False),
}


@pytest.mark.parametrize("kind", FILMS)
def test_a_result_is_kept_byte_for_byte_and_described(kind, media_root):
    data, media_type, has_sound = FILMS[kind]
    prepared = services.prepare(data, mode="result")
    assert stored(media_root, prepared.storage_key) == data
    assert (prepared.kind, prepared.media_type, prepared.has_sound) == ("video", media_type, has_sound)
    assert (prepared.width, prepared.height) == (160, 96)
    assert prepared.duration == pytest.approx(1.0, abs=0.05)
    assert prepared.frame_rate == pytest.approx(10, abs=0.5)
    assert prepared.placeholder.startswith("data:image/webp;base64,")


def test_posters_come_in_the_sizes_of_pictures(media_root):
    prepared = services.prepare(film(4, size=(1000, 500)), mode="result")
    made = {item.spec: (item.width, item.height) for item in prepared.renditions}
    assert made == {"w320": (320, 160), "w768": (768, 384), "w1536": (1000, 500), "preview": (480, 240)}
    poster = opened(stored(media_root, prepared.renditions[0].storage_key)).convert("L")
    assert poster.getpixel((100, 100)) == pytest.approx(shade(0), abs=NEAR)


def test_the_preview_is_silent_short_and_starts_at_once(media_root):
    prepared = services.prepare(film(80, sound="aac"), mode="result")
    preview = stored(media_root, prepared.renditions[-1].storage_key)
    assert streams(preview) == [("video", "h264")]
    assert preview.index(b"moov") < preview.index(b"mdat")
    assert len(greys(preview)) == 60, "six of eight seconds"
    assert greys(preview)[:3] == pytest.approx([shade(0), shade(1), shade(2)], abs=NEAR)


def test_a_poster_is_not_black_when_the_beginning_is(media_root):
    prepared = services.prepare(film(10, black=3), mode="result")
    poster = opened(stored(media_root, prepared.renditions[0].storage_key)).convert("L")
    assert poster.getpixel((80, 48)) == pytest.approx(shade(3), abs=NEAR)
    night = services.prepare(film(3, black=3), mode="result")
    assert opened(stored(media_root, night.renditions[0].storage_key)).convert("L").getpixel((80, 48)) < 20


def test_a_variable_rate_keeps_its_times(media_root):
    times = (0, 0.1, 0.5, 0.6, 2.0)
    prepared = services.prepare(film(5, times=times), mode="result")
    assert prepared.duration >= 2.0
    assert greys(stored(media_root, prepared.renditions[-1].storage_key)) == pytest.approx(
        [shade(number) for number in range(5)], abs=NEAR
    )


@pytest.mark.parametrize("mode", ["result", "upload"])
def test_a_video_filmed_upright_stands_upright(mode, media_root):
    prepared = services.prepare(turned(film()), mode=mode)
    assert (prepared.width, prepared.height) == (96, 160)
    assert {(item.width, item.height) for item in prepared.renditions} == {(96, 160)}
    again = services.prepare(stored(media_root, prepared.storage_key), mode="result")
    assert (again.width, again.height) == (96, 160), "the turn survives the new container"


@pytest.mark.parametrize("container", ["mp4", "mov"])
def test_an_upload_loses_its_metadata_and_nothing_else(container, media_root):
    data = film(container=container, sound="aac", tags=True)
    assert GPS_TOWN.encode() in data
    prepared = services.prepare(data, mode="upload")
    kept = stored(media_root, prepared.storage_key)
    assert prepared.media_type == "video/mp4"
    for trace in (GPS_TOWN, "Holidays", "+51.83", "Lavf"):
        assert trace.encode() not in kept
    assert greys(kept) == greys(data), "not encoded again"
    assert streams(kept) == streams(data)


@pytest.mark.parametrize("made", [("mp4", "libx264", "aac"), ("mov", "libx264", "aac"), ("webm", "libvpx", "libopus")])
def test_an_uploaded_video_keeps_its_sound(made, team, alice, media_root):
    container, codec, encoder = made
    data = film(container=container, codec=codec, sound=encoder)
    upload = SimpleUploadedFile(f"a.{container}", data)
    asset = services.receive_upload(upload, team=team, user=alice, kinds=services.VIDEOS)
    kept = stored(media_root, asset.storage_key)
    assert asset.has_sound
    assert [kind for kind, _codec in streams(kept)] == ["video", "audio"]
    assert samples(kept) == samples(data)


DISGUISED = {
    "a picture": (encode(photo(), "PNG"), "This is a picture, not a video."),
    "a sound": (sound("m4a"), "This is a sound file, not a video."),
    "a web page": (b"<!doctype html><video src=x>", "This is a web page, not a file that can be used here."),
    "words": (b"Dear Sir or Madam", "This is not a video we can read. Use MP4, MOV or WebM."),
    "a head and words": (
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1" + b"Dear Sir or Madam" * 30,
        "The video is damaged or incomplete.",
    ),
    "nothing": (b"", "The file is empty."),
}


@pytest.mark.parametrize("what", DISGUISED)
def test_an_upload_that_claims_to_be_a_video(what, team, alice, files):
    data, sentence = DISGUISED[what]
    upload = SimpleUploadedFile("film.mp4", data, content_type="video/mp4")
    with pytest.raises(MediaProblem) as caught:
        services.receive_upload(upload, team=team, user=alice, kinds=services.VIDEOS)
    assert caught.value.user_message == sentence
    assert files() == set()


def test_an_uploaded_webm_stays_one(media_root):
    data = film(codec="libvpx", container="webm", sound="libopus", tags=True)
    prepared = services.prepare(data, mode="upload")
    kept = stored(media_root, prepared.storage_key)
    assert prepared.media_type == "video/webm"
    assert GPS_TOWN.encode() not in kept
    assert greys(kept) == greys(data)


BROKEN = {
    "only a head": (FILMS["mp4"][0][:32] + bytes(64), "The video is damaged or incomplete."),
    "cut off": (film(40, size=(320, 240))[:-200], "The video is damaged or incomplete."),
    "a webm of nothing": (
        b"\x1aE\xdf\xa3\x93\x42\x82\x84webm" + bytes(60),
        "The video is damaged or incomplete.",
    ),
    "matroska": (
        film(container="matroska"),
        "This kind of video cannot be used here. Save it as MP4 and try again.",
    ),
    "avi": (film(container="avi"), "This kind of video cannot be used here. Save it as MP4 and try again."),
    "a playlist": (
        b"#EXTM3U\n#EXTINF:5,\nhttp://169.254.169.254/\n",
        "This is not a picture, video or sound that we can read. Use JPEG, PNG, WebP, MP4, MOV, MP3 or WAV.",
    ),
    "a playlist behind a head": (
        b"\0\0\0\x18ftypisom\0\0\0\0isomavc1#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n",
        "The video is damaged or incomplete.",
    ),
    "an old codec": (
        film(codec="mpeg4"),
        "This video is compressed in a way that browsers cannot play (mpeg4). Save it as MP4 (H.264).",
    ),
}


@pytest.mark.parametrize("mode", ["result", "upload"])
@pytest.mark.parametrize("kind", BROKEN)
def test_what_only_claims_to_be_a_video_is_refused(kind, mode, files):
    data, sentence = BROKEN[kind]
    with pytest.raises(MediaProblem) as caught:
        services.prepare(data, mode=mode)
    assert caught.value.user_message == sentence
    assert files() == set()


def test_a_moov_that_is_cut_in_half_is_refused():
    data = film(30, size=(320, 240), container="mov")
    with pytest.raises(MediaProblem, match="damaged"):
        services.prepare(data[: len(data) // 2], mode="result")


@pytest.mark.parametrize(
    ("limit", "value", "sentence"),
    [
        ("MAX_SECONDS", 0.5, "longer than"),
        ("MAX_VIDEO_PIXELS", 160 * 95, "larger than 4K"),
        ("MAX_RESULT_BYTES", 500, "larger than"),
    ],
)
def test_limits(limit, value, sentence, monkeypatch, files):
    monkeypatch.setattr(services, limit, value)
    with pytest.raises(MediaProblem, match=sentence):
        services.prepare(film(), mode="result")
    assert files() == set()


def test_uploads_that_browsers_do_not_play_are_refused_results_are_kept(files):
    with pytest.raises(MediaProblem, match="sound of this video"):
        services.prepare(film(container="mov", sound="pcm_s16le"), mode="upload")
    assert services.prepare(film(container="mov", sound="pcm_s16le"), mode="result").has_sound


def test_where_a_picture_is_wanted_a_video_is_refused(team, alice):
    with pytest.raises(MediaProblem, match="This is a video, not a picture"):
        services.receive_upload(SimpleUploadedFile("a.png", film()), team=team, user=alice)
    with pytest.raises(MediaProblem, match="This is a picture, not a video"):
        services.prepare(encode(photo(), "PNG"), mode="upload", kinds={"video"})


def test_where_both_are_welcome_the_name_says_nothing(team, alice):
    upload = SimpleUploadedFile("a.png", film())
    asset = services.receive_upload(upload, team=team, user=alice, kinds=services.PICTURES | services.VIDEOS)
    assert (asset.kind, asset.origin, asset.has_sound) == ("video", "upload", False)
    assert asset.duration == pytest.approx(1.0)


def test_what_a_template_gets(video, team, django_assert_num_queries):
    found = Asset.objects.prefetch_related("renditions").get()
    with django_assert_num_queries(0):
        view = image_view(found, team.slug)
    assert (view.kind, view.is_video, view.has_sound) == ("video", True, True)
    assert (view.duration, view.duration_label) == (pytest.approx(1.0), "0:01")
    assert view.video_url == view.original_url
    assert view.preview_url == reverse("media:preview", args=[team.slug, video.pk])
    assert "preview" not in view.srcset
    assert view.src.endswith("/w320.webp")
    assert view.download_name == "A reef.mp4"


@pytest.mark.parametrize(("seconds", "label"), [(0.2, "0:01"), (5.04, "0:05"), (65, "1:05"), (3725, "1:02:05")])
def test_duration_labels(seconds, label):
    assert duration_label(seconds) == label


def test_the_preview_is_served_in_ranges(video, team, alice, browser_of):
    browser, url = browser_of(alice), reverse("media:preview", args=[team.slug, video.pk])
    whole = browser.get(url)
    assert (whole.status_code, whole["Content-Type"], whole["Accept-Ranges"]) == (200, "video/mp4", "bytes")
    assert whole["X-Content-Type-Options"] == "nosniff"
    part = browser.get(url, headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, b"ftyp")
    assert browser.get(url.replace("preview.mp4", "preview.webp")).status_code == 404


def test_the_original_is_served_in_ranges(video, team, alice, browser_of, media_root):
    url = reverse("media:original", args=[team.slug, video.pk])
    part = browser_of(alice).get(url, headers={"range": "bytes=100-"})
    assert (part.status_code, part["Content-Type"]) == (206, "video/mp4")
    assert part["X-Content-Type-Options"] == "nosniff"
    assert part.content == stored(media_root, video.storage_key)[100:]


def test_deleting_a_video_takes_everything_made_of_it(video, files, django_capture_on_commit_callbacks):
    assert len(files()) == 3
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_asset(video)
    assert files() == set()


# ── frames ───────────────────────────────────────────


@pytest.mark.parametrize("number", [0, 1, 4, 9])
@pytest.mark.parametrize("key_every", [3, 250])
def test_a_frame_is_exact(number, key_every, team, alice, media_root):
    prepared = services.prepare(film(key_every=key_every), mode="result")
    video = services.record(prepared, team=team, user=alice, origin=Origin.RESULT)
    frame = services.extract_frame(video, number / 10, user=alice)
    assert (frame.kind, frame.media_type, frame.origin) == ("image", "image/png", "frame")
    assert (frame.width, frame.height) == (160, 96)
    assert (frame.taken_from, frame.taken_at) == (video, pytest.approx(number / 10))
    picture = opened(stored(media_root, frame.storage_key)).convert("L")
    assert picture.getpixel((80, 48)) == pytest.approx(shade(number), abs=2)


@pytest.mark.parametrize(("moment", "number"), [(0.05, 0), (0.3999999, 4), (0.4499, 4), (99, 9), (-1, 0)])
def test_a_frame_is_the_one_on_the_screen(moment, number, video, alice):
    assert services.extract_frame(video, moment, user=alice).taken_at == pytest.approx(number / 10)


def test_frames_of_a_variable_rate(team, alice):
    prepared = services.prepare(film(5, times=(0, 0.1, 0.5, 0.6, 2.0)), mode="result")
    video = services.record(prepared, team=team, user=alice, origin=Origin.RESULT)
    taken = [services.extract_frame(video, moment, user=alice).taken_at for moment in (0.45, 0.5, 1.9, 2.1)]
    assert taken == pytest.approx([0.1, 0.5, 0.6, 2.0])


def test_a_frame_stands_upright(team, alice):
    video = services.record(
        services.prepare(turned(film()), mode="result"), team=team, user=alice, origin=Origin.RESULT
    )
    frame = services.extract_frame(video, 0.5, user=alice)
    assert (frame.width, frame.height) == (96, 160)


def test_the_same_frame_is_kept_once(video, alice, bob):
    first = services.extract_frame(video, 0.31, user=alice)
    assert services.extract_frame(video, 0.35, user=bob) == first
    assert services.extract_frame(video, 0.4, user=bob) != first


def test_two_clicks_at_once_make_one_frame(video, alice, bob, monkeypatch):
    keep, others = services._keep, []

    def meanwhile(*args):
        monkeypatch.setattr(services, "_keep", keep)
        others.append(services.extract_frame(video, 0.31, user=bob))
        # what this request has decoded is put in place after that
        return keep(*args)

    monkeypatch.setattr(services, "_keep", meanwhile)
    assert [services.extract_frame(video, 0.31, user=alice)] == others
    assert video.frames.count() == 1


def test_a_frame_whose_content_was_just_deleted_is_taken_again(video, alice, monkeypatch, media_root):
    keep, kept = services._keep, []

    def lose_the_first(*args):
        kept.append(keep(*args))
        if len(kept) == 1:
            storage.remove(kept[0].storage_key, [])
        return kept[-1]

    monkeypatch.setattr(services, "_keep", lose_the_first)
    frame = services.extract_frame(video, 0.31, user=alice)
    assert len(kept) == 2
    assert stored(media_root, frame.storage_key)


def test_a_frame_outlives_its_video(video, alice):
    frame = services.extract_frame(video, 0, user=alice)
    services.delete_asset(video)
    frame.refresh_from_db()
    assert frame.taken_from is None


def test_a_picture_has_no_frames(asset, alice):
    with pytest.raises(MediaProblem, match="not a video"):
        services.extract_frame(asset, 0, user=alice)


def test_using_a_frame(video, team, alice, bob, browser_of):
    url = reverse("media:frame", args=[team.slug, video.pk])
    answer = browser_of(bob).post(url, {"t": "0.52"})
    frame = Asset.objects.get(origin=Origin.FRAME)
    assert (frame.created_by, frame.taken_at) == (bob, pytest.approx(0.5))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert f"?file={frame.pk}&amp;use=image" in page
    assert reverse("media:original", args=[team.slug, frame.pk]) + "?download=1" in page
    asked = browser_of(bob).post(url, {"t": "1e9"}, headers={"accept": "application/json"}).json()
    assert asked["at"] == pytest.approx(0.9)


@pytest.mark.parametrize("moment", ["", "soon", "nan", "inf"])
def test_a_moment_that_is_none(moment, video, team, alice, browser_of):
    answer = browser_of(alice).post(reverse("media:frame", args=[team.slug, video.pk]), {"t": moment})
    assert answer.status_code == 422
    assert "Say which moment of the video, in seconds." in answer.content.decode()


def test_only_videos_have_frames_to_use(asset, team, alice, browser_of):
    assert browser_of(alice).post(reverse("media:frame", args=[team.slug, asset.pk]), {"t": "0"}).status_code == 404
