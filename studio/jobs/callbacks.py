"""What services tell us unasked.

The address of a callback names its job by a signed token, so that only the service that was given it
can speak of that job. What it says is a hint, never the truth: a running job is looked at sooner, and
a job of which nobody knew whether it had arrived learns its id. The result itself is always fetched.
"""

from __future__ import annotations

import logging

from django.core.cache import cache
from django.core.signing import BadSignature, Signer
from django.db import transaction
from django.urls import reverse

from providers.base import RawCallback
from providers.errors import ProviderError

from . import catalog, transitions
from .models import Job, JobState
from .wakeup import wake

logger = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
#: seconds between two looks that callbacks cause
PAUSE = 2.0


def _signer(provider: str) -> Signer:
    return Signer(salt=f"studio.jobs.callbacks.{provider}")


def address(job: Job, base_url: str) -> str:
    """Where the service may call back for this job; empty where it can't reach us."""
    token = _signer(job.provider).sign(str(job.pk))
    return base_url + reverse("callback", args=[job.provider, token]) if base_url else ""


def read_token(provider: str, token: str) -> int | None:
    """The job's id; None for a token that we did not make for this service."""
    try:
        return int(_signer(provider).unsign(token))
    except (BadSignature, ValueError):
        return None


def receive(provider: str, job_id: int, raw: RawCallback) -> None:
    """Takes the hint, if it is one. Twice, late or out of order does no harm."""
    # the steps ask this module for the address
    from .steps import account_for

    jobs = Job.objects.select_related("account", "source__job__account")
    job = jobs.filter(pk=job_id, provider=provider).first()
    if job is None or job.state not in {JobState.SUBMITTING, JobState.SUBMIT_UNKNOWN, JobState.RUNNING}:
        return
    try:
        # of a job that is being sent the account is not written down yet
        job.account = job.account or account_for(job)
        remote_ids = catalog.connect(provider, job.account).read_callback(raw)
    except (ProviderError, LookupError) as error:
        logger.warning("job %s: a callback could not be read: %s", job.pk, error)
        return
    with transaction.atomic():
        if _take(job, remote_ids):
            transaction.on_commit(wake, robust=True)


def _take(job: Job, remote_ids: list[str]) -> bool:
    if job.state == JobState.RUNNING:
        if job.remote_id not in remote_ids:
            return False
        first = cache.add(f"callback:{job.pk}:{job.fence}", 1, PAUSE)
        return transitions.look_sooner(job, 0 if first else PAUSE)
    if len(remote_ids) != 1 or len(remote_ids[0]) > MAX_REMOTE_ID or _is_taken(job, remote_ids[0]):
        return False
    if job.state == JobState.SUBMIT_UNKNOWN:
        return transitions.adopt(job, remote_ids[0])
    if transitions.note_remote_id(job, remote_ids[0]):
        return False
    # between our look and our word it was given up on, or answered
    job.refresh_from_db(fields=["state", "fence"])
    return job.state == JobState.SUBMIT_UNKNOWN and transitions.adopt(job, remote_ids[0])


MAX_REMOTE_ID = Job._meta.get_field("remote_id").max_length or 0


def _is_taken(job: Job, remote_id: str) -> bool:
    others = Job.objects.filter(provider=job.provider, remote_id=remote_id).exclude(pk=job.pk)
    return others.exists()
