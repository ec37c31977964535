"""What Youchuan's ordering endpoints share: sources and what may be asked of them, prompts, and taking an order."""

from __future__ import annotations

import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from starlette.requests import Request

from .faults import outcome_of
from .jobs import DONE, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .paint import Recipe
from .prompts import MAX_SEED, Prompt, parse
from .render import Reference, Work
from .settings import Settings
from .youchuan_boards import BoardStore
from .youchuan_inputs import Input
from .youchuan_wire import ERRORS, RefusedError, job_object

NAME = "youchuan"
SLOTS = 4
BARRED = {"no-plan": "No_Avaliable_Plan", "no-money": "Account_Fee_Not_Enough", "no-permission": "Permission_Denied"}
"""Values of x-youchuan-app that stand for accounts in trouble; money is only asked for when ordering."""
FILMS = frozenset({"video-diffusion", "extend-video", "video-upscale"})
NOT_IN_V8 = frozenset({"pan", "outpaint", "inpaint", "enhance"})
BOARD_PICTURES = 4
"""How many pictures of a moodboard steer."""

Handler = Callable[[Request, str], Awaitable[dict[str, Any]]]
Endpoints = Mapping[str, tuple[Handler, tuple[str, ...]]]
"""By path behind /v1/tob/: who answers, and to which methods."""


@dataclass(frozen=True)
class Source:
    """What a follow-up starts from: a job, one of its pictures or films, and its prompt (None for films)."""

    job: Job
    slot: Slot
    prompt: Prompt

    @property
    def size(self) -> tuple[int, int]:
        width, height = self.slot.size or (self.slot.recipe["width"], self.slot.recipe["height"])
        return int(width), int(height)

    @property
    def recipe(self) -> Recipe:
        """That of the picture; of its size even where its painter told another."""
        recipe = Recipe.from_json(self.slot.recipe)
        width, height = self.size
        return recipe if (recipe.width, recipe.height) == self.size else replace(recipe, width=width, height=height)

    @property
    def follows_recipe(self) -> bool:
        """Whether its pixels can be painted again from its recipe."""
        return bool(self.job.extra.get("follows_recipe", True))


@dataclass
class Order:
    """``said`` is what the client wrote this time, which is what the filter reads. ``price`` is in fen.

    ``files`` are written into the service's folder when the order is taken, ``inputs`` brought before it is painted;
    the names of both begin with ``id``. ``facts`` are kept with the job.
    """

    kind: str
    price: int
    text: str
    seed: int
    slots: list[Slot]
    said: str = ""
    prompt: Prompt | None = None
    references: list[Reference] = field(default_factory=list)
    callback: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    facts: dict[str, Any] = field(default_factory=dict)
    id: str = field(default_factory=lambda: new_id())


class Orders:
    def __init__(self, settings: Settings, store: JobStore, runner: Runner, boards: BoardStore) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._boards = boards

    @property
    def folder(self) -> Path:
        return self._runner.files(NAME)

    def find(self, owner: str, job_id: str) -> Job | None:
        job = self._store.get(job_id)
        return job if job and job.owner == owner and job.service == NAME else None

    def ended(self, owner: str, job_id: str) -> Job:
        job = self.find(owner, job_id)
        if job is None:
            raise RefusedError("Invalid_Argument", "no such job")
        if job.state != DONE:
            raise RefusedError("Invalid_Argument", "the job has not succeeded")
        return job

    def source(self, owner: str, body: dict[str, Any], operation: str) -> Source:
        """What ``operation`` is to start from; refuses what the documents do not allow of it."""
        job = self.ended(owner, body["jobId"])
        number = body["videoNo"] if "videoNo" in body else body["imageNo"]
        check_follow_up(job, operation)
        if number >= len(job.slots) or not job.slots[number].file:
            raise RefusedError("Invalid_Argument", f"the job has no result {number}")
        return Source(job, job.slots[number], Prompt("") if job.kind in FILMS else parse(job.text))

    def references(self, owner: str, prompt: Prompt, order_id: str) -> tuple[list[Reference], dict[str, bytes]]:
        """The pictures a prompt links to and those of its moodboards, each with a pull in 0..3 that grows with its
        flag's weight; and the files of the latter."""
        flags = prompt.flags
        style = 3 * (flags.get("sw", 100) / 1000) ** 0.5  # the usual 100 pulls like a picture link's usual 1
        pulls = {"sref": style, "cref": flags.get("cw", 100) / 100, "oref": 3 * (flags.get("ow", 100) / 1000) ** 0.5}
        found = [Reference(url, flags.get("iw", 1.0)) for url in prompt.images]
        for name, pull in pulls.items():
            found += [Reference(url, pull) for url in prompt.links(name)]
        files: dict[str, bytes] = {}
        for board_id in flags.get("p", ()):
            pictures = self._boards.pictures(owner, board_id, BOARD_PICTURES)
            if pictures is None:
                raise RefusedError("Invalid_Prompt_Parameter", f"--p: there is no moodboard {board_id}")
            for url, data in pictures:
                file = f"{order_id}_board{len(files)}.reference"
                files[file] = data
                found.append(Reference(url, style / len(pictures), file))
        return found, files

    def steering(
        self, owner: str, source: Source, new: Prompt | None, order_id: str
    ) -> tuple[list[Reference], dict[str, bytes]]:
        """Of a follow-up: what its own prompt names, or else what its source was steered by."""
        references, files = self.references(owner, new, order_id) if new else ([], {})
        return references or source.job.references, files

    def submit(self, request: Request, owner: str, order: Order) -> dict[str, Any]:
        outcome, rejected = _outcome(request, order.said)
        if order.prompt is not None and "relax" in order.prompt.flags:
            raise RefusedError("Relax_Not_Allow")
        for board_id in order.prompt.flags.get("p", ()) if order.prompt and order.said else ():
            if self._boards.get(owner, board_id) is None:
                raise RefusedError("Invalid_Prompt_Parameter", f"--p: there is no moodboard {board_id}")
        left = self._settings.balance - self._store.spent(owner)
        if left < order.price or BARRED.get(owner) == "Account_Fee_Not_Enough":
            raise RefusedError("Account_Fee_Not_Enough")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("Max_Concurrent_Limited")
        works = [slot.work.to_json() for slot in order.slots if slot.work]
        for number, word in rejected.items():
            if 0 <= number < len(order.slots):
                order.slots[number] = Slot(None, audit=word)
        for name, data in order.files.items():
            write_whole(self.folder / name, data)
        now = time.time()
        job = Job(
            id=order.id,
            service=NAME,
            owner=owner,
            kind=order.kind,
            text=order.text,
            seed=order.seed,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=order.slots,
            references=list(order.references),
            callback=order.callback,
            price=order.price,
            outcome=outcome,
            extra={
                "base": str(request.base_url),
                "works": works,
                "inputs": [vars(item) for item in order.inputs],
                **order.facts,
            },
        )
        self._runner.submit(job)
        return job_object(job, str(request.base_url))


def check_follow_up(job: Job, operation: str) -> None:
    """Refuses what the documents say can't be asked of the results of this job."""
    if job.kind == "remove-background":
        raise RefusedError("Not_Support", "a removed background has no follow-ups")
    if (job.kind in FILMS) != (operation in ("extend-video", "video-upscale")):
        raise RefusedError("Not_Support", "pictures and videos each have operations of their own")
    if job.extra.get("only_upscale") and operation != "upscale":
        raise RefusedError("Not_Support", "results of upload-paint and retexture can only be upscaled")
    if job.kind.endswith("upscale"):
        if operation.endswith("upscale"):
            raise RefusedError("Job_ReUpscale_Not_Support")
        if operation in ("reroll", "extend-video", "enhance"):
            raise RefusedError("Upscale_Not_Support")
    if job.kind not in FILMS and parse(job.text).version == "8.1":
        if operation == "upscale":
            raise RefusedError("Upscale_Not_Support", "version 8.1 makes larger pictures with --hd --seed")
        check_version("8.1", operation)


def check_version(version: str, operation: str) -> None:
    if version == "8.1" and operation in NOT_IN_V8:
        raise RefusedError("Not_Support", f"version 8.1 has no {operation}")


def _outcome(request: Request, said: str) -> tuple[Outcome, dict[int, str]]:
    """How the magic words of the prompt and the scripted faults want this order to end."""
    outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
    if code := scripted(said, "sandbox-error"):
        raise RefusedError(code if code in ERRORS else "Invalid_Argument")
    if says(said, "forbidden"):
        raise RefusedError("Msg_Sensitive")
    outcome.fail = outcome.fail or scripted(said, "sandbox-fail")
    if says(said, "half-forbidden"):
        rejected = {2: "涉政", **rejected}
    if says(said, "wholly-forbidden"):
        rejected = dict.fromkeys(range(SLOTS), "涉政")
    return outcome, rejected


def new_id() -> str:
    return secrets.token_hex(12)


def new_seed(prompt: Prompt | None = None) -> int:
    if prompt is not None and prompt.seed is not None:
        return prompt.seed
    return secrets.randbelow(MAX_SEED + 1)


def remixed(source: Source, body: dict[str, Any]) -> Prompt | None:
    """The new prompt of a follow-up; what it doesn't say comes from that of its source. None where it has none."""
    return parse(body["remixPrompt"], inherited=source.prompt) if "remixPrompt" in body else None


def numbered(work: Work) -> list[Slot]:
    """As many attempts at a work as a job has results."""
    return [Slot(replace(work, options={**work.options, "index": i})) for i in range(SLOTS)]
