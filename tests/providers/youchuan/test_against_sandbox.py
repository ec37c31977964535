"""The adapter and the sandbox were written from the same documents by different hands: they must agree."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw

from providers.base import Board, Kind, Media, Needs, Order, Result, Snapshot, State
from providers.errors import ContentRejected, InvalidRequest, ProviderError, ResultExpired
from providers.params import Widget, read_fields
from providers.sandbox.painter import FlatPainter
from providers.sandbox.server import running
from providers.sandbox.settings import Settings
from providers.transport import run
from providers.youchuan import Youchuan

from .tools import VERSIONS, mask, mask_file, order, payload

PATIENCE = 30.0
#: of the picture of "--ar 3:2"
SIZE = (1344, 896)


class Studio:
    def __init__(self, base: str, client: httpx.Client) -> None:
        self.provider = Youchuan(Youchuan.sandbox_credentials, base_url=base)
        self.client = client

    def submit(self, made: Order) -> Snapshot:
        return run(self.provider.submit(made), self.client)

    def ended(self, snapshot: Snapshot) -> Snapshot:
        deadline = time.monotonic() + PATIENCE
        while not snapshot.state.terminal and time.monotonic() < deadline:
            snapshot = run(self.provider.fetch(snapshot.remote_id), self.client)
        return snapshot

    def made(self, made: Order) -> tuple[Snapshot, Result]:
        done = self.ended(self.submit(made))
        assert done.state is State.SUCCEEDED, done
        params = made.params.model_dump(mode="json")
        kind = done.files[0].kind
        return done, Result(
            done.remote_id, 0, made.model.slug, made.operation.slug, params, kind, seed=done.seed, parent=made.source
        )

    def picture(self, snapshot: Snapshot) -> Media:
        """The first result as a file that any operation may start from; the service fetches it from itself."""
        url = snapshot.files[0].url
        with Image.open(io.BytesIO(self.client.get(url).content)) as image:
            return Media("image/png", 0, *image.size, url, lambda: b"")

    def follow(self, operation: str, values: dict[str, Any], result: Result, **more: Any) -> tuple[Snapshot, Result]:
        return self.made(follow_up(operation, values, result, **more))


def follow_up(operation: str, values: dict[str, Any], result: Result, **more: Any) -> Order:
    """With what the operation needs at least."""
    given = dict(values)
    found = Youchuan.model(result.model).operation(operation)
    for spec in read_fields(found.params):
        if spec.widget is Widget.PROMPT and spec.required:
            given.setdefault(spec.name, "a dog")
        if spec.widget is Widget.MASK and spec.required:
            given.setdefault(spec.name, ["asset:1"])
            more.setdefault("media", {spec.name: (mask((100, 100, 300, 300), size=SIZE),)})
    return order(operation, given, model=result.model, source=result, **more)


@pytest.fixture(scope="module")
def studio() -> Iterator[Studio]:
    with (
        running(Settings(latency=0, painter=FlatPainter(), workers=0)) as base,
        httpx.Client(trust_env=False, timeout=PATIENCE) as client,
    ):
        yield Studio(base, client)


def least_and_most(model: str) -> list[dict[str, Any]]:
    """Every numeric parameter at its bounds, every switch on, every choice at its last."""
    found: list[dict[str, Any]] = []
    for bound in ("minimum", "maximum"):
        values: dict[str, Any] = {"prompt": "a cat", "negative": "text, people", "style_codes": "12 random"}
        values |= {"raw": True}
        for spec in read_fields(Youchuan.model(model).operation("diffusion").params):
            if getattr(spec, bound) is not None:
                values[spec.name] = getattr(spec, bound)
            elif spec.widget is Widget.SWITCH:
                values[spec.name] = True
            elif spec.widget is Widget.CHOICE:
                values[spec.name] = spec.options[0 if bound == "minimum" else -1].value
        found.append(values)
    return found


@pytest.mark.parametrize("model", VERSIONS)
def test_every_parameter_is_taken(studio: Studio, model: str) -> None:
    board = run(studio.provider.create_board(Board("Foxes", "", ())), studio.client)
    for values in [{"prompt": "a cat", "moodboards": board}, *least_and_most(model)]:
        studio.submit(order("diffusion", values, model=model))
    boards = {"boards": (board,)}
    studio.submit(order("diffusion", {"prompt": "a cat", "boards": ["board:1"]}, model=model, boards=boards))


@pytest.mark.parametrize("model", VERSIONS)
def test_every_follow_up_is_taken(studio: Studio, model: str) -> None:
    done, result = studio.made(order("diffusion", {"prompt": "a cat", "ratio": "3:2"}, model=model))
    assert [file.index for file in done.files] == [0, 1, 2, 3]
    for operation in Youchuan.follow_ups(result):
        made, _result = studio.follow(operation.slug, {}, result)
        expected = 4 if operation.repeats_source else operation.count
        assert len(made.files) == expected


def test_every_choice_of_a_follow_up_is_taken(studio: Studio) -> None:
    _done, result = studio.made(order("diffusion", {"prompt": "a cat", "ratio": "3:2"}))
    for operation in Youchuan.follow_ups(result):
        assert operation.needs is Needs.OUTPUT
        for spec in read_fields(operation.params):
            for option in spec.options:
                studio.submit(follow_up(operation.slug, {spec.name: option.value}, result))
            if spec.widget is Widget.PROMPT:
                studio.submit(follow_up(operation.slug, {spec.name: "a cow"}, result))
            if spec.minimum is not None and not operation.is_drawn:
                studio.submit(follow_up(operation.slug, {spec.name: spec.minimum}, result))
                studio.submit(follow_up(operation.slug, {spec.name: spec.maximum}, result))


def test_a_draft_is_enhanced(studio: Studio) -> None:
    _done, draft = studio.made(order("diffusion", {"prompt": "a cat", "speed": "draft"}))
    made, result = studio.follow("enhance", {}, draft)
    assert len(made.files) == Youchuan.model("v7").operation("enhance").count
    assert "enhance" not in {operation.slug for operation in Youchuan.follow_ups(result)}


@pytest.mark.parametrize("model", ["v7", "v8.1", "v6"])
def test_every_operation_on_any_picture_is_taken(studio: Studio, model: str) -> None:
    first, source = studio.made(order("diffusion", {"prompt": "a cat", "ratio": "3:2"}))
    picture = studio.picture(first)
    assert (picture.width, picture.height) == SIZE
    painted = mask((9, 9, 99, 99), size=SIZE)
    for operation in Youchuan.model(model).for_any(Kind.IMAGE):
        values: dict[str, Any] = {}
        if operation.slug in {"upload-paint", "retexture"}:
            values["prompt"] = "a dog"
        made, result = studio.made(order(operation.slug, values, model=model, input=picture))
        assert len(made.files) == operation.count
        assert {file.kind for file in made.files} == {operation.makes}
        for follow_up in Youchuan.follow_ups(result):
            if operation.makes is Kind.IMAGE:
                studio.follow(follow_up.slug, {}, result)
        if operation.is_drawn:
            values["mask"] = ["asset:1"]
            studio.made(order(operation.slug, values, model=model, input=picture, media={"mask": (painted,)}))
    studio.follow("edit", {"mask": ["asset:1"]}, source, media={"mask": (painted,)})


def test_a_holed_mask_is_taken(studio: Studio) -> None:
    _done, source = studio.made(order("diffusion", {"prompt": "a cat", "ratio": "3:2"}))
    ring = Image.new("L", SIZE)
    ImageDraw.Draw(ring).ellipse((200, 200, 700, 700), outline=255, width=90)
    studio.follow("inpaint", {"mask": ["asset:1"]}, source, media={"mask": (mask_file(ring),)})


def test_videos_from_first_frame_to_fourth_extension(studio: Studio) -> None:
    first, source = studio.made(order("diffusion", {"prompt": "a cat"}))
    end = {"end_frame": (studio.picture(first),)}
    studio.made(order("animate-low", {"end_frame": ["asset:1"], "batch": "1"}, source=source, media=end))
    studio.made(order("animate-low", {"loop": True, "raw": True, "batch": "1"}, source=source))
    made, film = studio.made(order("animate-high", {"resolution": "720p", "batch": "2"}, source=source))
    assert [file.kind for file in made.files] == [Kind.VIDEO] * 2
    for operation in ("extend-low", "extend-high", "extend-low", "extend-low"):
        _made, film = studio.follow(operation, {"batch": "1"}, film)
    assert [operation.slug for operation in Youchuan.follow_ups(film)] == ["video-upscale"]
    _made, large = studio.follow("video-upscale", {}, film)
    assert Youchuan.follow_ups(large) == ()


def test_bills_agree_with_the_quotes(studio: Studio) -> None:
    seen: dict[str, Decimal] = {}
    first, source = studio.made(order("diffusion", {"prompt": "a cat", "speed": "turbo"}))
    seen[first.remote_id] = Decimal(8)
    varied, _result = studio.follow("vary-subtle", {}, source)
    seen[varied.remote_id] = Decimal(12)
    film, clip = studio.made(order("animate-low", {"resolution": "720p", "batch": "2"}, source=source))
    seen[film.remote_id] = Decimal(24)
    longer, _result = studio.follow("extend-low", {"batch": "1"}, clip)
    seen[longer.remote_id] = Decimal(12)
    page = run(studio.provider.charges(1), studio.client)
    worth, unit = Youchuan.credit_worth or (Decimal(0), "")
    billed = {charge.remote_id: charge.amount for charge in page.items if charge.unit == unit}
    assert {remote_id: billed[remote_id] / worth for remote_id in seen} == seen
    assert page.total == len(page.items)
    (period,) = run(studio.provider.periods(), studio.client)
    assert (period.jobs, period.amount) == (page.total, sum(billed.values()))


def test_moodboards_are_kept(studio: Studio) -> None:
    first, _result = studio.made(order("diffusion", {"prompt": "a cat"}))
    board = Board("Foxes", "Red ones", (first.files[0].url, first.files[1].url))
    made = run(studio.provider.create_board(board), studio.client)
    assert made in run(studio.provider.list_boards(), studio.client)
    assert run(studio.provider.update_board(made, board), studio.client) == made
    with pytest.raises(ResultExpired):
        run(studio.provider.update_board("0" * 24, board), studio.client)
    with pytest.raises(InvalidRequest):
        run(studio.provider.create_board(Board("Foxes", "", ("http://127.0.0.1:9/none.png",))), studio.client)


@pytest.mark.parametrize("row", payload("error-table"), ids=lambda row: row["reason"])
def test_every_refusal_is_understood(studio: Studio, row: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        studio.submit(order("diffusion", {"prompt": f"a cat sandbox-error:{row['reason']}"}))
    assert caught.value.code == row["reason"]


@pytest.mark.parametrize("word", ["JobStatusTextReject", "JobStatusTimeout", "JobStatusInvalidImagePromptLink"])
def test_failures_are_understood(studio: Studio, word: str) -> None:
    done = studio.ended(studio.submit(order("diffusion", {"prompt": f"a cat sandbox-fail:{word}"})))
    assert done.state is State.FAILED
    assert done.error is not None and done.error.code == word


def test_refused_pictures_are_understood(studio: Studio) -> None:
    done, _result = studio.made(order("diffusion", {"prompt": "half-forbidden cat"}))
    assert [file.index for file in done.files] == [0, 1, 3]
    assert [(slot.index, slot.reason) for slot in done.rejected] == [(2, "涉政")]
    none = studio.ended(studio.submit(order("diffusion", {"prompt": "wholly-forbidden cat"})))
    assert isinstance(none.error, ContentRejected)


def test_the_account_and_an_unknown_job(studio: Studio) -> None:
    info = run(studio.provider.account(), studio.client)
    assert info.plan and info.balance is not None and info.max_concurrent
    with pytest.raises(ResultExpired):
        run(studio.provider.fetch("0" * 24), studio.client)
