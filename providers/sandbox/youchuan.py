"""Youchuan: its routes, what it refuses, and how its orders become pictures."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .faults import outcome_of
from .jobs import DONE, Job, JobStore, Outcome, Runner, Slot
from .net import Fetcher
from .paint import Recipe, image_size
from .prompts import MAX_SEED, Prompt, PromptError, parse, render_text
from .render import Reference, Work
from .settings import Settings
from .youchuan_wire import (
    COMMENTS,
    ERRORS,
    FREE_FAILURES,
    RefusedError,
    error_body,
    job_object,
    price,
    read_body,
)

SLOTS = 4
DIRECTIONS = ("down", "right", "up", "left")
UPSCALES: tuple[tuple[str, int, bool], ...] = (
    ("upscale", 2, False),
    ("creative upscale", 2, True),
    ("upscale", 2, False),
    ("upscale", 4, False),
)
"""By type: what it costs like, how much larger, whether it invents."""
MAX_SIDE, MAX_PIXELS = 16384, 64_000_000
LATER: dict[str, tuple[str, ...]] = {
    **dict.fromkeys(
        (
            "outpaint",
            "inpaint",
            "remix",
            "edit",
            "upload-paint",
            "retexture",
            "remove-background",
            "enhance",
            "video-diffusion",
            "extend-video",
            "video-upscale",
            "moodboard",
        ),
        ("POST",),
    ),
    "costs": ("GET",),
    "cost-monthly": ("GET",),
    "moodboards": ("GET",),
    "moodboard/{id}": ("PUT",),
}
"""Documented endpoints that the sandbox does not serve yet."""
BARRED = {"no-plan": "No_Avaliable_Plan", "no-money": "Account_Fee_Not_Enough", "no-permission": "Permission_Denied"}
"""Values of x-youchuan-app that stand for accounts in trouble; money is only asked for when ordering."""

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]


class Youchuan:
    """One instance a sandbox; `routes` is what the app mounts, `errors` what faults may name."""

    name = "youchuan"

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self.errors = {reason: error_body(reason) for reason in ERRORS}

    @property
    def routes(self) -> list[Route]:
        served: dict[str, tuple[Handler, tuple[str, ...]]] = {
            "diffusion": (self.diffusion, ("POST",)),
            "variation": (self.variation, ("POST",)),
            "upscale": (self.upscale, ("POST",)),
            "reroll": (self.reroll, ("POST",)),
            "pan": (self.pan, ("POST",)),
            "job/{id}": (self.job, ("GET",)),
            "subscribe": (self.subscribe, ("GET",)),
            "callback": (self.callback, ("POST",)),
            **{path: (self.later, methods) for path, methods in LATER.items()},
        }
        return [
            Route(f"/v1/tob/{path}", self._endpoint(handler), methods=list(methods))
            for path, (handler, methods) in served.items()
        ]

    # what the runner asks of a service

    def settle(self, job: Job) -> None:
        if COMMENTS.get(job.failure, job.failure) in FREE_FAILURES:
            job.price = 0

    async def announce(self, job: Job) -> None:
        if job.callback:
            await self._fetcher.post_callback(job.callback, job_object(job, job.extra["base"]))

    # endpoints

    async def diffusion(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "diffusion")
        prompt = parse(body["text"])
        seed = _seed(prompt)
        return self._submit(
            request,
            owner,
            kind="diffusion",
            text=body["text"],
            said=body["text"],
            prompt=prompt,
            seed=seed,
            slots=_diffusion_slots(prompt, seed),
            references=_references(prompt),
            callback=body.get("callback", ""),
        )

    async def variation(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "variation")
        source, slot = self._source(owner, body)
        prompt, remixed = _remix(source, body)
        seed = _seed(prompt if remixed else None)
        recipe = Recipe.from_json(slot.base)
        if remixed:
            recipe = _restyled(prompt, recipe)
            if prompt.aspect != parse(source.text).aspect:
                width, height = image_size(*prompt.aspect)
                recipe = replace(recipe, width=width, height=height, viewport=(0.0, 0.0, 1.0, 1.0), extensions=())
        options = {"strong": body["type"] == 1, "seed": seed, "prompt": prompt.words if remixed else None}
        return self._submit(
            request,
            owner,
            kind="variation",
            text=render_text(prompt) if remixed else source.text,
            said=body.get("remixPrompt", ""),
            prompt=prompt,
            seed=seed,
            slots=[Slot(Work("vary", recipe.to_json(), options={**options, "index": i})) for i in range(SLOTS)],
            references=(_references(prompt) if remixed else []) or source.references,
            callback=body.get("callback", ""),
        )

    async def upscale(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "upscale")
        source, slot = self._source(owner, body)
        if source.kind.endswith("upscale"):
            raise RefusedError("Job_ReUpscale_Not_Support")
        prompt = parse(source.text)
        if prompt.version == "8.1":
            raise RefusedError("Upscale_Not_Support", "version 8.1 makes larger pictures with --hd --seed")
        kind, factor, creative = UPSCALES[body["type"]]
        if slot.recipe["width"] * slot.recipe["height"] * factor**2 > MAX_PIXELS:
            raise RefusedError("Upscale_Not_Support", "the picture would become too large")
        work = Work("upscale", slot.recipe, slot.file, {"factor": factor, "creative": creative})
        return self._submit(
            request,
            owner,
            kind=kind,
            text=source.text,
            said="",
            prompt=prompt,
            seed=source.seed,
            slots=[Slot(work)],
            references=source.references,
            callback=body.get("callback", ""),
        )

    async def reroll(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "reroll")
        source = self._ended(owner, body["jobId"])
        if source.kind.endswith("upscale"):
            raise RefusedError("Upscale_Not_Support")
        prompt, seed = parse(source.text), _seed(None)
        if source.kind == "diffusion":
            slots = _diffusion_slots(prompt, seed)
        else:
            works = [Work(**work) for work in source.extra["works"]]
            slots = [Slot(replace(work, options={**work.options, "seed": seed})) for work in works]
        return self._submit(
            request,
            owner,
            kind=source.kind,
            text=source.text,
            said=source.text if source.kind == "diffusion" else "",
            prompt=prompt,
            seed=seed,
            slots=slots,
            references=source.references,
            callback="",
        )

    async def pan(self, request: Request, owner: str) -> dict[str, Any]:
        body = await read_body(request, "pan")
        source, slot = self._source(owner, body)
        prompt, remixed = _remix(source, body)
        if "8.1" in (prompt.version, parse(source.text).version):
            raise RefusedError("Not_Support")
        seed = _seed(prompt if remixed else None)
        direction, scale = DIRECTIONS[body["direction"]], body["scale"]
        width, height = slot.recipe["width"], slot.recipe["height"]
        longer = (width if direction in ("left", "right") else height) * scale
        if longer > MAX_SIDE or width * height * scale > MAX_PIXELS:
            raise RefusedError("Invalid_Argument", "the picture would become too large")
        options = {
            "direction": direction,
            "scale": scale,
            "seed": seed,
            "prompt": prompt.words if remixed else None,
        }
        return self._submit(
            request,
            owner,
            kind="pan",
            text=render_text(prompt) if remixed else source.text,
            said=body.get("remixPrompt", ""),
            prompt=prompt,
            seed=seed,
            slots=[Slot(Work("pan", slot.recipe, slot.file, {**options, "index": i})) for i in range(SLOTS)],
            references=source.references,
            callback=body.get("callback", ""),
        )

    async def job(self, request: Request, owner: str) -> dict[str, Any]:
        job_id = request.path_params["id"]
        if not re.fullmatch(r"[0-9a-f]{24}", job_id):
            raise RefusedError("Invalid_Argument", "a job id has 24 hexadecimal digits")
        job = self._store.get(job_id)
        if job is None or job.owner != owner or job.service != self.name:
            raise RefusedError("Job_Not_Found")
        shown = job_object(job, str(request.base_url))
        if job.state == DONE and job.outcome.empty_polls:
            job.outcome.empty_polls -= 1
        return shown

    async def subscribe(self, request: Request, owner: str) -> dict[str, Any]:
        """The answer's shape is not documented; this one is ours."""
        return {
            "appId": owner,
            "plan": "sandbox",
            "status": 1,
            "startAt": "2025-01-01T00:00:00Z",
            "expireAt": "2099-12-31T23:59:59Z",
            "maxConcurrent": self._settings.max_concurrent,
            "runningJobs": self._store.running(owner),
            "feeBalance": self._settings.balance - self._store.spent(owner),
            "feeUsed": self._store.spent(owner),
            "relaxRemain": 0,
        }

    async def callback(self, request: Request, owner: str) -> dict[str, Any]:
        """Post the job to its own callback address once more, for trying out a receiver."""
        body = await read_body(request, "callback")
        job = self._store.get(body["jobId"])
        if job is None or job.owner != owner or job.service != self.name:
            raise RefusedError("Invalid_Argument", "no such job")
        if not job.callback:
            raise RefusedError("Invalid_Argument", "the job has no callback address")
        shown = job_object(job, str(request.base_url))
        return {"jobId": job.id, "delivered": await self._fetcher.post_callback(job.callback, shown)}

    async def later(self, request: Request, owner: str) -> dict[str, Any]:
        raise RefusedError("Not_Support", "the sandbox does not serve this yet")

    # the parts they share

    def _endpoint(self, handler: Handler) -> Callable[[Request], Awaitable[Response]]:
        async def respond(request: Request) -> Response:
            try:
                return JSONResponse(await handler(request, _owner(request)))
            except RefusedError as refusal:
                return refusal.response()
            except PromptError as error:
                return RefusedError("Invalid_Prompt_Parameter", str(error)).response()

        return respond

    def _ended(self, owner: str, job_id: str) -> Job:
        job = self._store.get(job_id)
        if job is None or job.owner != owner or job.service != self.name:
            raise RefusedError("Invalid_Argument", "no such job")
        if job.state != DONE:
            raise RefusedError("Invalid_Argument", "the job has not succeeded")
        return job

    def _source(self, owner: str, body: dict[str, Any]) -> tuple[Job, Slot]:
        """The job and the picture that a follow-up starts from."""
        job, number = self._ended(owner, body["jobId"]), body["imageNo"]
        if number >= len(job.slots) or not job.slots[number].file:
            raise RefusedError("Invalid_Argument", f"the job has no picture {number}")
        return job, job.slots[number]

    def _submit(
        self,
        request: Request,
        owner: str,
        *,
        kind: str,
        text: str,
        said: str,
        prompt: Prompt,
        seed: int,
        slots: list[Slot],
        references: list[Reference],
        callback: str,
    ) -> dict[str, Any]:
        """``said`` is what the client wrote this time, which is what the filter reads."""
        outcome, rejected = self._outcome(request, said)
        if "relax" in prompt.flags:
            raise RefusedError("Relax_Not_Allow")
        cost = price(kind, prompt.speed if kind == "diffusion" else max(1.0, prompt.speed))
        if self._settings.balance - self._store.spent(owner) < cost or BARRED.get(owner) == "Account_Fee_Not_Enough":
            raise RefusedError("Account_Fee_Not_Enough")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("Max_Concurrent_Limited")
        works = [slot.work.to_json() for slot in slots if slot.work]
        for number, word in rejected.items():
            if 0 <= number < len(slots):
                slots[number] = Slot(None, audit=word)
        now = time.time()
        job = Job(
            id=secrets.token_hex(12),
            service=self.name,
            owner=owner,
            kind=kind,
            text=text,
            seed=seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=slots,
            references=list(references),
            callback=callback,
            price=cost,
            outcome=outcome,
            extra={"base": str(request.base_url), "works": works},
        )
        self._runner.submit(job)
        return job_object(job, str(request.base_url))

    def _outcome(self, request: Request, said: str) -> tuple[Outcome, dict[int, str]]:
        """How the magic words of the prompt and the scripted faults want this order to end."""
        outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
        if match := re.search(r"sandbox-error:(\w+)", said):
            raise RefusedError(match[1] if match[1] in ERRORS else "Invalid_Argument")
        if _has_word(said, "forbidden"):
            raise RefusedError("Msg_Sensitive")
        if match := re.search(r"sandbox-fail:(\w+)", said):
            outcome.fail = outcome.fail or match[1]
        if _has_word(said, "half-forbidden"):
            rejected = {2: "涉政", **rejected}
        if _has_word(said, "wholly-forbidden"):
            rejected = dict.fromkeys(range(SLOTS), "涉政")
        return outcome, rejected


def _owner(request: Request) -> str:
    app = request.headers.get("x-youchuan-app", "").strip()
    secret = request.headers.get("x-youchuan-secret", "").strip()
    if not app or not secret or "invalid" in (app, secret):
        raise RefusedError("Invalid_App_Identifier")
    if app in BARRED and BARRED[app] != "Account_Fee_Not_Enough":
        raise RefusedError(BARRED[app])
    return app


def _has_word(text: str, word: str) -> bool:
    return re.search(rf"(?<![\w-]){word}(?![\w-])", text, re.IGNORECASE) is not None


def _seed(prompt: Prompt | None) -> int:
    if prompt is not None and prompt.seed is not None:
        return prompt.seed
    return secrets.randbelow(MAX_SEED + 1)


def _remix(source: Job, body: dict[str, Any]) -> tuple[Prompt, bool]:
    """The prompt that a follow-up works with, and whether it is a new one."""
    before = parse(source.text)
    if "remixPrompt" not in body:
        return before, False
    return parse(body["remixPrompt"], inherited=before), True


def _restyled(prompt: Prompt, recipe: Recipe) -> Recipe:
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


def _diffusion_slots(prompt: Prompt, seed: int) -> list[Slot]:
    width, height = image_size(*prompt.aspect, 0.5 if "draft" in prompt.flags else 1.0)
    plain = Recipe(prompt=prompt.words, seed=seed, index=0, width=width, height=height)
    recipe = _restyled(prompt, plain)
    enlarge = 2 if "hd" in prompt.flags else 1
    return [Slot(Work("paint", replace(recipe, index=i).to_json(), enlarge=enlarge)) for i in range(SLOTS)]


def _references(prompt: Prompt) -> list[Reference]:
    """The linked pictures, each with a pull in 0..3 that grows with its flag's weight."""
    flags = prompt.flags
    pulls = {
        "sref": 3 * (flags.get("sw", 100) / 1000) ** 0.5,  # the usual 100 pulls like a picture link's usual 1
        "cref": flags.get("cw", 100) / 100,
        "oref": 3 * (flags.get("ow", 100) / 1000) ** 0.5,
    }
    found = [Reference(url, flags.get("iw", 1.0)) for url in prompt.images]
    for name, pull in pulls.items():
        found += [Reference(url, pull) for url in prompt.links(name)]
    return found
