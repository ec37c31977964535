"""What a delivered job has to collect, and what is kept of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.text import Truncator

from providers.base import Kind, Rejected, RemoteFile, Snapshot
from studio.accounts.models import Team
from studio.media.models import Origin
from studio.media.services import Prepared, record_many

from .models import Job, Output, OutputState, ProviderAccount


@dataclass(frozen=True, slots=True)
class Slot:
    """What became of one result slot: a prepared file, or why there is none. An `extra` one is not paid for."""

    index: int
    prepared: Prepared | None = None
    rejected: bool = False
    message: str = ""
    extra: bool = False


def collectable(snapshot: Snapshot, kept_ids: Iterable[str] = ()) -> dict[str, Any]:
    """What a job keeps of a success: what is to be collected, and the ids of what its service keeps."""
    return {
        "files": [
            {"index": file.index, "kind": file.kind.value, "url": file.url, "extra": file.extra}
            for file in snapshot.files
        ],
        "rejected": [{"index": slot.index, "message": slot.user_message} for slot in snapshot.rejected],
        "used": snapshot.used,
        "kept": {name: ids for name in kept_ids if (ids := _ids(snapshot.usage.get(name)))},
    }


def _ids(found: Any) -> list[str]:
    return [str(item)[:200] for item in (found if isinstance(found, list | tuple) else [found] if found else [])]


#: how many ids of earlier results a field offers, of how many jobs, and how much of the words of each
_OFFERED = 20
_LATEST = 1000
_WORDS = 60


def kept_ids(team: Team, provider: str, name: str) -> list[tuple[str, str]]:
    """The ids of this name that the service keeps of the team's latest results at the account in use, each with the
    words it was made with; newest first, each once."""
    account = ProviderAccount.objects.filter(provider=provider, enabled=True).first()
    own = Job.objects.filter(team=team, provider=provider, account=account, deleted_at__isnull=True)
    latest = own.order_by("-id").values("pk")[:_LATEST]
    jobs = Job.objects.filter(pk__in=latest, snapshot__kept__has_key=name).order_by("-id")
    found: dict[str, str] = {}
    for kept, words in jobs.values_list(f"snapshot__kept__{name}", "prompt"):
        for remote_id in kept:
            found.setdefault(remote_id, Truncator(words).chars(_WORDS))
    return list(found.items())[:_OFFERED]


def remote_files(job: Job) -> list[RemoteFile]:
    """The files that a delivered job has to collect."""
    return [
        # a job of an earlier version says nothing of extra files
        RemoteFile(index=row["index"], kind=Kind(row["kind"]), url=row["url"], extra=row.get("extra", False))
        for row in job.snapshot.get("files", [])
    ]


def rejected_slots(job: Job) -> list[Rejected]:
    return [Rejected(row["index"], "", row["message"]) for row in job.snapshot.get("rejected", [])]


def used_share(job: Job) -> float | None:
    """How much of its quote a delivered job came to, by its service's word; None where that is all of it."""
    share = job.snapshot.get("used")
    return float(share) if share is not None else None


def keep(job: Job, slots: Sequence[Slot], *, trashed_at: datetime | None = None) -> None:
    """Records outputs and assets. Call it in the transaction that ends the job."""
    kept = [slot for slot in slots if slot.prepared is not None]
    assets = record_many(
        [slot.prepared for slot in kept if slot.prepared is not None],
        team=job.team,
        user=job.created_by,
        origin=Origin.RESULT,
        name=job.prompt[:200],
    )
    by_index = {slot.index: asset for slot, asset in zip(kept, assets, strict=True)}
    Output.objects.bulk_create(
        Output(
            team_id=job.team_id,
            job=job,
            index=slot.index,
            asset=by_index.get(slot.index),
            state=_output_state(slot),
            message=slot.message[:400],
            trashed_at=trashed_at if slot.prepared is not None else None,
        )
        for slot in slots
    )


def _output_state(slot: Slot) -> OutputState:
    if slot.prepared is not None:
        return OutputState.DONE
    return OutputState.REJECTED if slot.rejected else OutputState.FAILED
