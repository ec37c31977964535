"""Youchuan's edits: parts of pictures repainted, pictures on a canvas, and pictures of other people's making."""

from __future__ import annotations

import asyncio
from typing import Any

from starlette.requests import Request

from .jobs import Slot
from .paint import Recipe
from .prompts import Prompt, PromptError, parse, render_text
from .render import Work
from .youchuan_bodies import read_body
from .youchuan_inputs import Input
from .youchuan_masks import Mask, MaskError, as_png, check_filled, drawn, from_picture
from .youchuan_orders import Endpoints, Order, Orders, check_version, new_id, new_seed, numbered, remixed
from .youchuan_pictures import follow_up_price, restyled
from .youchuan_wire import RefusedError, price

RETEXTURE_VERSIONS = ("6.1", "7", "8.1", "niji 7")
UNKNOWN_SIZE = 1024
"""Stands in a recipe until the picture has been fetched."""


class Edits:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @property
    def endpoints(self) -> Endpoints:
        return {
            "inpaint": (self.inpaint, ("POST",)),
            "edit": (self.edit, ("POST",)),
            "upload-paint": (self.upload_paint, ("POST",)),
            "retexture": (self.retexture, ("POST",)),
            "remove-background": (self.remove_background, ("POST",)),
        }

    async def inpaint(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "inpaint")
        source, order_id = self._orders.source(owner, body, "inpaint"), new_id()
        new = remixed(source, body)
        if new:
            check_version(new.version, "inpaint")
        mask_file = f"{order_id}_mask.png"
        files, inputs = await _mask(body["mask"], mask_file, size=source.size)
        references, board_files = self._orders.steering(owner, source, new, order_id)
        prompt, seed = new or source.prompt, new_seed(new)
        options = {"mask": mask_file, "prompt": new.words if new else None, "seed": seed}
        order = Order(
            id=order_id,
            kind="inpaint",
            price=follow_up_price("inpaint", prompt),
            text=render_text(prompt) if new else source.job.text,
            said=body.get("remixPrompt", ""),
            prompt=prompt,
            seed=seed,
            slots=numbered(Work("repaint", source.recipe.to_json(), source.slot.file, options)),
            references=references,
            files=files | board_files,
            inputs=inputs,
            callback=body.get("callback", ""),
            facts={"follows_recipe": False, "mask": mask_file, "source": source.slot.file},
        )
        return self._orders.submit(request, owner, order)

    async def edit(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "edit")
        source, order_id = self._orders.source(owner, body, "edit"), new_id()
        prompt = parse(body["remixPrompt"], inherited=source.prompt)
        canvas = _canvas(body)
        files: dict[str, bytes] = {}
        inputs: list[Input] = []
        mask_file = ""
        if "mask" in body:
            mask_file = f"{order_id}_mask.png"
            files, inputs = await _mask(body["mask"], mask_file, size=source.size, may_be_empty=_is_larger(canvas))
        references, board_files = self._orders.steering(owner, source, prompt, order_id)
        seed = new_seed(prompt)
        options = {**canvas, "mask": mask_file, "prompt": prompt.words, "seed": seed}
        order = Order(
            id=order_id,
            kind="edit",
            price=follow_up_price("edit", prompt),
            text=render_text(prompt),
            said=body["remixPrompt"],
            prompt=prompt,
            seed=seed,
            slots=numbered(Work("canvas", source.recipe.to_json(), source.slot.file, options)),
            references=references,
            files=files | board_files,
            inputs=inputs,
            callback=body.get("callback", ""),
            facts={"follows_recipe": False, "mask": mask_file, "source": source.slot.file},
        )
        return self._orders.submit(request, owner, order)

    async def upload_paint(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "upload-paint")
        prompt, order_id = parse(body["remixPrompt"]), new_id()
        canvas = _canvas(body)
        picture_file, mask_file = f"{order_id}_input.png", f"{order_id}_mask.png"
        files, inputs = await _mask(body["mask"], mask_file, size=None, may_be_empty=_is_larger(canvas))
        references, board_files = self._orders.references(owner, prompt, order_id)
        seed = new_seed(prompt)
        recipe = _recipe(prompt, seed, canvas["width"], canvas["height"])
        options = {**canvas, "mask": mask_file, "prompt": prompt.words, "seed": seed}
        order = Order(
            id=order_id,
            kind="upload-paint",
            price=follow_up_price("upload-paint", prompt),
            text=body["remixPrompt"],
            said=body["remixPrompt"],
            prompt=prompt,
            seed=seed,
            slots=numbered(Work("canvas", recipe.to_json(), picture_file, options)),
            references=references,
            files=files | board_files,
            inputs=[Input(body["imgUrl"], picture_file, "picture"), *inputs],
            callback=body.get("callback", ""),
            facts={"follows_recipe": False, "only_upscale": True, "mask": mask_file},
        )
        return self._orders.submit(request, owner, order)

    async def retexture(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "retexture")
        prompt, order_id = parse(body["remixPrompt"]), new_id()
        if prompt.version not in RETEXTURE_VERSIONS:
            raise PromptError(f"retexture needs version 6.1 or later, not {prompt.version}")
        references, files = self._orders.references(owner, prompt, order_id)
        picture_file, seed = f"{order_id}_input.png", new_seed(prompt)
        recipe = _recipe(prompt, seed, UNKNOWN_SIZE, UNKNOWN_SIZE)
        options = {"prompt": prompt.words, "seed": seed}
        order = Order(
            id=order_id,
            kind="retexture",
            price=follow_up_price("retexture", prompt),
            text=body["remixPrompt"],
            said=body["remixPrompt"],
            prompt=prompt,
            seed=seed,
            slots=numbered(Work("retexture", recipe.to_json(), picture_file, options)),
            references=references,
            files=files,
            inputs=[Input(body["imgUrl"], picture_file, "shrunk")],
            callback=body.get("callback", ""),
            facts={"follows_recipe": False, "only_upscale": True},
        )
        return self._orders.submit(request, owner, order)

    async def remove_background(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "remove-background")
        order_id, seed = new_id(), new_seed()
        picture_file = f"{order_id}_input.png"
        recipe = Recipe("", seed, 0, UNKNOWN_SIZE, UNKNOWN_SIZE)
        order = Order(
            id=order_id,
            kind="remove-background",
            price=price("remove-background"),
            text="",
            seed=seed,
            slots=[Slot(Work("cutout", recipe.to_json(), picture_file))],
            inputs=[Input(body["imgUrl"], picture_file, "cutout")],
            callback=body.get("callback", ""),
            facts={"follows_recipe": False},
        )
        return self._orders.submit(request, owner, order)


def _recipe(prompt: Prompt, seed: int, width: int, height: int) -> Recipe:
    """Of a picture of other people's making."""
    return restyled(prompt, Recipe(prompt.words, seed, 0, width, height))


def _canvas(body: dict[str, Any]) -> dict[str, int]:
    """The canvas and the picture's place on it as the options of a work; they must overlap."""
    canvas, place = body["canvas"], body["imgPos"]
    across = place["x"] < canvas["width"] and place["x"] + place["width"] > 0
    down = place["y"] < canvas["height"] and place["y"] + place["height"] > 0
    if not (across and down):
        raise RefusedError("Invalid_Argument", "imgPos lies outside of the canvas")
    return {
        "width": canvas["width"],
        "height": canvas["height"],
        "x": place["x"],
        "y": place["y"],
        "image_width": place["width"],
        "image_height": place["height"],
    }


def _is_larger(canvas: dict[str, int]) -> bool:
    """Whether some of the canvas shows beside the picture."""
    right, bottom = canvas["x"] + canvas["image_width"], canvas["y"] + canvas["image_height"]
    return canvas["x"] > 0 or canvas["y"] > 0 or right < canvas["width"] or bottom < canvas["height"]


async def _mask(
    mask: Mask, file: str, *, size: tuple[int, int] | None, may_be_empty: bool = False
) -> tuple[dict[str, bytes], list[Input]]:
    """The mask as a file to write, or what to bring it from. ``size`` is the picture's, None while nobody knows it."""
    if mask.url:
        return {}, [Input(mask.url, file, "mask", may_be_empty)]
    if size and mask.areas and (mask.areas[0].width, mask.areas[0].height) != size:
        raise RefusedError("Invalid_Argument", f"mask: the picture has {size[0]}x{size[1]} pixels")

    def made() -> bytes:
        picture = drawn(mask.areas) if mask.areas else from_picture(mask.data)
        if size and picture.size != size:
            raise MaskError(f"the picture has {size[0]}x{size[1]} pixels")
        check_filled(picture, empty_allowed=may_be_empty)
        return as_png(picture)

    try:
        return {file: await asyncio.to_thread(made)}, []
    except MaskError as error:
        raise RefusedError("Invalid_Argument", f"mask: {error}") from error
