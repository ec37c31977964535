"""The bodies of the submits: one function an operation. All are pure; some read and convert pictures."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base import Media, Model, Order
from ..errors import InvalidRequest, Unsupported
from ..words import gettext_noop as _
from . import reading
from .picture_params import CanvasParams
from .prompts import LINK_FIELDS, compose, on_one_line
from .rules import can_be_named
from .versions import VERSIONS, Version
from .video_params import VIDEO_TYPES, compose_video

if TYPE_CHECKING:
    from ..masks import Mask

VARIATIONS: Mapping[str, int] = {"subtle": 0, "strong": 1}
REMIXES: Mapping[str, int] = {"strong": 0, "subtle": 1}
UPSCALES: Mapping[str, int] = {"standard": 0, "creative": 1, "v5_2x": 2, "v5_4x": 3}
DIRECTIONS: Mapping[str, int] = {"down": 0, "right": 1, "up": 2, "left": 3}

#: characters of imgUrl
LINK_LIMIT = 1024
#: corners of an inpaint's areas together; a finer mask is sent as a link (our choice: some 50 KB of JSON)
MOST_POINTS = 4000
#: what remove-background takes
JPEG_AND_PNG = frozenset({"image/jpeg", "image/png"})
_PICTURES = JPEG_AND_PNG | {"image/webp"}

LINKS_GONE = _("The reference pictures of this job can't be found any more. Create it anew.")
BOARDS_GONE = _("A moodboard of this job can't be found any more. Take it out, or create it anew.")
_MASK_GONE = _("The mask of this job can't be found any more. Draw it once more.")
_OTHER_SIZE = _("The mask is not as large as its picture. Draw it once more.")
_NOTHING_TO_FILL = _("There is nothing to fill: enlarge the canvas, make the picture smaller or paint over a part.")
_NOT_WORDS = _("There are -- parameters or addresses left in the prompt. Set them in the panel instead.")
_NO_PICTURE = _("Choose a picture for this.")
_NOT_A_PICTURE = _("The service takes JPEG, PNG and WebP pictures here.")
_NOT_JPEG_OR_PNG = _("The service takes only JPEG and PNG pictures here.")
_LONG_ADDRESS = _("The picture's address is too long for this service.")
_NO_WORDS = _("Write a prompt first.")


@dataclass(frozen=True, slots=True)
class Call:
    """A submit: the endpoint's word and its JSON body."""

    endpoint: str
    body: dict[str, Any]


def version_of(model: Model) -> Version:
    """Raises Unsupported for a model that is none of ours."""
    version = VERSIONS.get(model.slug)
    if version is None:
        raise Unsupported(code="no_such_model")
    return version


def make_call(order: Order) -> Call:
    """Raises InvalidRequest, NotConfigured or Unsupported for what can't be sent."""
    return _CALLS[order.operation.slug](order)


# ── parts ────────────────────────────────────────────────────────────────────


def _source(order: Order, number: str = "imageNo") -> dict[str, Any]:
    assert order.source is not None
    return {"jobId": order.source.remote_id, number: order.source.index}


def _words(order: Order) -> str:
    """The prompt on one line. Raises InvalidRequest for flags that would change what was quoted."""
    words = on_one_line(str(getattr(order.params, "prompt", "")))
    if not words:
        return ""
    read = reading.read_prompt(version_of(order.model), words)
    if read.model not in {None, order.model.slug} or "speed" in read.values:
        raise InvalidRequest(_NOT_WORDS, code="flags_in_prompt")
    if read.problems:
        raise InvalidRequest(str(read.problems[0]), code="prompt_problem")
    return words


def _remix(order: Order) -> dict[str, Any]:
    words = _words(order)
    return {"remixPrompt": words} if words else {}


def _first_words(order: Order) -> str:
    """The prompt of what has no source at the service: it has to name the model itself."""
    version = version_of(order.model)
    words = _words(order)
    if not words:
        raise InvalidRequest(_NO_WORDS, code="no_words")
    named = reading.read_prompt(version, words).model is not None
    return words if named else f"{words} {version.flag}"


def _input(order: Order, media_types: frozenset[str] = _PICTURES, sentence: str = _NOT_A_PICTURE) -> Media:
    if order.input is None:
        raise InvalidRequest(_NO_PICTURE, code="no_input")
    if order.input.media_type not in media_types:
        raise InvalidRequest(sentence, code="media_type")
    return order.input


def _link(picture: Media) -> str:
    link = picture.link()
    if len(link) > LINK_LIMIT:
        raise InvalidRequest(_LONG_ADDRESS, code="link_too_long")
    return link


def _mask(order: Order, width: int, height: int) -> Mask | None:
    """The order's mask, None where it has none. Width and height are those of its picture, 0 where not known."""
    # here, as nothing else of the adapter needs these libraries
    from .. import masks

    if not getattr(order.params, "mask", ()):
        return None
    given = order.media.get("mask", ())
    if not given:
        raise InvalidRequest(_MASK_GONE, code="mask_missing")
    mask = masks.read_mask(given[0].read())
    if width and height and mask.shape != (height, width):
        raise InvalidRequest(_OTHER_SIZE, code="mask_size")
    return mask


# ── pictures ─────────────────────────────────────────────────────────────────


def _diffusion(order: Order) -> Call:
    version = version_of(order.model)
    values = order.params.model_dump()
    links = {name: [item.link() for item in order.media.get(name, ())] for name in LINK_FIELDS}
    if any(len(links[name]) != len(values.get(name) or ()) for name in LINK_FIELDS):
        raise InvalidRequest(LINKS_GONE, code="media_missing")
    links["boards"] = list(order.boards.get("boards", ()))
    if len(links["boards"]) != len(values["boards"]):
        raise InvalidRequest(BOARDS_GONE, code="boards_missing")
    read = reading.read_prompt(version, values["prompt"])
    if read.problems:
        raise InvalidRequest(str(read.problems[0]), code="prompt_problem")
    if read.values or read.model:
        # they would contradict the parameters, and the price
        raise InvalidRequest(_NOT_WORDS, code="flags_in_prompt")
    return Call("diffusion", {"text": compose(version, values, links)})


def _vary(order: Order) -> Call:
    kind = str(order.operation.preset["type"])
    return Call("variation", {**_source(order), "type": VARIATIONS[kind], **_remix(order)})


def _upscale(order: Order) -> Call:
    return Call("upscale", {**_source(order), "type": UPSCALES[order.params.model_dump()["type"]]})


def _reroll(order: Order) -> Call:
    assert order.source is not None
    return Call("reroll", {"jobId": order.source.remote_id})


def _enhance(order: Order) -> Call:
    return Call("enhance", _source(order))


def _remixed(order: Order) -> Call:
    words = _words(order)
    if not words:
        raise InvalidRequest(_NO_WORDS, code="no_words")
    mode = REMIXES[str(order.operation.preset["type"])]
    return Call("remix", {**_source(order), "remixPrompt": words, "mode": mode})


def _pan(order: Order) -> Call:
    values = order.params.model_dump()
    body = {**_source(order), "direction": DIRECTIONS[values["direction"]], "scale": values["scale"]}
    return Call("pan", {**body, **_remix(order)})


def _outpaint(order: Order) -> Call:
    return Call("outpaint", {**_source(order), "scale": order.params.model_dump()["scale"], **_remix(order)})


def _inpaint(order: Order) -> Call:
    assert order.source is not None
    mask = _mask(order, order.source.width, order.source.height)
    if mask is None:
        raise InvalidRequest(_MASK_GONE, code="mask_missing")
    return Call("inpaint", {**_source(order), "mask": _areas(mask, order.media["mask"][0]), **_remix(order)})


def _areas(mask: Mask, picture: Media) -> dict[str, Any]:
    """Polygons, or a link where they would have too many corners. The service takes no picture in the body here."""
    from .. import masks

    masks.require_some(mask)
    masks.require_not_all(mask)
    found = masks.polygons(mask, max_points=MOST_POINTS)
    if found is None:
        return {"url": _link(picture)}
    height, width = mask.shape
    return {
        "areas": [
            {"width": width, "height": height, "points": [figure for point in polygon for figure in point]}
            for polygon in found
        ]
    }


def _canvas(order: Order) -> dict[str, Any]:
    params = order.params
    assert isinstance(params, CanvasParams)
    return {
        "canvas": {"width": params.canvas_width, "height": params.canvas_height},
        "imgPos": {
            "width": params.image_width,
            "height": params.image_height,
            "x": params.image_x,
            "y": params.image_y,
        },
    }


def _canvas_mask(order: Order, width: int, height: int) -> Mask | None:
    """The mask of a canvas; None stands for one without paint, which is good where the canvas has something free."""
    from .. import masks

    params = order.params
    assert isinstance(params, CanvasParams)
    mask = _mask(order, width, height)
    if mask is not None:
        masks.require_not_all(mask)
        if mask.any():
            return mask
    if params.fills_canvas:
        raise InvalidRequest(_NOTHING_TO_FILL, code="nothing_to_fill")
    return None


def _edit(order: Order) -> Call:
    from .. import masks

    assert order.source is not None
    mask = _canvas_mask(order, order.source.width, order.source.height)
    words = _words(order)
    if not words:
        raise InvalidRequest(_NO_WORDS, code="no_words")
    body = {**_source(order), **_canvas(order), "remixPrompt": words}
    if mask is not None:
        body["mask"] = {"url": masks.data_url(mask)}
    return Call("edit", body)


def _upload_paint(order: Order) -> Call:
    from .. import masks

    picture = _input(order)
    mask = _canvas_mask(order, picture.width, picture.height)
    if mask is None:
        # the service wants one in any case
        mask = masks.blank(picture.width, picture.height)
    body = {
        "imgUrl": _link(picture),
        "mask": {"url": masks.data_url(mask)},
        **_canvas(order),
        "remixPrompt": _first_words(order),
    }
    return Call("upload-paint", body)


def _retexture(order: Order) -> Call:
    return Call("retexture", {"imgUrl": _link(_input(order)), "remixPrompt": _first_words(order)})


def _remove_background(order: Order) -> Call:
    return Call("remove-background", {"imgUrl": _link(_input(order, JPEG_AND_PNG, _NOT_JPEG_OR_PNG))})


# ── videos ───────────────────────────────────────────────────────────────────


def _animate(order: Order) -> Call:
    values = order.params.model_dump()
    ends = [item.link() for item in order.media.get("end_frame", ())]
    if len(ends) != len(values["end_frame"]):
        raise InvalidRequest(LINKS_GONE, code="media_missing")
    words = on_one_line(values["prompt"])
    end = ends[0] if ends else ""
    body: dict[str, Any]
    if order.source is not None and can_be_named(order.source):
        body = {**_source(order), "prompt": compose_video(order.params, words, end_frame=end)}
    else:
        first = _link(_input(order))
        body = {"prompt": compose_video(order.params, words, first_frame=first, end_frame=end)}
    return Call("video-diffusion", {**body, "videoType": VIDEO_TYPES[values["resolution"]]})


def _extend(order: Order) -> Call:
    words = on_one_line(order.params.model_dump()["prompt"]) or _words_of_lineage(order)
    if not words:
        raise InvalidRequest(_NO_WORDS, code="no_words")
    return Call("extend-video", {**_source(order, "videoNo"), "prompt": compose_video(order.params, words)})


def _words_of_lineage(order: Order) -> str:
    """The words that were last written for this video or its pictures, without flags and addresses."""
    assert order.source is not None
    version = version_of(order.model)
    for result in order.source.lineage():
        words = on_one_line(reading.read_prompt(version, str(result.params.get("prompt") or "")).text)
        if words:
            return words
    return ""


def _video_upscale(order: Order) -> Call:
    return Call("video-upscale", _source(order, "videoNo"))


_CALLS: Mapping[str, Callable[[Order], Call]] = {
    "diffusion": _diffusion,
    "vary-subtle": _vary,
    "vary-strong": _vary,
    "upscale": _upscale,
    "reroll": _reroll,
    "enhance": _enhance,
    "remix-subtle": _remixed,
    "remix-strong": _remixed,
    "pan": _pan,
    "outpaint": _outpaint,
    "inpaint": _inpaint,
    "edit": _edit,
    "upload-paint": _upload_paint,
    "retexture": _retexture,
    "remove-background": _remove_background,
    "animate-low": _animate,
    "animate-high": _animate,
    "extend-low": _extend,
    "extend-high": _extend,
    "video-upscale": _video_upscale,
}
