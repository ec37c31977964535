"""Youchuan's videos: made from a picture, made longer, made larger."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request

from .jobs import Slot
from .paint import Recipe
from .prompts import FilmPrompt, PromptError, parse_film
from .render import Work
from .youchuan_bodies import read_body
from .youchuan_films import frame_size, upscaled
from .youchuan_inputs import Input
from .youchuan_orders import Endpoints, Order, Orders, new_id, new_seed
from .youchuan_wire import RefusedError, film_price, price

SECONDS, EXTENSION_SECONDS, FRAME_RATE = 5, 4, 24
MAX_EXTENSIONS = 4
UPSCALED_SIDE = 1080


class Videos:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders

    @property
    def endpoints(self) -> Endpoints:
        return {
            "video-diffusion": (self.video_diffusion, ("POST",)),
            "extend-video": (self.extend_video, ("POST",)),
            "video-upscale": (self.video_upscale, ("POST",)),
        }

    async def video_diffusion(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "video-diffusion")
        if "jobId" not in body and "prompt" not in body:
            raise RefusedError("Invalid_Argument", "jobId or prompt must be there")
        if "imageNo" in body and "jobId" not in body:
            raise RefusedError("Invalid_Argument", "imageNo goes with jobId")
        said = body.get("prompt", "")
        spoken, order_id, seed = parse_film(said), new_id(), new_seed()
        video_type, inputs, size = body.get("videoType", 0), [], (1, 1)
        words, text = spoken.words, said
        if "jobId" in body:
            source = self._orders.source(owner, {"imageNo": 0, **body}, "video-diffusion")
            if spoken.image:
                raise PromptError("jobId and a link would be two first frames")
            size, file, recipe = frame_size(*source.size, video_type), source.slot.file, source.recipe.to_json()
            words, text = words or source.prompt.words, said or source.job.text
        else:
            if not spoken.image:
                raise PromptError("the link of the first frame comes before the words")
            file, recipe = f"{order_id}_input.png", Recipe(words, seed, 0, *size).to_json()
            inputs.append(Input(spoken.image, file, "shrunk"))
        options = {"width": size[0], "height": size[1], "seconds": SECONDS, "fps": FRAME_RATE, "seed": seed}
        options |= _motion(spoken, words, order_id, inputs)
        order = Order(
            id=order_id,
            kind="video-diffusion",
            price=film_price(video_type, spoken.count),
            text=text,
            said=said,
            seed=seed,
            slots=_films(Work("film", recipe, file, options), spoken.count, size),
            inputs=inputs,
            callback=body.get("callback", ""),
            facts={"video_type": video_type, "extensions": 0},
        )
        return self._orders.submit(request, owner, order)

    async def extend_video(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "extend-video")
        source = self._orders.source(owner, body, "extend-video")
        extensions, video_type = source.job.extra["extensions"] + 1, source.job.extra["video_type"]
        if extensions > MAX_EXTENSIONS:
            raise RefusedError("Not_Support", f"a video can be extended {MAX_EXTENSIONS} times")
        spoken, order_id, seed = parse_film(body["prompt"]), new_id(), new_seed()
        if spoken.image:
            raise PromptError("an extension begins at the last frame and takes no link")
        inputs: list[Input] = []
        options = {"seconds": EXTENSION_SECONDS, "seed": seed, **_motion(spoken, spoken.words, order_id, inputs)}
        order = Order(
            id=order_id,
            kind="extend-video",
            price=film_price(video_type, spoken.count),
            text=body["prompt"],
            said=body["prompt"],
            seed=seed,
            slots=_films(Work("extend-film", source.slot.recipe, source.slot.file, options), spoken.count, source.size),
            inputs=inputs,
            callback=body.get("callback", ""),
            facts={"video_type": video_type, "extensions": extensions},
        )
        return self._orders.submit(request, owner, order)

    async def video_upscale(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "video-upscale")
        source = self._orders.source(owner, body, "video-upscale")
        work = Work("upscale-film", source.slot.recipe, source.slot.file, {"side": UPSCALED_SIDE})
        order = Order(
            kind="video-upscale",
            price=price("video-upscale"),
            text=source.job.text,
            seed=source.job.seed,
            slots=_films(work, 1, upscaled(*source.size)),
            callback=body.get("callback", ""),
        )
        return self._orders.submit(request, owner, order)


def _motion(spoken: FilmPrompt, words: str, order_id: str, inputs: list[Input]) -> dict[str, Any]:
    """The options that the prompt decides; a last frame is put with the order's inputs."""
    end = f"{order_id}_end.png" if spoken.end else ""
    if end:
        inputs.append(Input(spoken.end, end, "still"))
    return {"motion": spoken.motion, "end": end, "loop": spoken.loop, "prompt": words}


def _films(work: Work, count: int, size: tuple[int, int]) -> list[Slot]:
    options = [{**work.options, "index": i} if "seed" in work.options else work.options for i in range(count)]
    return [Slot(Work(work.do, work.recipe, work.source, each), size=list(size)) for each in options]
