"""The asset library in the emulated model pool: taking in, looking at, refusing, and using in an order."""

from __future__ import annotations

import time
from typing import Any

import httpx
import pytest
from PIL import Image

from providers.sandbox.talkingdata_assets import ERRORS
from tests.media.films import film
from tests.media.sounds import sound
from tests.providers.sandbox.conftest import eventually
from tests.providers.sandbox.pictures import encoded
from tests.providers.sandbox.pool import Pool, sample, shape

CREATE, GET = "/model/origin/assets/create", "/model/origin/assets/get"
TASKS = "/model/openai/api/v3/contents/generations/tasks"


class Customer(Pool):
    def create(self, **body: Any) -> str:
        response = self.post(CREATE, order(**body))
        assert response.status_code == 200, response.text
        return str(response.json()["Result"]["Id"])

    def asset(self, asset: str, query: str = "") -> dict[str, Any]:
        response = self.post(f"{GET}?id={asset}{query}", {})
        assert response.status_code == 200, response.text
        return dict(response.json()["Result"])

    def settled(self, asset: str) -> dict[str, Any]:
        return dict(eventually(lambda: seen if (seen := self.asset(asset))["Status"] != "Processing" else None))

    def no(self, code: str, response: httpx.Response, action: str = "CreateAsset") -> str:
        """Asserts the documented shape of this refusal."""
        status, number, _message = ERRORS[code.split(".")[0]]
        metadata = response.json()["ResponseMetadata"]
        assert (response.status_code, metadata["Error"]["Code"]) == (status, code), response.text
        assert set(response.json()) == {"ResponseMetadata"} and metadata["Error"].get("CodeN") == number
        assert (metadata["Action"], metadata["Service"], metadata["Region"]) == (action, "ark", "cn-beijing")
        return str(metadata["Error"]["Message"])

    def film_of(self, *files: dict[str, Any], text: str = "a boat") -> httpx.Response:
        content = [{"type": "text", "text": text}, *files]
        body = {"model": "T0101007", "content": content, "duration": 4, "resolution": "480p"}
        return self.post(TASKS, body)


@pytest.fixture
def pool(client) -> Customer:
    return Customer(client.base)


@pytest.fixture
def files(neighbour) -> Any:
    """Puts bytes on the web; their link."""

    def put(data: bytes, path: str = "/file") -> str:
        neighbour.pages[path] = (200, data)
        return str(neighbour.base + path)

    return put


def order(**fields: Any) -> dict[str, Any]:
    return {"GroupId": "group-20260330162801-vmpfz", "URL": "http://127.0.0.1:1/a", "AssetType": "Image", **fields}


def still(size: tuple[int, int] = (640, 480), kind: str = "PNG") -> bytes:
    return encoded(Image.new("RGB", size, "teal"), kind)


REFUSED: list[tuple[str, dict[str, Any]]] = [
    ("MissingParameter.GroupId", {"GroupId": None}),
    ("MissingParameter.GroupId", {"GroupId": ""}),
    ("InvalidParameter.GroupId", {"GroupId": 5}),
    ("NotFound.GroupId", {"GroupId": "someone"}),
    ("NotFound.GroupId", {"GroupId": "group-missing"}),
    ("MissingParameter.URL", {"URL": None}),
    ("InvalidParameter.URL", {"URL": "data:image/png;base64,AAAA"}),
    ("InvalidParameter.URL", {"URL": "ftp://example.com/a.png"}),
    ("MissingParameter.AssetType", {"AssetType": None}),
    ("InvalidParameter.AssetType", {"AssetType": "image"}),
    ("InvalidParameter.AssetType", {"AssetType": "Text"}),
    ("InvalidParameter.Name", {"Name": "x" * 65}),
    ("InvalidParameter.Name", {"Name": 5}),
    ("InvalidParameter.ProjectName", {"ProjectName": 5}),
    ("InvalidParameter.Tags", {"Tags": []}),
    ("FlowLimitExceeded", {"Name": "sandbox-error:FlowLimitExceeded"}),
]


@pytest.mark.parametrize(("code", "changes"), REFUSED)
def test_what_is_refused(pool, code, changes):
    pool.no(code, pool.post(CREATE, order(**changes)))


def test_what_get_refuses(pool, client):
    asset = pool.create()
    pool.no("MissingParameter.id", pool.post(GET, {}), "GetAsset")
    pool.no("NotFound.id", pool.post(f"{GET}?id=asset-20260101000000-xxxxx", {}), "GetAsset")
    pool.no("NotFound.id", pool.post(f"{GET}?id={asset}&ProjectName=other", {}), "GetAsset")
    pool.no("NotFound.id", pool.post(f"{GET}?id={asset}", {"ProjectName": "other"}), "GetAsset")
    stranger = Customer(client.base, "a stranger")
    stranger.no("NotFound.id", stranger.post(f"{GET}?id={asset}", {}), "GetAsset")


@pytest.mark.parametrize(
    ("code", "headers"),
    [("InvalidAccessKey", {"authorization": "Bearer invalid"}), ("InvalidTimestamp", {"x-timestamp": "1700000000"})],
)
def test_the_call_itself(pool, code, headers):
    pool.no(code, pool.post(CREATE, order(), **headers))


@pytest.mark.parametrize("code", sorted(ERRORS))
def test_faults_know_every_common_error(pool, client, code):
    client.fault(CREATE, {"error": f"assets.{code}"})
    pool.no(code, pool.post(CREATE, order()))


def test_the_documented_call_gets_the_documented_answer(pool, files):
    body = sample("assets", "create") | {"URL": files(still())}
    reply = pool.post(f"{CREATE}?requestId=550e8400-e29b-41d4-a716-446655440000", body)
    assert (reply.status_code, shape(reply.json())) == (200, shape(sample("assets", "created")))
    asset = reply.json()["Result"]["Id"]
    pool.settled(asset)
    # the page's sample of a look has no body
    stamp = {"x-timestamp": str(int(time.time()))}
    look = pool.http.post(f"{GET}?id={asset}", headers=stamp)
    shown = look.json()
    assert (look.status_code, shape(shown)) == (200, shape(sample("assets", "asset")))
    assert shown["Result"]["Status"] == "Active" and shown["Result"]["GroupId"] == body["GroupId"]


def test_a_group_belongs_to_one_project(pool):
    group = "group-20260330162801-aaaaa"
    asset = pool.create(GroupId=group, ProjectName="films")
    assert pool.asset(asset, "&ProjectName=films")["ProjectName"] == "films"
    pool.no("InvalidParameter.ProjectName", pool.post(CREATE, order(GroupId=group)))


def test_an_asset_is_processed_before_it_is_active(sandbox, neighbour):
    with sandbox(latency=60) as client:
        pool = Customer(client.base)
        neighbour.pages["/a"] = (200, still())
        asset = pool.create(URL=neighbour.base + "/a")
        shown = pool.asset(asset)
        assert shown["Status"] == "Processing" and "URL" not in shown
        file = {"type": "image_url", "image_url": {"url": f"asset://{asset}"}}
        error = pool.film_of(file).json()["error"]
        assert error["code"] == "InvalidParameter.content" and "Processing" in error["message"]


ACTIVE: list[tuple[str, str, bytes]] = [
    *[("Image", kind, still((301, 700), kind)) for kind in ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF")],
    ("Video", "mp4", film(48, size=(864, 496), rate=24)),
    ("Video", "mov", film(48, size=(640, 640), rate=24, container="mov")),
    ("Audio", "wav", sound("wav", 2.0)),
    ("Audio", "mp3", sound("mp3", 3.0)),
]


@pytest.mark.parametrize(("asset_type", "kind", "data"), ACTIVE, ids=[kind for _type, kind, _data in ACTIVE])
def test_documented_files_become_active(pool, files, asset_type, kind, data):
    shown = pool.settled(pool.create(URL=files(data), AssetType=asset_type, Name="a name"))
    assert shown["Status"] == "Active", shown
    assert (shown["AssetType"], shown["Name"]) == (asset_type, "a name")
    assert pool.http.get(shown["URL"]).content == data


FAILED: list[tuple[str, str, bytes]] = [
    ("FormatUnsupported", "Image", b"words" * 100),
    ("FormatUnsupported", "Image", film(48, size=(864, 496), rate=24)),
    ("FormatUnsupported", "Video", still()),
    ("FormatUnsupported", "Video", film(48, size=(864, 496), rate=24, container="matroska")),
    ("FormatUnsupported", "Audio", sound("flac", 2.0)),
    ("FormatUnsupported", "Audio", film(48, size=(864, 496), rate=24, sound="aac")),
    ("WidthTooSmall", "Image", still((300, 400))),
    ("HeightTooSmall", "Image", still((400, 300))),
    ("WidthTooLarge", "Image", still((6000, 2500))),
    ("HeightTooLarge", "Image", still((2500, 6000))),
    ("AspectRatioTooLarge", "Image", still((1000, 400))),
    ("AspectRatioTooSmall", "Image", still((400, 1000))),
    ("WidthTooSmall", "Video", film(48, size=(298, 700), rate=24)),
    ("AspectRatioTooLarge", "Video", film(48, size=(1504, 600), rate=24)),
    ("PixelCountTooSmall", "Video", film(48, size=(640, 638), rate=24)),
    ("PixelCountTooLarge", "Video", film(48, size=(1280, 726), rate=24)),
    ("DurationTooShort", "Video", film(45, size=(864, 496), rate=24)),
    ("DurationTooLong", "Video", film(24 * 15 + 3, size=(864, 496), rate=24)),
    ("FrameRateTooLow", "Video", film(46, size=(864, 496), rate=23)),
    ("FrameRateTooHigh", "Video", film(122, size=(864, 496), rate=61)),
    ("DurationTooShort", "Audio", sound("wav", 1.9)),
    ("DurationTooLong", "Audio", sound("wav", 15.1, rate=16000)),
    ("FileSizeTooLarge", "Image", still() + bytes(30 * 1024 * 1024)),
    ("FileSizeTooLarge", "Audio", sound("wav", 2.0) + bytes(15 * 1024 * 1024)),
    ("FileSizeTooLarge", "Video", bytes(50 * 1024 * 1024 + 1)),
]


@pytest.mark.parametrize(
    ("code", "asset_type", "data"), FAILED, ids=[f"{asset_type}-{code}" for code, asset_type, _data in FAILED]
)
def test_files_out_of_bounds_fail(pool, files, code, asset_type, data):
    shown = pool.settled(pool.create(URL=files(data), AssetType=asset_type))
    assert (shown["Status"], shown["Error"]["Code"]) == ("Failed", code), shown
    assert shown["Error"]["Message"] and "URL" not in shown


def test_what_cannot_be_fetched_fails(pool):
    assert pool.settled(pool.create())["Error"]["Code"] == "DownloadFailed"


@pytest.mark.parametrize(
    ("name", "code"),
    [("forbidden", "ContentRestricted"), ("sandbox-fail:TranscodingFailed", "TranscodingFailed")],
)
def test_scripted_failures(pool, files, name, code):
    assert pool.settled(pool.create(URL=files(still()), Name=name))["Error"]["Code"] == code


def test_scripted_by_a_fault(pool, client, files):
    client.fault(CREATE, {"job": {"fail": "ContentRestricted"}})
    assert pool.settled(pool.create(URL=files(still())))["Error"]["Code"] == "ContentRestricted"


def test_a_film_of_assets(pool, files, tmp_path):
    made = [
        ("image_url", "reference_image", pool.create(URL=files(still(kind="WEBP"), "/a"))),
        (
            "video_url",
            "reference_video",
            pool.create(URL=files(film(48, size=(640, 640), rate=24), "/b"), AssetType="Video"),
        ),
        ("audio_url", "reference_audio", pool.create(URL=files(sound("mp3", 3.0), "/c"), AssetType="Audio")),
    ]
    for _kind, _role, asset in made:
        assert pool.settled(asset)["Status"] == "Active"
    content = [{"type": kind, kind: {"url": f"asset://{asset}"}, "role": role} for kind, role, asset in made]
    reply = pool.film_of(*content, text="sandbox-face")
    assert reply.status_code == 200, reply.text
    path = f"{TASKS}/{reply.json()['id']}"
    task = eventually(lambda: seen if (seen := pool.get(path).json())["status"] not in ("queued", "running") else None)
    assert (task["status"], task["ratio"]) == ("succeeded", "1:1")
    assert pool.probed(task["content"]["video_url"], "video/mp4", tmp_path).has_sound


def test_which_assets_an_order_may_not_name(pool, client, files):
    good = pool.create(URL=files(still()))
    bad = pool.create(URL="http://127.0.0.1:1/nothing")
    pool.settled(good)
    pool.settled(bad)

    def refused(asset: str, kind: str = "image_url", role: str = "reference_image", who: Customer = pool) -> str:
        error = who.film_of({"type": kind, kind: {"url": f"asset://{asset}"}, "role": role}).json()["error"]
        return f"{error['code']} {error['message']}"

    assert refused("asset-20260101000000-xxxxx").startswith("NotFound.asset")
    assert refused(good, who=Customer(client.base, "a stranger")).startswith("NotFound.asset")
    assert "Failed" in refused(bad)
    assert "type Image" in refused(good, "video_url", "reference_video")
