"""Asking for a window of background work."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone
from django_q.tasks import async_task

from .models import EngineWindow

#: do not ask for a second task while the first is still on its way through the queue
WAKE_PAUSE = timedelta(seconds=3)


def wake() -> bool:
    """Asks for a window of work unless one is open or already asked for. Cheap; never waits."""
    now = timezone.now()
    idle = Q(lease_until__isnull=True) | Q(lease_until__lt=now)
    unasked = Q(woken_at__isnull=True) | Q(woken_at__lt=now - WAKE_PAUSE)
    asked = EngineWindow.objects.filter(idle, unasked, pk=1).update(woken_at=now)
    if asked:
        async_task("studio.jobs.engine.work")
    return bool(asked)
