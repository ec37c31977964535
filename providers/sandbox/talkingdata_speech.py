"""MiniMax speech 2.8 behind the model pool: text spoken, voices cloned, answered in one breath."""

from __future__ import annotations

import asyncio
import base64
import json
import secrets
import time
from typing import Any

from starlette.requests import Request

from .ends import Ends
from .faults import outcome_of
from .files import link
from .jobs import DONE, Job, JobStore, Outcome, Runner, Slot, write_whole
from .magic import says, scripted
from .net import Fetcher
from .paint import Recipe
from .probing import Probe, probe
from .render import UnusableReferenceError, Work
from .settings import Settings
from .talkingdata_speech_orders import MAX_SAMPLE, USUAL_RANGES, Speaking, read_speaking
from .talkingdata_wire import NAME
from .tencent import FAILURES, RefusedError, ending, request_id

SPEECH_ACTION, KIND = "T0311001", "speech-2.8"
LINK_SECONDS = 86400
POOR = "no-money"
USUAL_VOICE = "female-shaonv"
SYSTEM_VOICES = frozenset(
    {USUAL_VOICE, "female-yujie", "female-chengshu", "female-tianmei", "male-qn-qingse", "male-qn-jingying"}
    | {"male-qn-badao", "male-qn-daxuesheng", "presenter_male", "presenter_female", "audiobook_male_1"}
    | {"audiobook_male_2", "audiobook_female_1", "audiobook_female_2", "clever_boy", "cute_boy", "lovely_girl"}
    | {"English_Graceful_Lady", "English_Trustworthy_Man", "English_expressive_narrator"}
)
"""The page names none; these are the maker's own."""


class Speech:
    """What the common door hands to it; see `JobDoor`. A voice is kept with the job that cloned it."""

    kinds = frozenset({KIND})

    def __init__(self, settings: Settings, store: JobStore, runner: Runner, fetcher: Fetcher) -> None:
        self._settings = settings
        self._store = store
        self._runner = runner
        self._fetcher = fetcher
        self._ends = Ends(store, runner)
        self._voices: dict[tuple[str, str], dict[str, Any]] = {
            (job.owner, job.extra["voice"]["id"]): job.extra["voice"]
            for job in store
            if job.kind == KIND and job.extra["voice"]["file"]
        }

    async def speak(self, request: Request, owner: str, body: dict[str, Any]) -> dict[str, Any]:
        order = read_speaking(body)
        outcome = _outcome(request, order)
        if owner == POOR:
            raise RefusedError("ResourceInsufficient")
        if self._store.running(owner) >= self._settings.max_concurrent:
            raise RefusedError("RequestLimitExceeded")
        if order.voice_id and order.voice_id not in SYSTEM_VOICES and (owner, order.voice_id) not in self._voices:
            raise RefusedError("InvalidParameterValue", f"VoiceId: there is no voice {order.voice_id}")
        job = self._job(owner, order, outcome)
        if order.clones:
            try:
                job.extra["voice"] = await self._cloned(job, order)
            except UnusableReferenceError as error:
                return _failed("InvalidParameter.MediaFormat", str(error))
        elif (owner, order.voice_id) in self._voices:
            job.extra["voice"] = self._voices[owner, order.voice_id]
        if order.text:
            job.slots = [Slot(_work(job, order))]
            await self._ends.of(job)
        else:
            job.failure, job.state = outcome.fail, "failed" if outcome.fail else DONE
            self._store.save(job)
        if job.state != DONE:
            return _failed(*ending(job)[1:])
        if job.extra["voice"]["file"]:
            self._voices[owner, job.extra["voice"]["id"]] = job.extra["voice"]
        return await self._answer(job, order, str(request.base_url))

    async def _answer(self, job: Job, order: Speaking, base: str) -> dict[str, Any]:
        data = url = about = ""
        if job.slots:
            path = self._runner.files(NAME) / job.slots[0].file
            about = json.dumps({"duration": round((await asyncio.to_thread(probe, path)).duration, 3)})
            keep = LINK_SECONDS if job.outcome.links_expire is None else job.outcome.links_expire
            if order.link:
                url = link(base, NAME, job.slots[0].file, time.time() + keep)
            elif job.outcome.empty_polls <= 0:
                data = base64.b64encode(await asyncio.to_thread(path.read_bytes)).decode("ascii")
        return _reply(0, "success", data, url, job.extra["voice"]["id"], about)

    async def _cloned(self, job: Job, order: Speaking) -> dict[str, Any]:
        """A new voice from a recording. UnusableReferenceError."""
        data = order.recording or await self._fetcher.fetch(order.recording_url, MAX_SAMPLE)
        file = f"{job.id}_sample.input"
        path = self._runner.files(NAME) / file
        write_whole(path, data)
        try:
            heard = await asyncio.to_thread(probe, path)
            ranges = _within(order.ranges, heard)
        except UnusableReferenceError:
            path.unlink(missing_ok=True)
            raise
        name = f"clone-{secrets.token_hex(8)}"
        return {"id": name, "file": file, "ranges": ranges, "profile": order.profile}

    def _job(self, owner: str, order: Speaking, outcome: Outcome) -> Job:
        now = time.time()
        voice = {"id": order.voice_id or USUAL_VOICE, "file": "", "ranges": [], "profile": order.profile}
        return Job(
            id=secrets.token_hex(16),
            service=NAME,
            owner=owner,
            kind=KIND,
            text=order.text,
            seed=0,
            created=now,
            due=self._runner.due(now, secrets.randbelow(1001) / 1000),
            slots=[],
            outcome=outcome,
            extra={"voice": voice},
        )

    # what the runner asks of a service

    async def prepare(self, job: Job) -> None:
        """The recording was brought before the order was taken."""

    def settle(self, job: Job) -> None:
        """Nothing is charged here."""

    async def announce(self, job: Job) -> None:
        self._ends.announce(job)

    def reset(self) -> None:
        self._voices.clear()


def _outcome(request: Request, order: Speaking) -> Outcome:
    """How the magic words of the text and the scripted faults want this order to end."""
    outcome, rejected = outcome_of(request.scope.get("sandbox.fault", {}).get("job", {}))
    if code := scripted(order.text, "sandbox-error"):
        raise RefusedError(code)
    if says(order.text, "forbidden") or rejected:
        outcome.fail = outcome.fail or "ContentModerationFailed"
    outcome.fail = outcome.fail or scripted(order.text, "sandbox-fail")
    return outcome


def _work(job: Job, order: Speaking) -> Work:
    voice = job.extra["voice"]
    profile = voice["profile"]
    kind = [word for word in (profile.get("Gender"), profile.get("Age")) if word and word != "unknown"]
    options = {
        "text": order.text,
        "language": order.language,
        "voice": " ".join([voice["id"], *kind]),
        "seconds": order.seconds,
        "sample_rate": order.sample_rate,
        "pitch": order.pitch,
        "sample": voice["file"],
        "ranges": voice["ranges"],
    }
    return Work("speak", Recipe(order.text, job.seed, 0, 64, 64).to_json(), "", options)


def _within(ranges: list[list[float]] | None, heard: Probe) -> list[list[float]]:
    """The parts of the recording that a voice is cloned from. UnusableReferenceError."""
    if heard.kind != "audio" or heard.duration <= 0:
        raise UnusableReferenceError(f"a recording is wanted, not {heard.format}")
    if ranges and max(end for _begin, end in ranges) > heard.duration:
        raise UnusableReferenceError(f"timeRanges go beyond the recording's {heard.duration:g} s")
    return [[begin, min(end, heard.duration)] for begin, end in ranges or USUAL_RANGES]


def _failed(code: str, detail: str) -> dict[str, Any]:
    number, message = FAILURES.get(code, (50000, code))
    said = message if detail in ("", message) else f"{message} {detail}"
    return _reply(number, f"{code}: {said}")


def _reply(
    number: int, message: str, data: str = "", url: str = "", voice: str = "", about: str = ""
) -> dict[str, Any]:
    return {
        "Response": {
            "ErrorCode": number,
            "Msg": message,
            "AudioData": data,
            "AudioUrl": url,
            "VoiceId": voice,
            "ExtInfo": about,
            "RequestId": request_id(),
        }
    }
