"""Run inside an install: jobs of every service at once. `python -m benchmarks.mixed ask N` · `… work`

Every operation that begins with words, with any picture or with any film takes its turn; the services are one flat
sandbox that takes its time, so that all jobs are in flight together. What is measured is the studio.
"""

from __future__ import annotations

import io
import itertools
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "studio.settings")
django.setup()

import av
import numpy as np
from django.db import transaction
from PIL import Image

from providers.base import Needs, Operation
from providers.params import Widget, read_fields
from providers.registry import PROVIDERS
from studio.accounts.models import Membership
from studio.billing import services as billing
from studio.jobs import catalog, services
from studio.jobs.audit import audit
from studio.jobs.engine import work
from studio.jobs.forms import ASSET_PREFIX
from studio.jobs.models import Event, EventKind, Job, JobState
from studio.media.models import Asset, Origin
from studio.media.services import prepare, record

#: each of its jobs holds a connection until it is done, of which there are a hundred for a service
ANSWERS_AT_ONCE = {"openai-images"}
WORDS = "a fox in the snow"
SIZE = (768, 768)


def _png(picture: Image.Image) -> bytes:
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _film(folder: Path) -> Path:
    """Four seconds of 1280×720 at 24 frames a second."""
    path = folder / "film.mp4"
    with av.open(str(path), "w") as output:
        stream = output.add_stream("libx264", rate=24)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        for number in range(96):
            pixels = np.full((720, 1280, 3), (number * 2, 120, 160), np.uint8)
            output.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        output.mux(stream.encode(None))
    return path


def _files(membership: Membership) -> dict[str, Asset]:
    """A picture, a film, and a mask of the picture's right half."""
    mask = np.zeros(SIZE, np.uint8)
    mask[:, SIZE[0] // 2 :] = 255
    with TemporaryDirectory() as folder:
        found = {
            "image": prepare(_png(Image.new("RGB", SIZE, (90, 120, 160))), mode="upload"),
            "video": prepare(_film(Path(folder)), mode="upload"),
            "mask": prepare(_png(Image.fromarray(mask)), mode="result"),
        }
    with transaction.atomic():
        return {
            kind: record(
                prepared,
                team=membership.team,
                user=membership.user,
                origin=Origin.MASK if kind == "mask" else Origin.UPLOAD,
            )
            for kind, prepared in found.items()
        }


def _values(operation: Operation, files: dict[str, Asset]) -> dict[str, object]:
    """The least that the operation takes."""
    values: dict[str, object] = {}
    for spec in read_fields(operation.params):
        if spec.widget is Widget.PROMPT:
            values[spec.name] = WORDS
        elif spec.widget is Widget.MASK:
            values[spec.name] = (f"{ASSET_PREFIX}{files['mask'].pk}",)
        elif spec.widget is Widget.MEDIA and spec.required and spec.media is not None:
            values[spec.name] = (f"{ASSET_PREFIX}{files[spec.media.kind].pk}",)
    return values


def ask(count: int) -> None:
    """The services take turns, those of `ANSWERS_AT_ONCE` a third as often, and so do the operations of each."""
    membership = Membership.objects.select_related("team", "user").first()
    assert membership is not None
    files = _files(membership)
    kinds = {Needs.NOTHING: None, Needs.IMAGE: files["image"], Needs.VIDEO: files["video"]}
    operations = {
        provider.slug: [
            (catalog.Entry(provider, model), operation)
            for model in provider.models
            if not model.chats
            for operation in model.operations
            if operation.needs in kinds
        ]
        for provider in PROVIDERS
    }
    next_of = {slug: itertools.cycle(found) for slug, found in operations.items()}
    turns = [*operations, *2 * [slug for slug in operations if slug not in ANSWERS_AT_ONCE]]
    for number in range(count):
        entry, operation = next(next_of[turns[number % len(turns)]])
        services.create_job(
            membership=membership,
            entry=entry,
            operation=operation,
            params=operation.params.model_validate(_values(operation, files)),
            request_key=f"mixed-{number:06}",
            source_asset=kinds[operation.needs],
        )


def work_all() -> None:
    """One window of one worker until every job has ended; prints what became of them. How many jobs a service takes
    at once is the service's matter, not the studio's: here it takes them all."""
    for provider in PROVIDERS:
        provider.max_concurrent = 10_000
    began, cpu = time.monotonic(), time.process_time()
    work(3600)
    jobs = list(Job.objects.values_list("provider", "state"))
    others = Job.objects.exclude(state=JobState.SUCCEEDED)
    failed = Counter(others.values_list("provider", "model", "operation", "error_code"))
    print(
        json.dumps(
            {
                "jobs": dict(Counter(provider for provider, _state in jobs)),
                "succeeded": sum(state == JobState.SUCCEEDED for _provider, state in jobs),
                "failed": [[*kind, times] for kind, times in failed.most_common(5)],
                "most_in_flight": _most_in_flight(),
                "seconds": time.monotonic() - began,
                "cpu": time.process_time() - cpu,
                "findings": len(billing.audit()) + len(audit()),
            }
        )
    )


def _most_in_flight() -> int:
    """The most jobs that were at their services at one time: from their being sent until they delivered."""
    moments = [(when, 1) for when in Job.objects.values_list("submitted_at", flat=True)]
    moments += [
        (when, -1) for when in Event.objects.filter(kind=EventKind.DELIVERED).values_list("created_at", flat=True)
    ]
    return max(itertools.accumulate(step for _when, step in sorted(moments)))


if __name__ == "__main__":
    name, *numbers = sys.argv[1:]
    if name == "ask":
        ask(int(numbers[0]))
    else:
        work_all()
