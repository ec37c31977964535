"""Youchuan's pictures from words, and what becomes of them as a whole: variations, larger ones, wider ones."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from starlette.requests import Request

from .jobs import Slot
from .paint import Recipe, image_size
from .prompts import Prompt, parse, render_text
from .render import Work
from .youchuan_bodies import MAX_PIXELS, read_body
from .youchuan_masks import MAX_SIDE
from .youchuan_orders import (
    SLOTS,
    Endpoints,
    Order,
    Orders,
    Source,
    check_follow_up,
    check_version,
    new_id,
    new_seed,
    numbered,
    remixed,
)
from .youchuan_wire import RefusedError, price

DIRECTIONS = ("down", "right", "up", "left")
UPSCALES: tuple[tuple[str, int, bool], ...] = (
    ("upscale", 2, False),
    ("creative upscale", 2, True),
    ("upscale", 2, False),
    ("upscale", 4, False),
)
"""By type: what it costs like, how much larger, whether it invents."""
DRAFT_KINDS = frozenset({"diffusion", "variation"})
FACTS = ("follows_recipe", "only_upscale")
"""What a reroll's results have in common with those that it repeats."""


class Pictures:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @property
    def endpoints(self) -> Endpoints:
        return {
            "diffusion": (self.diffusion, ("POST",)),
            "variation": (self.variation, ("POST",)),
            "remix": (self.remix, ("POST",)),
            "upscale": (self.upscale, ("POST",)),
            "reroll": (self.reroll, ("POST",)),
            "pan": (self.pan, ("POST",)),
            "outpaint": (self.outpaint, ("POST",)),
            "enhance": (self.enhance, ("POST",)),
        }

    async def diffusion(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "diffusion")
        prompt, order_id = parse(body["text"]), new_id()
        references, files = self._orders.references(owner, prompt, order_id)
        seed = new_seed(prompt)
        order = Order(
            id=order_id,
            kind="diffusion",
            price=price("diffusion", prompt.speed),
            text=body["text"],
            said=body["text"],
            prompt=prompt,
            seed=seed,
            slots=_diffusion_slots(prompt, seed),
            references=references,
            files=files,
            callback=body.get("callback", ""),
        )
        return self._orders.submit(request, owner, order)

    async def variation(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "variation")
        source = self._orders.source(owner, body, "variation")
        return self._varied(request, owner, "variation", source, body, strong=body["type"] == 1)

    async def remix(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "remix")
        source = self._orders.source(owner, body, "remix")
        return self._varied(request, owner, "remix", source, body, strong=body.get("mode", 0) == 0)

    def _varied(
        self, request: Request, owner: str, kind: str, source: Source, body: dict[str, Any], *, strong: bool
    ) -> dict[str, Any]:
        new, order_id = remixed(source, body), new_id()
        prompt, seed = new or source.prompt, new_seed(new)
        references, files = self._orders.steering(owner, source, new, order_id)
        options = {"strong": strong, "seed": seed, "prompt": new.words if new else None}
        if source.follows_recipe:
            recipe = Recipe.from_json(source.slot.base)
            work = Work("vary", (_remade(source, new, recipe) if new else recipe).to_json(), options=options)
        else:
            work = Work("rework", source.slot.base, source.slot.origin or source.slot.file, options)
            if references is source.job.references:
                references = []  # the source's pixels have been steered by them already
        order = Order(
            id=order_id,
            kind=kind,
            price=follow_up_price(kind, prompt),
            text=render_text(prompt) if new else source.job.text,
            said=body.get("remixPrompt", ""),
            prompt=prompt,
            seed=seed,
            slots=numbered(work),
            references=references,
            files=files,
            callback=body.get("callback", ""),
            facts={"follows_recipe": source.follows_recipe},
        )
        return self._orders.submit(request, owner, order)

    async def upscale(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "upscale")
        source = self._orders.source(owner, body, "upscale")
        kind, factor, creative = UPSCALES[body["type"]]
        width, height = source.size
        if width * height * factor**2 > MAX_PIXELS:
            raise RefusedError("Upscale_Not_Support", "the picture would become too large")
        work = Work("upscale", source.recipe.to_json(), source.slot.file, {"factor": factor, "creative": creative})
        order = Order(
            kind=kind,
            price=follow_up_price(kind, source.prompt),
            text=source.job.text,
            prompt=source.prompt,
            seed=source.job.seed,
            slots=[Slot(work, origin=source.slot.file)],
            references=source.job.references,
            callback=body.get("callback", ""),
            facts=_carried(source.job.extra),
        )
        return self._orders.submit(request, owner, order)

    async def reroll(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "reroll")
        job = self._orders.ended(owner, body["jobId"])
        check_follow_up(job, "reroll")
        prompt, seed = parse(job.text), new_seed()
        if job.kind == "diffusion":
            slots = _diffusion_slots(prompt, seed)
        else:
            slots = [Slot(_again(Work(**work), seed)) for work in job.extra["works"]]
        plain = job.kind == "diffusion"
        order = Order(
            kind=job.kind,
            price=price("diffusion", prompt.speed) if plain else follow_up_price(job.kind, prompt),
            text=job.text,
            said=job.text if plain else "",
            prompt=prompt,
            seed=seed,
            slots=slots,
            references=job.references,
            facts=_carried(job.extra),
        )
        return self._orders.submit(request, owner, order)

    async def pan(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "pan")
        source = self._orders.source(owner, body, "pan")
        direction, scale = DIRECTIONS[body["direction"]], body["scale"]
        across = direction in ("left", "right")
        width, height = source.size
        wide, high = (round(width * scale), height) if across else (width, round(height * scale))
        x, y = wide - width if direction == "left" else 0, high - height if direction == "up" else 0
        if source.follows_recipe:
            options = {"direction": direction, "scale": scale}
            work = Work("pan", source.recipe.to_json(), source.slot.file, options)
        else:
            work = _on_canvas(source, (wide, high), (x, y))
        return self._widened(request, owner, "pan", source, body, (wide, high), work)

    async def outpaint(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "outpaint")
        source = self._orders.source(owner, body, "outpaint")
        width, height = source.size
        size = round(width * body["scale"]), round(height * body["scale"])
        work = _on_canvas(source, size, ((size[0] - width) // 2, (size[1] - height) // 2))
        return self._widened(request, owner, "outpaint", source, body, size, work)

    def _widened(
        self,
        request: Request,
        owner: str,
        kind: str,
        source: Source,
        body: dict[str, Any],
        size: tuple[int, int],
        work: Work,
    ) -> dict[str, Any]:
        new, order_id = remixed(source, body), new_id()
        if new:
            check_version(new.version, kind)
        if max(size) > MAX_SIDE or size[0] * size[1] > MAX_PIXELS:
            raise RefusedError("Invalid_Argument", "the picture would become too large")
        references, files = self._orders.steering(owner, source, new, order_id)
        prompt, seed = new or source.prompt, new_seed(new)
        options = {**work.options, "prompt": new.words if new else None, "seed": seed}
        order = Order(
            id=order_id,
            kind=kind,
            price=follow_up_price(kind, prompt),
            text=render_text(prompt) if new else source.job.text,
            said=body.get("remixPrompt", ""),
            prompt=prompt,
            seed=seed,
            slots=numbered(replace(work, options=options)),
            references=references,
            files=files,
            callback=body.get("callback", ""),
            facts={"follows_recipe": work.do == "pan"},
        )
        return self._orders.submit(request, owner, order)

    async def enhance(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "enhance")
        source = self._orders.source(owner, body, "enhance")
        if "draft" not in source.prompt.flags or source.job.kind not in DRAFT_KINDS or not source.follows_recipe:
            raise RefusedError("Not_Support", "only drafts can be enhanced")
        flags = {name: value for name, value in source.prompt.flags.items() if name != "draft"}
        prompt = replace(source.prompt, flags=flags)
        width, height = image_size(*prompt.aspect)
        recipe = replace(source.recipe, width=width, height=height)
        order = Order(
            kind="enhance",
            price=follow_up_price("enhance", prompt),
            text=render_text(prompt),
            prompt=prompt,
            seed=source.job.seed,
            slots=[Slot(Work("paint", recipe.to_json()))],
            references=source.job.references,
            callback=body.get("callback", ""),
        )
        return self._orders.submit(request, owner, order)


def follow_up_price(kind: str, prompt: Prompt) -> int:
    """Drafts are cheap for text only; turbo is dearer for all."""
    return price(kind, max(1.0, prompt.speed))


def restyled(prompt: Prompt, recipe: Recipe) -> Recipe:
    """The recipe in the manner that the flags ask for."""
    flags = prompt.flags
    hue = sum(int(code) for code in flags.get("sref", ()) if code.isdigit())
    return replace(
        recipe,
        stylize=flags.get("stylize", 100),
        chaos=flags.get("chaos", 0),
        weird=flags.get("weird", 0),
        raw="raw" in flags,
        tile="tile" in flags,
        negative=flags.get("no", ""),
        hue=hue * 0.6180339887 % 1 if hue else 0.0,
    )


def _remade(source: Source, prompt: Prompt, recipe: Recipe) -> Recipe:
    recipe = restyled(prompt, recipe)
    if prompt.aspect == source.prompt.aspect:
        return recipe
    width, height = image_size(*prompt.aspect)
    return replace(recipe, width=width, height=height, viewport=(0.0, 0.0, 1.0, 1.0), extensions=())


def _diffusion_slots(prompt: Prompt, seed: int) -> list[Slot]:
    width, height = image_size(*prompt.aspect, 0.5 if "draft" in prompt.flags else 1.0)
    plain = Recipe(prompt=prompt.words, seed=seed, index=0, width=width, height=height)
    recipe = restyled(prompt, plain)
    enlarge = 2 if "hd" in prompt.flags else 1
    return [Slot(Work("paint", replace(recipe, index=i).to_json(), enlarge=enlarge)) for i in range(SLOTS)]


def _on_canvas(source: Source, size: tuple[int, int], at: tuple[int, int]) -> Work:
    """The picture in its own size on a larger canvas."""
    width, height = source.size
    options = {
        "width": size[0],
        "height": size[1],
        "x": at[0],
        "y": at[1],
        "image_width": width,
        "image_height": height,
        "mask": "",
    }
    return Work("canvas", source.recipe.to_json(), source.slot.file, options)


def _again(work: Work, seed: int) -> Work:
    if work.do == "paint":  # an enhanced draft keeps its composition
        return replace(work, recipe={**work.recipe, "detail_seed": seed})
    return replace(work, options={**work.options, "seed": seed})


def _carried(facts: dict[str, Any]) -> dict[str, Any]:
    return {name: facts[name] for name in FACTS if name in facts}
