"""Seedance in the emulated model pool: what it takes, what it refuses, and what it decides by itself."""

from __future__ import annotations

import base64
import time
from typing import Any

import pytest
from PIL import Image

from providers.sandbox.talkingdata_ark_bodies import read_order
from providers.sandbox.talkingdata_ark_films import ratio_of, seconds_of
from providers.sandbox.talkingdata_ark_wire import ERRORS
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.pictures import encoded
from tests.providers.sandbox.seedance import PATH, Customer, clip, order, picture, tone


@pytest.fixture
def pool(client) -> Customer:
    return Customer(client.base)


# ── fields ──────────────────────────────────────────────────────────────────

REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("MissingParameter.model", {"model": None}),
    ("MissingParameter.model", {"model": " "}),
    ("InvalidParameter.model", {"model": 5}),
    ("InvalidEndpointOrModel.NotFound", {"model": "T0101008"}),
    ("MissingParameter.content", {"content": None}),
    ("MissingParameter.content", {"content": []}),
    ("InvalidParameter.content", {"content": {}}),
    ("InvalidParameter.content", {"content": ["a boat"]}),
    ("MissingParameter.content", {"content": [{"text": "a boat"}]}),
    ("InvalidParameter.content", {"content": [{"type": "words", "text": "a boat"}]}),
    ("InvalidParameter.content", {"content": [{"type": "draft_task", "draft_task": {"id": "x"}}]}),
    ("MissingParameter.content", {"content": [{"type": "text"}]}),
    ("MissingParameter.content", {"content": [{"type": "text", "text": "  "}]}),
    ("InvalidParameter.content", {"content": [{"type": "text", "text": 5}]}),
    ("InvalidParameter.content", {"content": [{"type": "text", "text": "a", "role": "user"}]}),
    ("InvalidParameter.content", {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
    ("InvalidParameter.content", {"content": [{"type": "text", "text": "a boat --ratio 16:9"}]}),
    ("InvalidParameter.content", {"content": [{"type": "text", "text": "a boat --dur 5 --wm true"}]}),
    ("InvalidParameter.callback_url", {"callback_url": "ftp://example.com/"}),
    ("InvalidParameter.callback_url", {"callback_url": 5}),
    ("InvalidParameter.return_last_frame", {"return_last_frame": "true"}),
    ("InvalidParameter.return_last_frame", {"return_last_frame": 1}),
    ("InvalidParameter.service_tier", {"service_tier": "flex"}),
    ("InvalidParameter.service_tier", {"service_tier": "fast"}),
    ("InvalidParameter.execution_expires_after", {"execution_expires_after": 3599}),
    ("InvalidParameter.execution_expires_after", {"execution_expires_after": 259201}),
    ("InvalidParameter.execution_expires_after", {"execution_expires_after": 3600.5}),
    ("InvalidParameter.execution_expires_after", {"execution_expires_after": "3600"}),
    ("InvalidParameter.generate_audio", {"generate_audio": "yes"}),
    ("InvalidParameter.tools", {"tools": {"type": "web_search"}}),
    ("InvalidParameter.tools", {"tools": ["web_search"]}),
    ("InvalidParameter.tools", {"tools": [{"type": "browser"}]}),
    ("MissingParameter.tools", {"tools": [{}]}),
    ("InvalidParameter.tools", {"tools": [{"type": "web_search", "limit": 1}]}),
    ("InvalidParameter.tools", {"tools": [{"type": "web_search"}, {"type": "web_search"}]}),
    ("InvalidParameter.safety_identifier", {"safety_identifier": "x" * 65}),
    ("InvalidParameter.safety_identifier", {"safety_identifier": 7}),
    ("InvalidParameter.resolution", {"resolution": "1080p"}),
    ("InvalidParameter.resolution", {"resolution": "720P"}),
    ("InvalidParameter.resolution", {"resolution": ""}),
    ("InvalidParameter.ratio", {"ratio": "3:2"}),
    ("InvalidParameter.ratio", {"ratio": "9:21"}),
    ("InvalidParameter.duration", {"duration": 3}),
    ("InvalidParameter.duration", {"duration": 16}),
    ("InvalidParameter.duration", {"duration": 0}),
    ("InvalidParameter.duration", {"duration": -2}),
    ("InvalidParameter.duration", {"duration": 5.0}),
    ("InvalidParameter.duration", {"duration": "5"}),
    ("InvalidParameter.duration", {"duration": True}),
    ("InvalidParameter.seed", {"seed": -2}),
    ("InvalidParameter.seed", {"seed": 2**32}),
    ("InvalidParameter.seed", {"seed": 1.5}),
    ("InvalidParameter.watermark", {"watermark": 0}),
    ("InvalidParameter.frames", {"frames": 97}),
    ("InvalidParameter.camera_fixed", {"camera_fixed": True}),
    ("InvalidParameter.prompt", {"prompt": "a boat"}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED)
def test_a_field_out_of_bounds_is_refused(pool, code, changes):
    error = pool.no(code, pool.post(PATH, order() | changes))
    if "." in code and "InvalidEndpoint" not in code:
        assert error["param"].startswith(code.split(".")[1])
    assert pool.listed()["total"] == 0


SCENES: list[tuple[str, list[dict[str, Any]]]] = [
    ("InvalidParameter.content", [tone()]),
    ("InvalidParameter.content", [picture("first_frame"), picture()]),
    ("InvalidParameter.content", [picture("first_frame"), clip()]),
    ("InvalidParameter.content", [picture("first_frame"), tone()]),
    ("InvalidParameter.content", [picture("first_frame"), picture("last_frame"), picture()]),
    ("InvalidParameter.content", [picture("first_frame"), picture("first_frame")]),
    ("InvalidParameter.content", [picture("first_frame"), picture("last_frame"), picture("last_frame")]),
    ("InvalidParameter.content", [picture("last_frame")]),
    ("MissingParameter.content", [picture(None), picture("last_frame")]),
    ("MissingParameter.content", [picture(None), picture(None)]),
    ("MissingParameter.content", [picture(None), picture()]),
    ("InvalidParameter.content", [picture()] * 10),
    ("InvalidParameter.content", [clip()] * 4),
    ("InvalidParameter.content", [picture(), *[tone()] * 4]),
    ("InvalidParameter.content", [picture("reference")]),
    ("InvalidParameter.content", [picture("")]),
    ("InvalidParameter.content", [clip(role="first_frame")]),
    ("MissingParameter.content", [clip(role=None)]),
    ("MissingParameter.content", [picture(), tone(role=None)]),
    ("InvalidParameter.content", [picture(), tone(role="reference_video")]),
]


@pytest.mark.parametrize(("code", "files"), SCENES)
@pytest.mark.parametrize("text", ["a boat", ""])
def test_roles_that_do_not_go_together_are_refused(pool, code, files, text):
    pool.no(code, pool.post(PATH, order(text, files)))


SOURCES: list[dict[str, Any]] = [
    picture(url="ftp://example.com/a.png"),
    picture(url="nothing"),
    picture(url="data:image/PNG;base64,AAAA"),
    picture(url="data:image/png,AAAA"),
    picture(url="data:image/png;base64,@@@@"),
    picture(url="data:image/png;base64,"),
    picture(url="data:audio/wav;base64,AAAA"),
    picture() | {"image_url": "http://example.com/a.png"},
    picture() | {"image_url": {"url": "http://example.com/a.png", "detail": "high"}},
    clip("data:video/mp4;base64,AAAA"),
    clip("asset:nothing"),
]


@pytest.mark.parametrize("file", SOURCES)
def test_where_files_may_not_come_from(pool, file):
    pool.no("InvalidParameter.content", pool.post(PATH, order(files=[file])))


def test_the_body_has_64_megabytes_at_most(pool):
    # beyond the first check nothing is read of it, so it needn't be a picture
    body = order(files=[picture(url="data:image/png;base64," + "A" * (64 * 1024 * 1024))])
    assert "64 MB" in pool.no("InvalidParameter", pool.post(PATH, body))["message"]


def test_null_counts_as_left_out(pool):
    names = ["callback_url", "return_last_frame", "service_tier", "execution_expires_after", "generate_audio", "tools"]
    names += ["safety_identifier", "resolution", "ratio", "duration", "seed", "watermark"]
    nulls: dict[str, Any] = dict.fromkeys(names)
    seen = read_order({"model": "T0101007", "content": [{"type": "text", "text": "a boat"}], **nulls})
    assert (seen.resolution, seen.ratio, seen.duration, seen.seed) == ("720p", "adaptive", 5, -1)
    assert (seen.sound, seen.watermark, seen.last_frame, seen.expires_after) == (True, False, False, 172800)


# ── the call itself ─────────────────────────────────────────────────────────


@pytest.mark.parametrize("headers", [{"authorization": "Bearer invalid"}, {"authorization": "somebody"}])
def test_a_key_is_needed(pool, headers):
    pool.no("AuthenticationError", pool.post(PATH, order(), **headers))


@pytest.mark.parametrize("stamp", ["", "soon", "1700000000"])
def test_the_time_is_needed(pool, stamp):
    error = pool.no("InvalidParameter", pool.post(PATH, order(), **{"x-timestamp": stamp}))
    assert error["param"] == "X-Timestamp"


def test_the_request_id_is_a_uuid(pool):
    pool.no("InvalidParameter", pool.post(f"{PATH}?requestId=5", order()))


@pytest.mark.parametrize("body", ["[]", '"a"', "{", ""])
def test_the_body_is_an_object(pool, body):
    headers = {"x-timestamp": str(int(time.time())), "content-type": "application/json"}
    pool.no("InvalidParameter", pool.http.post(PATH, content=body, headers=headers))


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_every_error_of_the_table_can_be_had(pool, code):
    pool.no(code, pool.post(PATH, order(f"a boat sandbox-error:{code}")))


@pytest.mark.parametrize("code", ["AuthenticationError", "ServerOverloaded", "InternalServiceError"])
def test_faults_know_the_table(pool, client, code):
    client.fault(PATH, {"error": f"ark.{code}"})
    pool.no(code, pool.post(PATH, order()))


def test_words_that_are_refused(pool):
    pool.no("InputTextSensitiveContentDetected", pool.post(PATH, order("a forbidden boat")))
    pool.create(text="an unforbidden boat")


def test_accounts_in_trouble(client):
    poor, closed = Customer(client.base, "no-money"), Customer(client.base, "no-service")
    poor.no("QuotaExceeded", poor.post(PATH, order()))
    closed.no("OperationDenied.ServiceNotOpen", closed.post(PATH, order()))


def test_people_may_only_be_shown_through_the_library(pool):
    files = [picture()]
    pool.no("InputImageSensitiveContentDetected", pool.post(PATH, order("sandbox-face", files)))
    pool.no("InputVideoSensitiveContentDetected", pool.post(PATH, order("sandbox-face", [clip()])))


# ── files ───────────────────────────────────────────────────────────────────

PICTURES: list[tuple[str, tuple[int, int]]] = [
    ("width", (300, 400)),
    ("height", (400, 300)),
    ("width", (6000, 2500)),
    ("height", (2500, 6000)),
    ("width by height", (1000, 400)),
    ("width by height", (400, 1000)),
]


@pytest.mark.parametrize(("named", "size"), PICTURES)
def test_pictures_out_of_bounds_are_refused(pool, named, size):
    error = pool.no("InvalidParameter.content", pool.post(PATH, order(files=[picture(size=size)])))
    assert f"{named} must be in (" in error["message"] and error["param"] == "content[1].image_url.url"


@pytest.mark.parametrize("size", [(301, 400), (999, 400), (401, 1000)])
def test_pictures_just_within_bounds_are_taken(pool, size):
    pool.create(text="", files=[picture(None, size=size)])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF"])
def test_every_documented_format_of_pictures_is_taken(pool, kind):
    data = base64.b64encode(encoded(Image.new("RGB", (320, 320), "teal"), kind)).decode()
    pool.create(files=[picture(url=f"data:image/{kind.lower()};base64,{data}")])


FILMS: list[tuple[str, dict[str, Any]]] = [
    ("seconds", {"frames": 45}),
    ("seconds", {"frames": 24 * 15 + 3}),
    ("frames a second", {"rate": 23, "frames": 46}),
    ("frames a second", {"rate": 61, "frames": 122}),
    ("width", {"size": (298, 700)}),
    ("height", {"size": (700, 298)}),
    ("width by height", {"size": (320, 802)}),
    ("width by height", {"size": (1504, 600)}),
    ("pixels", {"size": (640, 638)}),
    ("pixels", {"size": (1280, 726)}),
    ("webm is none", {"container": "webm", "codec": "libvpx"}),
    ("matroska is none", {"container": "matroska"}),
]


@pytest.mark.parametrize(("named", "changes"), FILMS)
def test_films_out_of_bounds_are_refused(pool, neighbour, named, changes):
    data = film(**{"frames": 48, "size": (864, 496), "rate": 24, **changes})
    neighbour.pages["/a.mp4"] = (200, data)
    error = pool.no("InvalidParameter.content", pool.post(PATH, order(files=[clip(neighbour.base + "/a.mp4")])))
    assert named.replace("matroska", "mkv") in error["message"]


@pytest.mark.parametrize("changes", [{}, {"container": "mov"}, {"size": (640, 640)}, {"rate": 60, "frames": 120}])
def test_films_within_bounds_are_taken(pool, neighbour, changes):
    neighbour.pages["/a.mp4"] = (200, film(**{"frames": 48, "size": (864, 496), "rate": 24, **changes}))
    pool.create(files=[clip(neighbour.base + "/a.mp4")])


SOUNDS: list[tuple[str, str, float]] = [
    ("seconds", "wav", 1.9),
    ("seconds", "wav", 15.1),
    ("flac is none", "flac", 2.0),
    ("m4a is none", "m4a", 2.0),
]


@pytest.mark.parametrize(("named", "kind", "seconds"), SOUNDS)
def test_sounds_out_of_bounds_are_refused(pool, neighbour, named, kind, seconds):
    neighbour.pages["/a"] = (200, sound(kind, seconds, rate=48000))
    files = [picture(), tone(neighbour.base + "/a")]
    assert named in pool.no("InvalidParameter.content", pool.post(PATH, order(files=files)))["message"]


@pytest.mark.parametrize("kind", ["wav", "mp3"])
def test_documented_sounds_are_taken(pool, neighbour, kind):
    neighbour.pages["/a"] = (200, sound(kind, 3.0))
    pool.create(files=[picture(), tone(neighbour.base + "/a")])


def test_all_sounds_together_have_15_seconds(pool):
    pool.create(files=[picture(), tone(seconds=7.5), tone(seconds=7.5)])
    error = pool.no(
        "InvalidParameter.content", pool.post(PATH, order(files=[picture(), tone(seconds=8), tone(seconds=7.5)]))
    )
    assert "together" in error["message"]


def test_all_films_together_have_15_seconds(pool, neighbour):
    neighbour.pages["/a"] = (200, film(24 * 8, size=(864, 496), rate=24))
    link = neighbour.base + "/a"
    assert "together" in pool.no("InvalidParameter.content", pool.post(PATH, order(files=[clip(link)] * 2)))["message"]


LYING: list[tuple[str, bytes]] = [
    ("a picture that is a film", film(24, size=(640, 480), rate=24)),
    ("a picture that is words", b"hello, world" * 100),
    ("a picture that ends early", encoded(Image.effect_noise((400, 400), 50))[:5000]),
]


@pytest.mark.parametrize("data", [data for _name, data in LYING], ids=[name for name, _data in LYING])
def test_what_claims_to_be_something_else_is_refused(pool, data):
    url = "data:image/png;base64," + base64.b64encode(data).decode()
    pool.no("InvalidParameter.content", pool.post(PATH, order(files=[picture(url=url)])))


def test_what_cannot_be_fetched_is_refused(pool, neighbour):
    pool.no("InvalidParameter.content", pool.post(PATH, order(files=[picture(url=neighbour.base + "/none")])))


# ── what the model decides ──────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "ratio"),
    [
        ("a boat", "16:9"),
        ("a vertical film of a boat", "9:16"),
        ("竖屏短视频，一只船", "9:16"),
        ("方形画面，一只船", "1:1"),
        ("anamorphic, a boat", "21:9"),
        ("a boat, 3:4", "3:4"),
        ("it begins at 10:16:9 sharp", "16:9"),
    ],
)
def test_an_adaptive_ratio_follows_the_words(text, ratio):
    assert ratio_of(read_order(order(text, ratio="adaptive")), []) == ratio


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("a boat", 4), ("a boat for 9 seconds", 9), ("第一幕2-4秒，第二幕4-12秒", 12), ("a boat for 90 seconds", 15)],
)
def test_a_free_duration_follows_the_words(text, seconds):
    assert seconds_of(read_order(order(text, duration=-1))) == seconds
    assert seconds_of(read_order(order(text, duration=7))) == 7


@pytest.mark.parametrize(("size", "ratio"), [((640, 480), "4:3"), ((420, 700), "9:16"), ((900, 400), "21:9")])
def test_an_adaptive_ratio_follows_the_first_frame(pool, size, ratio):
    files = [picture("first_frame", size), picture("last_frame", (500, 500))]
    assert pool.task(pool.create(text="a vertical film", files=files, ratio="adaptive"))["ratio"] == ratio


def test_an_adaptive_ratio_follows_films_before_pictures(pool, neighbour):
    neighbour.pages["/a"] = (200, film(48, size=(640, 640), rate=24))
    files = [picture(size=(640, 480)), clip(neighbour.base + "/a")]
    assert pool.task(pool.create(files=files, ratio="adaptive"))["ratio"] == "1:1"
    assert pool.task(pool.create(files=files[:1], ratio="adaptive"))["ratio"] == "4:3"
    assert pool.task(pool.create(text="竖屏", files=files, ratio="adaptive"))["ratio"] == "9:16"
