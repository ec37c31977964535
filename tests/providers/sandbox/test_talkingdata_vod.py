"""GPT Image-2 and Veo in the emulated model pool: what they take, refuse, answer and render."""

from __future__ import annotations

import hashlib
import time
import uuid
from io import BytesIO
from typing import Any

import av
import pytest
from PIL import Image

from providers.sandbox import talkingdata_vod
from providers.sandbox.talkingdata_job import ERRORS
from providers.sandbox.tencent import FAILURES
from tests.providers.sandbox.pictures import encoded
from tests.providers.sandbox.pool import JOB, Pool, sample, shape

IMAGE, FILM = "T0302007", "T0301004"
MB = 1024 * 1024
BOTH = (IMAGE, FILM)
LINK = "http://127.0.0.1:1/a.png"


@pytest.fixture
def pool(client) -> Pool:
    return Pool(client.base)


def order(action: str = IMAGE, output: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    """A body that is taken as it is, small."""
    usual = {"Prompt": "a boat"} | ({"ModelVersion": "image2_low"} if action == IMAGE else {})
    asked = {"Resolution": "1K"} if action == IMAGE else {}
    return usual | {"OutputConfig": asked | (output or {})} | fields


def given(*usages: str, url: str = LINK, **fields: Any) -> list[dict[str, Any]]:
    """File infos; without usages one for a picture."""
    return [{"Type": "Url", "Url": url, "Usage": usage, **fields} for usage in usages] or [
        {"Type": "Url", "Url": url, **fields}
    ]


REFUSED: list[tuple[str, str, dict[str, Any], str]] = [
    *[("UnknownParameter", action, order(action, ModelName="OG"), "ModelName") for action in BOTH],
    *[("UnknownParameter", action, order(action, TaskId="x"), "TaskId") for action in BOTH],
    ("UnknownParameter", FILM, order(FILM, ModelVersion="3.1"), "ModelVersion"),
    ("UnknownParameter", IMAGE, order(SceneType="motion_control"), "SceneType"),
    *[
        ("MissingParameter", action, order(action, Prompt=value), "Prompt")
        for action in BOTH
        for value in ("", None, " ")
    ],
    ("MissingParameter", IMAGE, order(ModelVersion=""), "ModelVersion"),
    ("InvalidParameterValue", IMAGE, order(ModelVersion="image2_ultra"), "ModelVersion"),
    *[("InvalidParameter", action, order(action, Prompt=5), "Prompt") for action in BOTH],
    *[("InvalidParameter", action, order(action, NegativePrompt=[]), "NegativePrompt") for action in BOTH],
    *[("InvalidParameterValue", action, order(action, EnhancePrompt="On"), "EnhancePrompt") for action in BOTH],
    *[("InvalidParameterValue", action, order(action, InputRegion="Mars"), "InputRegion") for action in BOTH],
    *[("InvalidParameter", action, order(action, Seed=value), "Seed") for action in BOTH for value in ("1", 1.5, True)],
    *[("InvalidParameterValue", action, order(action, SessionId="x" * 51), "SessionId") for action in BOTH],
    *[("InvalidParameterValue", action, order(action, SessionContext="x" * 1001), "SessionContext") for action in BOTH],
    *[
        ("InvalidParameterValue", action, order(action, TasksPriority=value), "TasksPriority")
        for action in BOTH
        for value in (-11, 11)
    ],
    *[
        ("InvalidParameter", action, order(action, TasksPriority=value), "TasksPriority")
        for action in BOTH
        for value in ("5", 1.5)
    ],
    *[("InvalidParameter", action, order(action, ExtInfo={}), "ExtInfo") for action in BOTH],
    *[("InvalidParameter", action, order(action, OutputConfig=[]), "OutputConfig") for action in BOTH],
    *[
        ("InvalidParameterValue", action, order(action, {name: "On"}), name)
        for action in BOTH
        for name in (
            "StorageMode",
            "Resolution",
            "AspectRatio",
            "PersonGeneration",
            "InputComplianceCheck",
            "OutputComplianceCheck",
        )
    ],
    *[
        ("UnknownParameter", action, order(action, {name: 8}), name)
        for action in BOTH
        for name in ("Duration", "OutputImageCount")
    ],
    ("UnknownParameter", IMAGE, order(output={"AudioGeneration": "Enabled"}), "AudioGeneration"),
    ("InvalidParameterValue", FILM, order(FILM, {"AudioGeneration": "On"}), "AudioGeneration"),
    ("InvalidParameterValue", IMAGE, order(output={"Resolution": "720P"}), "Resolution"),
    ("InvalidParameterValue", IMAGE, order(output={"AspectRatio": "4:5"}), "AspectRatio"),
    ("InvalidParameterValue", IMAGE, order(output={"PersonGeneration": "Disallowed"}), "PersonGeneration"),
    ("InvalidParameterValue", FILM, order(FILM, {"Resolution": "2K"}), "Resolution"),
    ("InvalidParameterValue", FILM, order(FILM, {"AspectRatio": "1:1"}), "AspectRatio"),
    *[
        ("InvalidParameter", action, order(action, FileInfos=value), "FileInfos")
        for action in BOTH
        for value in ({}, ["x"])
    ],
    *[
        ("MissingParameter", action, order(action, FileInfos=[{"Url": LINK, **usage}]), "Type")
        for action, usage in ((IMAGE, {}), (FILM, {"Usage": "FirstFrame"}))
    ],
    ("MissingParameter", IMAGE, order(FileInfos=[{"Type": "Url"}]), "FileInfos[0].Url"),
    ("InvalidParameterValue", IMAGE, order(FileInfos=given(Type="File")), "Type"),
    ("InvalidParameterValue", IMAGE, order(FileInfos=given(url="ftp://example.com/a.png")), "Url"),
    ("InvalidParameterValue", IMAGE, order(FileInfos=given(url="data:image/png;base64,AAAA")), "Url"),
    ("UnknownParameter", IMAGE, order(FileInfos=given("Reference")), "Usage"),
    ("UnknownParameter", FILM, order(FILM, FileInfos=given("Reference", Text="x")), "Text"),
    ("InvalidParameterValue", IMAGE, order(FileInfos=given() * 4), "FileInfos"),
    ("MissingParameter", FILM, order(FILM, FileInfos=given()), "Usage"),
    ("InvalidParameterValue", FILM, order(FILM, FileInfos=given("Middle")), "Usage"),
    ("InvalidParameterValue", FILM, order(FILM, FileInfos=given("FirstFrame", "FirstFrame")), "one first frame"),
    (
        "InvalidParameterValue",
        FILM,
        order(FILM, FileInfos=given("FirstFrame", "LastFrame", "LastFrame")),
        "one last frame",
    ),
    ("InvalidParameterValue", FILM, order(FILM, FileInfos=given("LastFrame")), "needs a first frame"),
    ("InvalidParameterValue", FILM, order(FILM, FileInfos=given("FirstFrame", "Reference")), "do not go together"),
    ("InvalidParameterValue", FILM, order(FILM, FileInfos=given("Reference") * 4), "three references"),
    ("InvalidParameterValue", FILM, order(FILM, LastFrameUrl=LINK), "needs a first frame"),
    ("InvalidParameterValue", FILM, order(FILM, LastFrameUrl="x", FileInfos=given("FirstFrame")), "LastFrameUrl"),
    (
        "InvalidParameterValue",
        FILM,
        order(FILM, LastFrameUrl=LINK, FileInfos=given("FirstFrame", "LastFrame")),
        "one last frame",
    ),
    ("InvalidParameterValue", FILM, order(FILM, LastFrameFileId="12"), "needs a first frame"),
    (
        "InvalidParameterValue",
        FILM,
        order(FILM, LastFrameFileId="../x", FileInfos=given("FirstFrame")),
        "LastFrameFileId",
    ),
    ("ResourceNotFound", FILM, order(FILM, LastFrameFileId="12", FileInfos=given("FirstFrame")), "LastFrameFileId"),
    ("InvalidParameterValue", FILM, order(FILM, SubjectInfos=[{"Id": "x"}]), "SubjectInfos"),
    ("InvalidParameterValue", FILM, order(FILM, SceneType="dance"), "SceneType"),
    ("InvalidAction", "T0302008", order(), "T0302008"),
    ("MissingParameter", "", {}, "TaskId"),
    ("InvalidParameter", "", {"TaskId": 5}, "TaskId"),
    ("UnknownParameter", "", {"TaskId": "x", "JobId": "x"}, "JobId"),
    ("InvalidParameterValue.TaskId", "", {"TaskId": "1395528311-AigcImageTask-0t"}, "AigcImageTask"),
]


@pytest.mark.parametrize(("code", "action", "body", "named"), REFUSED)
def test_what_is_refused(pool, code, action, body, named):
    assert named in pool.refused(code, body, action)


@pytest.mark.parametrize(
    ("action", "body"),
    [
        (IMAGE, order(SessionId="x" * 50, SessionContext="x" * 1000, ExtInfo="x", TasksPriority=-10, Seed=0)),
        (
            IMAGE,
            order(
                TasksPriority=10, EnhancePrompt="Enabled", NegativePrompt="red", InputRegion="Oversea", Seed=-(2**40)
            ),
        ),
        (IMAGE, order(Prompt="", FileInfos=[{"Type": "Url", "Url": "PAGE", "Text": "a cat"}] * 3)),
        (IMAGE, order(EnhancePrompt="", SessionId="", SessionContext="", FileInfos=None)),
        (FILM, order(FILM, Prompt="", ExtInfo="{}", SubjectInfos=[], SceneType="", Seed=2**63 - 1)),
        (FILM, order(FILM, Prompt="", FileInfos=given("FirstFrame", url="PAGE"), LastFrameUrl="PAGE")),
        (FILM, order(FILM, FileInfos=given(*["Reference"] * 3, url="PAGE"))),
    ],
)
def test_what_is_taken_at_its_bounds(pool, neighbour, action, body):
    page = neighbour.picture("/page.png", (10, 90, 200))
    for item in body.get("FileInfos") or []:
        item["Url"] = item["Url"].replace("PAGE", page)
    if "LastFrameUrl" in body:
        body["LastFrameUrl"] = page
    said = pool.finished(pool.ordered(action, body))
    task = said["AigcImageTask" if action == IMAGE else "AigcVideoTask"]
    assert task["ErrCode"] == 0, task
    assert (task["SessionId"], task["SessionContext"]) == (body.get("SessionId", ""), body.get("SessionContext", ""))


# ── the door ─────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("header", ["", "Bearer", "Basic abc", "Bearer invalid"])
def test_a_key_is_wanted(pool, header):
    for action, body in ((IMAGE, order()), (FILM, order(FILM)), ("", {"TaskId": "x"})):
        pool.refused("UnauthorizedOperation", body, action, authorization=header)


def test_what_a_call_needs(pool):
    pool.refused("InvalidParameter", order(), IMAGE, **{"x-timestamp": "1700000000"})
    pool.refused("InvalidParameter", order(), IMAGE, **{"content-type": "text/plain"})
    pool.refused("InvalidParameter", order(), IMAGE, **{"content-type": "application/json; charset=utf-8"})
    pool.refused("InvalidParameter", [], IMAGE)
    error = pool.post(f"{JOB}?requestId=1", order(), IMAGE).json()["Response"]["Error"]
    assert error["Code"] == "InvalidParameter"
    assert "TaskId" in pool.post(f"{JOB}?requestId={uuid.uuid4()}", order(), IMAGE).json()["Response"]


@pytest.mark.parametrize("action", BOTH)
def test_a_session_id_counts_for_three_days_and_one_key(pool, action):
    pool.refused("InvalidParameterValue", order(action, SessionId="mine", TasksPriority=11), action)
    pool.ordered(action, order(action, SessionId="mine"))
    assert "mine" in pool.refused("InvalidParameterValue.SessionId", order(action, SessionId="mine"), action)
    Pool(pool.base, "another").ordered(action, order(action, SessionId="mine"))


def test_session_ids_outlive_a_restart(sandbox, tmp_path):
    with sandbox(data=tmp_path) as first:
        pool = Pool(first.base)
        task = pool.ordered(IMAGE, order(SessionId="mine"))
        pool.finished(task)
    with sandbox(data=tmp_path) as second:
        pool = Pool(second.base)
        pool.refused("InvalidParameterValue.SessionId", order(SessionId="mine"), IMAGE)
        assert pool.finished(task)["AigcImageTask"]["ErrCode"] == 0


def test_tasks_of_another_key_and_old_ones_are_unknown(pool, monkeypatch):
    task = pool.ordered(IMAGE, order())
    Pool(pool.base, "another").refused("InvalidParameterValue.TaskId", {"TaskId": task})
    pool.finished(task)
    monkeypatch.setattr(talkingdata_vod, "TASK_SECONDS", -1)
    pool.refused("InvalidParameterValue.TaskId", {"TaskId": task})


def test_it_waits_and_only_so_many_at_once(sandbox):
    with sandbox(max_concurrent=1, latency=60) as client:
        pool = Pool(client.base)
        said = pool.query(pool.ordered(FILM, order(FILM)))
        task = said["AigcVideoTask"]
        assert (said["Status"], task["Status"], task["Progress"]) == ("WAITING", "PROCESSING", 0)
        assert task["Output"] == {"FileInfos": []}
        pool.refused("RequestLimitExceeded", order(), IMAGE)


# ── samples ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("name", "action", "kind"), [("gpt-image-2", IMAGE, "AigcImageTask"), ("veo-3.1", FILM, "AigcVideoTask")]
)
def test_the_documented_samples_are_taken_and_answered(pool, neighbour, name, action, kind):
    body = sample(name, "order")
    body["FileInfos"][0]["Url"] = url = neighbour.picture("/given.png", (200, 120, 30), (640, 360))
    response = pool.post(f"{JOB}?requestId={uuid.uuid4()}", body, action)
    assert shape(response.json()) == shape(sample(name, "taken"))
    said = pool.finished(response.json()["Response"]["TaskId"])
    shown = sample(name, "finished")["Response"]
    if kind == "AigcVideoTask":
        shown[kind]["Input"]["FileInfos"] = [{"Type": "Url", "FileId": "", "Url": url, "Usage": "FirstFrame"}]
        shown[kind]["Input"] |= {"Prompt": body["Prompt"], "NegativePrompt": ""}
    else:
        shown[kind]["Input"]["FileInfos"][0]["Url"] = url
    assert shape(said) == shape(shown)
    assert said[kind]["Input"] == shown[kind]["Input"]
    assert {name for name, value in said.items() if value is None} == {n for n, value in shown.items() if value is None}
    assert (said["Status"], said[kind]["Progress"], said[kind]["Status"]) == ("FINISH", 100, "FINISH")


# ── failures ─────────────────────────────────────────────────────────────────


def test_every_error_can_be_asked_for(pool):
    for code in ERRORS:
        pool.refused(code, order(Prompt=f"a boat sandbox-error:{code}."), IMAGE)
    Pool(pool.base, "no-vod").refused("FailedOperation.InvalidVodUser", order(FILM), FILM)
    Pool(pool.base, "no-money").refused("ResourceInsufficient", order(), IMAGE)


@pytest.mark.parametrize("code", FAILURES)
def test_every_failure_can_be_asked_for(pool, code):
    said = pool.finished(pool.ordered(FILM, order(FILM, Prompt=f"a boat sandbox-fail:{code}")))
    task = said["AigcVideoTask"]
    assert (task["Status"], task["ErrCodeExt"], task["ErrCode"]) == ("FINISH", code, FAILURES[code][0])
    assert said["Status"] == ("ABORTED" if code == "OperationCanceled" else "FINISH")
    assert task["ErrCode"] != 0 and task["Message"] and task["Output"] == {"FileInfos": []}


@pytest.mark.parametrize(
    ("words", "output", "code"),
    [
        ("forbidden", {}, "InvalidParameter.VoilationContent"),
        ("forbidden", {"InputComplianceCheck": "Disabled"}, ""),
        ("half-forbidden", {}, "ContentModerationFailed"),
        ("half-forbidden", {"OutputComplianceCheck": "Disabled"}, ""),
    ],
)
def test_what_the_checks_find(pool, words, output, code):
    said = pool.finished(pool.ordered(IMAGE, order(Prompt=f"a {words} boat", output=output)))
    assert said["AigcImageTask"]["ErrCodeExt"] == code


@pytest.mark.parametrize(
    ("action", "fields", "page", "code"),
    [
        (IMAGE, {}, None, "ResourceNotFound"),
        (IMAGE, {}, b"no picture", "InvalidParameter.MediaFormat"),
        (IMAGE, {}, encoded(Image.new("RGB", (64, 64)), "WEBP"), "InvalidParameter.MediaFormat"),
        (IMAGE, {}, encoded(Image.new("RGB", (64, 64))) + b"\0" * (10 * MB), "InvalidParameter.MediaFormat"),
        (FILM, {"Usage": "FirstFrame"}, encoded(Image.new("RGB", (64, 64)), "GIF"), "InvalidParameter.MediaFormat"),
        (FILM, {"Usage": "Reference"}, encoded(Image.new("RGB", (64, 64)), "WEBP"), "InvalidParameter.MediaFormat"),
        (FILM, {"last": True}, encoded(Image.new("RGB", (64, 64))) + b"\0" * (5 * MB), "InvalidParameter.MediaFormat"),
        (FILM, {"last": True}, encoded(Image.new("RGB", (64, 64)), "GIF"), "InvalidParameter.MediaFormat"),
    ],
)
def test_a_linked_picture_that_does_not_fit_ends_the_task_badly(pool, neighbour, action, fields, page, code):
    if page is not None:
        neighbour.pages["/given"] = (200, page)
    url = f"{neighbour.base}/given"
    if fields.pop("last", False):
        first = neighbour.picture("/first.png", (1, 2, 3))
        body = order(action, FileInfos=given("FirstFrame", url=first), LastFrameUrl=url)
    else:
        body = order(action, FileInfos=given(url=url, **fields))
    said = pool.finished(pool.ordered(action, body))
    assert said["AigcImageTask" if action == IMAGE else "AigcVideoTask"]["ErrCodeExt"] == code


def test_a_last_frame_may_be_webp(pool, neighbour):
    last = neighbour.show("/last.webp", Image.new("RGB", (64, 64), "red"), "WEBP")
    first = neighbour.picture("/first.png", (1, 2, 3))
    body = order(FILM, FileInfos=given("FirstFrame", url=first), LastFrameUrl=last)
    assert pool.finished(pool.ordered(FILM, body))["AigcVideoTask"]["ErrCode"] == 0


def test_faults_end_tasks_badly(client, pool):
    client.fault(JOB, {"job": {"reject": {"0": "色情"}}})
    assert pool.finished(pool.ordered(IMAGE, order()))["AigcImageTask"]["ErrCodeExt"] == "ContentModerationFailed"
    client.fault(JOB, {"job": {"empty_polls": 1, "links_expire": -1}})
    task = pool.ordered(IMAGE, order())
    assert pool.finished(task)["AigcImageTask"]["Output"] == {"FileInfos": []}
    (file,) = pool.query(task)["AigcImageTask"]["Output"]["FileInfos"]
    assert pool.http.get(file["FileUrl"]).status_code == 403
    client.fault(JOB, {"error": "job.InternalError", "after": True})
    pool.refused("InternalError", order(), IMAGE)


# ── results ──────────────────────────────────────────────────────────────────


def made(pool: Pool, action: str, body: dict[str, Any]) -> dict[str, Any]:
    said = pool.finished(pool.ordered(action, body))
    task = said["AigcImageTask" if action == IMAGE else "AigcVideoTask"]
    assert task["ErrCode"] == 0, task
    (file,) = task["Output"]["FileInfos"]
    return dict(file)


@pytest.mark.parametrize(
    ("output", "size"),
    [
        ({}, (2048, 2048)),
        ({"Resolution": "1K", "AspectRatio": "1:1"}, (1024, 1024)),
        ({"Resolution": "1K", "AspectRatio": "16:9"}, (1456, 816)),
        ({"Resolution": "1K", "AspectRatio": "9:16"}, (816, 1456)),
        ({"Resolution": "2K", "AspectRatio": "3:2"}, (2688, 1792)),
        ({"Resolution": "1K", "AspectRatio": "21:9"}, (1568, 672)),
        ({"Resolution": "1K", "AspectRatio": "9:21"}, (672, 1568)),
        ({"Resolution": "4K", "AspectRatio": "3:4"}, (3520, 4736)),
    ],
)
def test_a_picture_is_what_was_asked_for(pool, output, size):
    file = made(pool, IMAGE, order() | {"OutputConfig": output})
    data = pool.file(file["FileUrl"], "image/png")
    picture = Image.open(BytesIO(data))
    assert (picture.format, picture.size) == ("PNG", size)
    facts = file["MetaData"]
    assert (
        (facts["Width"], facts["Height"])
        == size
        == (
            facts["VideoStreamSet"][0]["Width"],
            facts["VideoStreamSet"][0]["Height"],
        )
    )
    assert facts["Size"] == len(data) and facts["Md5"] == hashlib.md5(data).hexdigest()


def test_all_qualities_and_references_count(pool, neighbour):
    def colour(quality: str, **fields: Any) -> bytes:
        file = made(pool, IMAGE, order(ModelVersion=quality, Seed=5, **fields))
        picture = Image.open(BytesIO(pool.file(file["FileUrl"], "image/png"))).convert("RGB")
        return picture.resize((8, 8), Image.Resampling.BOX).tobytes()

    pictures = {colour(quality) for quality in ("image2_low", "image2_medium", "image2_high")}
    assert len(pictures) == 3
    assert colour("image2_low") in pictures
    red = neighbour.picture("/red.png", (255, 0, 0))
    steered = colour("image2_low", FileInfos=given(url=red))
    assert steered not in pictures and sum(steered[::3]) > sum(steered[1::3])


def test_links_live_for_a_week_unless_they_are_kept(pool):
    file = made(pool, IMAGE, order())
    assert abs(int(file["FileUrl"].rpartition("=")[2]) - time.time() - 7 * 86400) < 60
    assert (file["StorageMode"], file["FileId"]) == ("Temporary", "")
    kept = made(pool, IMAGE, order(output={"StorageMode": "Permanent"}))
    assert kept["FileId"] and "expires" not in kept["FileUrl"]


@pytest.mark.parametrize(
    ("output", "size", "sound"),
    [
        ({}, (1280, 720), False),
        ({"AspectRatio": "9:16", "AudioGeneration": "Enabled"}, (720, 1280), True),
        ({"Resolution": "1080P", "AudioGeneration": "Disabled"}, (1920, 1080), False),
        ({"Resolution": "1080P", "AspectRatio": "9:16"}, (1080, 1920), False),
    ],
)
def test_a_film_is_what_was_asked_for(pool, tmp_path, output, size, sound):
    file = made(pool, FILM, order(FILM, output))
    seen = pool.probed(file["FileUrl"], "video/mp4", tmp_path)
    assert (seen.format, seen.codec, (seen.width, seen.height)) == ("mp4", "h264", size)
    assert abs(seen.duration - 8) < 0.05 and seen.frame_rate == 24
    assert (seen.has_sound, seen.channels, seen.sample_rate) == ((True, 2, 48000) if sound else (False, 0, 0))
    facts = file["MetaData"]
    assert (facts["Width"], facts["Height"], round(facts["Duration"])) == (*size, 8)
    assert facts["Size"] == (tmp_path / "fetched").stat().st_size
    assert (facts["VideoStreamSet"][0]["Codec"], facts["VideoStreamSet"][0]["Fps"]) == ("h264", 24)
    heard = [(track["Codec"], track["Channel"], track["SamplingRate"]) for track in facts["AudioStreamSet"]]
    assert heard == ([("aac", 2, 48000)] if sound else [])


def ends_of(data: bytes) -> list[tuple[int, ...]]:
    """The mean colours of the first and the last frame."""
    with av.open(BytesIO(data)) as opened:
        frames = [frame.to_image() for frame in opened.decode(video=0)]
    return [frame.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)) for frame in (frames[0], frames[-1])]


def is_like(seen: tuple[int, ...], colour: tuple[int, int, int]) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(seen, colour, strict=True))


def test_a_film_begins_and_ends_at_its_frames(pool, neighbour):
    first, last = neighbour.picture("/1.png", (200, 40, 40)), neighbour.picture("/2.png", (40, 40, 200))
    for body in (
        order(FILM, FileInfos=[*given("FirstFrame", url=first), *given("LastFrame", url=last)]),
        order(FILM, FileInfos=given("FirstFrame", url=first), LastFrameUrl=last),
    ):
        begin, end = ends_of(pool.file(made(pool, FILM, body)["FileUrl"], "video/mp4"))
        assert is_like(begin, (200, 40, 40)) and is_like(end, (40, 40, 200))


def test_a_film_may_end_at_a_stored_picture(pool, neighbour):
    stored = made(pool, IMAGE, order(output={"StorageMode": "Permanent", "AspectRatio": "16:9"}))
    picture = Image.open(BytesIO(pool.file(stored["FileUrl"], "image/png"))).convert("RGB")
    colour = picture.resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
    first = neighbour.picture("/1.png", (200, 40, 40))
    body = order(FILM, FileInfos=given("FirstFrame", url=first), LastFrameFileId=stored["FileId"])
    assert is_like(ends_of(pool.file(made(pool, FILM, body)["FileUrl"], "video/mp4"))[1], colour)
    Pool(pool.base, "another").refused("ResourceNotFound", body, FILM)
